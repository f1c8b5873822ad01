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

}  // namespace ropewalk::store
