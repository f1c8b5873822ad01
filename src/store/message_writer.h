// Storing, copying and erasing messages inside a write. Private to the store.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "mapi/property_bag.h"
#include "store/folder_row.h"
#include "store/message.h"
#include "store/message_row.h"
#include "store/record.h"
#include "store/store_core.h"

namespace ropewalk::store {

// What a tombstone stands for.
enum class Buried : i64 { message = 0, associated = 1, folder = 2 };
// Records that an object is gone, under a change number of its own.
Outcome<void> bury(WriteContext& context, Buried kind, i64 folder, i64 row);

// Takes the messages out of the folder, with tombstones, events and counters. Rows that are not there count as failed.
Outcome<Partly> erase_messages(WriteContext& context, i64 folder, std::span<const i64> rows);
Outcome<void> erase_all_messages(WriteContext& context, i64 folder, bool normal, bool associated);
// The row with all beneath it, and nothing else.
Outcome<void> erase_row(WriteContext& context, i64 row, int depth = 0);
Outcome<void> erase_attachment(WriteContext& context, i64 owner, u32 number);
// A copy of the row and all beneath it; the copy's row.
Outcome<i64> copy_row(WriteContext& context, i64 row, i64 to_folder, int depth = 0);

// What other replicas contributed to a predecessor list, once this one has changed the object. Empty: nothing.
std::vector<u8> foreign_change_list(const StoreCore& core, ByteView change_key, ByteView predecessors);

// Everything that a message will be, on its way into the database.
struct MessageParts {
  i64 row = 0;     // 0: a new one
  i64 folder = 0;  // 0: embedded
  bool associated = false;
  u32 flags = 0, status = 0;
  u64 created = 0;
  std::vector<RecordValue> values;  // all properties; those with columns of their own go there
  const std::vector<Recipient>* recipients = nullptr;
  bool recipients_changed = true;
};

// How importing remembers the ids of a content's names, and those of the messages inside.
struct PreparedNames {
  std::vector<u16> ids;
  std::vector<PreparedNames> embedded;  // one per attachment
};

class MessageWriter {
 public:
  MessageWriter(WriteContext& context, std::shared_ptr<MailboxStore> store)
      : context_(context), store_(std::move(store)) {}

  // Stores what a client staged. Fails with ecObjectModified where the row's change number is not `expected` (not 0).
  Outcome<i64> save(const Message& message, u64 expected);
  // Stores a finished message.
  Outcome<i64> import(const mapi::MessageContent& content, const PreparedNames& names, i64 folder, int depth = 0);

  // Sums for the folder; the caller applies them.
  FolderDelta delta;
  // Of the message last stored.
  u32 flags = 0;
  u64 change_number = 0;
  bool associated = false;

 private:
  Outcome<void> store(MessageParts& parts);
  Outcome<void> save_attachments(const Message& message, i64 row);
  Outcome<void> save_attachment(const Attachment& attachment, i64 owner);
  Outcome<void> import_attachment(const mapi::AttachmentContent& content, const PreparedNames* names,
                                  std::span<const u16> ids, i64 owner, u32 number, int depth);
  Outcome<void> write_attachment(i64 owner, u32 number, std::span<const RecordValue> values,
                                 std::optional<i64> embedded, u64 embedded_size);
  Outcome<u64> sum_attachments(i64 owner, u32& message_flags);

  WriteContext& context_;
  std::shared_ptr<MailboxStore> store_;
  Arena arena_;  // for what is made on the way
};

// The stored form of recipients: u32 count, then each: u32 row id, u32 size, packed properties.
std::vector<u8> pack_recipients(const std::vector<Recipient>& recipients);
std::vector<Recipient> unpack_recipients(ByteView bytes);

}  // namespace ropewalk::store
