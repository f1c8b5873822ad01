#include "wireshark/view.h"

#include <fmt/format.h>

#include <algorithm>

#include "mapi/error_code.h"
#include "protocol/fasttransfer/stream.h"

namespace ropewalk::shark {

Taps taps;

namespace {

constexpr std::size_t kMostRopsInColumn = 8;

std::string error_name(u32 error) { return mapi::name(mapi::ErrorCode{error}); }

// ": RopLogon, RopOpenFolder (ecNotFound)"
std::string rops_text(const Message& message) {
  std::string text;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < message.rops.size();) {
    const dissect::RopNote& rop = message.rops[i];
    std::size_t same = 1;
    while (i + same < message.rops.size() && message.rops[i + same].name == rop.name &&
           message.rops[i + same].error == rop.error)
      ++same;
    i += same;
    if (++shown > kMostRopsInColumn) {
      text += fmt::format(" and {} more", message.rops.size() - i + same);
      break;
    }
    text += fmt::format("{}{}", shown == 1 ? ": " : ", ", rop.name);
    if (same > 1) text += fmt::format(" x{}", same);
    if (rop.error.value_or(0) != 0) text += fmt::format(" ({})", error_name(*rop.error));
  }
  return text;
}

proto_item* generated(proto_item* item) {
  proto_item_set_generated(item);
  return item;
}

void add_text(proto_tree* tree, int field, tvbuff_t* tvb, const std::string& text) {
  if (has_room(tree)) generated(proto_tree_add_string(tree, field, tvb, 0, 0, text.c_str()));
}

// As `ropewalk dissect` has it: of a response in which nothing failed, mapi.error is 0 once.
bool has_failed(const Message& message) {
  return message.error != 0 ||
         std::ranges::any_of(message.rops, [](const dissect::RopNote& rop) { return rop.error.value_or(0) != 0; });
}

void add_error(proto_tree* tree, tvbuff_t* tvb, u32 error, bool shows_success = false) {
  if ((error == 0 && !shows_success) || !has_room(tree)) return;
  generated(proto_tree_add_uint(tree, own.error, tvb, 0, 0, error));
  add_text(tree, own.error_name, tvb, error_name(error));
}

void add_links(const Message& message, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  if (message.peer == nullptr) {
    if (!message.is_request) expert_add_info(pinfo, proto_tree_get_parent(tree), &expert.unmatched);
    return;
  }
  if (message.is_request) {
    generated(proto_tree_add_uint(tree, own.response_in, tvb, 0, 0, message.peer->frame));
    return;
  }
  generated(proto_tree_add_uint(tree, own.request_in, tvb, 0, 0, message.peer->frame));
  nstime_t time;
  nstime_delta(&time, &message.time, &message.peer->time);
  generated(proto_tree_add_time(tree, own.time, tvb, 0, 0, &time));
}

void add_summary(const Message& message, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  add_text(tree, own.interface_name, tvb, std::string(message.layer));
  add_text(tree, own.operation, tvb, message.operation);
  if (message.session != nullptr) {
    generated(proto_tree_add_uint(tree, own.session, tvb, 0, 0, message.session->number));
    add_text(tree, own.session_id, tvb, message.session->id);
  }
  add_links(message, tvb, pinfo, tree);
  add_error(tree, tvb, message.error, !message.is_request && !has_failed(message));
  for (const dissect::RopNote& rop : message.rops) {
    if (!has_room(tree)) return;
    std::string label = rop.name;
    if (!rop.object.empty()) label += fmt::format(", {}", rop.object);
    if (rop.error.value_or(0) != 0) label += fmt::format(": {}", error_name(*rop.error));
    proto_item* item = generated(proto_tree_add_string(tree, own.rop, tvb, 0, 0, rop.name.c_str()));
    proto_item_set_text(item, "ROP: %s", label.c_str());
    proto_tree* inner = proto_item_add_subtree(item, subtree("ROP"));
    if (!rop.object.empty()) add_text(inner, own.object, tvb, rop.object);
    add_error(inner, tvb, rop.error.value_or(0));
  }
}

// The message in words, a line for each ROP: what following a session shows.
std::string words(const Message& message) {
  std::string text =
      fmt::format("{} {} {}", message.layer, message.operation, message.is_request ? "request" : "response");
  if (message.error != 0) text += fmt::format(": {}", error_name(message.error));
  text += "\n";
  for (const dissect::RopNote& rop : message.rops) {
    text += "  " + rop.name;
    if (!rop.object.empty()) text += ", " + rop.object;
    if (rop.error) text += fmt::format(": {}", *rop.error == 0 ? "success" : error_name(*rop.error));
    text += "\n";
  }
  return text;
}

void tell_listeners(const Message& message, tvbuff_t* tvb, packet_info* pinfo) {
  remember_session(pinfo, message);
  tap_queue_packet(taps.messages, pinfo, &message);
  if (!message.changed.empty()) tap_queue_packet(taps.objects, pinfo, &message);
  if (!have_tap_listener(taps.follow)) return;
  std::string text = words(message);
  auto length = static_cast<guint>(text.size());
  auto* copy = static_cast<u8*>(wmem_memdup(pinfo->pool, text.data(), text.size()));
  tap_queue_packet(taps.follow, pinfo, tvb_new_child_real_data(tvb, copy, length, static_cast<gint>(length)));
}

}  // namespace

RopContext::RopContext(const Message& message, const wire::Context* outer) : chain_(outer) {
  if (message.is_request) return;
  publics_ = message.before.public_logons();
  logons_ = wire::add_context(publics_, chain_);
  chain_ = &logons_;
  if (message.requests == nullptr) return;
  answered_ = {message.requests->list, message.requests->handles, &message.before};
  requests_ = wire::add_context(answered_, chain_);
  chain_ = &requests_;
}

bool wants_trees(proto_tree* tree) {
  static const int experts = find_tap_id("expert");
  return tree != nullptr || have_tap_listener(experts) != 0;
}

void show(const Message& message, const dissect::Part* part, Source source, packet_info* pinfo, proto_tree* tree) {
  std::string column = rops_text(message);
  if (message.error != 0) column += fmt::format(", {}", error_name(message.error));
  if (!column.empty()) col_append_str(pinfo->cinfo, COL_INFO, column.c_str());
  tell_listeners(message, source.tvb, pinfo);
  if (part == nullptr) return;
  add_summary(message, source.tvb, pinfo, tree);
  emit(part->node, source, part->buffers, pinfo, tree);
  for (const dissect::TransferredStream& stream : message.streams) {
    dissect::Part whole = dissect::read_part(wire::struct_info<fasttransfer::Stream>, stream.bytes);
    whole.node.text = stream.origin;
    emit(whole.node, add_source(stream.bytes, "FastTransfer stream", source.tvb, pinfo), whole.buffers, pinfo, tree);
  }
  if (part->error.empty() || !has_room(tree)) return;
  proto_tree_add_expert_format(tree, pinfo, &expert.malformed, source.tvb, 0, 0, "%s", part->error.c_str());
}

}  // namespace ropewalk::shark
