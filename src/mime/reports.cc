// Delivery status and message disposition notifications: [MS-OXCMAIL] 2.2.3.7. The report part itself stays an
// attachment, so that all of its fields are kept.
#include "mime/body_text.h"
#include "mime/import_context.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::MessageContent;
using mapi::PropTag;
using mapi::Value;

const Part* find_report_part(const Part& root, std::string_view subtype) {
  for (const Part& part : root.parts)
    if (part.media.type == "message" && part.media.subtype == subtype) return &part;
  return nullptr;
}

// The groups of fields of a report, an empty line between them (RFC 3464 2.1).
std::vector<std::vector<Field>> field_groups(std::string_view text) {
  constexpr std::size_t kMostGroups = 10'000;
  std::vector<std::vector<Field>> groups;
  while (!text.empty() && groups.size() < kMostGroups) {
    FieldBlock block = split_fields(text);
    if (!block.fields.empty()) groups.push_back(std::move(block.fields));
    if (block.body.size() == text.size()) break;
    text = block.body;
  }
  return groups;
}

// [MS-OXCMAIL] 2.2.3.7.1.1: the most severe action of all recipients tells the class.
std::string_view delivery_suffix(const std::vector<std::vector<Field>>& groups) {
  struct Action {
    std::string_view name, suffix;
  };
  static constexpr Action kActions[] = {{"delivered", ".DR"},
                                        {"expanded", ".Expanded.DR"},
                                        {"relayed", ".Relayed.DR"},
                                        {"delayed", ".Delayed.DR"},
                                        {"failed", ".NDR"}};
  std::size_t worst = 0;
  bool any = false;
  for (const auto& fields : groups) {
    std::string action = raw_value(fields, "action");
    for (std::size_t i = 0; i < std::size(kActions); ++i) {
      if (!equal_ignoring_ascii_case(action.substr(0, kActions[i].name.size()), kActions[i].name)) continue;
      worst = std::max(worst, i);
      any = true;
    }
  }
  return any ? kActions[worst].suffix : std::string_view(".NDR");
}

// After the type and its semicolon: "rfc822; user1@ropewalk.test".
std::string typed_value(std::string text) {
  auto semicolon = text.find(';');
  return std::string(trim(semicolon == std::string::npos ? text : text.substr(semicolon + 1)));
}

void import_original(const Part& root, MessageContent& content) {
  for (const Part& part : root.parts) {
    const Part* original = part.message.get();
    Part headers;
    std::string text;
    if (part.media.is("text", "rfc822-headers")) {
      text = std::string(decode_part(part).bytes);
      headers.fields = split_fields(text).fields;
      original = &headers;
    }
    if (original == nullptr) continue;
    if (const Field* subject = find_field(original->fields, "subject"))
      content.properties.set_text(PropTag(tag::PidTagOriginalSubject),
                                  decode_text(subject->value, original->charset()));
    if (const Field* date = find_field(original->fields, "date"))
      if (auto time = decode_date(date->value))
        content.properties.set(PropTag(tag::PidTagOriginalSubmitTime), Value::of(*time));
    std::string id = raw_value(original->fields, "message-id");
    if (!id.empty()) content.properties.set_text(PropTag(tag::PidTagOriginalMessageId), id);
    return;
  }
}

void import_delivery_status(const Part& status, MessageContent& content) {
  PartBytes decoded = decode_part(status);
  auto groups = field_groups(decoded.bytes);
  content.properties.set_text(PropTag(tag::PidTagMessageClass),
                              "REPORT.IPM.Note" + std::string(delivery_suffix(groups)));
  std::string reporter = groups.empty() ? std::string() : typed_value(raw_value(groups.front(), "reporting-mta"));
  if (!reporter.empty()) content.properties.set_text(PropTag(tag::PidTagReportingMessageTransferAgent), reporter);
}

void import_disposition(const Part& notice, MessageContent& content) {
  PartBytes decoded = decode_part(notice);
  auto groups = field_groups(decoded.bytes);
  std::vector<Field> none;
  const std::vector<Field>& fields = groups.empty() ? none : groups.front();
  std::string disposition = ascii_lowered(raw_value(fields, "disposition"));
  bool read = disposition.find("deleted") == std::string::npos;
  content.properties.set_text(PropTag(tag::PidTagMessageClass),
                              read ? "REPORT.IPM.Note.IPNRN" : "REPORT.IPM.Note.IPNNRN");
  if (!disposition.empty()) content.properties.set_text(PropTag(tag::PidTagReportDisposition), disposition);
  std::string id = raw_value(fields, "original-message-id");
  if (!id.empty()) content.properties.set_text(PropTag(tag::PidTagOriginalMessageId), id);
}

}  // namespace

bool import_report(const Part& root, const ImportContext&, MessageContent& content) {
  if (!root.media.is("multipart", "report")) return false;
  if (const Part* status = find_report_part(root, "delivery-status")) {
    import_original(root, content);
    import_delivery_status(*status, content);
  } else if (const Part* notice = find_report_part(root, "disposition-notification")) {
    import_original(root, content);
    import_disposition(*notice, content);
  } else {
    return false;
  }
  if (const Value* time = content.properties.find(PropTag(tag::PidTagClientSubmitTime)))
    content.properties.set(PropTag(tag::PidTagReportTime), *time);
  return true;
}

}  // namespace ropewalk::mime
