// What HTTP messages say, as operations.
#include <fmt/format.h>

#include <charconv>

#include "base/hex.h"
#include "dissect/documents.h"
#include "dissect/http_credentials.h"
#include "dissect/http_follower.h"
#include "dissect/http_kinds.h"
#include "mapi/ascii_case.h"
#include "mapi/error_code.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/mapihttp/request_types.h"
#include "protocol/mapihttp/response_stream.h"

namespace ropewalk::dissect {

using mapihttp::RequestType;

namespace {

constexpr std::string_view kAutodiscover = "AUTODISCOVER", kOab = "OAB";
constexpr u32 kUnbound = 1;  // what NspiUnbind answers where it has ended a session, [MS-OXNSPI] 3.1.4.1.2

// The session that a Cookie header names: [MS-OXCMAPIHTTP] 3.2.1, 3.2.5.2. What changes with each request is left out.
std::string session_of_cookies(std::string_view header) {
  if (auto context = mapihttp::find_cookie(header, "MapiContext")) return fmt::format("cookie {}", *context);
  return header.empty() ? std::string() : fmt::format("cookies {}", header);
}

std::string session_of_set_cookies(const HttpText& message) {
  std::string all;
  for (const HttpField& field : message.fields) {
    if (!mapi::equal_ignoring_ascii_case(field.name, mapihttp::kSetCookie)) continue;
    auto cookie = mapihttp::parse_set_cookie(field.value);
    if (!cookie) continue;
    if (cookie->name == "MapiContext") return fmt::format("cookie {}", cookie->value);
    all += fmt::format("{}{}={}", all.empty() ? "" : "; ", cookie->name, cookie->value);
  }
  return all.empty() ? all : "cookies " + all;
}

bool is_address_book(const HttpExchange& exchange) { return exchange.type && !is_of_mailbox(*exchange.type); }

// The request type's own body behind meta-tags and additional headers.
struct Body {
  ByteView bytes;
  std::optional<mapihttp::ResponseCode> code;  // of the additional headers
};
Body body_of(const HttpMessage& message) {
  Body body{message.content, std::nullopt};
  if (!message.text.is_response()) return body;
  std::string_view text = text_of(message.content);
  if (!text.starts_with("PROCESSING\r\n") && !text.starts_with("PENDING\r\n") && !text.starts_with("DONE\r\n"))
    return body;
  mapihttp::ResponseStream stream(message.content.size());
  if (!stream.feed(message.content).ok() || !stream.done()) return {{}, std::nullopt};
  body.bytes = ByteView(message.content).last(stream.body().size());
  body.code = stream.response_code();
  return body;
}

std::vector<ByteView> payloads_of(ByteView buffers, Arena& arena) {
  auto opened = emsmdb::open_extended_buffers(buffers, arena);
  return opened.ok() ? *std::move(opened) : std::vector<ByteView>();
}

// Autodiscover's messages, and the manifest of an offline address book.
std::optional<Part> document_of(const HttpExchange& exchange, ByteView body) {
  if (body.empty() || (exchange.layer != kAutodiscover && exchange.layer != kOab)) return std::nullopt;
  if (auto json = read_autodiscover_json(body)) return json;
  return read_xml(body);
}

// The tree of a message; `chain` is what the body's layout depends on.
void add_tree(const HttpMessage& message, const HttpExchange& exchange, bool is_plain_text, const wire::Context* chain,
              Operation& operation) {
  operation.buffers.push_back({"HTTP message", "as it travelled", {message.bytes.begin(), message.bytes.end()}});
  wire::Node& root = operation.tree;
  root.name = root.type = message.text.is_response() ? "HTTP response" : "HTTP request";
  add_http_head(message.text, root);
  if (!message.text.body.empty()) add_bytes(root, "Body", message.text.body_offset, message.text.body);
  cover(root, message.bytes);
  for (wire::Node& field : root.fields)
    if (field.name == "padding") field.name = "EmptyLine";
  if (message.content.empty()) return;
  ByteView content = message.content;
  Part part;
  part.node.name = part.node.type = "Content";
  part.node.has_fields = true;
  std::size_t at = message.text.is_response() ? add_meta_tags(content, part.node) : 0;
  if (at == std::string_view::npos) at = content.size();
  ByteView body = content.subspan(at);
  if (!body.empty() && exchange.type && *exchange.type != RequestType::ping && !is_plain_text) {
    Part inside = read_part(http_body_info(*exchange.type, message.text.is_response()), body, chain);
    if (!inside.error.empty()) operation.notes.push_back("malformed: " + inside.error);
    shift(inside.node, at);
    part.node.fields.push_back(std::move(inside.node));
    part.buffers = std::move(inside.buffers);
  } else if (auto document = document_of(exchange, body)) {
    part.node.fields.push_back(std::move(document->node));
  } else if (!body.empty() && exchange.layer == kOab) {
    add_bytes(part.node, "File", at, body);
  } else if (!body.empty()) {
    add_node(part.node, "Text", "text", at, body.size()).value = text_value(text_of(body));
  }
  cover(part.node, content);
  add_derived(root, operation.buffers, "Content", message.origin, content, std::move(part));
}

void describe_request(Conversations& all, const HttpMessage& message, HttpExchange& exchange, Operation& operation) {
  std::string_view start = message.text.start_line;
  exchange.method = std::string(start.substr(0, start.find(' ')));
  std::string target(start.substr(exchange.method.size() + 1));
  target = target.substr(0, target.find(" HTTP/"));
  std::string_view type = message.text.field(mapihttp::kRequestType);
  if (!type.empty()) {
    exchange.layer = "MAPIHTTP";
    exchange.name = std::string(type);
    exchange.type = mapihttp::parse_request_type(type);
    if (exchange.type) exchange.name = std::string(mapihttp::row_of(*exchange.type).method);
    operation.detail = target;
    exchange.session = session_of_cookies(message.text.field(mapihttp::kCookie));
  } else {
    const std::string path = mapi::ascii_lowered(target);
    exchange.layer = path.find("/autodiscover/") != path.npos ? kAutodiscover
                     : path.starts_with("/oab/")              ? kOab
                                                              : "HTTP";
    exchange.name = fmt::format("{} {}", exchange.method, target);
    if (exchange.layer == kAutodiscover) operation.detail = autodiscover_words(message.content, false).detail;
  }
  if (auto credentials = read_credentials(message.text)) {
    operation.detail += (operation.detail.empty() ? "" : "; ") + credentials->text();
    exchange.user = credentials->user;
    if (credentials->is_complete) exchange.proof = credentials->text();
  }
  if (exchange.type == RequestType::execute) {
    Arena arena(64u << 20);
    auto request = wire::decode<mapihttp::ExecuteRequest>(message.content, arena);
    if (request.ok()) {
      auto payloads = payloads_of(request->rop_buffer, arena);
      exchange.rops = std::make_shared<RopRequests>(payloads);
      operation.rops = all.session(exchange.session).notes(*exchange.rops);
    }
  }
  if (!all.options().trees) return;
  add_tree(message, exchange, false, nullptr, operation);
  if (exchange.rops != nullptr) all.session(exchange.session).annotate(operation.tree, exchange.rops.get());
  if (is_address_book(exchange)) explain_address_book(all, exchange.session, exchange.asked, operation);
}

// StatusCode and ErrorCode of a body, or the response code, or the HTTP status.
void set_result(const HttpMessage& message, const HttpExchange& exchange, const Body& body, Operation& operation) {
  std::string_view start = message.text.start_line;
  std::string_view status = start.size() > 9 ? start.substr(9) : std::string_view();
  u32 number = 0;
  std::from_chars(status.data(), status.data() + status.size(), number);
  operation.result = std::string(status);
  operation.error = number >= 400 ? number : 0;
  if (exchange.layer != "MAPIHTTP" || number != 200) return;
  auto code = body.code;
  if (!code || *code == mapihttp::ResponseCode::success) {
    std::string_view header = message.text.field(mapihttp::kResponseCode);
    if (!header.empty()) code = mapihttp::parse_response_code(header);
  }
  if (code && *code != mapihttp::ResponseCode::success) {
    operation.error = static_cast<u32>(*code);
    operation.result = fmt::format("X-ResponseCode {}: {}", operation.error, mapihttp::name(*code));
    return;
  }
  if (!exchange.type || *exchange.type == RequestType::ping || body.bytes.size() < 8) return;
  u32 status_code = load_le<u32>(body.bytes.data());
  u32 error = status_code != 0 ? status_code : load_le<u32>(body.bytes.data() + 4);
  if (exchange.type == RequestType::unbind && status_code == 0 && error == kUnbound) error = 0;
  operation.error = error;
  operation.result = error == 0         ? "success"
                     : status_code != 0 ? fmt::format("StatusCode {}", status_code)
                                        : mapi::name(mapi::ErrorCode{error});
}

void add_words(const HttpMessage& message, Operation& operation) {
  AutodiscoverWords words = autodiscover_words(message.content, true);
  operation.detail = std::move(words.detail);
  if (operation.error != 0 || words.error == 0) return;
  operation.error = words.error;
  operation.result = std::move(words.result);
}

void describe_response(Conversations& all, const HttpMessage& message, HttpExchange& exchange, Operation& operation) {
  Body body = body_of(message);
  set_result(message, exchange, body, operation);
  if (exchange.layer == kAutodiscover) add_words(message, operation);
  if (message.text.start_line.find(" 401") == 8) {
    if (!exchange.proof.empty()) operation.detail = fmt::format("refuses {}; ", exchange.proof);
    operation.detail += fmt::format("offers {}", offered_schemes(message.text));
  }
  bool is_plain_text =
      operation.result.starts_with("X-ResponseCode") || !message.text.start_line.starts_with("HTTP/1.1 200");
  if (exchange.type == RequestType::connect || exchange.type == RequestType::bind)
    if (std::string session = session_of_set_cookies(message.text); !session.empty()) exchange.session = session;
  bool is_execute = exchange.type == RequestType::execute && !is_plain_text;
  MapiSession* session = is_execute ? &all.session(exchange.session) : nullptr;
  rop::AnsweredRequests answered;
  if (exchange.rops != nullptr) answered = {exchange.rops->list, exchange.rops->handles, session};
  wire::Context asked = wire::add_context(answered, nullptr);
  rop::ResponseMatcher matcher(&answered);
  wire::Context requests = wire::add_context(matcher, &asked);
  rop::PublicLogons logons = session == nullptr ? rop::PublicLogons{} : session->public_logons();
  wire::Context publics = wire::add_context(logons, exchange.rops == nullptr ? nullptr : &requests);
  if (all.options().trees) add_tree(message, exchange, is_plain_text, &publics, operation);
  if (all.options().trees && is_address_book(exchange))
    explain_address_book(all, exchange.session, exchange.asked, operation);
  if (session == nullptr) return;
  Arena arena(64u << 20);
  auto response = wire::decode<mapihttp::ExecuteResponse>(body.bytes, arena);
  if (!response.ok()) return;
  operation.rops = session->learn(exchange.rops.get(), payloads_of(response->rop_buffer, arena), exchange.operation);
  add_streams(*session, all.options().trees, operation);
  if (all.options().trees) session->annotate(operation.tree, exchange.rops.get());
}

}  // namespace

void describe_http(Conversations& all, const HttpMessage& message, HttpExchange& exchange, Operation& operation) {
  bool is_response = message.text.is_response();
  operation.direction = is_response ? Direction::response : Direction::request;
  if (is_response && exchange.operation != 0) {
    operation.answers = exchange.operation;
    operation.round_trip = operation.frame().time - exchange.time;
  }
  if (is_response)
    describe_response(all, message, exchange, operation);
  else
    describe_request(all, message, exchange, operation);
  operation.layer = exchange.layer;
  operation.user = exchange.user;
  operation.name = exchange.name.empty() ? "response" : exchange.name;
}

}  // namespace ropewalk::dissect
