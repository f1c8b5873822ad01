#include "wireshark/http.h"

#include <fmt/format.h>

#include <unordered_map>

#include "dissect/http_kinds.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/mapihttp/request_types.h"
#include "wireshark/view.h"

namespace ropewalk::shark {

namespace {

constexpr std::size_t kArenaLimit = 64u << 20;
constexpr const char* kContextCookie = "MapiContext";
constexpr std::size_t kMostWaiting = 256;
constexpr u32 kUnbound = 1;  // NspiUnbind's success, [MS-OXNSPI] 3.1.4.1.2

// What HTTP says of a content. The views live as long as the packet.
struct Heading {
  bool is_response = false;
  std::string_view request_type, response_code, cookies, client_info;
};

std::string_view header(const http_message_info_t* info, const char* name) {
  if (info == nullptr || info->data == nullptr) return {};
  const auto* value = static_cast<const char*>(wmem_map_lookup(static_cast<wmem_map_t*>(info->data), name));
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// Sessions that are not told by a cookie yet: the Connect or Bind that began them, by the client's id.
std::unordered_map<std::string, std::vector<Message*>>& connects() {
  static std::unordered_map<std::string, std::vector<Message*>> open;
  return open;
}

std::string client_of(const Heading& heading) {
  // "{GUID}:2": the GUID stands for the client's session, the number for the request.
  return std::string(heading.client_info.substr(0, heading.client_info.find(':')));
}

SessionState* session_of_heading(const Heading& heading) {
  if (heading.cookies.empty()) return nullptr;
  auto context = mapihttp::find_cookie(heading.cookies, kContextCookie);
  SessionState& session = session_of(std::string(context ? *context : heading.cookies));
  auto open = connects().find(client_of(heading));
  if (open == connects().end()) return &session;
  for (Message* message : open->second)
    if (message->session == nullptr) message->session = &session;
  connects().erase(open);
  return &session;
}

// The ROP buffers that the body of an Execute carries, opened.
template <class Body>
std::vector<ByteView> rops_in(ByteView body, Arena& arena) {
  auto read = wire::decode<Body>(body, arena);
  if (!read) return {};
  auto opened = emsmdb::open_extended_buffers(read->rop_buffer, arena);
  return opened ? *std::move(opened) : std::vector<ByteView>();
}

// By the name that learn() gave it.
std::optional<mapihttp::RequestType> type_of(std::string_view operation) {
  for (const mapihttp::RequestTypeRow& row : mapihttp::request_types())
    if (row.method == operation) return row.type;
  return std::nullopt;
}

bool is_address_book(const Message& message) {
  auto type = type_of(message.operation);
  return type && !is_of_mailbox(*type);
}

u32 error_of(const Heading& heading, ByteView body) {
  if (auto code = mapihttp::parse_response_code(heading.response_code);
      code && *code != mapihttp::ResponseCode::success)
    return 0;  // told in words beside
  if (body.size() < 4) return 0;
  u32 status = load_le<u32>(body.data());
  return status != 0 || body.size() < 8 ? status : load_le<u32>(body.data() + 4);
}

Message& learn(const MessageKey& key, const Heading& heading, ByteView content, std::size_t body_at,
               packet_info* pinfo) {
  Message& message = add_message(key, pinfo, content.size());
  message.layer = "MAPIHTTP";
  auto type = mapihttp::parse_request_type(heading.request_type);
  message.operation = type ? mapihttp::row_of(*type).method : heading.request_type;
  ByteView body = content.subspan(std::min(body_at, content.size()));
  Arena arena(kArenaLimit);
  auto& requests = waiting(find_conversation_pinfo(pinfo, 0));
  if (!heading.is_response) {
    message.session = session_of_heading(heading);
    if (message.session == nullptr) connects()[client_of(heading)].push_back(&message);
    bool executes = message.operation == mapihttp::name(mapihttp::RequestType::execute);
    learn_request(message, executes ? rops_in<mapihttp::ExecuteRequest>(body, arena) : std::vector<ByteView>());
    requests.push_back(&message);
    if (requests.size() > kMostWaiting) requests.pop_front();
    return message;
  }
  if (!requests.empty()) {
    match(*requests.front(), message);
    requests.pop_front();
  }
  if (message.operation.empty() && message.peer != nullptr) message.operation = message.peer->operation;
  if (message.session == nullptr) connects()[client_of(heading)].push_back(&message);
  message.error = error_of(heading, body);
  if (type == mapihttp::RequestType::unbind && message.error == kUnbound) message.error = 0;
  bool executes = message.operation == mapihttp::name(mapihttp::RequestType::execute);
  learn_response(message, executes ? rops_in<mapihttp::ExecuteResponse>(body, arena) : std::vector<ByteView>());
  return message;
}

// The content as meta-tags and a body; as text or bytes where it is neither.
dissect::Part read_content(const Heading& heading, const Message& message, ByteView content) {
  dissect::Part part;
  part.node.name = part.node.type = heading.is_response ? "MAPI/HTTP response" : "MAPI/HTTP request";
  part.node.has_fields = true;
  part.node.length = content.size();
  std::size_t at = heading.is_response ? dissect::add_meta_tags(content, part.node) : 0;
  if (at == std::string_view::npos) {
    part.error = "the content ends before its headers do";
    return part;
  }
  if (at == content.size()) return part;
  ByteView body = content.subspan(at);
  auto code = mapihttp::parse_response_code(heading.response_code);
  bool failed = heading.is_response && code && *code != mapihttp::ResponseCode::success;
  auto type = type_of(message.operation);
  if (failed || !type || *type == mapihttp::RequestType::ping) {
    dissect::add_bytes(part.node, "unknown", at, body);
    return part;
  }
  RopContext context(message, nullptr);
  dissect::Part inner = dissect::read_part(dissect::http_body_info(*type, heading.is_response), body, context.chain());
  dissect::shift(inner.node, at);
  part.node.fields.push_back(std::move(inner.node));
  part.buffers = std::move(inner.buffers);
  part.error = std::move(inner.error);
  return part;
}

void explain(const Heading& heading, Source source, packet_info* pinfo, proto_tree* tree) {
  dissect::Part scratch;
  MessageKey key = message_key(pinfo, source.bytes, !heading.is_response);
  Message* message = find_message(key);
  if (message == nullptr) {
    std::size_t at = heading.is_response ? dissect::add_meta_tags(source.bytes, scratch.node) : 0;
    message = &learn(key, heading, source.bytes, at, pinfo);
    if (is_address_book(*message)) {
      dissect::Part part = read_content(heading, *message, source.bytes);
      learn_address_book(*message, part.node);
    }
  }
  std::string title = fmt::format("{} {}", message->operation, heading.is_response ? "response" : "request");
  col_set_str(pinfo->cinfo, COL_PROTOCOL, "MAPI");
  col_add_str(pinfo->cinfo, COL_INFO, title.c_str());
  if (!wants_trees(tree)) {
    show(*message, nullptr, source, pinfo, tree);
  } else {
    proto_item* item = proto_tree_add_item(tree, protocols.mapi, source.tvb, 0, -1, ENC_NA);
    proto_item_set_text(item, "MAPI over HTTP, %s", title.c_str());
    dissect::Part part = read_content(heading, *message, source.bytes);
    if (is_address_book(*message)) explain_address_book(*message, part.node);
    message->after.annotate(part.node, message->requests.get());
    auto code = mapihttp::parse_response_code(heading.response_code);
    if (code && *code != mapihttp::ResponseCode::success)
      expert_add_info_format(pinfo, item, &expert.failed, "X-ResponseCode: %s",
                             std::string(mapihttp::name(*code)).c_str());
    show(*message, &part, source, pinfo, proto_item_add_subtree(item, subtree("MAPI over HTTP")));
  }
  col_set_fence(pinfo->cinfo, COL_INFO);  // a further message in the frame tells of itself behind this one
}

int dissect_content(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  const auto* info = static_cast<const http_message_info_t*>(data);
  auto length = static_cast<int>(tvb_captured_length(tvb));
  if (length == 0) return 0;
  Heading heading;
  heading.is_response = info != nullptr && info->type == HTTP_RESPONSE;
  heading.request_type = header(info, "x-requesttype");
  heading.response_code = header(info, "x-responsecode");
  heading.cookies = header(info, "cookie");
  heading.client_info = header(info, "x-clientinfo");
  explain(heading, {tvb, {tvb_get_ptr(tvb, 0, length), static_cast<std::size_t>(length)}}, pinfo, tree);
  return length;
}

void forget_connects() { connects().clear(); }

}  // namespace

void handoff_http() {
  dissector_add_string("media_type", std::string(mapihttp::kMediaType).c_str(),
                       create_dissector_handle(dissect_content, protocols.mapi));
  register_cleanup_routine(forget_connects);
}

}  // namespace ropewalk::shark
