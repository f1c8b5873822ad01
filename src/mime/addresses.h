// Internet addresses as MAPI addressees: [MS-OXCMAIL] 2.2.3.1, [MS-OXCDATA] 2.2.5.1.
#pragma once

#include "mapi/property_bag.h"

namespace ropewalk::mime {

struct Mailbox {
  std::string name;     // UTF-8; empty where only an address was given
  std::string address;  // local@domain, or whatever stood there

  const std::string& display_name() const { return name.empty() ? address : name; }
  bool operator==(const Mailbox&) const = default;
};

// The mailboxes of an address header's value, those in groups among them; encoded words decoded.
std::vector<Mailbox> parse_addresses(std::string_view value, std::string_view charset);

// "name <address>" for a header, encoded as RFC 2047 asks, without folding.
std::string format_address(const Mailbox& mailbox);

// [MS-OXCDATA] 2.2.5.1 One-Off EntryID, in Unicode, sent without rich text.
std::vector<u8> one_off_entry_id(const Mailbox& mailbox);
// Who a one-off entry id stands for; nothing for other kinds.
std::optional<Mailbox> mailbox_of_one_off(ByteView entry_id);
// What PidTagSearchKey holds for an Internet address: "SMTP:LOCAL@DOMAIN" with its terminator.
std::vector<u8> search_key(const Mailbox& mailbox);

// The property tags that say who somebody is, in one role of a message or as a recipient.
struct AddressTags {
  u32 name, email_address, address_type, smtp_address, entry_id, search_key;
};
extern const AddressTags kSenderTags, kSentRepresentingTags, kReadReceiptTags;

void set_address(mapi::PropertyBag& bag, const AddressTags& tags, const Mailbox& mailbox);
// Null where nobody stands in that role. The SMTP address, else the e-mail address of type SMTP.
std::optional<Mailbox> get_address(const mapi::PropertyBag& bag, const AddressTags& tags);

// [MS-OXOMSG] 2.2.1.43 and 2.2.1.44: PidTagReplyRecipientEntries and -Names.
void set_reply_recipients(mapi::PropertyBag& message, const std::vector<Mailbox>& mailboxes);
// Those of them that are one-off Internet addresses.
std::vector<Mailbox> reply_recipients(const mapi::PropertyBag& message);

// PidTagRecipientType, [MS-OXOMSG] 2.2.3.1.
enum class RecipientType : u8 { to = 1, cc = 2, bcc = 3 };
mapi::PropertyBag make_recipient(RecipientType type, const Mailbox& mailbox, u32 order);
Mailbox recipient_address(const mapi::PropertyBag& recipient);

}  // namespace ropewalk::mime
