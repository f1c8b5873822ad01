// People, groups and the lists that show them: what an address-book provider implements. MAPI's IAddrBook,
// IABContainer, IMailUser and IDistList.
//
//     AddressBook -> AddressContainer -> Table
//                 -> AddressEntry     -> Table (a group's members)
//
// Ownership and threads as in objects.h.
#pragma once

#include "client/objects.h"
#include "mapi/restriction.h"
#include "mapi/value_fields.h"

namespace ropewalk::client {

/// A tag of 8-bit text as the one of the same text in UTF-16; others as they are.
PropTag in_unicode(PropTag tag);

/// "Whom a typed name may mean": PidTagAnr, ambiguous name resolution. [MS-OXOABK] 2.2.3
class NameCondition {
 public:
  explicit NameCondition(std::string_view name);  // UTF-8
  NameCondition(const NameCondition&) = delete;
  NameCondition& operator=(const NameCondition&) = delete;
  const mapi::Restriction& restriction() const { return restriction_; }

 private:
  std::vector<u8> text_;
  mapi::TaggedPropertyValue value_;
  mapi::Restriction restriction_;
};

/// A control of the dialog in which a server wants an entry to be shown. [MS-OXOABKT] 2.2.2.1
struct DialogControl {
  enum class Kind : u32 {
    label = 0,
    edit = 1,
    list_box = 2,
    check_box = 5,
    group_box = 6,
    button = 7,
    page = 8,
    multi_valued_list_box = 11
  };
  static constexpr u32 kMultiLine = 1, kEditable = 2, kRequired = 4;
  Kind kind{};
  std::string text;                         // of labels, pages, buttons; elsewhere a pattern of what may be typed
  PropTag property;                         // what it shows
  u32 flags = 0;                            // of the three above
  u32 most = 0;                             // characters of an edit control
  u32 x = 0, y = 0, width = 0, height = 0;  // in dialog units
};

/// A person, a group, a room: IMailUser, and where is_list() IDistList.
class AddressEntry {
 public:
  virtual ~AddressEntry() = default;
  /// Permanent: good beyond this session.
  virtual std::span<const u8> entry_id() const = 0;
  virtual bool is_list() const = 0;
  /// The values of these tags, and of all that the entry has; absent ones are left out.
  virtual Outcome<mapi::PropertyBag> get(std::span<const PropTag> tags) = 0;
  virtual Outcome<mapi::PropertyBag> get_all() = 0;
  /// The members of a group; `not_supported` of others.
  virtual Outcome<std::unique_ptr<Table>> members() = 0;
  /// Whom this one reports to; null where nobody is named.
  virtual Outcome<std::unique_ptr<AddressEntry>> manager() = 0;

  // By default `not_supported`:

  /// The entries that a property points at, as PidTagAddressBookMember of a group, PidTagAddressBookReports or
  /// PidTagAddressBookOwner do. IMAPIProp::OpenProperty.
  virtual Outcome<std::unique_ptr<Table>> linked(PropTag property);
  /// Takes properties away and sets others, all or nothing, as far as the server lets this user. IMAPIProp::SetProps
  /// and DeleteProps.
  virtual Outcome<void> change(std::span<const mapi::Property> values, std::span<const PropTag> removed);
  /// Adds entries to those that a property points at, or takes them away: PidTagAddressBookMember of a group,
  /// PidTagAddressBookPublicDelegates of a person. Those that are there, or not there, already are no error.
  /// IDistList::CreateEntry and DeleteEntries.
  enum class LinkChange : u8 { add, remove };
  virtual Outcome<void> change_links(PropTag property, LinkChange change, std::span<const std::vector<u8>> entry_ids);
  /// The server's details template for entries like this one. PR_DETAILS_TABLE.
  virtual Outcome<std::vector<DialogControl>> details();
};

/// A list of entries: the Global Address List, All Rooms, ... IABContainer.
class AddressContainer {
 public:
  virtual ~AddressContainer() = default;
  /// In the order of their display names. Tables of an address book can be sorted by PidTagDisplayName and by
  /// PidTagAddressBookPhoneticDisplayName, upwards, and searched for a display name from some text on.
  virtual Outcome<std::unique_ptr<Table>> contents() = 0;
  /// Whether the first entry stands before (below 0), is (0) or stands behind (above 0) the second one in the list's
  /// order. By default `not_supported`.
  virtual Outcome<i32> compare(ByteView entry_id, ByteView other_entry_id);
};

/// Where a server says that the user's mailbox and the address book are: URLs, or names of servers. Empty: it did not
/// say.
struct Endpoints {
  std::string mailbox, address_book;
};

/// IAddrBook.
class AddressBook {
 public:
  virtual ~AddressBook() = default;
  /// The entries that a typed name or address may mean: none, the one, or several. Each has PidTagEntryId,
  /// PidTagDisplayName, PidTagEmailAddress, PidTagAddressType, PidTagSmtpAddress, PidTagDisplayType.
  virtual Outcome<std::vector<mapi::PropertyBag>> resolve(std::string_view text) = 0;
  /// The containers, parents in front of children: PidTagEntryId, PidTagDisplayName, PidTagDepth, PidTagContainerFlags.
  /// By default `not_supported`, as what follows.
  virtual Outcome<std::vector<mapi::PropertyBag>> hierarchy();
  /// By its entry identifier; empty: the Global Address List.
  virtual Outcome<std::unique_ptr<AddressContainer>> open_container(ByteView entry_id);
  virtual Outcome<std::unique_ptr<AddressEntry>> open_entry(ByteView entry_id);
  virtual Outcome<Endpoints> endpoints();
};

}  // namespace ropewalk::client
