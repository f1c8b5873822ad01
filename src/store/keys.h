// Entry ids, source keys, change keys and predecessor lists. Private to the store.
#pragma once

#include <vector>

#include "mapi/ids.h"
#include "mapi/value.h"

namespace ropewalk::store {

// A GUID and a 6-byte counter: the 22 bytes of source keys and of this store's change keys, [MS-OXCFXICS] 2.2.2.2 XID.
ByteView gid_in(Arena& arena, const Guid& guid, u64 counter);

// The predecessor list ([MS-OXCFXICS] 2.2.2.3) of an object whose last change was `cn` here, or `change_key` from
// elsewhere; `foreign` is what other replicas contributed.
ByteView predecessors_in(Arena& arena, const Guid& database, u64 cn, ByteView foreign);
// The list without the entry of this database: what remains true after another change here.
std::vector<u8> foreign_predecessors(ByteView list, const Guid& database);

// [MS-OXCDATA] 2.2.4.1 Folder EntryID and 2.2.4.2 Message EntryID structures of a private mailbox.
ByteView entry_id_in(Arena& arena, const Guid& mailbox, const Guid& database, u64 folder);
ByteView entry_id_in(Arena& arena, const Guid& mailbox, const Guid& database, u64 folder, u64 message);
// [MS-OXCDATA] 2.2.5.2: the address book's entry id for a person.
ByteView owner_entry_id_in(Arena& arena, std::string_view legacy_dn);

// The counters in an entry id of this mailbox; 0 for what it does not name, or where it is another mailbox's.
struct EntryIdTarget {
  u64 folder = 0, message = 0;
};
EntryIdTarget read_entry_id(ByteView bytes, const Guid& mailbox, const Guid& database);

}  // namespace ropewalk::store
