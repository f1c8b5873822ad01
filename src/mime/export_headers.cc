// Properties to header fields: [MS-OXCMAIL] 2.1.3.1 and 2.1.3.2.
#include <algorithm>

#include "base/utf16.h"
#include "mime/addresses.h"
#include "mime/conversation.h"
#include "mime/encoded_word.h"
#include "mime/export_context.h"
#include "mime/glib.h"
#include "mime/import_context.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
namespace named = mapi::named;
using mapi::MessageContent;
using mapi::PropTag;
using mapi::Value;

// A field that properties tell, under its names: the first one is written, the others are read as well.
struct Managed {
  std::vector<std::string> names;  // lower case
  std::string line;                // as the properties have it; empty where they have nothing to say
};

class Writer {
 public:
  explicit Writer(const MessageContent& message) : message_(message), bag_(message.properties) {}

  std::vector<Managed> write() {
    addresses();
    text_field("Subject", {"subject"}, encode_text(bag_.text(PropTag(tag::PidTagSubject))));
    time_field("Date", {"date"}, tag::PidTagClientSubmitTime);
    ids_field("Message-ID", tag::PidTagInternetMessageId);
    ids_field("In-Reply-To", tag::PidTagInReplyToId);
    ids_field("References", tag::PidTagInternetReferences);
    conversation();
    levels();
    receipts();
    time_field("Reply-By", {"reply-by"}, tag::PidTagReplyTime);
    time_field("Expires", {"expires", "expiry-date"}, tag::PidTagExpiryTime);
    time_field("Deferred-Delivery", {"deferred-delivery"}, tag::PidTagDeferredDeliveryTime);
    ids_field("List-Help", tag::PidTagListHelp);
    ids_field("List-Subscribe", tag::PidTagListSubscribe);
    ids_field("List-Unsubscribe", tag::PidTagListUnsubscribe);
    flags();
    keywords();
    named_fields();
    return std::move(out_);
  }

 private:
  void add(std::vector<std::string> names, std::string line) { out_.push_back({std::move(names), std::move(line)}); }

  void text_field(std::string_view name, std::vector<std::string> names, const std::string& value) {
    add(std::move(names), value.empty() ? std::string() : fold_field(name, value));
  }

  // Message ids and URIs: never encoded.
  void ids_field(std::string_view name, u32 property) {
    std::string value = bag_.text(PropTag(property));
    std::ranges::replace_if(
        value, [](char c) { return static_cast<unsigned char>(c) < 32; }, ' ');
    text_field(name, {ascii_lowered(name)}, is_ascii(value) ? value : encode_text(value));
  }

  void time_field(std::string_view name, std::vector<std::string> names, u32 property) {
    const Value* value = bag_.find(PropTag(property));
    std::string text;
    if (value != nullptr) {
      GDateTime* time = g_date_time_new_from_unix_utc(value->time().to_unix());
      if (time != nullptr) {
        GlibText formatted(g_mime_utils_header_format_date(time));
        g_date_time_unref(time);
        text = formatted.get();
      }
    }
    text_field(name, std::move(names), text);
  }

  static std::string joined(const std::vector<Mailbox>& mailboxes) {
    std::string out;
    for (const Mailbox& mailbox : mailboxes) out += (out.empty() ? "" : ", ") + format_address(mailbox);
    return out;
  }

  void addresses() {
    auto from = get_address(bag_, kSentRepresentingTags);
    auto sender = get_address(bag_, kSenderTags);
    if (!from) from = sender;
    text_field("From", {"from"}, from ? format_address(*from) : "");
    text_field("Sender", {"sender"}, sender && sender != from ? format_address(*sender) : "");
    text_field("Reply-To", {"reply-to"}, joined(reply_recipients(bag_)));
    static constexpr std::pair<RecipientType, std::string_view> kRoles[] = {
        {RecipientType::to, "To"}, {RecipientType::cc, "Cc"}, {RecipientType::bcc, "Bcc"}};
    for (const auto& [type, name] : kRoles) {
      std::vector<Mailbox> found;
      for (const mapi::PropertyBag& recipient : message_.recipients) {
        const Value* value = recipient.find(PropTag(tag::PidTagRecipientType));
        u32 kind = value == nullptr ? 1 : static_cast<u32>(value->number) & 0xF;
        if (kind == static_cast<u32>(type)) found.push_back(recipient_address(recipient));
      }
      text_field(name, {ascii_lowered(name)}, joined(found));
    }
  }

  void conversation() {
    std::string topic = bag_.text(PropTag(tag::PidTagConversationTopic));
    if (topic == bag_.text(PropTag(tag::PidTagNormalizedSubject))) topic.clear();
    text_field("Thread-Topic", {"thread-topic"}, encode_text(topic));
    const Value* index = bag_.find(PropTag(tag::PidTagConversationIndex));
    bool own = index != nullptr && !is_computed_conversation(bag_);
    text_field("Thread-Index", {"thread-index"}, own ? base64_line(index->bytes) : "");
  }

  std::optional<i32> number(u32 property) const {
    const Value* value = bag_.find(PropTag(property));
    return value == nullptr ? std::nullopt : std::optional(value->integer32());
  }

  void word_field(std::string_view name, std::vector<std::string> names, std::string_view word) {
    text_field(name, std::move(names), std::string(word));
  }

  void levels() {
    i32 importance = number(tag::PidTagImportance).value_or(1);
    word_field("Importance", {"importance", "x-priority", "x-msmail-priority"},
               importance == 0   ? "low"
               : importance == 2 ? "high"
                                 : "");
    i32 priority = number(tag::PidTagPriority).value_or(0);
    word_field("Priority", {"priority"}, priority < 0 ? "non-urgent" : priority > 0 ? "urgent" : "");
    i32 sensitivity = number(tag::PidTagSensitivity).value_or(0);
    static constexpr std::string_view kWords[] = {"", "Personal", "Private", "Company-Confidential"};
    word_field("Sensitivity", {"sensitivity"}, sensitivity > 0 && sensitivity < 4 ? kWords[sensitivity] : "");
  }

  void receipts() {
    bool read = number(tag::PidTagReadReceiptRequested).value_or(0) != 0;
    bool delivery = number(tag::PidTagOriginatorDeliveryReportRequested).value_or(0) != 0;
    auto to = get_address(bag_, kReadReceiptTags);
    if (!to) to = get_address(bag_, kSentRepresentingTags);
    std::string address = to ? format_address(*to) : "";
    text_field("Disposition-Notification-To", {"disposition-notification-to"}, read ? address : "");
    auto from = get_address(bag_, kSentRepresentingTags);
    text_field("Return-Receipt-To", {"return-receipt-to"}, delivery && from ? format_address(*from) : "");
    auto suppress = number(tag::PidTagAutoResponseSuppress);
    static constexpr std::string_view kWords[] = {"DR", "NDR", "RN", "NRN", "OOF", "AutoReply"};
    std::string words;
    for (std::size_t bit = 0; suppress && *suppress != -1 && bit < std::size(kWords); ++bit)
      if ((*suppress >> bit & 1) != 0) words += (words.empty() ? "" : ", ") + std::string(kWords[bit]);
    text_field("X-Auto-Response-Suppress", {"x-auto-response-suppress"}, suppress == -1 ? "All" : words);
  }

  void flags() {
    constexpr i32 kUnsent = 0x8;
    bool unsent = (number(tag::PidTagMessageFlags).value_or(0) & kUnsent) != 0;
    word_field("X-Unsent", {"x-unsent"}, unsent ? "1" : "");
    auto* flag = find_named(message_, property_name(named::PidLidFlagRequest), mapi::PropType::string);
    text_field("X-Message-Flag", {"x-message-flag"}, flag == nullptr ? "" : encode_text(utf16_to_utf8(flag->bytes)));
  }

  void keywords() {
    auto* words = find_named(message_, property_name(named::PidNameKeywords), mapi::PropType::multiple_string);
    std::string list;
    if (words != nullptr)
      for (const Value& word : words->items.span())
        list += (list.empty() ? "" : ", ") + encode_text(utf16_to_utf8(word.bytes));
    text_field("Keywords", {"keywords"}, list);
  }

  void named_fields() {
    const Guid& set = mapi::guid_of(mapi::PropertySet::PS_INTERNET_HEADERS);
    for (std::size_t i = 0; i < message_.names.size(); ++i) {
      const mapi::PropertyName& name = message_.names[i];
      if (name.set != set || name.lid || !is_field_name(name.name)) continue;
      std::string key = ascii_lowered(name.name);
      if (std::ranges::any_of(out_, [&](const Managed& one) { return std::ranges::count(one.names, key) > 0; }))
        continue;
      PropTag tag(static_cast<u16>(0x8000 + i), mapi::PropType::string);
      bool present = bag_.find(tag) != nullptr;
      text_field(title_case(key), {key}, present ? encode_text(bag_.text(tag)) : "");
      if (present && out_.back().line.empty()) out_.back().line = title_case(key) + ":\r\n";
    }
  }

  static bool is_field_name(std::string_view name) {
    bool structural = starts_ignoring_case(name, "content-") && !equal_ignoring_ascii_case(name, "content-class");
    return !name.empty() && !structural && !equal_ignoring_ascii_case(name, "mime-version") &&
           std::ranges::all_of(name, [](char c) { return c > 32 && c < 127 && c != ':'; });
  }

  static std::string title_case(std::string name) {
    bool start = true;
    for (char& c : name) {
      if (start && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
      start = c == '-';
    }
    return name;
  }

  const MessageContent& message_;
  const mapi::PropertyBag& bag_;
  std::vector<Managed> out_;
};

// A field as it came, with CRLF line ends, or empty where it cannot go out like that.
std::string as_it_came(const Field& field) {
  constexpr std::size_t kLongestLine = 998;  // RFC 5322 2.1.1
  if (!is_ascii(field.line) || field.line.find('\0') != field.line.npos) return {};
  std::string out;
  for (std::string_view rest = field.line; !rest.empty();) {
    std::string_view line = without_line_end(take_line(rest));
    if (line.size() > kLongestLine || line.find('\r') != line.npos) return {};
    if (trim(line).empty()) return {};
    out += line;
    out += "\r\n";
  }
  return out;
}

// The status fields of mbox programs and what describes the content, which is written anew.
bool belongs_to_content(std::string_view name) {
  if (equal_ignoring_ascii_case(name, "content-class") || equal_ignoring_ascii_case(name, "content-language"))
    return false;
  return starts_ignoring_case(name, "content-") || equal_ignoring_ascii_case(name, "mime-version");
}

const Managed* find_managed(const std::vector<Managed>& fields, const std::string& name) {
  auto at = std::ranges::find_if(fields, [&](const Managed& one) { return std::ranges::count(one.names, name) > 0; });
  return at == fields.end() ? nullptr : &*at;
}

}  // namespace

std::string export_headers(const MessageContent& message) {
  start_gmime();
  std::vector<Managed> wanted = Writer(message).write();
  // What the original header says in properties: where that is the same, the original line is as good and truer.
  std::string header = message.properties.text(PropTag(tag::PidTagTransportMessageHeaders));
  FieldBlock original = split_fields(header);
  MessageContent before;
  std::vector<Remark> remarks;
  ImportOptions options;
  ImportContext context{options, remarks, FileTime{}, 0};
  Part root;
  root.fields = original.fields;
  if (const Field* type = find_field(root.fields, "content-type")) root.media = parse_media_type(type->value);
  import_headers(root, context, before);
  import_addresses(root, context, before);
  std::vector<Managed> had = Writer(before).write();

  std::string out;
  std::vector<const Managed*> done;
  for (const Field& field : original.fields) {
    if (belongs_to_content(field.name)) continue;
    std::string name = ascii_lowered(field.name);
    const Managed* now = find_managed(wanted, name);
    const Managed* then = find_managed(had, name);
    std::string line = as_it_came(field);
    if (now == nullptr && then != nullptr) continue;  // the property is gone
    if (now == nullptr) {
      out += line.empty() ? fold_field(field.name, encode_text(value_as_utf8(field.value, {}))) : line;
      continue;
    }
    if (std::ranges::count(done, now) > 0 && (then == nullptr || then->line != now->line)) continue;
    bool same = then != nullptr && then->line == now->line && !line.empty();
    if (!same && std::ranges::count(done, now) > 0) continue;
    out += same ? line : now->line;
    done.push_back(now);
  }
  for (const Managed& field : wanted)
    if (std::ranges::count(done, &field) == 0) out += field.line;
  return out;
}

}  // namespace ropewalk::mime
