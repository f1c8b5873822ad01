// What the steps of one import share. Private to this floor.
#pragma once

#include "mapi/property_tags.h"
#include "mime/import.h"
#include "mime/part_tree.h"

namespace ropewalk::mime {

struct ImportContext {
  const ImportOptions& options;
  std::vector<Remark>& remarks;
  FileTime now;
  int embedded_left;

  void remark(const Part& part, std::string text) const { remarks.push_back({part.place, std::move(text)}); }
};

inline mapi::PropertyName property_name(const mapi::NamedProperty& named) {
  mapi::PropertyName name{mapi::guid_of(named.set), std::nullopt, std::string(named.name)};
  if (named.name.empty()) name.lid = named.lid;
  return name;
}
inline mapi::PropTag named_tag(mapi::MessageContent& content, const mapi::NamedProperty& named) {
  return content.tag_of(property_name(named), static_cast<mapi::PropType>(named.type));
}

// import.cc: a whole entity as a message.
mapi::MessageContent import_entity(const Part& root, const ImportContext& context);

// import_headers.cc: everything that comes from header fields, without recipients. Also used on the way out, to see
// which fields still say what the properties say.
void import_headers(const Part& root, const ImportContext& context, mapi::MessageContent& content);

// import_recipients.cc: From, Sender, Reply-To, To, Cc, Bcc.
void import_addresses(const Part& root, const ImportContext& context, mapi::MessageContent& content);

// bodies.cc: which parts are the body, [MS-OXCMAIL] 2.2.3.3.2.
struct BodyParts {
  const Part* plain = nullptr;
  const Part* html = nullptr;
  const Part* calendar = nullptr;  // with a method that is a meeting message's

  bool holds(const Part& part) const { return &part == plain || &part == html || &part == calendar; }
  bool empty() const { return plain == nullptr && html == nullptr && calendar == nullptr; }
};
BodyParts select_bodies(const Part& root);
// Parts that cannot be said in the body properties without loss leave `bodies`, to become attachments.
void import_bodies(BodyParts& bodies, const ImportContext& context, mapi::MessageContent& content);

// import_attachments.cc: every leaf that is not a body, in order.
void import_attachments(const Part& root, const BodyParts& bodies, const ImportContext& context,
                        mapi::MessageContent& content);
// One attachment by value with exactly these bytes; `part` names it.
mapi::AttachmentContent& add_attachment(const Part& part, std::string_view bytes, mapi::MessageContent& content);
// A part's own header fields (Content-*) and its body, as they came: what a verbatim attachment holds.
std::string verbatim_entity(const Part& part);

// reports.cc, smime.cc, import_calendar.cc: true where the message is of that kind; then its class is set.
bool import_report(const Part& root, const ImportContext& context, mapi::MessageContent& content);
bool import_smime(const Part& root, const ImportContext& context, mapi::MessageContent& content);
bool import_calendar(const Part& calendar, const ImportContext& context, mapi::MessageContent& content);

}  // namespace ropewalk::mime
