#include "dissect/rpc_association.h"

#include <fmt/format.h>

#include <algorithm>

#include "dissect/rpc_names.h"
#include "protocol/dcerpc/status.h"
#include "protocol/rpch/rts.h"
#include "protocol/spnego/tokens.h"

namespace ropewalk::dissect {

using capture::Side;
using dcerpc::PacketType;
using dcerpc::Pdu;
using dcerpc::PfcFlags;

namespace {

constexpr std::size_t kRequestHeader = 24, kObject = 16;

template <class Map>
void drop_oldest(Map& map, std::size_t most) {
  while (map.size() > most)
    map.erase(std::min_element(map.begin(), map.end(),
                               [](const auto& a, const auto& b) { return a.second.age < b.second.age; }));
}

template <class T>
std::string scalar_text(const T& value) {
  std::string text;
  const wire::TypeInfo& type = wire_type(std::type_identity<T>{});
  auto raw = static_cast<u64>(wire::to_raw(value));
  if (type.text != nullptr) type.text(raw, text);
  return text.empty() ? std::to_string(raw) : text;
}

void append_words(std::string& text, std::string_view words) {
  if (words.empty() || text.find(words) != std::string::npos) return;
  if (!text.empty()) text += "; ";
  text += words;
}

// The tree of a security token: NTLM's message, SPNEGO's with what it carries; std::nullopt for others.
std::optional<Part> token_part(ByteView token) {
  if (const wire::StructInfo* info = ntlmssp::message_info(token)) return read_part(*info, token);
  Part part;
  auto read = spnego::read_token(token, &part.node);
  if (!read.ok()) return std::nullopt;
  if (part.node.name.empty()) part.node.name = "NegotiationToken";
  if (part.node.type.empty()) part.node.type = "NegotiationToken";
  cover(part.node, token);
  ByteView inner =
      read->is_init ? read->init.mech_token.value_or(ByteView()) : read->resp.response_token.value_or(ByteView());
  if (const wire::StructInfo* info = ntlmssp::message_info(inner))
    add_derived(part.node, part.buffers, "NTLM", "as it travelled", inner, read_part(*info, inner));
  return part;
}

std::string interface_text(const dcerpc::SyntaxId& id) {
  return fmt::format("{} v{}.{}", layer_of(id.uuid), id.major(), id.minor());
}

}  // namespace

void RpcAssociation::lost(Side from) {
  for (auto& [id, observer] : security_) observer->lost(from);
  for (auto at = calls_.begin(); at != calls_.end();) at = at->first.first == from ? calls_.erase(at) : std::next(at);
}

Operation RpcAssociation::start(const Link& link, Side from, const Pdu& pdu) const {
  Operation operation;
  operation.connection = link.connection;
  operation.src = from == Side::client ? link.client : link.server;
  operation.dst = from == Side::client ? link.server : link.client;
  operation.layer = "DCERPC";
  operation.name = dcerpc::packet_name(pdu.type);
  operation.call_id = pdu.call_id;
  operation.direction = from == Side::client ? Direction::request : Direction::response;
  operation.user = user_;
  return operation;
}

// What a PDU is tells who sent it: in captures that begin later, the parties may seem to be the wrong way round.
void RpcAssociation::pdu(const Link& link, Side from, RawPdu& raw) {
  Arena arena(4u << 20, 4096);
  auto pdu = wire::decode<Pdu>(raw.bytes, arena);
  if (!pdu.ok()) return malformed(link, from, raw, pdu.error().text());
  if (pdu->type == PacketType::request) return fragment(link, Side::client, raw, *pdu);
  if (pdu->type == PacketType::response) return fragment(link, Side::server, raw, *pdu);
  control(link, sender_of(pdu->type).value_or(from), raw, *pdu);
}

void RpcAssociation::malformed(const Link& link, Side from, RawPdu& raw, const std::string& why) {
  auto head = dcerpc::read_start(raw.bytes.first<dcerpc::kHeaderSize>());
  Pdu start_of{};
  start_of.type = head.type;
  start_of.call_id = head.call_id;
  Operation operation = start(link, sender_of(head.type).value_or(from), start_of);
  operation.frames = std::move(raw.frames);
  operation.notes = std::move(raw.notes);
  operation.notes.push_back("malformed: " + why);
  operation.size = raw.bytes.size();
  if (all_.options().trees) {
    Part part = read_part(wire::struct_info<Pdu>, raw.bytes);
    operation.tree = std::move(part.node);
    operation.buffers.push_back({"PDU", "as it travelled", {raw.bytes.begin(), raw.bytes.end()}});
  }
  all_.emit(operation);
}

// ---- all PDUs but requests and responses ----

void RpcAssociation::control(const Link& link, Side from, RawPdu& raw, const Pdu& pdu) {
  Operation operation = start(link, from, pdu);
  operation.frames = std::move(raw.frames);
  operation.notes = std::move(raw.notes);
  operation.size = raw.bytes.size();
  switch (pdu.type) {
    case PacketType::bind:
    case PacketType::alter_context:
      bind(pdu.as<dcerpc::Bind>(), operation.frame(), operation);
      break;
    case PacketType::bind_ack:
    case PacketType::alter_context_resp:
      bind_ack(pdu.as<dcerpc::BindAck>(), operation);
      break;
    case PacketType::bind_nak:
      operation.result = scalar_text(pdu.as<dcerpc::BindNak>().reject_reason);
      operation.error = static_cast<u32>(pdu.as<dcerpc::BindNak>().reject_reason);
      if (operation.error == 0) operation.error = ~u32{0};  // a refusal all the same
      answer_control(operation);
      break;
    case PacketType::fault:
      fault(pdu.as<dcerpc::Fault>(), operation);
      break;
    case PacketType::rts:
      operation.layer = "RTS";
      operation.name = rpch::rts_names(pdu.as<rpch::Rts>());
      if (operation.name.empty()) operation.name = "rts";
      operation.direction = Direction::one_way;
      break;
    default:
      operation.direction = Direction::one_way;
  }
  token(pdu, from, operation);
  operation.user = user_;
  if (all_.options().trees) {
    Part part = read_part(wire::struct_info<Pdu>, raw.bytes);
    operation.buffers.push_back({"PDU", "as it travelled", {raw.bytes.begin(), raw.bytes.end()}});
    if (!part.error.empty()) operation.notes.push_back("malformed: " + part.error);
    operation.tree = std::move(part.node);
    if (!pdu.auth_value.empty() && pdu.type != PacketType::fault)
      if (auto inside = token_part(pdu.auth_value))
        add_derived(operation.tree, operation.buffers, "Token", "as it travelled", pdu.auth_value, *std::move(inside));
  }
  u64 number = all_.emit(operation);
  if (pdu.type != PacketType::bind && pdu.type != PacketType::alter_context) return;
  controls_[pdu.call_id].operation = number;
}

void RpcAssociation::bind(const dcerpc::Bind& bind, const capture::Frame& frame, Operation& operation) {
  Control control;
  control.time = frame.time;
  control.age = ++clock_;
  for (const dcerpc::ContextElement& element : bind.contexts) {
    control.offers.push_back({element.context_id, element.abstract_syntax});
    append_words(operation.detail, interface_text(element.abstract_syntax));
    // Until the answer comes, and where it is not in the capture.
    if (!contexts_.contains(element.context_id) && contexts_.size() < kMaxContexts)
      contexts_[element.context_id] = {
          element.abstract_syntax, dcerpc::find_interface(element.abstract_syntax.uuid),
          element.transfer_syntaxes.size() == 1 && element.transfer_syntaxes[0] == dcerpc::kNdr64};
  }
  controls_[*operation.call_id] = std::move(control);
  drop_oldest(controls_, kMaxPending);
}

void RpcAssociation::bind_ack(const dcerpc::BindAck& ack, Operation& operation) {
  auto asked = controls_.find(*operation.call_id);
  u32 refused = 0;
  bool any = false;
  for (std::size_t i = 0; i < ack.results.size(); ++i) {
    const dcerpc::ContextAnswer& answer = ack.results[i];
    bool offered = asked != controls_.end() && i < asked->second.offers.size();
    if (answer.result == dcerpc::ContextResult::negotiate_ack) continue;
    if (answer.result == dcerpc::ContextResult::acceptance) {
      any = true;
      if (!offered) continue;
      const Offer& offer = asked->second.offers[i];
      append_words(operation.detail,
                   interface_text(offer.id) + (answer.transfer_syntax == dcerpc::kNdr64 ? " in NDR64" : ""));
      if (contexts_.size() < kMaxContexts || contexts_.contains(offer.context_id))
        contexts_[offer.context_id] = {offer.id, dcerpc::find_interface(offer.id.uuid),
                                       answer.transfer_syntax == dcerpc::kNdr64};
      continue;
    }
    refused = answer.reason.value == 0 ? static_cast<u32>(answer.result) : answer.reason.value;
    operation.result = scalar_text(answer.reason);
    if (offered) {
      const Offer& offer = asked->second.offers[i];
      operation.notes.push_back(fmt::format("context {}, {}: {}, {}", offer.context_id, interface_text(offer.id),
                                            scalar_text(answer.result), scalar_text(answer.reason)));
    }
  }
  if (any || refused == 0) operation.result = "acceptance";
  operation.error = any ? 0 : refused;
  answer_control(operation);
}

void RpcAssociation::answer_control(Operation& operation) {
  auto asked = controls_.find(*operation.call_id);
  if (asked == controls_.end()) return;
  operation.answers = asked->second.operation;
  operation.round_trip = operation.frame().time - asked->second.time;
  controls_.erase(asked);
}

void RpcAssociation::fault(const dcerpc::Fault& fault, Operation& operation) {
  operation.result = dcerpc::fault_text(fault.status.value);
  operation.error = fault.status.value;
  auto asked = pending_.find(*operation.call_id);
  if (asked == pending_.end()) return answer_control(operation);
  const Pending& pending = asked->second;
  operation.layer = layer_of(pending.context.id.uuid);
  operation.name = method_name(pending.context.known, pending.opnum);
  operation.opnum = pending.opnum;
  operation.detail = "fault";
  operation.answers = pending.operation;
  operation.round_trip = operation.frame().time - pending.time;
  pending_.erase(asked);
}

// ---- security ----

SecurityObserver* RpcAssociation::security_of(const Pdu& pdu) {
  auto found = security_.find(pdu.auth.context_id);
  return found == security_.end() ? nullptr : found->second.get();
}

void RpcAssociation::token(const Pdu& pdu, Side from, Operation& operation) {
  if (pdu.auth_value.empty() || pdu.type == PacketType::fault) return;
  SecurityObserver* observer = security_of(pdu);
  bool anew = pdu.type == PacketType::bind || (pdu.type == PacketType::alter_context && observer == nullptr);
  if (anew && security_.size() < kMaxSecurity) {
    auto made = std::make_unique<SecurityObserver>(all_.options().secrets, pdu.auth.type, pdu.auth.level);
    observer = (security_[pdu.auth.context_id] = std::move(made)).get();
  }
  if (observer == nullptr) return;
  observer->token(from, pdu.auth_value);
  append_words(operation.detail, observer->text());
  if (!observer->user().empty()) user_ = observer->user();
}

void RpcAssociation::unprotect(std::span<u8> bytes, const Pdu& pdu, std::size_t stub_at, Call& call) {
  std::size_t tail = pdu.auth_value.empty() ? 0 : dcerpc::kSecTrailerSize + pdu.auth_value.size();
  if (bytes.size() < stub_at + tail) return;
  std::size_t trailer_at = bytes.size() - tail;
  std::size_t stub_end = trailer_at;
  if (!pdu.auth_value.empty()) {
    if (SecurityObserver* observer = security_of(pdu)) {
      auto opened = observer->open(call.from, bytes, stub_at, trailer_at, pdu.auth_value);
      call.closed |= opened.state == SecurityObserver::State::closed;
      call.opened |= opened.state == SecurityObserver::State::opened && observer->level() == dcerpc::AuthLevel::privacy;
      append_words(call.protection, opened.text);
      if (!observer->user().empty()) user_ = observer->user();
    } else if (pdu.auth.level == dcerpc::AuthLevel::privacy) {
      call.closed = true;
      append_words(call.protection, "encrypted: its bind is not in the capture");
    }
    if (pdu.auth.pad_length <= trailer_at - stub_at) stub_end = trailer_at - pdu.auth.pad_length;
  }
  call.stub.insert(call.stub.end(), bytes.begin() + static_cast<std::ptrdiff_t>(stub_at),
                   bytes.begin() + static_cast<std::ptrdiff_t>(stub_end));
}

// ---- requests and responses, fragment by fragment ----

void RpcAssociation::fragment(const Link& link, Side from, RawPdu& raw, const Pdu& pdu) {
  CallKey key{from, pdu.call_id};
  bool is_first = pdu.flags.has(PfcFlags::kFirstFrag);
  if (is_first) calls_.erase(key);
  Call& call = calls_[key];
  if (call.pdus.empty()) {
    call.link = link;
    call.from = from;
    call.first = pdu;
    call.has_first = is_first;
    call.context_id =
        from == Side::client ? pdu.as<dcerpc::Request>().context_id : pdu.as<dcerpc::Response>().context_id;
    if (from == Side::client) call.opnum = pdu.as<dcerpc::Request>().opnum;
  }
  call.age = ++clock_;
  for (const capture::Frame& frame : raw.frames) add_frame(call.frames, frame);
  for (std::string& note : raw.notes) call.notes.push_back(std::move(note));
  std::vector<u8> bytes(raw.bytes.begin(), raw.bytes.end());
  std::size_t stub_at = kRequestHeader + (from == Side::client && pdu.flags.has(PfcFlags::kObjectUuid) ? kObject : 0);
  if (call.wire.size() + bytes.size() > all_.options().max_operation) call.too_long = true;
  if (!call.too_long) {
    call.pdus.push_back(call.wire.size());
    call.wire.insert(call.wire.end(), bytes.begin(), bytes.end());
    unprotect(bytes, pdu, stub_at, call);
  }
  if (!pdu.flags.has(PfcFlags::kLastFrag)) return drop_oldest(calls_, kMaxAssembling);
  Call whole = std::move(calls_.extract(key).mapped());
  complete(whole);
}

void RpcAssociation::complete(Call& call) {
  Operation operation = start(call.link, call.from, call.first);
  operation.frames = std::move(call.frames);
  operation.notes = std::move(call.notes);
  operation.size = call.wire.size();
  operation.user = user_;
  if (!call.has_first) operation.notes.push_back("its first fragment is not in the capture");
  if (call.too_long)
    operation.notes.push_back(fmt::format("longer than {} bytes; the rest is left out", all_.options().max_operation));
  if (!call.protection.empty()) operation.notes.push_back(call.protection);
  if (call.is_request()) {
    Pending pending;
    pending.time = operation.frame().time;
    pending.opnum = call.opnum;
    pending.context = context_of(call);
    pending.age = ++clock_;
    request(call, operation, pending);
    pending.operation = all_.emit(operation);
    if (!call.first.flags.has(PfcFlags::kMaybe)) pending_[call.first.call_id] = std::move(pending);
    return drop_oldest(pending_, kMaxPending);
  }
  auto asked = pending_.extract(call.first.call_id);
  if (asked.empty()) operation.notes.push_back("its request is not in the capture");
  Pending pending = asked.empty() ? Pending{} : std::move(asked.mapped());
  response(call, operation, pending);
  all_.emit(operation);
}

}  // namespace ropewalk::dissect
