// Parts that are no body: [MS-OXCMAIL] 2.2.3.4.
#include "base/utf16.h"
#include "mime/addresses.h"
#include "mime/body_text.h"
#include "mime/file_name.h"
#include "mime/html_references.h"
#include "mime/import_context.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::AttachmentContent;
using mapi::MessageContent;
using mapi::PropTag;
using mapi::Value;

// PidTagAttachMethod, [MS-OXCMSG] 2.2.2.9
constexpr u32 kByValue = 1, kEmbeddedMessage = 5;
constexpr u32 kRenderedInBody = 4;  // PidTagAttachFlags, [MS-OXCMSG] 2.2.2.18

std::string without_angles(std::string value) {
  if (value.size() > 2 && value.front() == '<' && value.back() == '>') return value.substr(1, value.size() - 2);
  return value;
}

void set_text_field(const Part& part, std::string_view field_name, u32 property, mapi::PropertyBag& bag) {
  const Field* field = find_field(part.fields, field_name);
  if (field == nullptr) return;
  std::string value = decode_text(field->value, part.charset());
  if (field_name == "content-id") value = without_angles(value);
  if (!value.empty()) bag.set_text(PropTag(property), value);
}

void set_names(const Part& part, std::size_t number, mapi::PropertyBag& bag) {
  std::string name = attachment_name(part, number);
  bag.set_text(PropTag(tag::PidTagAttachLongFilename), name);
  bag.set_text(PropTag(tag::PidTagAttachFilename), short_file_name(name));
  bag.set_text(PropTag(tag::PidTagAttachExtension), file_extension(name));
  bag.set_text(PropTag(tag::PidTagDisplayName), name);
}

// What all attachments have, but for their content.
void describe(const Part& part, std::size_t number, mapi::PropertyBag& bag) {
  set_names(part, number, bag);
  bag.set_text(PropTag(tag::PidTagAttachMimeTag), part.media.name());
  bag.set_bytes(PropTag(tag::PidTagAttachEncoding), {});
  bag.set(PropTag(tag::PidTagRenderingPosition), Value::of(u32{0xFFFFFFFF}));
  bag.set(PropTag(tag::PidTagAttachFlags), Value::of(u32{0}));
  set_text_field(part, "content-id", tag::PidTagAttachContentId, bag);
  set_text_field(part, "content-location", tag::PidTagAttachContentLocation, bag);
  set_text_field(part, "content-base", tag::PidTagAttachContentBase, bag);
  if (part.media.type == "text" && !part.charset().empty())
    bag.set_text(PropTag(tag::PidTagTextAttachmentCharset), part.charset());
  if (auto time = decode_date(part.disposition.parameter("creation-date")))
    bag.set(PropTag(tag::PidTagCreationTime), Value::of(*time));
  if (auto time = decode_date(part.disposition.parameter("modification-date")))
    bag.set(PropTag(tag::PidTagLastModificationTime), Value::of(*time));
}

// [MS-OXCMAIL] 2.1.3.4.1.2: inline where the HTML shows it; then it is hidden from the list of attachments.
void mark_inline(const Part& part, bool related, const HtmlReferences& html, mapi::PropertyBag& bag) {
  bool shown = html.has_content_id(without_angles(part.value_of("content-id"))) ||
               (related && html.has_location(part.value_of("content-location")));
  if (!shown) return;
  bag.set(PropTag(tag::PidTagAttachFlags), Value::of(kRenderedInBody));
  bag.set(PropTag(tag::PidTagAttachmentHidden), Value::of(true));
}

struct Attaching {
  const BodyParts& bodies;
  const ImportContext& context;
  MessageContent& content;
  HtmlReferences html;
};

void attach_message(const Part& part, Attaching& at) {
  AttachmentContent attachment;
  describe(part, at.content.attachments.size() + 1, attachment.properties);
  if (at.context.embedded_left <= 0) {
    at.context.remark(part, "a message nested deeper than is taken apart; its bytes are attached");
    add_attachment(part, part.body, at.content);
    return;
  }
  ImportContext inner = at.context;
  --inner.embedded_left;
  auto embedded = std::make_unique<MessageContent>(import_entity(*part.message, inner));
  std::string subject = embedded->properties.text(PropTag(tag::PidTagSubject));
  attachment.properties.set(PropTag(tag::PidTagAttachMethod), Value::of(kEmbeddedMessage));
  if (file_name_parameter(part).empty() && !subject.empty())
    attachment.properties.set_text(PropTag(tag::PidTagDisplayName), subject);
  attachment.embedded = std::move(embedded);
  at.content.attachments.push_back(std::move(attachment));
}

void attach_leaf(const Part& part, bool related, Attaching& at) {
  if (is_opaque(part)) {
    if (!trim(part.body).empty() || part.media.type == "message")
      add_attachment(part, verbatim_entity(part), at.content);
    return;
  }
  PartBytes decoded = decode_part(part);
  AttachmentContent& attachment = add_attachment(part, decoded.bytes, at.content);
  mark_inline(part, related, at.html, attachment.properties);
  if (decoded.clean) return;
  at.context.remark(part, "the transfer encoding is damaged; the part as it came is attached too");
  add_attachment(part, part.body, at.content);
}

void attach(const Part& part, bool related, Attaching& at) {
  if (at.bodies.holds(part)) return;
  if (part.media.is("multipart", "signed") && part.is_multipart()) {
    // The signature stays verifiable only where nothing of the entity changes.
    add_attachment(part, verbatim_entity(part), at.content);
  } else if (part.is_multipart()) {
    for (const Part& child : part.parts) attach(child, related || part.media.subtype == "related", at);
  } else if (part.message) {
    attach_message(part, at);
  } else {
    attach_leaf(part, related, at);
  }
}

}  // namespace

std::string verbatim_entity(const Part& part) {
  if (!part.place.empty()) return std::string(part.entity);
  std::string out;  // of a whole message the fields of its content alone
  for (const Field& field : part.fields) {
    if (!starts_ignoring_case(field.name, "content-")) continue;
    out += field.line;
    if (!field.line.ends_with('\n')) out += "\r\n";
  }
  bool crlf = part.header.ends_with("\r\n") || part.header.empty();
  out += crlf ? "\r\n" : "\n";
  out += part.body;
  return out;
}

AttachmentContent& add_attachment(const Part& part, std::string_view bytes, MessageContent& content) {
  AttachmentContent& attachment = content.attachments.emplace_back();
  describe(part, content.attachments.size(), attachment.properties);
  attachment.properties.set(PropTag(tag::PidTagAttachMethod), Value::of(kByValue));
  attachment.properties.set_bytes(PropTag(tag::PidTagAttachDataBinary), bytes_of(bytes));
  return attachment;
}

void import_attachments(const Part& root, const BodyParts& bodies, const ImportContext& context,
                        MessageContent& content) {
  const Value* html = content.properties.find(PropTag(tag::PidTagHtml));
  Attaching at{bodies, context, content, HtmlReferences(html == nullptr ? std::string_view() : text_of(html->bytes))};
  bool empty_root = !root.is_multipart() && !root.message && root.body.empty();
  if (!empty_root) attach(root, false, at);
}

}  // namespace ropewalk::mime
