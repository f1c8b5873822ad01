// The address book's objects and lists as NSPI shows them: [MS-OXOABK] 2.2.
#pragma once

#include <memory>

#include "directory/address_book.h"
#include "mapi/property_tags.h"
#include "server/addressbook/hidden_objects.h"
#include "server/addressbook/list_views.h"
#include "store/failure.h"

namespace ropewalk::server {

using store::Failure;
using store::Outcome;

// [MS-OXNSPI] 2.2.1.3
inline constexpr u32 kMailUser = 0, kDistList = 1, kForum = 2, kAgent = 3, kRemoteMailUser = 6, kRoom = 7,
                     kEquipment = 8, kContainer = 0x100, kAddressTemplate = 0x102;
// [MS-OXOABK] 2.2.2.1
inline constexpr u32 kHoldsRecipients = 1, kHoldsContainers = 2, kUnmodifiable = 8;

// An object, or a list.
struct Entry {
  directory::Object object;  // of a list: id, guid, DN and name alone
  std::optional<directory::AddressList> list;
  mapi::PropertyBag stored;  // where it was asked for
};

u32 display_type(const Entry& entry);
bool is_group(const Entry& entry);

Entry entry_of(const directory::AddressList& list);

// PidTagAddressBookDisplayNamePrintable: [MS-OXNSPI] 3.1.4.3.1 has it natively 8-bit.
inline constexpr mapi::PropTag kPrintableName{0x39FF001E};
// What [MS-OXOABK] 2.2.3 derives from an object, in this type; nullopt: nothing. `ephemeral`: the server's GUID, for an
// ephemeral PidTagEntryId.
std::optional<mapi::Property> computed_property(const Entry& entry, mapi::PropTag property, const Guid* ephemeral,
                                                Arena& arena);

// What an entry identifier of either kind names.
struct EntryName {
  std::optional<u32> id;  // of an ephemeral one that is ours
  std::string dn;         // of a permanent one
};
std::optional<EntryName> read_entry_id(ByteView bytes, const Guid& server_guid);
ByteView permanent_entry_id(u32 display_type, std::string_view dn, Arena& arena);
ByteView ephemeral_entry_id(const Guid& server_guid, u32 display_type, u32 id, Arena& arena);

// A property whose values are other objects.
struct LinkProperty {
  u16 id;
  directory::Link link;
  bool backwards;
  bool for_groups;  // only groups have it
};
const LinkProperty* link_property(u16 id);

// Reads objects for one request of one user. A hidden object is nobody to him, unless it is his own or he has named it
// by its DN. Values live as long as the arena.
class EntryReader {
 public:
  struct Source {
    directory::AddressBook& book;
    ListCache& lists;
    KnownHidden& known;
    const Guid& server_guid;
  };
  EntryReader(const Source& source, i64 user_id, Arena& arena) : source_(source), user_id_(user_id), arena_(arena) {}
  // The same user's, with another arena.
  EntryReader with(Arena& arena) const { return {source_, user_id_, arena}; }

  // Nobody is not an error. `stored`: with what is stored of it.
  Outcome<std::optional<Entry>> find(u32 id, bool stored);
  Outcome<std::vector<std::optional<Entry>>> find_all(std::span<const u32> ids, bool stored);
  // Not a list.
  Outcome<std::optional<directory::Object>> find_object(u32 id);
  // Whom a DN names, hidden or not: from then on the user knows of it.
  Outcome<std::optional<u32>> find_dn(std::string_view dn);
  Outcome<std::optional<directory::Object>> find_object_by_dn(std::string_view dn);
  // By a Minimal Entry ID of a container: 0 is the Global Address List.
  Outcome<std::optional<directory::AddressList>> find_list(u32 id);
  Outcome<const std::vector<directory::AddressList>*> lists();
  // How far the directory had changed when lists() was asked first; 0: it was not.
  i64 upto() const { return now_.upto; }

  // In its native type; nullopt: it has no value.
  Outcome<std::optional<mapi::Property>> read(const Entry& entry, u16 id, bool ephemeral);
  // The same of a link, in the type asked for: a table, or DNs.
  Outcome<std::optional<mapi::Property>> read_link(const Entry& entry, mapi::PropTag tag);
  // The tags that have a value, in their native types.
  Outcome<std::vector<mapi::PropTag>> tags(const Entry& entry);
  // To whom a link property points, without hidden objects.
  Outcome<std::vector<directory::Object>> linked(const Entry& entry, const LinkProperty& property);

  // Whether reading this property needs what is stored.
  static bool is_stored(u16 id);
  // Everything that objects may have, in native types; ascending.
  static std::span<const mapi::PropTag> known_tags();

 private:
  Outcome<std::optional<mapi::Property>> member_count(const Entry& entry, u16 id);
  bool sees(const directory::Object& object) const;

  Source source_;
  i64 user_id_;
  Arena& arena_;
  ListCache::Now now_;
};

}  // namespace ropewalk::server
