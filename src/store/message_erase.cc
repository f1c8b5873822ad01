// Taking messages out of the database, and copying them inside it.
#include "mapi/property_tags.h"
#include "store/message_writer.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;

struct AttachmentRow {
  i64 id = 0, embedded = 0;
  u32 number = 0;
  std::vector<u8> hot;
};

Outcome<std::vector<AttachmentRow>> attachments_of(sql::Database& database, i64 owner) {
  std::vector<AttachmentRow> all;
  ROPEWALK_TRY(auto row, database.prepare("SELECT id, embedded, number, props FROM attachments WHERE owner = ?"));
  row.bind(1, owner);
  for (;;) {
    ROPEWALK_TRY(bool found, row.step());
    if (!found) return all;
    all.push_back({row.integer(0), row.integer(1), static_cast<u32>(row.integer(2)),
                   std::vector<u8>(row.blob(3).begin(), row.blob(3).end())});
  }
}

Failure too_deep() { return {ErrorCode::too_complex, "a message lies in more than 16 others"}; }

Outcome<void> erase_one_attachment(WriteContext& context, const AttachmentRow& attachment, int depth) {
  ROPEWALK_CHECK(drop_references(context.database, PackedView(ByteView(attachment.hot))));
  if (attachment.embedded != 0) ROPEWALK_CHECK(erase_row(context, attachment.embedded, depth + 1));
  ROPEWALK_CHECK(context.database.run("DELETE FROM attachments WHERE id = ?", attachment.id));
  return {};
}

}  // namespace

Outcome<void> bury(WriteContext& context, Buried kind, i64 folder, i64 row) {
  ROPEWALK_CHECK(context.database.run("INSERT INTO tombstones (cn, kind, folder, id, deleted) VALUES (?, ?, ?, ?, ?)",
                                      context.new_change_number(), kind, folder, row, context.now.value));
  return {};
}

Outcome<void> erase_attachment(WriteContext& context, i64 owner, u32 number) {
  ROPEWALK_TRY(auto all, attachments_of(context.database, owner));
  for (const AttachmentRow& attachment : all)
    if (attachment.number == number) return erase_one_attachment(context, attachment, 0);
  return {};
}

Outcome<void> erase_row(WriteContext& context, i64 row, int depth) {
  if (depth > kMostEmbedding + 1) return too_deep();
  sql::Database& database = context.database;
  std::vector<u8> hot;
  {
    ROPEWALK_TRY(auto message, database.prepare("SELECT props FROM messages WHERE id = ?"));
    ROPEWALK_TRY(bool found, message.bind(1, row).step());
    if (!found) return {};
    hot.assign(message.blob(0).begin(), message.blob(0).end());
  }
  ROPEWALK_CHECK(drop_references(database, PackedView(ByteView(hot))));
  ROPEWALK_TRY(auto attachments, attachments_of(database, row));
  for (const AttachmentRow& attachment : attachments) ROPEWALK_CHECK(erase_one_attachment(context, attachment, depth));
  ROPEWALK_CHECK(database.run("DELETE FROM bodies WHERE id = ?", row));
  ROPEWALK_CHECK(database.run("DELETE FROM messages WHERE id = ?", row));
  return {};
}

Outcome<Partly> erase_messages(WriteContext& context, i64 folder, std::span<const i64> rows) {
  Partly result;
  FolderDelta delta;
  for (i64 row : rows) {
    bool associated = false, read = false;
    i64 size = 0;
    {
      ROPEWALK_TRY(auto message, context.database.prepare(
                                     "SELECT associated, flags, size FROM messages WHERE id = ? AND folder = ?"));
      ROPEWALK_TRY(bool found, message.bind_all(row, folder).step());
      if (!found) {
        ++result.failed;
        continue;
      }
      associated = message.integer(0) != 0;
      read = (message.integer(1) & kFlagRead) != 0;
      size = message.integer(2);
    }
    ROPEWALK_CHECK(erase_row(context, row));
    ROPEWALK_CHECK(bury(context, associated ? Buried::associated : Buried::message, folder, row));
    delta.subtract(associated, read, size);
    ++delta.deleted;
    ++result.done;
    context.note({RowChange::Kind::removed, associated, folder, row});
    context.announce({.kind = EventKind::deleted,
                      .associated = associated,
                      .folder = folder_id(folder),
                      .message = message_id(row)});
  }
  if (result.done != 0) ROPEWALK_CHECK(apply(context, folder, delta));
  return result;
}

Outcome<void> erase_all_messages(WriteContext& context, i64 folder, bool normal, bool associated) {
  std::vector<i64> rows;
  {
    ROPEWALK_TRY(auto row,
                 context.database.prepare("SELECT id FROM messages WHERE folder = ? AND associated BETWEEN ? AND ?"));
    row.bind_all(folder, normal ? 0 : 1, associated ? 1 : 0);
    for (;;) {
      ROPEWALK_TRY(bool found, row.step());
      if (!found) break;
      rows.push_back(row.integer(0));
    }
  }
  auto erased = erase_messages(context, folder, rows);
  if (!erased.ok()) return std::move(erased).error();
  return {};
}

// SQL copies what needs no change; contents are counted once more.
Outcome<i64> copy_row(WriteContext& context, i64 row, i64 to_folder, int depth) {
  if (depth > kMostEmbedding + 1) return too_deep();
  sql::Database& database = context.database;
  const i64 copy = context.new_id(), cn = context.new_change_number();
  std::vector<u8> hot;
  {
    ROPEWALK_TRY(auto message, database.prepare("SELECT props FROM messages WHERE id = ?"));
    ROPEWALK_TRY(bool found, message.bind(1, row).step());
    if (!found) return Failure(ErrorCode::not_found, "there is no message " + message_id(row).to_string());
    hot.assign(message.blob(0).begin(), message.blob(0).end());
  }
  ROPEWALK_CHECK(add_references(database, PackedView(ByteView(hot))));
  ROPEWALK_CHECK(database.run(
      "INSERT INTO messages (id, folder, associated, delivered, flags, status, size, modified, created, cn, read_cn, "
      "sender_key, subject_key, props) SELECT ?1, ?2, associated, delivered, flags, status, size, modified, created, "
      "?3, "
      "?3, sender_key, subject_key, props FROM messages WHERE id = ?4",
      copy, to_folder, cn, row));
  ROPEWALK_CHECK(database.run(
      "INSERT INTO bodies (id, cold, recipients) SELECT ?, cold, recipients FROM bodies WHERE id = ?", copy, row));
  ROPEWALK_TRY(auto attachments, attachments_of(database, row));
  for (const AttachmentRow& attachment : attachments) {
    std::optional<i64> embedded;
    if (attachment.embedded != 0) {
      ROPEWALK_TRY(embedded, copy_row(context, attachment.embedded, 0, depth + 1));
    }
    ROPEWALK_CHECK(add_references(database, PackedView(ByteView(attachment.hot))));
    ROPEWALK_CHECK(
        database.run("INSERT INTO attachments (owner, number, size, embedded, props, cold) "
                     "SELECT ?, number, size, ?, props, cold FROM attachments WHERE id = ?",
                     copy, embedded, attachment.id));
  }
  return copy;
}

}  // namespace ropewalk::store
