#include "mime/part_tree.h"

#include "mime/text.h"

namespace ropewalk::mime {
namespace {

struct Walk {
  TreeLimits limits;
  std::size_t parts = 0;
};

// A line that ends a part: "--boundary", or "--boundary--" where it is the last one. White space may follow.
enum class Boundary { none, next, last };

Boundary match_boundary(std::string_view line, std::string_view boundary) {
  if (!line.starts_with("--") || line.substr(2, boundary.size()) != boundary) return Boundary::none;
  line.remove_prefix(2 + boundary.size());
  bool last = line.starts_with("--");
  if (last) line.remove_prefix(2);
  return trim(line).empty() ? (last ? Boundary::last : Boundary::next) : Boundary::none;
}

struct Split {
  std::vector<std::string_view> entities;
  std::string_view preamble, epilogue;
  bool closed = false;
};

// The line end before a boundary line belongs to it (RFC 2046 5.1.1).
std::string_view before_boundary(std::string_view text) { return without_line_end(text); }

Split split_multipart(std::string_view body, std::string_view boundary) {
  Split out;
  std::string opening = "--" + std::string(boundary);
  std::size_t begin = 0;  // of the part under way
  bool inside = false;
  for (std::size_t at = 0; at != body.npos && at < body.size();) {
    at = body.find(opening, at);
    if (at == body.npos) break;
    bool at_line_start = at == 0 || body[at - 1] == '\n';
    std::string_view rest = at_line_start ? body.substr(at) : std::string_view();
    std::string_view line = take_line(rest);
    Boundary found = match_boundary(without_line_end(line), boundary);
    if (found == Boundary::none) {
      at += opening.size();
      continue;
    }
    std::string_view between = body.substr(begin, at - begin);
    if (inside)
      out.entities.push_back(before_boundary(between));
    else
      out.preamble = between;
    inside = true;
    at += line.size();
    begin = at;
    if (found == Boundary::last) {
      out.epilogue = body.substr(begin);
      out.closed = true;
      return out;
    }
  }
  if (inside && begin < body.size()) out.entities.push_back(body.substr(begin));
  if (!inside) out.preamble = body;
  return out;
}

void parse_content(Part& part, int depth, Walk& walk);

// Where the header begins, after a byte order mark, empty lines and mbox "From " lines.
std::string_view message_begin(std::string_view entity) {
  if (entity.starts_with("\xEF\xBB\xBF")) entity.remove_prefix(3);
  std::string_view rest = entity;
  for (std::string_view next = rest; !next.empty(); rest = next) {
    std::string_view line = take_line(next);
    if (!without_line_end(line).empty() && !line.starts_with("From ") && !line.starts_with(">From ")) break;
  }
  return split_fields(rest.substr(0, 4096)).fields.empty() ? entity : rest;
}

// Of several Content-Type fields the first one that can be meant: a multipart's boundary has to occur.
MediaType media_type_of(const Part& part) {
  std::optional<MediaType> first;
  for (const Field& field : part.fields) {
    if (!equal_ignoring_ascii_case(field.name, "content-type")) continue;
    MediaType media = parse_media_type(field.value);
    bool usable = media.declared && (media.type != "multipart" ||
                                     part.body.find("--" + std::string(media.parameter("boundary"))) != part.body.npos);
    if (usable) return media;
    if (!first || !first->declared) first = std::move(media);
  }
  return first.value_or(MediaType{});
}

void read_fields(Part& part, std::string_view entity, bool digest_member) {
  FieldBlock block = split_fields(entity);
  part.entity = entity;
  part.header = block.header;
  part.body = block.body;
  part.fields = std::move(block.fields);
  part.media = media_type_of(part);
  if (!part.media.declared && digest_member && find_field(part.fields, "content-type") == nullptr) {
    part.media.type = "message";
    part.media.subtype = "rfc822";
  }
  if (const Field* disposition = find_field(part.fields, "content-disposition"))
    part.disposition = parse_disposition(disposition->value);
  if (const Field* encoding = find_field(part.fields, "content-transfer-encoding"))
    part.encoding = parse_encoding(unfold(encoding->value));
}

void parse_multipart(Part& part, int depth, Walk& walk) {
  std::string boundary(part.media.parameter("boundary"));
  while (!boundary.empty() && is_blank(boundary.back())) boundary.pop_back();
  if (boundary.empty()) {
    part.defect = "a multipart without a boundary parameter";
    return;
  }
  Split split = split_multipart(part.body, boundary);
  if (split.entities.empty()) {
    if (!trim(part.body).empty()) part.defect = "a multipart whose boundary does not occur";
    part.preamble = split.preamble;
    return;
  }
  if (walk.parts + split.entities.size() > walk.limits.parts) {
    part.defect = "more parts than are taken apart";
    return;
  }
  walk.parts += split.entities.size();
  part.preamble = split.preamble;
  part.epilogue = split.epilogue;
  if (!split.closed) part.defect = "a multipart without its closing boundary";
  part.parts.resize(split.entities.size());
  bool digest = part.media.subtype == "digest";
  for (std::size_t i = 0; i < split.entities.size(); ++i) {
    Part& child = part.parts[i];
    child.place = part.place + (part.place.empty() ? "" : ".") + std::to_string(i + 1);
    read_fields(child, split.entities[i], digest);
    parse_content(child, depth + 1, walk);
  }
}

void parse_message(Part& part, int depth, Walk& walk) {
  if (++walk.parts > walk.limits.parts) {
    part.defect = "more parts than are taken apart";
    return;
  }
  std::string_view bytes = part.body;
  if (part.encoding.encoding != TransferEncoding::identity) {  // RFC 2046 5.2.1 forbids it; it happens
    part.decoded = std::make_unique<std::string>();
    if (!decode_transfer(part.body, part.encoding.encoding, *part.decoded)) {
      part.decoded.reset();
      part.defect = "a message whose transfer encoding cannot be undone";
      return;
    }
    bytes = *part.decoded;
  }
  part.message = std::make_unique<Part>();
  part.message->place = part.place + (part.place.empty() ? "message" : ".message");
  read_fields(*part.message, message_begin(bytes), false);
  if (part.message->fields.empty()) {
    part.message.reset();  // no message at all
    part.defect = "a message part that holds no message";
    return;
  }
  parse_content(*part.message, depth + 1, walk);
}

void parse_content(Part& part, int depth, Walk& walk) {
  bool multipart = part.media.type == "multipart";
  bool message = part.media.type == "message" &&
                 (part.media.subtype == "rfc822" || part.media.subtype == "global" || part.media.subtype == "news");
  if (!multipart && !message) return;
  if (depth >= walk.limits.depth) {
    part.defect = "parts nested deeper than are taken apart";
    return;
  }
  if (multipart)
    parse_multipart(part, depth, walk);
  else
    parse_message(part, depth, walk);
}

}  // namespace

Part parse_tree(std::string_view raw, const TreeLimits& limits) {
  Walk walk{limits};
  Part root;
  read_fields(root, message_begin(raw), false);
  parse_content(root, 0, walk);
  return root;
}

bool is_opaque(const Part& part) {
  if (part.media.type == "multipart") return !part.is_multipart();
  return part.media.is("message", "partial") || part.media.is("message", "external-body");
}

}  // namespace ropewalk::mime
