#include "store/keys.h"

#include <algorithm>

#include "mapi/entry_id.h"
#include "mapi/xid.h"

namespace ropewalk::store {
namespace {

template <class T>
ByteView encode_in(Arena& arena, const T& value) {
  thread_local wire::OutBuffer out;
  out.clear();
  wire::encode(value, out);
  return arena.copy(out.view());
}

}  // namespace

ByteView gid_in(Arena& arena, const Guid& guid, u64 counter) {
  const auto bytes = mapi::globcnt_bytes(counter);
  return encode_in(arena, mapi::Xid{guid, ByteView(bytes)});
}

ByteView predecessors_in(Arena& arena, const Guid& database, u64 cn, ByteView foreign) {
  const auto counter = mapi::globcnt_bytes(cn);
  mapi::PredecessorChangeList list;
  if (!foreign.empty()) {
    auto others = wire::decode<mapi::PredecessorChangeList>(foreign, arena);
    if (others.ok()) list = *others;
  }
  std::span<mapi::SizedXid> all = arena.make<mapi::SizedXid>(list.sized_xids.size() + 1);
  if (all.empty()) return {};
  std::ranges::copy(list.sized_xids, all.begin());
  all.back().xid = {database, ByteView(counter)};
  std::ranges::stable_sort(all, [](const mapi::SizedXid& a, const mapi::SizedXid& b) {
    return a.xid.namespace_guid < b.xid.namespace_guid;
  });
  list.sized_xids = wire::List<mapi::SizedXid>(all);
  return encode_in(arena, list);
}

std::vector<u8> foreign_predecessors(ByteView list, const Guid& database) {
  if (list.empty()) return {};
  Arena arena;
  auto all = wire::decode<mapi::PredecessorChangeList>(list, arena);
  if (!all.ok()) return {};  // what a client sent and nobody can read
  auto own = std::remove_if(all->sized_xids.begin(), all->sized_xids.end(),
                            [&](const mapi::SizedXid& entry) { return entry.xid.namespace_guid == database; });
  all->sized_xids.length = static_cast<std::size_t>(own - all->sized_xids.begin());
  const ByteView kept = encode_in(arena, *all);
  return {kept.begin(), kept.end()};
}

ByteView entry_id_in(Arena& arena, const Guid& mailbox, const Guid& database, u64 folder) {
  mapi::FolderEntryId id;
  id.provider_uid = mailbox;
  id.body.database_guid = database;
  id.body.global_counter = mapi::globcnt_bytes(folder);
  return encode_in(arena, id);
}

ByteView entry_id_in(Arena& arena, const Guid& mailbox, const Guid& database, u64 folder, u64 message) {
  mapi::MessageEntryId id;
  id.provider_uid = mailbox;
  id.body.folder_database_guid = id.body.message_database_guid = database;
  id.body.folder_global_counter = mapi::globcnt_bytes(folder);
  id.body.message_global_counter = mapi::globcnt_bytes(message);
  return encode_in(arena, id);
}

ByteView owner_entry_id_in(Arena& arena, std::string_view legacy_dn) {
  mapi::AddressBookEntryId id;
  id.provider_uid = mapi::kAddressBookProvider;
  id.body.x500_dn = wire::String8::of(legacy_dn);
  return encode_in(arena, id);
}

EntryIdTarget read_entry_id(ByteView bytes, const Guid& mailbox, const Guid& database) {
  Arena arena;
  if (auto folder = wire::decode<mapi::FolderEntryId>(bytes, arena); folder.ok()) {
    const bool own = folder->provider_uid == mailbox && folder->body.database_guid == database &&
                     folder->body.folder_type.type() == mapi::EntryIdType::private_folder;
    return own ? EntryIdTarget{mapi::globcnt_number(folder->body.global_counter), 0} : EntryIdTarget{};
  }
  auto message = wire::decode<mapi::MessageEntryId>(bytes, arena);
  if (!message.ok() || message->provider_uid != mailbox || message->body.folder_database_guid != database ||
      message->body.message_database_guid != database ||
      message->body.message_type.type() != mapi::EntryIdType::private_message)
    return {};
  return {mapi::globcnt_number(message->body.folder_global_counter),
          mapi::globcnt_number(message->body.message_global_counter)};
}

}  // namespace ropewalk::store
