// Header fields to properties: [MS-OXCMAIL] 2.2.3.2.
#include <algorithm>
#include <array>

#include "mime/conversation.h"
#include "mime/import_context.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
namespace named = mapi::named;
using mapi::MessageContent;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;

// Many fields no program understands must not make many named properties: the rest stays in the raw header.
constexpr int kMostNamedFields = 200;

struct TextField {
  std::string_view name;
  u32 tag;
};
constexpr TextField kTextFields[] = {
    {"in-reply-to", tag::PidTagInReplyToId},        {"references", tag::PidTagInternetReferences},
    {"message-id", tag::PidTagInternetMessageId},   {"list-help", tag::PidTagListHelp},
    {"list-subscribe", tag::PidTagListSubscribe},   {"list-unsubscribe", tag::PidTagListUnsubscribe},
    {"thread-topic", tag::PidTagConversationTopic},
};
constexpr TextField kTimeFields[] = {
    {"reply-by", tag::PidTagReplyTime},
    {"expires", tag::PidTagExpiryTime},
    {"expiry-date", tag::PidTagExpiryTime},
    {"deferred-delivery", tag::PidTagDeferredDeliveryTime},
};
// Fields that stay out of named properties: mapped elsewhere, the message's structure, or traces of its way.
constexpr std::string_view kNotNamed[] = {"x-priority", "x-msmail-priority", "x-unsent",         "x-message-flag",
                                          "x-status",   "x-mozilla-status",  "x-mozilla-status2"};

struct NumberWord {
  std::string_view word;
  u32 value;
};

std::optional<u32> number_of(std::span<const NumberWord> words, std::string_view text) {
  for (const NumberWord& row : words)
    if (equal_ignoring_ascii_case(text.substr(0, row.word.size()), row.word)) return row.value;
  return std::nullopt;
}

// [MS-OXCMAIL] 2.2.3.2.5
std::optional<u32> importance_of(const std::vector<Field>& fields) {
  static constexpr NumberWord kImportance[] = {{"low", 0}, {"normal", 1}, {"high", 2}};
  static constexpr NumberWord kPriority[] = {{"non-urgent", 0}, {"normal", 1}, {"urgent", 2}};
  static constexpr NumberWord kLevel[] = {{"5", 0}, {"4", 0}, {"3", 1}, {"2", 2}, {"1", 2}};
  if (auto value = number_of(kImportance, raw_value(fields, "importance"))) return value;
  if (auto value = number_of(kLevel, raw_value(fields, "x-priority"))) return value;
  if (auto value = number_of(kImportance, raw_value(fields, "x-msmail-priority"))) return value;
  return number_of(kPriority, raw_value(fields, "priority"));
}

void import_levels(const std::vector<Field>& fields, mapi::PropertyBag& bag) {
  static constexpr NumberWord kPriority[] = {{"non-urgent", 0xFFFFFFFF}, {"normal", 0}, {"urgent", 1}};
  static constexpr NumberWord kSensitivity[] = {{"personal", 1}, {"private", 2}, {"company-confidential", 3}};
  bag.set(PropTag(tag::PidTagImportance), Value::of(importance_of(fields).value_or(1)));
  u32 priority = number_of(kPriority, raw_value(fields, "priority")).value_or(0);
  bag.set(PropTag(tag::PidTagPriority), Value::of(static_cast<i32>(priority)));
  bag.set(PropTag(tag::PidTagSensitivity),
          Value::of(number_of(kSensitivity, raw_value(fields, "sensitivity")).value_or(0)));
}

// [MS-OXCMSG] 2.2.1.9: one to three characters that are no digits, a colon and a space.
std::size_t prefix_length(std::u32string_view subject) {
  std::size_t colon = subject.substr(0, 4).find(U':');
  if (colon == subject.npos || colon == 0 || colon + 1 >= subject.size() || subject[colon + 1] != U' ') return 0;
  bool digit = std::ranges::any_of(subject.substr(0, colon), [](char32_t c) { return c >= U'0' && c <= U'9'; });
  bool blank = subject.substr(0, colon).find(U' ') != subject.npos;
  return digit || blank ? 0 : colon + 2;
}

// The first few characters of UTF-8 text and where each begins; ill-formed bytes count as characters.
std::size_t prefix_bytes(std::string_view subject) {
  std::u32string head;
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < subject.size() && head.size() < 6; ++i) {
    if ((static_cast<u8>(subject[i]) & 0xC0) == 0x80) continue;
    head.push_back(static_cast<u8>(subject[i]) < 0x80 ? static_cast<char32_t>(subject[i]) : U'\uFFFD');
    begins.push_back(i);
  }
  std::size_t length = prefix_length(head);
  return length == 0 ? 0 : length < begins.size() ? begins[length] : subject.size();
}

void import_subject(const Part& root, MessageContent& content) {
  const Field* field = find_field(root.fields, "subject");
  std::string subject = field == nullptr ? std::string() : decode_text(field->value, root.charset());
  std::size_t prefix = prefix_bytes(subject);
  mapi::PropertyBag& bag = content.properties;
  bag.set_text(PropTag(tag::PidTagSubject), subject);
  bag.set_text(PropTag(tag::PidTagSubjectPrefix), std::string_view(subject).substr(0, prefix));
  bag.set_text(PropTag(tag::PidTagNormalizedSubject), std::string_view(subject).substr(prefix));
}

// The date after the last ';' of the topmost Received field: the last hop's.
std::optional<FileTime> received_time(const std::vector<Field>& fields) {
  const Field* received = find_field(fields, "received");
  if (received == nullptr) return std::nullopt;
  auto semicolon = received->value.rfind(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  return decode_date(received->value.substr(semicolon + 1));
}

void import_times(const Part& root, const ImportContext& context, MessageContent& content) {
  mapi::PropertyBag& bag = content.properties;
  const Field* field = find_field(root.fields, "date");
  std::optional<FileTime> date;
  if (field != nullptr) {
    date = decode_date(field->value);
    if (!date) context.remark(root, "Date \"" + unfold(field->value) + "\" is no date; kept in the raw header");
  }
  if (date) bag.set(PropTag(tag::PidTagClientSubmitTime), Value::of(*date));
  std::optional<FileTime> delivered = received_time(root.fields);
  if (!delivered) delivered = date;
  bag.set(PropTag(tag::PidTagMessageDeliveryTime), Value::of(delivered.value_or(context.now)));
  for (const TextField& row : kTimeFields) {
    const Field* time = find_field(root.fields, row.name);
    auto value = time == nullptr ? std::nullopt : decode_date(time->value);
    if (value) bag.set(PropTag(row.tag), Value::of(*value));
  }
}

void import_flags(const std::vector<Field>& fields, MessageContent& content) {
  constexpr u32 kRead = 0x1, kUnsent = 0x8;  // [MS-OXCMSG] 2.2.1.6
  u32 flags = 0;
  if (raw_value(fields, "status").find('R') != std::string::npos) flags |= kRead;
  if (raw_value(fields, "x-unsent") == "1") flags |= kUnsent;
  content.properties.set(PropTag(tag::PidTagMessageFlags), Value::of(flags));
}

void import_receipts(const Part& root, MessageContent& content) {
  mapi::PropertyBag& bag = content.properties;
  if (!raw_value(root.fields, "disposition-notification-to").empty()) {
    bag.set(PropTag(tag::PidTagReadReceiptRequested), Value::of(true));
    bag.set(PropTag(tag::PidTagNonReceiptNotificationRequested), Value::of(true));
  }
  if (!raw_value(root.fields, "return-receipt-to").empty())
    bag.set(PropTag(tag::PidTagOriginatorDeliveryReportRequested), Value::of(true));
}

// [MS-OXCMAIL] 2.2.3.2.14 X-Auto-Response-Suppress, values of [MS-OXOMSG] 2.2.1.77
void import_auto_response(const std::vector<Field>& fields, mapi::PropertyBag& bag) {
  static constexpr NumberWord kWords[] = {{"DR", 1},  {"NDR", 2},    {"RN", 4},
                                          {"NRN", 8}, {"OOF", 0x10}, {"AutoReply", 0x20}};
  std::string text = raw_value(fields, "x-auto-response-suppress");
  if (text.empty()) return;
  u32 flags = 0;
  for (std::string_view rest = text; !rest.empty();) {
    auto comma = std::min(rest.find(','), rest.size());
    std::string_view word = trim(rest.substr(0, comma));
    if (equal_ignoring_ascii_case(word, "all")) flags = 0xFFFFFFFF;
    for (const NumberWord& row : kWords)
      if (equal_ignoring_ascii_case(row.word, word)) flags |= row.value;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  bag.set(PropTag(tag::PidTagAutoResponseSuppress), Value::of(static_cast<i32>(flags)));
}

// Keywords go to the categories, [MS-OXCMAIL] 2.2.3.2.4.
void import_keywords(const Part& root, MessageContent& content) {
  std::vector<std::string> words;
  for (const Field& field : root.fields) {
    if (!equal_ignoring_ascii_case(field.name, "keywords")) continue;
    std::string text = decode_text(field.value, root.charset());
    for (std::string_view rest = text; !rest.empty();) {
      auto comma = std::min(rest.find(','), rest.size());
      if (auto word = trim(rest.substr(0, comma)); !word.empty()) words.emplace_back(word);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  if (words.empty()) return;
  Arena& arena = content.properties.arena();
  auto items = arena.make<Value>(words.size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = Value::of(mapi::utf16_in(arena, words[i]));
  content.properties.set(named_tag(content, named::PidNameKeywords), Value::of(wire::List<Value>(items)));
}

void import_text_fields(const Part& root, MessageContent& content) {
  for (const Field& field : root.fields) {
    std::string name = ascii_lowered(field.name);
    auto row = std::ranges::find(kTextFields, std::string_view(name), &TextField::name);
    if (row == std::end(kTextFields)) continue;
    std::string value = decode_text(field.value, root.charset());
    if (!value.empty() && content.properties.find_id(PropTag(row->tag).id()) == nullptr)
      content.properties.set_text(PropTag(row->tag), value);
  }
}

bool becomes_named(std::string_view name) {
  if (name == "content-class" || name == "accept-language" || name == "xref") return true;
  return name.starts_with("x-") && std::ranges::find(kNotNamed, name) == std::end(kNotNamed);
}

// [MS-OXCMAIL] 2.2.3.2.26: fields without a property of their own, in PS_INTERNET_HEADERS. Of several fields with one
// name the first one counts; all are in the raw header.
void import_named_fields(const Part& root, const ImportContext& context, MessageContent& content) {
  int count = 0;
  for (const Field& field : root.fields) {
    std::string name = ascii_lowered(field.name);
    if (!becomes_named(name)) continue;
    if (++count > kMostNamedFields) {
      context.remark(root, "more than " + std::to_string(kMostNamedFields) +
                               " fields without a property; the others are in the raw header alone");
      return;
    }
    PropTag tag =
        content.tag_of({mapi::guid_of(mapi::PropertySet::PS_INTERNET_HEADERS), std::nullopt, name}, PropType::string);
    if (content.properties.find(tag) == nullptr)
      content.properties.set_text(tag, decode_text(field.value, root.charset()));
  }
  std::string flag = raw_value(root.fields, "x-message-flag");
  if (!flag.empty()) content.properties.set_text(named_tag(content, named::PidLidFlagRequest), flag);
}

}  // namespace

void import_headers(const Part& root, const ImportContext& context, MessageContent& content) {
  import_subject(root, content);
  import_times(root, context, content);
  import_levels(root.fields, content.properties);
  import_flags(root.fields, content);
  import_receipts(root, content);
  import_auto_response(root.fields, content.properties);
  import_text_fields(root, content);
  import_keywords(root, content);
  import_named_fields(root, context, content);
  import_conversation(raw_value(root.fields, "thread-index"), content);
  if (!root.header.empty()) {
    std::string header = is_ascii(root.header) ? std::string() : value_of_raw_header(root.header);
    content.properties.set_text(PropTag(tag::PidTagTransportMessageHeaders),
                                header.empty() ? root.header : std::string_view(header));
  }
}

}  // namespace ropewalk::mime
