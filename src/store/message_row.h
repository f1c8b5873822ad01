// A row of `messages` as read, and the properties that follow from it. Private to the store.
#pragma once

#include <optional>
#include <vector>

#include "sql/database.h"
#include "store/packed.h"
#include "store/store_core.h"

namespace ropewalk::store {

// [MS-OXCMSG] 2.2.1.6 PidTagMessageFlags
inline constexpr u32 kFlagRead = 0x1, kFlagUnmodified = 0x2, kFlagSubmitted = 0x4, kFlagUnsent = 0x8,
                     kFlagHasAttachments = 0x10, kFlagFromMe = 0x20, kFlagAssociated = 0x40;
// What a client may set with the property itself; the others follow from the message.
inline constexpr u32 kSettableFlags = 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x8000;

// Views live as long as the statement stands on the row.
struct MessageRow {
  i64 id = 0, folder = 0;
  bool associated = false;
  u64 delivered = 0, modified = 0, created = 0;
  u32 flags = 0, status = 0;
  u64 size = 0, cn = 0, read_cn = 0;
  ByteView change_key, predecessors;
  PackedView hot;
};

// The columns that read_row() takes, for SELECT.
#define ROPEWALK_MESSAGE_COLUMNS                                                                                       \
  "id, folder, associated, delivered, modified, created, flags, status, size, cn, read_cn, change_key, predecessors, " \
  "props"
inline constexpr int kMessageColumns = 14;
MessageRow read_row(const sql::Statement& row);

// A property computed from the row: ids, keys, times, flags, sizes, the normalised subject. nullopt where the property
// is none of these (or is absent): then the packed ones are asked.
std::optional<mapi::Property> computed_property(const StoreCore& core, const MessageRow& row, mapi::PropTag tag,
                                                Arena& arena);
// Computed ones included; nullopt also where the value stands elsewhere: `elsewhere` tells where then.
std::optional<mapi::Property> row_property(const StoreCore& core, const MessageRow& row, mapi::PropTag tag,
                                           Arena& arena, std::optional<Reference>* elsewhere = nullptr);
// True where the property is computed whatever the message's own properties are.
bool is_computed(u16 id);
// The tags of everything computed that every stored message has.
std::span<const mapi::PropTag> computed_tags();
// True for properties that clients may not set on messages.
bool is_read_only(u16 id);

// The subject without its prefix: a view into `subject`, [MS-OXCMSG] 2.2.1.10 and 3.2.5.3.
ByteView subject_prefix(ByteView utf16le_subject);

}  // namespace ropewalk::store
