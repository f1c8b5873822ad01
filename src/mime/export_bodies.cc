// Bodies: [MS-OXCMAIL] 2.1.3.3.
#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "mime/body_text.h"
#include "mime/calendar.h"
#include "mime/charset.h"
#include "mime/encoded_word.h"
#include "mime/export_context.h"
#include "mime/html_references.h"
#include "mime/import_context.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
namespace named = mapi::named;
using mapi::MessageContent;
using mapi::PropTag;
using mapi::Value;

u32 code_page_of(const MessageContent& message) {
  const Value* value = message.properties.find(PropTag(tag::PidTagInternetCodepage));
  return value == nullptr ? 0 : static_cast<u32>(value->number);
}

std::string text_fields(std::string_view type, std::string_view charset) {
  return "Content-Type: " + std::string(type) + "; charset=" + std::string(charset) + "\r\n";
}

// The text of PidTagBody, in Unicode whatever its width; nullopt where there is none.
std::optional<std::vector<u8>> plain_text(const MessageContent& message) {
  const mapi::Property* property = message.properties.find_id(PropTag(tag::PidTagBody).id());
  if (property == nullptr) return std::nullopt;
  if (property->tag.type() == mapi::PropType::string)
    return std::vector<u8>(property->value.bytes.begin(), property->value.bytes.end());
  return utf8_to_utf16(message.properties.text(PropTag(tag::PidTagBody)));
}

// In the message's code page where that can say all of it, else in UTF-8.
std::string plain_part(const MessageContent& message, ByteView utf16) {
  u32 code_page = code_page_of(message);
  Encoded encoded = encode_code_page(utf16, code_page);
  std::string charset(charset_of_code_page(code_page));
  if (code_page == 20127 && !is_ascii(text_of(encoded.bytes))) encoded.exact = false;  // code page 1252 in truth
  if (!encoded.exact || charset.empty()) {
    encoded = encode_code_page(utf16, 65001);
    charset = code_page == 0 && is_ascii(text_of(encoded.bytes)) ? "us-ascii" : "utf-8";
  }
  return make_part(text_fields("text/plain", charset), text_of(encoded.bytes), true);
}

std::string html_part(const MessageContent& message, std::string_view html) {
  std::string charset(charset_of_code_page(code_page_of(message)));
  if (charset.empty()) charset = text_charset(html, {}, html_charset(html)).name;
  std::string fields = text_fields("text/html", charset);
  std::string id = message.properties.text(PropTag(tag::PidTagBodyContentId));
  if (!id.empty()) fields += fold_field("Content-ID", "<" + id + ">");
  std::string location = message.properties.text(PropTag(tag::PidTagBodyContentLocation));
  if (!location.empty() && is_ascii(location)) fields += fold_field("Content-Location", location);
  return make_part(fields, html, true);
}

// The calendar as it came where it still says what the properties say, else made of them.
std::string calendar_part(const MessageContent& message) {
  std::string calendar = calendar_of(message);
  if (calendar.empty()) return {};
  const Value* kept = find_named(message, property_name(named::PidLidInboundICalStream), mapi::PropType::binary);
  if (kept != nullptr) {
    MessageContent then;
    std::vector<std::string> unmapped;
    if (map_calendar(text_of(kept->bytes), then, unmapped) && same_calendar(then, message))
      calendar = text_of(kept->bytes);
  }
  std::string head = calendar.substr(0, 4096), method;
  for (std::string_view rest = head; !rest.empty() && method.empty();) {
    std::string_view line = without_line_end(take_line(rest));
    if (starts_ignoring_case(line, "method:")) method = trim(line.substr(7));
  }
  std::string_view charset = is_utf8(calendar) ? "utf-8" : "windows-1252";
  std::string fields = "Content-Type: text/calendar; charset=" + std::string(charset) +
                       (method.empty() ? "" : "; method=" + method) + "\r\n";
  return make_part(fields, calendar, true);
}

bool is_shown(const mapi::AttachmentContent& attachment, const HtmlReferences& html) {
  return html.has_content_id(attachment.properties.text(PropTag(tag::PidTagAttachContentId))) ||
         html.has_location(attachment.properties.text(PropTag(tag::PidTagAttachContentLocation)));
}

// RTF alone: no writer for it here, but the bytes go along.
std::string rtf_part(const MessageContent& message) {
  const Value* rtf = message.properties.find(PropTag(tag::PidTagRtfCompressed));
  if (rtf == nullptr || rtf->bytes.empty()) return {};
  return make_part(
      "Content-Type: application/octet-stream; name=\"body.lzfu\"\r\n"
      "Content-Disposition: attachment; filename=\"body.lzfu\"\r\n",
      text_of(rtf->bytes), false);
}

}  // namespace

std::string export_body(const MessageContent& message, std::vector<bool>& inlined) {
  std::vector<std::string> forms;
  std::string calendar = calendar_part(message);
  const Value* single = find_named(message, property_name(named::PidLidSingleBodyICal), mapi::PropType::boolean);
  if (!calendar.empty() && single != nullptr && single->boolean()) return calendar;
  if (auto text = plain_text(message)) forms.push_back(plain_part(message, *text));
  if (const Value* value = message.properties.find(PropTag(tag::PidTagHtml))) {
    std::string_view html = text_of(value->bytes);
    std::vector<std::string> related{html_part(message, html)};
    HtmlReferences references(html);
    for (std::size_t i = 0; i < message.attachments.size(); ++i) {
      if (message.attachments[i].embedded || !is_shown(message.attachments[i], references)) continue;
      related.push_back(export_attachment(message.attachments[i], true));
      inlined[i] = true;
    }
    forms.push_back(related.size() == 1 ? related.front() : make_multipart("related", " type=\"text/html\";", related));
  }
  if (!calendar.empty()) forms.push_back(std::move(calendar));
  if (forms.empty()) return rtf_part(message);
  return forms.size() == 1 ? std::move(forms.front()) : make_multipart("alternative", "", forms);
}

}  // namespace ropewalk::mime
