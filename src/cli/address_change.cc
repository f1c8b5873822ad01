#include "cli/address_change.h"

#include <fmt/format.h>

#include "cli/directory_access.h"

namespace ropewalk::cli {
namespace {

using client::AddressBook;
using client::AddressEntry;
using client::Failure;
using client::in_unicode;
using mapi::PropTag;
namespace tag = mapi::tag;

client::Outcome<void> change_links(AddressBook& book, AddressEntry& entry, u32 property, AddressEntry::LinkChange how,
                                   const std::vector<std::string>& who) {
  if (who.empty()) return {};
  std::vector<std::vector<u8>> ids;
  for (const std::string& name : who) {
    ROPEWALK_TRY(auto other, entry_named(book, name));
    ids.emplace_back(other->entry_id().begin(), other->entry_id().end());
  }
  return entry.change_links(PropTag(property), how, ids);
}

// Servers say no more than "access denied".
client::Outcome<void> explained(client::Outcome<void> done, std::string_view rule) {
  if (done.ok() || done.error().code != mapi::ErrorCode::access_denied) return done;
  return Failure{done.error().code, fmt::format("{}: {}", done.error().text, rule)};
}

}  // namespace

Result<PropertyChange> read_property_change(const AddressChange& change) {
  ROPEWALK_TRY(Assignments read, read_assignments(change.assignments));
  if (!read.links.empty())
    return Error{
        "who is linked to whom is changed by --add-member, --remove-member, --add-delegate, --remove-delegate"};
  if (read.change.address || read.change.legacy_dn || read.change.hidden || read.change.filter || read.change.guid)
    return Error{"address, DN, filter and whether an entry is hidden are not a client's to set: `ropewalk user set`"};
  PropertyChange made;
  if (read.change.name) made.values.set_text(PropTag(tag::PidTagDisplayName), *read.change.name);
  if (read.change.phonetic)
    made.values.set_text(PropTag(tag::PidTagAddressBookPhoneticDisplayName), *read.change.phonetic);
  for (const mapi::Property& property : read.change.set.all())
    made.values.set(in_unicode(property.tag), property.value);
  for (PropTag property : read.change.removed) made.removed.push_back(in_unicode(property));
  return made;
}

client::Outcome<std::unique_ptr<AddressEntry>> entry_named(AddressBook& book, const std::string& name) {
  ROPEWALK_TRY(auto found, book.resolve(name));
  if (found.size() != 1) {
    std::string whom;
    for (const mapi::PropertyBag& bag : found)
      whom += (whom.empty() ? ": " : ", ") + client::text_of(bag.all(), tag::PidTagSmtpAddress);
    return Failure{mapi::ErrorCode::not_found,
                   found.empty() ? fmt::format("nobody in the address book is \"{}\"", name)
                                 : fmt::format("\"{}\" may mean {} entries{}", name, found.size(), whom)};
  }
  const mapi::Value* id = found[0].find(PropTag(tag::PidTagEntryId));
  if (id == nullptr) return Failure{mapi::ErrorCode::not_found, "the entry has no identifier"};
  return book.open_entry(id->bytes);
}

client::Outcome<void> change_entry(AddressBook& book, AddressEntry& entry, const AddressChange& change,
                                   const PropertyChange& properties) {
  using enum AddressEntry::LinkChange;
  if (!properties.values.empty() || !properties.removed.empty())
    ROPEWALK_CHECK(explained(entry.change(properties.values.all(), properties.removed),
                             "servers let people change little, and of their own entries alone (userCertificate, "
                             "userSMIMECertificate)"));
  constexpr std::string_view kOwners = "members are for a group's owner to change, delegates for everybody himself";
  for (auto [property, how, who] :
       {std::tuple(tag::PidTagAddressBookMember, add, &change.new_members),
        std::tuple(tag::PidTagAddressBookMember, remove, &change.former_members),
        std::tuple(tag::PidTagAddressBookPublicDelegates, add, &change.new_delegates),
        std::tuple(tag::PidTagAddressBookPublicDelegates, remove, &change.former_delegates)})
    ROPEWALK_CHECK(explained(change_links(book, entry, property, how, *who), kOwners));
  return {};
}

}  // namespace ropewalk::cli
