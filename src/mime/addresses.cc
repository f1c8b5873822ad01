#include "mime/addresses.h"

#include <algorithm>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/entry_id.h"
#include "mapi/property_tags.h"
#include "mime/encoded_word.h"
#include "mime/fields.h"
#include "mime/glib.h"
#include "mime/rfc2047.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using mapi::Value;

constexpr int kMostNested = 16;  // groups in groups, which nothing legitimate has

void collect(InternetAddressList* list, int depth, std::vector<Mailbox>& out) {
  for (int i = 0; i < internet_address_list_length(list); ++i) {
    InternetAddress* address = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_GROUP(address)) {
      if (depth < kMostNested)
        collect(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)), depth + 1, out);
      continue;
    }
    const char* name = internet_address_get_name(address);
    const char* mailbox = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
    Mailbox found{name != nullptr ? std::string(trim(name)) : "", mailbox != nullptr ? mailbox : ""};
    std::erase_if(found.name, [](char c) { return c == '\r' || c == '\n'; });
    if (!found.name.empty() || !found.address.empty()) out.push_back(std::move(found));
  }
}

// GMime reads groups by recursion: no more of them than a stack can take.
void bound_groups(std::string& text) {
  constexpr int kMostColons = 500;
  int colons = 0;
  for (char& c : text)
    if (c == ':' && ++colons > kMostColons) c = ' ';
}

constexpr AddressTags kRecipientTags{tag::PidTagDisplayName, tag::PidTagEmailAddress, tag::PidTagAddressType,
                                     tag::PidTagSmtpAddress, tag::PidTagEntryId,      tag::PidTagSearchKey};

}  // namespace

constexpr AddressTags kSenderTags{tag::PidTagSenderName,        tag::PidTagSenderEmailAddress,
                                  tag::PidTagSenderAddressType, tag::PidTagSenderSmtpAddress,
                                  tag::PidTagSenderEntryId,     tag::PidTagSenderSearchKey};
constexpr AddressTags kSentRepresentingTags{
    tag::PidTagSentRepresentingName,        tag::PidTagSentRepresentingEmailAddress,
    tag::PidTagSentRepresentingAddressType, tag::PidTagSentRepresentingSmtpAddress,
    tag::PidTagSentRepresentingEntryId,     tag::PidTagSentRepresentingSearchKey};
constexpr AddressTags kReadReceiptTags{tag::PidTagReadReceiptName,        tag::PidTagReadReceiptEmailAddress,
                                       tag::PidTagReadReceiptAddressType, tag::PidTagReadReceiptSmtpAddress,
                                       tag::PidTagReadReceiptEntryId,     tag::PidTagReadReceiptSearchKey};

std::vector<Mailbox> parse_addresses(std::string_view value, std::string_view charset) {
  std::vector<Mailbox> out;
  std::string text = value_as_utf8(value, charset);
  if (text.empty()) return out;
  if (text.find("=?") != text.npos) text = join_encoded_words(text);
  start_gmime();
  bound_groups(text);
  GlibObject<InternetAddressList> list(internet_address_list_parse(nullptr, text.c_str()));
  if (list) collect(list.get(), 0, out);
  return out;
}

std::string format_address(const Mailbox& mailbox) {
  if (mailbox.name.empty() || (mailbox.name == mailbox.address && !mailbox.address.empty())) return mailbox.address;
  return encode_phrase(mailbox.name) + " <" + mailbox.address + ">";
}

std::vector<u8> one_off_entry_id(const Mailbox& mailbox) {
  std::vector<u8> name = utf8_to_utf16(mailbox.display_name());
  std::vector<u8> type = utf8_to_utf16("SMTP");
  std::vector<u8> address = utf8_to_utf16(mailbox.address);
  mapi::OneOffEntryId id;
  id.provider_uid = mapi::kOneOffProvider;
  id.body.one_off_flags.value =
      mapi::OneOffFlags::kUnicode | mapi::OneOffFlags::kNoLookup | mapi::OneOffFlags::kNoRichInfo;
  id.body.display_name = {name};
  id.body.address_type = {type};
  id.body.email_address = {address};
  wire::OutBuffer out;
  wire::encode(id, out);
  return {out.data(), out.data() + out.size()};
}

std::optional<Mailbox> mailbox_of_one_off(ByteView entry_id) {
  Arena arena(entry_id.size() + 64, 64);
  auto id = wire::decode<mapi::OneOffEntryId>(entry_id, arena);
  if (!id || id->provider_uid != mapi::kOneOffProvider) return std::nullopt;
  Mailbox out;
  if (id->body.one_off_flags.unicode()) {
    out = {utf16_to_utf8(id->body.display_name.bytes), utf16_to_utf8(id->body.email_address.bytes)};
  } else {
    out = {mapi::string8_to_utf8(id->body.display_name8.bytes, 1252),
           mapi::string8_to_utf8(id->body.email_address8.bytes, 1252)};
  }
  if (out.name == out.address) out.name.clear();
  return out;
}

std::vector<u8> search_key(const Mailbox& mailbox) {
  std::string key = "SMTP:" + mailbox.address;
  for (char& c : key) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return {key.c_str(), key.c_str() + key.size() + 1};
}

void set_address(mapi::PropertyBag& bag, const AddressTags& tags, const Mailbox& mailbox) {
  bag.set_text(PropTag(tags.name), mailbox.display_name());
  if (mailbox.address.empty()) return;
  bag.set_text(PropTag(tags.email_address), mailbox.address);
  bag.set_text(PropTag(tags.address_type), "SMTP");
  bag.set_text(PropTag(tags.smtp_address), mailbox.address);
  bag.set_bytes(PropTag(tags.entry_id), one_off_entry_id(mailbox));
  bag.set_bytes(PropTag(tags.search_key), search_key(mailbox));
}

std::optional<Mailbox> get_address(const mapi::PropertyBag& bag, const AddressTags& tags) {
  Mailbox out{bag.text(PropTag(tags.name)), bag.text(PropTag(tags.smtp_address))};
  if (out.address.empty()) {
    std::string type = bag.text(PropTag(tags.address_type));
    if (type.empty() || equal_ignoring_ascii_case(type, "SMTP")) out.address = bag.text(PropTag(tags.email_address));
  }
  if (out.name.empty() && out.address.empty()) return std::nullopt;
  if (out.name == out.address) out.name.clear();
  return out;
}

// The list of entry ids is a FlatEntryList, [MS-OXCDATA] 2.3.3.
void set_reply_recipients(mapi::PropertyBag& message, const std::vector<Mailbox>& mailboxes) {
  if (mailboxes.empty()) return;
  std::vector<u8> entries;
  std::string names;
  auto put32 = [&](std::size_t value) {
    entries.resize(entries.size() + 4);
    store_le(entries.data() + entries.size() - 4, static_cast<u32>(value));
  };
  put32(mailboxes.size());
  put32(0);
  for (const Mailbox& mailbox : mailboxes) {
    auto id = one_off_entry_id(mailbox);
    put32(id.size());
    entries.insert(entries.end(), id.begin(), id.end());
    entries.resize((entries.size() + 3) & ~std::size_t{3});
    names += (names.empty() ? "" : ";") + mailbox.display_name();
  }
  store_le(entries.data() + 4, static_cast<u32>(entries.size() - 8));
  message.set_bytes(PropTag(tag::PidTagReplyRecipientEntries), entries);
  message.set_text(PropTag(tag::PidTagReplyRecipientNames), names);
}

std::vector<Mailbox> reply_recipients(const mapi::PropertyBag& message) {
  std::vector<Mailbox> out;
  const Value* value = message.find(PropTag(tag::PidTagReplyRecipientEntries));
  if (value == nullptr || value->bytes.size() < 8) return out;
  ByteView rest = value->bytes.subspan(8);
  while (rest.size() >= 4) {
    std::size_t size = load_le<u32>(rest.data());
    rest = rest.subspan(4);
    if (size > rest.size()) break;
    if (auto mailbox = mailbox_of_one_off(rest.first(size))) out.push_back(std::move(*mailbox));
    rest = rest.subspan(std::min(rest.size(), (size + 3) & ~std::size_t{3}));
  }
  return out;
}

mapi::PropertyBag make_recipient(RecipientType type, const Mailbox& mailbox, u32 order) {
  mapi::PropertyBag bag;
  set_address(bag, kRecipientTags, mailbox);
  bag.set(PropTag(tag::PidTagRecipientType), Value::of(static_cast<u32>(type)));
  bag.set(PropTag(tag::PidTagRecipientOrder), Value::of(order));
  bag.set(PropTag(tag::PidTagRecipientFlags), Value::of(u32{1}));  // recipSendable, [MS-OXOCAL] 2.2.4.10.1
  bag.set_text(PropTag(tag::PidTagRecipientDisplayName), mailbox.display_name());
  bag.set(PropTag(tag::PidTagObjectType), Value::of(u32{6}));   // MAPI_MAILUSER
  bag.set(PropTag(tag::PidTagDisplayType), Value::of(u32{0}));  // DT_MAILUSER
  bag.set(PropTag(tag::PidTagSendRichInfo), Value::of(false));
  if (!mailbox.address.empty()) bag.set_bytes(PropTag(tag::PidTagRecipientEntryId), one_off_entry_id(mailbox));
  return bag;
}

Mailbox recipient_address(const mapi::PropertyBag& recipient) {
  return get_address(recipient, kRecipientTags).value_or(Mailbox{});
}

}  // namespace ropewalk::mime
