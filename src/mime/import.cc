#include "mime/import.h"

#include "mime/import_context.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;

// Cuts the content of leaves out of `raw`: what is left is the structure, the part headers, preambles and epilogues.
void append_skeleton(const Part& part, const BodyParts& bodies, std::string& out) {
  if (!part.is_multipart()) {
    out += part.entity.substr(0, part.entity.size() - part.body.size());
    return;
  }
  const char* at = part.entity.data();
  for (const Part& child : part.parts) {
    out.append(at, child.entity.data());
    append_skeleton(child, bodies, out);
    at = child.entity.data() + child.entity.size();
  }
  out.append(at, part.entity.data() + part.entity.size());
}

// [MS-OXCMSG] 2.2.1.28 PidTagMimeSkeleton: part headers and all that is no part's content. A message of one part has
// all of that in PidTagTransportMessageHeaders.
void set_skeleton(const Part& root, const BodyParts& bodies, mapi::MessageContent& content) {
  if (!root.is_multipart()) return;
  std::string skeleton;
  append_skeleton(root, bodies, skeleton);
  content.properties.set_bytes(PropTag(tag::PidTagMimeSkeleton), bytes_of(skeleton));
}

void remark_defects(const Part& part, const ImportContext& context) {
  if (part.defect != nullptr) context.remark(part, std::string(part.defect) + "; nothing of it is lost");
  if (!part.encoding.known)
    context.remark(part, "Content-Transfer-Encoding \"" + part.value_of("content-transfer-encoding") +
                             "\" is unknown; the content is kept as it came");
  if (part.is_multipart() && !trim(part.epilogue).empty())
    context.remark(part, "text after the last part is kept in PidTagMimeSkeleton");
  for (const Part& child : part.parts) remark_defects(child, context);
}

// A message without any content is one with an empty text.
void set_empty_body(mapi::MessageContent& content) {
  content.properties.set_text(PropTag(tag::PidTagBody), "");
  content.properties.set(PropTag(tag::PidTagNativeBody), mapi::Value::of(u32{1}));
  content.properties.set(PropTag(tag::PidTagInternetCodepage), mapi::Value::of(u32{20127}));
}

}  // namespace

mapi::MessageContent import_entity(const Part& root, const ImportContext& context) {
  mapi::MessageContent content;
  remark_defects(root, context);
  import_headers(root, context, content);
  import_addresses(root, context, content);
  content.properties.set_text(PropTag(tag::PidTagMessageClass), "IPM.Note");
  BodyParts bodies;
  if (!import_smime(root, context, content)) {
    bodies = select_bodies(root);
    import_bodies(bodies, context, content);
    if (bodies.calendar != nullptr && !import_calendar(*bodies.calendar, context, content)) bodies.calendar = nullptr;
    import_report(root, context, content);
    import_attachments(root, bodies, context, content);
    if (bodies.empty() && content.attachments.empty()) set_empty_body(content);
  }
  set_skeleton(root, bodies, content);
  return content;
}

Result<Imported> import_message(ByteView raw, const ImportOptions& options) {
  constexpr std::size_t kLargest = std::size_t{1} << 31;
  if (raw.size() > kLargest)
    return Error{"import: a message of " + std::to_string(raw.size()) + " bytes; the largest is " +
                 std::to_string(kLargest)};
  Imported imported;
  FileTime now = options.fallback_time.value != 0 ? options.fallback_time : FileTime::now();
  ImportContext context{options, imported.remarks, now, options.embedded_depth};
  Part root = parse_tree(text_of(raw));
  if (root.fields.empty() && !raw.empty()) context.remark(root, "no header at all; all of it is read as the body");
  imported.message = import_entity(root, context);
  return imported;
}

}  // namespace ropewalk::mime
