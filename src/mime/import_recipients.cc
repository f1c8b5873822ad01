// Address fields to properties and recipients: [MS-OXCMAIL] 2.2.3.1.
#include "mime/addresses.h"
#include "mime/import_context.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::MessageContent;
using mapi::PropTag;

// Far beyond what mail carries, so that a hostile header does not become a million recipients.
constexpr std::size_t kMostRecipients = 20'000;

std::vector<Mailbox> addresses_of(const Part& root, std::string_view name) {
  std::vector<Mailbox> out;
  for (const Field& field : root.fields) {
    if (!equal_ignoring_ascii_case(field.name, name)) continue;
    auto found = parse_addresses(field.value, root.charset());
    out.insert(out.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return out;
}

// A From or Sender that no address can be read from still names somebody.
std::optional<Mailbox> originator(const Part& root, std::string_view name) {
  auto found = addresses_of(root, name);
  if (!found.empty()) return std::move(found.front());
  const Field* field = find_field(root.fields, name);
  std::string text = field == nullptr ? std::string() : decode_text(field->value, root.charset());
  if (text.empty()) return std::nullopt;
  return Mailbox{text, ""};
}

void import_recipients(const Part& root, const ImportContext& context, MessageContent& content) {
  struct Role {
    std::string_view name;
    RecipientType type;
    u32 display;
  };
  static constexpr Role kRoles[] = {{"to", RecipientType::to, tag::PidTagDisplayTo},
                                    {"cc", RecipientType::cc, tag::PidTagDisplayCc},
                                    {"bcc", RecipientType::bcc, tag::PidTagDisplayBcc}};
  for (const Role& role : kRoles) {
    auto mailboxes = addresses_of(root, role.name);
    if (mailboxes.empty() && !raw_value(root.fields, role.name).empty() &&
        raw_value(root.fields, role.name).find(':') == std::string::npos)  // an empty group is nothing to tell
      context.remark(root, "no address in " + std::string(role.name) + " can be read; it is kept in the raw header");
    std::string names;
    for (const Mailbox& mailbox : mailboxes) {
      if (content.recipients.size() >= kMostRecipients) {
        context.remark(root, "more than " + std::to_string(kMostRecipients) +
                                 " recipients; the others are in the raw header alone");
        break;
      }
      content.recipients.push_back(make_recipient(role.type, mailbox, static_cast<u32>(content.recipients.size())));
      names += (names.empty() ? "" : "; ") + mailbox.display_name();
    }
    content.properties.set_text(PropTag(role.display), names);
  }
}

}  // namespace

void import_addresses(const Part& root, const ImportContext& context, MessageContent& content) {
  auto from = originator(root, "from");
  auto sender = originator(root, "sender");
  if (!from) from = sender;
  if (!sender) sender = from;
  if (sender) set_address(content.properties, kSenderTags, *sender);
  if (from) set_address(content.properties, kSentRepresentingTags, *from);
  auto receipt = addresses_of(root, "disposition-notification-to");
  if (!receipt.empty()) set_address(content.properties, kReadReceiptTags, receipt.front());
  set_reply_recipients(content.properties, addresses_of(root, "reply-to"));
  import_recipients(root, context, content);
}

}  // namespace ropewalk::mime
