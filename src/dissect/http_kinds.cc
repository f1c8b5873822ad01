#include "dissect/http_kinds.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/hex.h"
#include "base/utf16.h"
#include "dissect/conversation.h"
#include "dissect/http_text.h"
#include "dissect/tree_parts.h"
#include "mapi/ascii_case.h"
#include "protocol/mapihttp/request_types.h"

namespace ropewalk::dissect {
namespace {

namespace json = boost::json;
using mapihttp::RequestType;
using wire::Node;

// What a header field's value means, where that is more than the value.
std::string explained(std::string_view name, std::string_view value) {
  if (!mapi::equal_ignoring_ascii_case(name, mapihttp::kResponseCode)) return {};
  auto code = mapihttp::parse_response_code(value);
  return code ? std::string(mapihttp::name(*code)) : "not a number";
}

// The lines in front of a response's body: meta-tags, then additional header fields, up to an empty line. Returns where
// the body begins, or npos where they do not end.
std::size_t add_meta_tag_lines(ByteView content, Node& parent) {
  std::string_view text = text_of(content);
  Node& lines = add_node(parent, "MetaTags", "meta-tags", 0, 0);
  lines.has_fields = true;
  bool in_headers = false;
  for (std::size_t at = 0;;) {
    std::size_t end = text.find("\r\n", at);
    if (end == std::string_view::npos) return end;
    std::string_view line = text.substr(at, end - at);
    std::size_t next = end + 2;
    lines.length = next;
    if (line.empty()) return next;
    std::size_t colon = in_headers ? line.find(':') : std::string_view::npos;
    std::string_view name = line.substr(0, colon);
    Node& node = add_node(lines, name, colon == std::string_view::npos ? "meta-tag" : "header", at, next - at);
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    node.value = text_value(value);
    node.text = explained(name, value);
    in_headers |= line == "DONE";
    at = next;
  }
}

bool begins_with_meta_tag(ByteView content) {
  std::string_view text = text_of(content);
  return text.starts_with("PROCESSING\r\n") || text.starts_with("PENDING\r\n") || text.starts_with("DONE\r\n");
}

// The body of a request type, at `at` of the content.
std::optional<wire::WireError> add_body(const wire::StructInfo& info, ByteView content, std::size_t at, Node& parent,
                                        Arena& arena, const KindOptions& options) {
  auto read = in_context(options, arena, [&](const wire::Context* chain) {
    return wire::read_tree(info, content.subspan(at), arena, chain);
  });
  if (!read) return std::move(read).error();
  wire::Tree& tree = *read;
  shift(tree.root, at);
  parent.has_fields = true;
  parent.fields.push_back(std::move(tree.root));
  if (tree.error) {
    tree.error->offset += at;
  } else if (at + tree.consumed != content.size()) {
    std::size_t end = at + tree.consumed;
    tree.error = wire::WireError{wire::ErrorKind::leftover, end, 0, content.size() - end, std::string(info.name), ""};
  }
  return std::move(tree.error);
}

std::optional<wire::WireError> add_content(const HttpText& message, Node& root, Arena& arena,
                                           const KindOptions& options) {
  auto content = http_content(message, arena);
  if (!content)
    return wire::WireError{wire::ErrorKind::malformed, message.body_offset, 0, 0, "Body", "its chunks are malformed"};
  if (content->empty()) return std::nullopt;
  Node& node = add_node(root, "Content", "plain bytes", 0, content->size());
  std::size_t at = 0;
  if (message.is_response() && begins_with_meta_tag(*content)) at = add_meta_tag_lines(*content, node);
  if (at == std::string_view::npos) {
    node.text = "ends before its headers do";
    return std::nullopt;
  }
  auto code = mapihttp::parse_response_code(message.field(mapihttp::kResponseCode));
  bool failed = message.is_response() && code && *code != mapihttp::ResponseCode::success;
  auto type = mapihttp::parse_request_type(message.field(mapihttp::kRequestType));
  if (at == content->size()) return std::nullopt;
  if (!type || *type == RequestType::ping || failed) {
    std::string_view text = text_of(content->subspan(at));
    add_node(node, "Text", "text", at, text.size()).value = text_value(text);
    return std::nullopt;
  }
  return add_body(http_body_info(*type, message.is_response()), *content, at, node, arena, options);
}

const json::value* member(const json::value& node, std::string_view name) {
  const json::object* object = node.if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

const json::value* child(const json::value& node, std::string_view name) {
  const json::value* fields = member(node, "fields");
  if (fields == nullptr || !fields->is_array()) return nullptr;
  for (const json::value& field : fields->as_array()) {
    const json::value* given = member(field, "name");
    if (given != nullptr && given->is_string() && std::string_view(given->as_string()) == name) return &field;
  }
  return nullptr;
}

// Text of a "value", plain or as {"hex": …}.
std::optional<std::string> text_in(const json::value* node) {
  const json::value* value = node == nullptr ? nullptr : member(*node, "value");
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(value->as_string());
  const json::value* hex = member(*value, "hex");
  auto raw = hex != nullptr && hex->is_string() ? from_hex(std::string_view(hex->as_string())) : std::nullopt;
  return raw ? std::optional(std::string(text_of(*raw))) : std::nullopt;
}

}  // namespace

std::size_t add_meta_tags(ByteView content, Node& parent) {
  return begins_with_meta_tag(content) ? add_meta_tag_lines(content, parent) : 0;
}

const wire::StructInfo& http_body_info(RequestType type, bool is_response) {
  const mapihttp::RequestTypeRow& row = mapihttp::row_of(type);
  return is_response ? *row.response : *row.request;
}

void add_http_head(const HttpText& message, Node& root) {
  std::string_view start = message.start_line;
  add_node(root, "StartLine", "text", 0, start.size() + 2).value = text_value(start);
  std::size_t fields_at = start.size() + 2;
  Node& fields = add_node(root, "Headers", "header[]", fields_at, message.body_offset - 2 - fields_at);
  fields.has_fields = true;
  for (const HttpField& field : message.fields) {
    Node& node = add_node(fields, field.name, "header", field.offset, field.length);
    node.value = text_value(field.value);
    node.text = explained(field.name, field.value);
  }
}

wire::Tree read_http_kind(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options) {
  wire::Tree tree;
  tree.root.name = tree.root.type = kind.name == "mapihttp-request" ? "MapiHttpRequest" : "MapiHttpResponse";
  tree.root.has_fields = true;
  auto message = read_http_text(bytes);
  if (!message) {
    tree.error = std::move(message).error();
    return tree;
  }
  if (message->is_response() != (kind.name == "mapihttp-response")) {
    tree.error = wire::WireError{wire::ErrorKind::malformed,
                                 0,
                                 0,
                                 0,
                                 tree.root.name,
                                 message->is_response() ? "this is a response" : "this is a request"};
    return tree;
  }
  tree.consumed = tree.root.length = bytes.size();
  add_http_head(*message, tree.root);
  add_node(tree.root, "Body", "bytes", message->body_offset, message->body.size()).value =
      json::string(to_hex(message->body));
  tree.error = add_content(*message, tree.root, arena, options);
  return tree;
}

Result<std::vector<u8>> write_http_kind(const Kind&, const json::value& node, Arena&, const KindOptions&) {
  auto start = text_in(child(node, "StartLine"));
  if (!start) return Error{"StartLine: this field is missing"};
  std::string text = *start + "\r\n";
  const json::value* headers = child(node, "Headers");
  const json::value* fields = headers == nullptr ? nullptr : member(*headers, "fields");
  if (fields == nullptr || !fields->is_array()) return Error{"Headers: this field is missing"};
  for (const json::value& field : fields->as_array()) {
    const json::value* name = member(field, "name");
    auto value = text_in(&field);
    if (name == nullptr || !name->is_string() || !value) return Error{"Headers: a field without name or value"};
    text += fmt::format("{}: {}\r\n", std::string_view(name->as_string()), *value);
  }
  auto hex = text_in(child(node, "Body"));
  auto body = hex ? from_hex(*hex) : std::nullopt;
  if (!body) return Error{"Body: missing, or not hexadecimal text"};
  text += "\r\n" + std::string(text_of(*body));
  ByteView bytes = bytes_of(text);
  return std::vector<u8>(bytes.begin(), bytes.end());
}

}  // namespace ropewalk::dissect
