// Attachments: [MS-OXCMAIL] 2.1.3.4.
#include "mapi/property_tags.h"
#include "mime/encoded_word.h"
#include "mime/export.h"
#include "mime/export_context.h"
#include "mime/fields.h"
#include "mime/file_name.h"
#include "mime/glib.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::AttachmentContent;
using mapi::PropTag;
using mapi::Value;

std::string text(const AttachmentContent& attachment, u32 property) {
  return attachment.properties.text(PropTag(property));
}

std::string file_name(const AttachmentContent& attachment) {
  std::string name = text(attachment, tag::PidTagAttachLongFilename);
  return name.empty() ? text(attachment, tag::PidTagAttachFilename) : name;
}

bool is_media_type(std::string_view type) {
  auto slash = type.find('/');
  if (slash == type.npos || slash == 0 || slash + 1 == type.size()) return false;
  for (char c : type)
    if (c <= 32 || c >= 127 || std::string_view("()<>@,;:\\\"[]?=").find(c) != std::string_view::npos) return false;
  return true;
}

std::string date_parameter(const AttachmentContent& attachment, std::string_view name, u32 property) {
  const Value* value = attachment.properties.find(PropTag(property));
  if (value == nullptr) return {};
  start_gmime();
  GDateTime* time = g_date_time_new_from_unix_utc(value->time().to_unix());
  if (time == nullptr) return {};
  GlibText formatted(g_mime_utils_header_format_date(time));
  g_date_time_unref(time);
  return encode_parameter(name, formatted.get());
}

std::string fields_of(const AttachmentContent& attachment, const std::string& type, bool is_inline) {
  std::string name = file_name(attachment);
  std::string value = type;
  std::string charset = text(attachment, tag::PidTagTextAttachmentCharset);
  if (!charset.empty() && type.starts_with("text/")) value += encode_parameter("charset", charset);
  std::string disposition = is_inline ? "inline" : "attachment";
  // The name that the import makes up for a message without one is left out: it becomes the subject again.
  if (!name.empty() && !(attachment.embedded && name.starts_with("ATT"))) {
    value += encode_parameter("name", name);
    disposition += encode_parameter("filename", name);
  }
  disposition += date_parameter(attachment, "creation-date", tag::PidTagCreationTime);
  disposition += date_parameter(attachment, "modification-date", tag::PidTagLastModificationTime);
  std::string out = fold_field("Content-Type", value) + fold_field("Content-Disposition", disposition);
  std::string id = text(attachment, tag::PidTagAttachContentId);
  if (!id.empty()) out += fold_field("Content-ID", encode_text("<" + id + ">"));
  std::string location = text(attachment, tag::PidTagAttachContentLocation);
  if (!location.empty()) out += fold_field("Content-Location", encode_text(location));
  std::string base = text(attachment, tag::PidTagAttachContentBase);
  if (!base.empty()) out += fold_field("Content-Base", encode_text(base));
  return out;
}

// Types that may not be encoded (RFC 2046 5.2, RFC 3464 2): the bytes go as they are.
std::string unencoded(const std::string& fields, std::string_view bytes) {
  std::string out = fields;
  if (!is_ascii(bytes)) out += "Content-Transfer-Encoding: 8bit\r\n";
  out += "\r\n";
  out += bytes;
  return out;
}

}  // namespace

const Value* verbatim_data(const AttachmentContent& attachment) {
  std::string type = ascii_lowered(text(attachment, tag::PidTagAttachMimeTag));
  if (!type.starts_with("multipart/") && type != "message/partial" && type != "message/external-body") return nullptr;
  const Value* data = attachment.properties.find(PropTag(tag::PidTagAttachDataBinary));
  if (data == nullptr) return nullptr;
  FieldBlock block = split_fields(text_of(data->bytes));
  const Field* field = find_field(block.fields, "content-type");
  return field != nullptr && parse_media_type(field->value).name() == type ? data : nullptr;
}

std::string export_attachment(const AttachmentContent& attachment, bool is_inline) {
  if (attachment.embedded)
    return unencoded(fields_of(attachment, "message/rfc822", false), export_message(*attachment.embedded));
  if (const Value* entity = verbatim_data(attachment)) return std::string(text_of(entity->bytes));
  const Value* data = attachment.properties.find(PropTag(tag::PidTagAttachDataBinary));
  std::string_view bytes = data == nullptr ? std::string_view() : text_of(data->bytes);
  std::string type = text(attachment, tag::PidTagAttachMimeTag);
  if (!is_media_type(type) || starts_ignoring_case(type, "multipart/"))
    type = media_type_of_file(file_name(attachment));
  std::string fields = fields_of(attachment, type, is_inline);
  if (starts_ignoring_case(type, "message/")) return unencoded(fields, bytes);
  return make_part(fields, bytes, false);
}

}  // namespace ropewalk::mime
