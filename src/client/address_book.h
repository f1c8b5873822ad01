// People, groups and the lists that show them: what an address-book provider implements. MAPI's IAddrBook,
// IABContainer, IMailUser and IDistList.
//
//     AddressBook -> AddressContainer -> Table
//                 -> AddressEntry     -> Table (a group's members)
//
// Ownership and threads as in objects.h.
#pragma once

#include "client/objects.h"

namespace ropewalk::client {

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
};

/// A list of entries: the Global Address List, All Rooms, ... IABContainer.
class AddressContainer {
 public:
  virtual ~AddressContainer() = default;
  /// In the order of their display names. Tables of an address book can be sorted by PidTagDisplayName and by
  /// PidTagAddressBookPhoneticDisplayName, upwards, and searched for a display name from some text on.
  virtual Outcome<std::unique_ptr<Table>> contents() = 0;
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
};

}  // namespace ropewalk::client
