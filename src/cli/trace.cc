#include "cli/trace.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <cstdio>
#include <map>
#include <mutex>

#include "cli/text_table.h"
#include "protocol/mapihttp/request_types.h"
#include "protocol/rop/oxctabl.h"
#include "protocol/rop/rop_buffer.h"
#include "wire/tree.h"

namespace ropewalk::cli {
namespace {

using client::Traffic;

constexpr std::size_t kLongestLine = 200;  // of one ROP, without --full
constexpr std::size_t kLongestValue = 60;

// Fields that say nothing to somebody who reads along.
bool is_dull(const wire::Node& field) {
  const std::string_view name = field.name;
  if (name == "RowCount") return false;
  return name == "RopId" || name == "LogonId" || name == "Reserved" || name.ends_with("Count") ||
         name.ends_with("Size") || name == "WantAsynchronous" || name == "AuxiliaryBuffer" || name == "StatusCode" ||
         (name.starts_with("Has") && !field.text.empty());
}

std::string text_of_node(const wire::Node& node) {
  if (!node.has_fields) return node.text.empty() ? boost::json::serialize(node.value) : node.text;
  std::string text;
  for (const wire::Node& field : node.fields) {
    if (is_dull(field)) continue;
    if (!text.empty()) text += ", ";
    if (!field.name.starts_with('[')) text += field.name + "=";
    text += text_of_node(field);
    if (text.size() > kLongestValue) {
      text += "…";
      break;
    }
  }
  bool list = !node.fields.empty() && node.fields[0].name.starts_with('[');
  return (list ? "[" : "{") + text + (list ? "]" : "}");
}

// Of a ROP, or of a request to the address book: "RopOpenFolder FolderId=0001-000000000005".
std::string line_of(const wire::Node& root) {
  std::string line(root.type);
  for (std::string_view tail : {"Body", "Request", "Response"})
    if (line.ends_with(tail)) line.resize(line.size() - tail.size());
  for (const wire::Node& field : root.fields) {
    if (is_dull(field)) continue;
    line += " " + field.name + "=" + fitted(text_of_node(field), kLongestValue);
  }
  return fitted(line, kLongestLine);
}

// What was learned of tables: the columns that a client set, by the handle.
class Columns : public rop::TableColumns {
 public:
  std::span<const mapi::PropTag> columns(u32 handle) const override {
    auto found = known_.find(handle);
    return found == known_.end() ? std::span<const mapi::PropTag>() : found->second;
  }
  void learn(const rop::InputBuffer& request, std::span<const u32> handles) {
    for (const rop::AnyRopRequest& any : request.rops) {
      const auto* set = any.as<rop::SetColumnsRequest>();
      if (set == nullptr || set->input_handle_index >= handles.size()) continue;
      known_[handles[set->input_handle_index]].assign(set->property_tags.begin(), set->property_tags.end());
    }
  }
  void forget() { known_.clear(); }

 private:
  std::map<u32, std::vector<mapi::PropTag>> known_;
};

// Follows one conversation.
class Tracer {
 public:
  explicit Tracer(TraceOptions options) : options_(options) {}

  std::string describe(const Traffic& traffic) {
    if (traffic.kind == Traffic::Kind::packet_sent || traffic.kind == Traffic::Kind::packet_received)
      return paint(fmt::format("    {} {} ({} bytes)", traffic.kind == Traffic::Kind::packet_sent ? ">" : "<",
                               traffic.type, traffic.number),
                   "\x1b[2m") +
             "\n";
    bool asks = traffic.kind == Traffic::Kind::request;
    std::string text = fmt::format("{} {} #{}", asks ? "-->" : "<--", traffic.type, traffic.number);
    if (asks)
      text += fmt::format(" ({} bytes)", traffic.body.size());
    else
      text += fmt::format(" ({} bytes, {:.1f} ms)", traffic.body.size(),
                          static_cast<double>(traffic.took.count()) / 1000.0);
    text = paint(text, asks ? "\x1b[36m" : "\x1b[32m") + "\n";
    if (is(traffic, "Connect", "EcDoConnectEx")) columns_.forget();
    if (options_.full) text += indented(printable(traffic.head, true));
    if (traffic.rops.empty()) return text + body_text(traffic);
    return text + (asks ? request_rops(traffic.rops) : response_rops(traffic));
  }

 private:
  std::string paint(const std::string& text, std::string_view color) const {
    return options_.color ? std::string(color) + text + "\x1b[0m" : text;
  }
  static std::string indented(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      auto end = text.find('\n');
      out += "      " + std::string(text.substr(0, end)) + "\n";
      text = end == std::string_view::npos ? "" : text.substr(end + 1);
    }
    return out;
  }
  // The same request over HTTP and over RPC.
  static bool is(const Traffic& traffic, std::string_view http, std::string_view rpc) {
    return traffic.type == http || traffic.type == rpc;
  }
  // Of a session's beginning and end the head says enough, but in full.
  std::string body_text(const Traffic& traffic) const {
    using mapihttp::RequestType;
    std::optional<RequestType> type = mapihttp::parse_request_type(traffic.type);
    if (traffic.type == "EcDoConnectEx") type = RequestType::connect;
    if (traffic.type == "EcDoAsyncWaitEx") type = RequestType::notification_wait;
    if (traffic.type == "EcDoDisconnect") type = RequestType::disconnect;
    if (!type || type == RequestType::execute) return {};
    if (!options_.full && mapihttp::is_of_mailbox(*type)) return {};
    const mapihttp::RequestTypeRow& row = mapihttp::row_of(*type);
    const wire::StructInfo* info = traffic.kind == Traffic::Kind::request ? row.request : row.response;
    if (info == nullptr) return {};
    Arena arena;
    const wire::Node root = wire::read_tree(*info, traffic.body, arena).root;
    return options_.full ? indented(wire::to_text(root)) : "    " + line_of(root) + "\n";
  }
  std::string rops_of(const wire::Tree& tree) const {
    std::string text;
    const wire::Node* list = tree.root.find("RopsList");
    if (list != nullptr) {
      for (const wire::Node& rop : list->fields)
        text += options_.full ? indented(wire::to_text(rop)) : "    " + line_of(rop) + "\n";
    }
    if (tree.error) text += "    (" + tree.error->text() + ")\n";
    return text;
  }
  std::string request_rops(ByteView bytes) const {
    Arena arena;
    return rops_of(wire::read_tree(wire::struct_info<rop::InputBuffer>, bytes, arena));
  }
  std::string response_rops(const Traffic& traffic) {
    Arena arena;
    auto request = wire::decode<rop::InputBuffer>(traffic.request_rops, arena);
    if (!request.ok()) {
      return rops_of(wire::read_tree(wire::struct_info<rop::OutputBuffer>, traffic.rops, arena));
    }
    // A table opened in this very request has its handle in the answer's table alone.
    std::vector<u32> handles(request->handles.begin(), request->handles.end());
    if (auto parts = rop::split_rop_buffer(traffic.rops); parts.ok())
      for (std::size_t i = 0; i < handles.size() && i < parts->handle_count(); ++i) handles[i] = parts->handle(i);
    columns_.learn(*request, handles);
    rop::AnsweredRequests answered{request->rops.span(), handles, &columns_};
    wire::Context context = wire::add_context(answered, nullptr);
    return rops_of(wire::read_tree(wire::struct_info<rop::OutputBuffer>, traffic.rops, arena, &context));
  }

  TraceOptions options_;
  Columns columns_;
};

}  // namespace

std::function<void(const client::Traffic&)> trace_to(std::function<void(const std::string&)> print,
                                                     TraceOptions options) {
  struct State {
    explicit State(TraceOptions how) : tracer(how) {}
    std::mutex mutex;
    Tracer tracer;
  };
  auto state = std::make_shared<State>(options);
  return [state, print = std::move(print)](const client::Traffic& traffic) {
    std::lock_guard lock(state->mutex);
    print(state->tracer.describe(traffic));
  };
}

std::function<void(const client::Traffic&)> trace_to_stderr(TraceOptions options) {
  return trace_to([](const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }, options);
}

}  // namespace ropewalk::cli
