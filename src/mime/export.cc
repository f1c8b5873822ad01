#include "mime/export.h"

#include "mapi/property_tags.h"
#include "mime/encoded_word.h"
#include "mime/export_context.h"
#include "mime/file_name.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::AttachmentContent;
using mapi::MessageContent;
using mapi::PropTag;
using mapi::Value;

std::string message_class(const MessageContent& message) {
  return ascii_lowered(message.properties.text(PropTag(tag::PidTagMessageClass)));
}

std::string mime_tag(const AttachmentContent& attachment) {
  return ascii_lowered(attachment.properties.text(PropTag(tag::PidTagAttachMimeTag)));
}

// [MS-OXOSMIME] 2.1.3: the one attachment is the whole content.
std::string signed_or_encrypted(const MessageContent& message) {
  if (message.attachments.size() != 1 || message_class(message).find(".smime") == std::string::npos) return {};
  const AttachmentContent& attachment = message.attachments.front();
  if (const Value* entity = verbatim_data(attachment)) return std::string(text_of(entity->bytes));
  const Value* data = attachment.properties.find(PropTag(tag::PidTagAttachDataBinary));
  if (data == nullptr) return {};
  // The object identifiers of signedData and envelopedData, [RFC5652] 5.1 and 6.1, stand in the first bytes.
  std::string_view head = text_of(data->bytes).substr(0, 64);
  constexpr std::string_view kPkcs7 = "\x2A\x86\x48\x86\xF7\x0D\x01\x07";
  auto at = head.find(kPkcs7);
  char kind = at == head.npos || at + 8 >= head.size() ? '\0' : head[at + 8];
  std::string_view type = kind == 2 ? "; smime-type=signed-data" : kind == 3 ? "; smime-type=enveloped-data" : "";
  std::string name = attachment.properties.text(PropTag(tag::PidTagAttachLongFilename));
  if (name.empty()) name = "smime.p7m";
  std::string fields =
      fold_field("Content-Type", "application/pkcs7-mime" + std::string(type) + encode_parameter("name", name)) +
      fold_field("Content-Disposition", "attachment" + encode_parameter("filename", name));
  return make_part(fields, text_of(data->bytes), false);
}

bool is_pgp_encrypted(const MessageContent& message, const std::string& body) {
  return body.empty() && message.attachments.size() == 2 &&
         mime_tag(message.attachments.front()) == "application/pgp-encrypted";
}

std::string report_parameters(const MessageContent& message) {
  for (const AttachmentContent& attachment : message.attachments) {
    std::string type = mime_tag(attachment);
    if (type == "message/delivery-status" || type == "message/disposition-notification")
      return " report-type=" + type.substr(8) + ";";
  }
  return {};
}

}  // namespace

const Value* find_named(const MessageContent& message, const mapi::PropertyName& name, mapi::PropType type) {
  for (std::size_t i = 0; i < message.names.size(); ++i)
    if (message.names[i] == name) return message.properties.find(PropTag(static_cast<u16>(0x8000 + i), type));
  return nullptr;
}

std::string export_content(const MessageContent& message) {
  std::string whole = signed_or_encrypted(message);
  if (!whole.empty()) return whole;
  std::vector<bool> inlined(message.attachments.size());
  std::string body = export_body(message, inlined);
  std::vector<std::string> entities;
  if (!body.empty()) entities.push_back(body);
  for (std::size_t i = 0; i < message.attachments.size(); ++i)
    if (!inlined[i]) entities.push_back(export_attachment(message.attachments[i], false));
  if (message_class(message).starts_with("report.") && !report_parameters(message).empty())
    return make_multipart("report", report_parameters(message), entities);
  if (is_pgp_encrypted(message, body))
    return make_multipart("encrypted", " protocol=\"application/pgp-encrypted\";", entities);
  if (entities.empty()) return make_part("Content-Type: text/plain; charset=us-ascii\r\n", {}, true);
  return entities.size() == 1 ? entities.front() : make_multipart("mixed", "", entities);
}

std::string export_message(const MessageContent& message) {
  return export_headers(message) + "MIME-Version: 1.0\r\n" + export_content(message);
}

}  // namespace ropewalk::mime
