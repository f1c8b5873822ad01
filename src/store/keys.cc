#include "store/keys.h"

namespace ropewalk::store {
namespace {

constexpr std::size_t kGid = 22, kFolderEntryId = 46, kMessageEntryId = 70;
constexpr u16 kPrivateFolder = 0x0001, kPrivateMessage = 0x0007;  // eitLTPrivateFolder, eitLTPrivateMessage

u8* put(u8* at, ByteView bytes) {
  std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

u8* put_gid(u8* at, const Guid& guid, u64 counter) {
  return put(put(at, ByteView(guid.bytes)), ByteView(mapi::globcnt_bytes(counter)));
}

u8* put_head(u8* at, const Guid& mailbox, u16 type) {
  std::memset(at, 0, 4);  // Flags
  at = put(at + 4, ByteView(mailbox.bytes));
  store_le(at, type);
  return at + 2;
}

u8* put_pad(u8* at) {
  std::memset(at, 0, 2);
  return at + 2;
}

}  // namespace

ByteView gid_in(Arena& arena, const Guid& guid, u64 counter) {
  std::span<u8> room = arena.make<u8>(kGid);
  if (room.empty()) return {};
  put_gid(room.data(), guid, counter);
  return room;
}

ByteView predecessors_in(Arena& arena, const Guid& database, u64 cn, ByteView foreign) {
  std::span<u8> room = arena.make<u8>(foreign.size() + 1 + kGid);
  if (room.empty()) return {};
  u8* at = room.data();
  if (!foreign.empty()) at = put(at, foreign);
  *at = kGid;
  put_gid(at + 1, database, cn);
  return room;
}

std::vector<u8> foreign_predecessors(ByteView list, const Guid& database) {
  std::vector<u8> kept;
  while (!list.empty() && list.size() > list[0]) {
    ByteView entry = list.first(std::size_t{1} + list[0]);
    list = list.subspan(entry.size());
    const bool own = entry.size() >= 17 && std::memcmp(entry.data() + 1, database.bytes.data(), 16) == 0;
    if (!own) kept.insert(kept.end(), entry.begin(), entry.end());
  }
  return kept;
}

ByteView entry_id_in(Arena& arena, const Guid& mailbox, const Guid& database, u64 folder) {
  std::span<u8> room = arena.make<u8>(kFolderEntryId);
  if (room.empty()) return {};
  put_pad(put_gid(put_head(room.data(), mailbox, kPrivateFolder), database, folder));
  return room;
}

ByteView entry_id_in(Arena& arena, const Guid& mailbox, const Guid& database, u64 folder, u64 message) {
  std::span<u8> room = arena.make<u8>(kMessageEntryId);
  if (room.empty()) return {};
  u8* at = put_pad(put_gid(put_head(room.data(), mailbox, kPrivateMessage), database, folder));
  put_pad(put_gid(at, database, message));
  return room;
}

}  // namespace ropewalk::store
