// The address book's objects: people with and without a mailbox here, rooms, groups, public folders, the links between
// them, and the lists in which they stand. They live beside the users in directory.db. [MS-OXOABK]
#pragma once

#include <functional>

#include "directory/directory.h"
#include "mapi/property_bag.h"

namespace ropewalk::directory {

enum class Kind : u8 { mailbox, room, equipment, contact, group, dynamic_group, public_folder };

// "mailbox", "room", ..., as commands and files call them.
std::string_view name_of(Kind kind);
std::optional<Kind> kind_named(std::string_view name);

// Who looks after an object: people here, or a directory elsewhere that is copied again and again.
enum class Source : u8 { here, ldap };

// What is known of an object without reading its properties.
struct Object {
  u32 id = 0;  // from 16 on, below 2^31, never used again: its Minimal Entry ID in NSPI
  Kind kind{};
  Guid guid;               // PidTagAddressBookObjectGuid
  i64 user_id = 0;         // whose mailbox it is; 0: it has none here
  std::string legacy_dn;   // "/o=Ropewalk/ou=.../cn=Recipients/cn=user1"; unique, any case
  std::string address;     // primary SMTP address; may be empty for groups and public folders
  std::string name;        // display name; UTF-8
  std::string phonetic{};  // display name as it is spoken; empty: as `name`
  bool hidden = false;     // in no list, found by no name
};

// A named part of the address book, itself an object of the hierarchy. [MS-OXOABK] 2.2.2
struct AddressList {
  u32 id = 0;      // of the same numbers as the objects
  u32 parent = 0;  // 0: stands at the top
  Guid guid;
  std::string name, legacy_dn;
  bool is_global = false;   // the Global Address List
  std::string filter = {};  // LDAP-style, as dynamic groups have; empty: by kinds or, for containers of lists, nobody
  u32 kinds = 0;            // the kinds that a list without filter shows: bit 1 << Kind
  bool hidden = false;      // clients do not see it among the lists, nor those below it
};

// What is to be changed of a list.
struct ListChange {
  std::optional<std::string> name{}, filter{};
  std::optional<bool> hidden{};
};

// Who points at whom. Each is read from both sides.
enum class Link : u8 {
  member,       // group -> object: PidTagAddressBookMember, back: PidTagAddressBookIsMemberOfDistributionList
  manager,      // object -> object, at most one: PidTagAddressBookManager, back: PidTagAddressBookReports
  owner,        // group -> object, at most one: PidTagAddressBookOwner, back: PidTagAddressBookOwnerBackLink
  delegate_of,  // object -> objects that may send for it: PidTagAddressBookPublicDelegates
};

// What may be said of an object when it is made or changed.
struct ObjectChange {
  std::optional<std::string> name, phonetic, address, legacy_dn;
  std::optional<bool> hidden;
  std::optional<std::string> filter;  // of a dynamic group
  mapi::PropertyBag set;  // properties to put in place of what they were; `name` and the like may be among them
  std::vector<mapi::PropTag> removed;
  std::optional<Guid> guid;  // when it is made: another than a random one
  std::optional<Source> source;
  std::optional<std::string> origin;  // its name in the source or file from which it came: an LDAP DN; no two have one
  std::optional<std::string> origin_id;  // what the source knows it by for ever, whatever it is called: entryUUID
  // By what its user signs in, beside addresses: "user1@CORP.ROPEWALK.TEST" (Kerberos too), "user1". No two have one.
  std::optional<std::vector<std::string>> logins;
};

// Objects and lists that came, changed or went, and how far that reaches. Whom an object points at belongs to it, and
// who points at it.
struct ObjectChanges {
  i64 upto = 0;      // give it to the next changes_since()
  bool all = false;  // too long ago: read everything anew
  std::vector<u32> ids;
};

// Thread-safe. Errors name the object and what is wrong.
class AddressBook {
 public:
  // On the folder's directory.db, which Directory::open() made. Brings every user that has no object yet into it.
  static Result<std::unique_ptr<AddressBook>> open(const std::string& data_folder,
                                                   const std::string& organization = "Ropewalk");
  ~AddressBook();

  // Nobody is not an error.
  Result<std::optional<Object>> find(u32 id);
  // By legacy DN, or by a former one among its proxy addresses ("X500:/o=..."). Any case.
  Result<std::optional<Object>> find_by_dn(std::string_view legacy_dn);
  // By the primary address or another "smtp:" proxy address. Any case.
  Result<std::optional<Object>> find_by_address(std::string_view address);
  Result<std::optional<Object>> find_by_user(i64 user_id);
  Result<std::optional<Object>> find_by_guid(const Guid& guid);
  Result<std::optional<Object>> find_by_origin(std::string_view origin);
  Result<std::optional<Object>> find_by_origin_id(std::string_view origin_id);
  // What is stored, without links and without what follows from Object (display type, entry id, ...). One bag per id,
  // in their order; empty for nobody.
  Result<std::vector<mapi::PropertyBag>> properties(std::span<const u32> ids);

  // Many at once, which costs far less than one by one: each as find() gives it, and with `stored` as properties()
  // does.
  struct Found {
    Object object;
    mapi::PropertyBag properties;
  };
  Result<std::vector<std::optional<Found>>> find_all(std::span<const u32> ids, bool stored);

  // To whom `id` points, and who points at it; in the order of adding. Without objects that are gone.
  Result<std::vector<u32>> linked(u32 id, Link link);
  Result<std::vector<u32>> linking(u32 id, Link link);
  // A group's members: as linked, or as the filter says. `deep`: groups' members in their place, each object once,
  // cycles or not.
  Result<std::vector<u32>> members(u32 group, bool deep = false);

  // The lists, parents before children.
  Result<std::vector<AddressList>> lists();
  // Every object that the list shows (hidden ones are not among them), in the order of ids.
  Status for_each(u32 list, const std::function<void(const Object&)>& visit);
  // Every object, hidden ones too, in the order of ids.
  Status for_all(const std::function<void(const Object&)>& visit);
  // Whether the list shows it.
  Result<bool> shows(const AddressList& list, const Object& object);
  // 0: since ever, that is all.
  Result<ObjectChanges> changes_since(i64 change);
  // The same, with all whom the list may show or not since: a filter may ask for whom an object points at.
  Result<ObjectChanges> changes_for(const AddressList& list, i64 change);

  // Objects that are not hidden and one of whose names (display name and its words, given name, surname, alias, proxy
  // addresses, office) begins with `text`; "=text": an alias that is exactly that. Without regard to case and accents.
  // At most `most` of them, whichever the index gives first, in the order of ids.
  Result<std::vector<u32>> named(std::string_view text, std::size_t most);

  // `kind` but mailbox, room and equipment, which come with a user (Directory::add_user, then set_kind()). Properties
  // that follow from Object or the links are errors. A mailbox's name and address are changed for the user too; its
  // former addresses and DNs stay as proxy addresses.
  Result<Object> add(Kind kind, const ObjectChange& as);
  Status change(u32 id, const ObjectChange& change);
  Status set_kind(u32 id, Kind kind);
  Status add_link(u32 from, Link link, u32 to);
  Status remove_link(u32 from, Link link, u32 to);
  // Not of objects with a user: Directory::remove() takes those along.
  Status remove(u32 id);
  // The filter of a dynamic group; empty for others.
  Result<std::string> filter(u32 group);
  // What only copying and signing in need to know of an object.
  struct Provenance {
    Source source{};
    std::string origin, origin_id;
    std::vector<std::string> logins;
  };
  Result<Provenance> provenance(u32 id);

  // Another list, below `parent` or (0) at the top; without a filter it is there for those below it.
  Result<AddressList> add_list(u32 parent, std::string_view name, std::string_view filter = {});
  // The Global Address List has neither a filter nor is it hidden.
  Status change_list(u32 list, const ListChange& change);
  // Not of lists with lists below them, nor of the Global Address List.
  Status remove_list(u32 list);
  // Many changes at once, all or none, and faster: all where it returns success. One that fails leaves the others be.
  // This thread sees them at once, others when all are done.
  Status together(const std::function<Status()>& changes);

 private:
  struct State;
  explicit AddressBook(std::unique_ptr<State> state);
  Result<std::vector<u32>> beginning_with(std::string_view text, std::size_t most);
  std::unique_ptr<State> state_;
};

}  // namespace ropewalk::directory
