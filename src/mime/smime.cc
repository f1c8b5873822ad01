// Signed and encrypted messages: [MS-OXOSMIME] 2.1.3. Exactly one attachment holds what the signature covers.
#include "mime/body_text.h"
#include "mime/file_name.h"
#include "mime/import_context.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::MessageContent;
using mapi::PropTag;

// [MS-OXOSMIME] 2.1.3.2: by type, or by the name that gateways leave of it.
bool is_pkcs7(const Part& part) {
  if (part.media.is("application", "pkcs7-mime") || part.media.is("application", "x-pkcs7-mime")) return true;
  return part.media.is("application", "octet-stream") && ascii_lowered(file_name_parameter(part)).ends_with(".p7m");
}

void import_opaque(const Part& root, const ImportContext& context, MessageContent& content) {
  PartBytes decoded = decode_part(root);
  if (!decoded.clean) {
    context.remark(root, "the transfer encoding is damaged; the attachment holds the encoded text");
    decoded.bytes = root.body;
  }
  auto& attachment = add_attachment(root, decoded.bytes, content);
  attachment.properties.set_text(PropTag(tag::PidTagAttachMimeTag), "application/pkcs7-mime");
  content.properties.set_text(PropTag(tag::PidTagMessageClass), "IPM.Note.SMIME");
}

// The text of a clear-signed message also stands in the body properties, for clients that do not verify.
void import_clear_signed(const Part& root, const ImportContext& context, MessageContent& content) {
  add_attachment(root, verbatim_entity(root), content);
  BodyParts bodies = select_bodies(root.parts.front());
  std::size_t before = content.attachments.size();
  import_bodies(bodies, context, content);
  content.attachments.erase(content.attachments.begin() + static_cast<std::ptrdiff_t>(before),
                            content.attachments.end());
  content.properties.set_text(PropTag(tag::PidTagMessageClass), "IPM.Note.SMIME.MultipartSigned");
}

}  // namespace

bool import_smime(const Part& root, const ImportContext& context, MessageContent& content) {
  if (root.media.is("multipart", "signed") && root.is_multipart()) {
    import_clear_signed(root, context, content);
    return true;
  }
  if (!is_pkcs7(root)) return false;
  import_opaque(root, context, content);
  return true;
}

}  // namespace ropewalk::mime
