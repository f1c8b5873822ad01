// Which parts are the message body, and the body properties: [MS-OXCMAIL] 2.2.3.3.
#include "base/utf16.h"
#include "mime/body_text.h"
#include "mime/charset.h"
#include "mime/import_context.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using mapi::Value;

// PidTagNativeBody, [MS-OXCMSG] 2.2.1.58.2
constexpr u32 kNativePlain = 1, kNativeHtml = 3;

bool is_attachment(const Part& part) {
  return part.disposition.kind == "attachment" || !part.disposition.parameter("filename").empty();
}

bool is_meeting_calendar(const Part& part) {
  if (!part.media.is("text", "calendar") && !part.media.is("application", "ics")) return false;
  std::string method = ascii_lowered(part.media.parameter("method"));
  if (method.empty()) {  // the object says it too
    std::string_view rest = part.body.substr(0, 2048);
    while (!rest.empty() && method.empty()) {
      std::string_view line = without_line_end(take_line(rest));
      if (starts_ignoring_case(line, "method:")) method = ascii_lowered(trim(line.substr(7)));
    }
  }
  return method == "request" || method == "reply" || method == "cancel" || method == "counter";
}

void select(const Part& part, bool alternatives, BodyParts& out);

// The first child that brings a body wins; in a multipart/alternative each child may bring one form of it.
void select_from(const Part& part, BodyParts& out) {
  bool alternative = part.media.subtype == "alternative";
  if (part.media.subtype == "digest") return;
  if (part.media.subtype == "related" || part.media.subtype == "signed") {
    select(part.parts.front(), false, out);
    return;
  }
  for (const Part& child : part.parts) {
    select(child, alternative, out);
    if (!alternative && (out.plain != nullptr || out.html != nullptr)) return;
  }
}

void select(const Part& part, bool alternatives, BodyParts& out) {
  if (part.is_multipart()) {
    if (!alternatives || out.html == nullptr) select_from(part, out);
    return;
  }
  if (is_meeting_calendar(part) && part.disposition.kind != "attachment") {
    if (out.calendar == nullptr) out.calendar = &part;
    return;
  }
  if (is_attachment(part)) return;
  if (part.media.is("text", "html")) {
    if (out.html == nullptr) out.html = &part;
  } else if (part.media.is("text", "plain")) {
    if (out.plain == nullptr) out.plain = &part;
  }
}

// A calendar beside the body is a meeting message's too.
const Part* find_calendar(const Part& part) {
  if (is_meeting_calendar(part) && part.disposition.kind != "attachment") return &part;
  for (const Part& child : part.parts)
    if (const Part* found = find_calendar(child)) return found;
  return nullptr;
}

// A multipart that could not be taken apart, or a text type without its own handling, at the top of a message: text.
bool is_root_text(const Part& root) {
  return root.media.type == "multipart" && !root.is_multipart() && root.defect != nullptr;
}

// Text whose transfer encoding is damaged: what came out of it where that is text, else what came.
std::string_view readable(const Part& part, std::string_view decoded) {
  bool text = is_utf8(decoded) && decoded.find('\0') == decoded.npos && !decoded.empty();
  return text ? decoded : part.body;
}

void import_plain(const Part& part, const ImportContext& context, mapi::MessageContent& content) {
  PartBytes decoded = decode_part(part);
  if (!decoded.clean && !part.body.empty()) decoded.bytes = readable(part, decoded.bytes);
  TextCharset charset = text_charset(decoded.bytes, part.charset(), {});
  std::string unflowed;
  std::string_view text = decoded.bytes;
  if (equal_ignoring_ascii_case(part.media.parameter("format"), "flowed")) {
    unflowed = unflow(text, equal_ignoring_ascii_case(part.media.parameter("delsp"), "yes"));
    text = unflowed;
  }
  Decoded utf16 = decode_charset(bytes_of(text), charset.name);
  if (!decoded.clean || utf16.errors > 0 || !utf16.known) {
    // The text as far as it can be read is the body; the part as it came is an attachment.
    context.remark(part, std::string(decoded.clean ? "the text is not valid in its charset (" + charset.name + ")"
                                                   : "the transfer encoding is damaged") +
                             "; its bytes are attached too");
    add_attachment(part, decoded.clean ? decoded.bytes : part.body, content);
  } else if (!part.charset().empty() && !equal_ignoring_ascii_case(charset.name, part.charset())) {
    context.remark(part,
                   "charset \"" + std::string(part.charset()) + "\" does not fit the text; read as " + charset.name);
  }
  content.properties.set_bytes(PropTag(tag::PidTagBody), with_crlf(std::move(utf16.utf16)));
  content.properties.set(PropTag(tag::PidTagNativeBody), Value::of(kNativePlain));
  content.properties.set(PropTag(tag::PidTagInternetCodepage), Value::of(charset.code_page));
}

void import_html(const Part& part, const ImportContext& context, mapi::MessageContent& content) {
  PartBytes decoded = decode_part(part);
  TextCharset charset = text_charset(decoded.bytes, part.charset(), html_charset(decoded.bytes));
  std::string_view html = decoded.bytes;
  if (!decoded.clean) {
    context.remark(part, "the transfer encoding is damaged; the part as it came is attached too");
    add_attachment(part, part.body, content);
  }
  std::string converted;
  if (charset.code_page == 65001 && code_page_of_charset(charset.name) != 65001) {
    // A charset without a code page number: PidTagInternetCodepage could not say it.
    context.remark(part, "HTML in charset " + charset.name + " is kept in UTF-8; its bytes are attached too");
    add_attachment(part, html, content);
    converted = utf16_to_utf8(decode_charset(bytes_of(html), charset.name).utf16);
    html = converted;
  } else if (!part.charset().empty() && !equal_ignoring_ascii_case(charset.name, part.charset())) {
    context.remark(part,
                   "charset \"" + std::string(part.charset()) + "\" does not fit the text; read as " + charset.name);
  }
  content.properties.set_bytes(PropTag(tag::PidTagHtml), bytes_of(html));
  content.properties.set(PropTag(tag::PidTagNativeBody), Value::of(kNativeHtml));
  content.properties.set(PropTag(tag::PidTagInternetCodepage), Value::of(charset.code_page));
  if (const Field* id = find_field(part.fields, "content-id")) {
    std::string value = unfold(id->value);
    if (value.size() > 2 && value.front() == '<' && value.back() == '>') value = value.substr(1, value.size() - 2);
    content.properties.set_text(PropTag(tag::PidTagBodyContentId), value);
  }
  if (const Field* location = find_field(part.fields, "content-location"))
    content.properties.set_text(PropTag(tag::PidTagBodyContentLocation), unfold(location->value));
}

}  // namespace

BodyParts select_bodies(const Part& root) {
  BodyParts out;
  select(root, false, out);
  if (out.calendar == nullptr) out.calendar = find_calendar(root);
  if (out.empty() && is_root_text(root) && !trim(root.body).empty()) out.plain = &root;
  return out;
}

void import_bodies(BodyParts& bodies, const ImportContext& context, mapi::MessageContent& content) {
  if (bodies.plain != nullptr) import_plain(*bodies.plain, context, content);
  if (bodies.html != nullptr) import_html(*bodies.html, context, content);
}

}  // namespace ropewalk::mime
