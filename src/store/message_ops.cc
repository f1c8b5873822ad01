// What is done to many messages at once.
#include <algorithm>

#include "mapi/property_tags.h"
#include "store/mailbox_store.h"
#include "store/message_writer.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::FolderId;
using mapi::MessageId;

constexpr std::size_t kImportPerWrite = 256;

std::vector<i64> rows_of(std::span<const MessageId> ids) {
  std::vector<i64> rows;
  rows.reserve(ids.size());
  for (MessageId id : ids) rows.push_back(row_of(id));
  return rows;
}

Outcome<void> need_folder(sql::Database& database, FolderId id) {
  ROPEWALK_TRY(auto found, database.integer("SELECT id FROM folders WHERE id = ?", row_of(id)));
  if (found) return {};
  return Failure(ErrorCode::not_found, "there is no folder " + id.to_string());
}

// What moving and copying must know of a message.
struct Brief {
  bool associated = false, read = false;
  i64 size = 0;
};
Outcome<std::optional<Brief>> brief(sql::Database& database, i64 row, i64 folder) {
  ROPEWALK_TRY(auto message,
               database.prepare("SELECT associated, flags, size FROM messages WHERE id = ? AND folder = ?"));
  ROPEWALK_TRY(bool found, message.bind_all(row, folder).step());
  if (!found) return std::optional<Brief>();
  return std::optional(Brief{message.integer(0) != 0, (message.integer(1) & kFlagRead) != 0, message.integer(2)});
}

// The message goes to another folder under a new id; all that belongs to it follows.
Outcome<i64> move_row(WriteContext& context, i64 row, i64 from, i64 to, bool associated) {
  sql::Database& database = context.database;
  const i64 moved = context.new_id(), cn = context.new_change_number();
  ROPEWALK_CHECK(database.run(
      "UPDATE messages SET id = ?1, folder = ?2, cn = ?3, read_cn = ?3, change_key = NULL, predecessors = NULL "
      "WHERE id = ?4",
      moved, to, cn, row));
  ROPEWALK_CHECK(database.run("UPDATE bodies SET id = ? WHERE id = ?", moved, row));
  ROPEWALK_CHECK(database.run("UPDATE attachments SET owner = ? WHERE owner = ?", moved, row));
  ROPEWALK_CHECK(bury(context, associated ? Buried::associated : Buried::message, from, row));
  context.note({RowChange::Kind::removed, associated, from, row});
  return moved;
}

struct Transfer {
  FolderId from, to;
  std::span<const MessageId> ids;
  std::vector<MessageId>* new_ids;
  bool move;
};

Outcome<Partly> transfer(WriteContext& context, const Transfer& what) {
  ROPEWALK_CHECK(need_folder(context.database, what.from));
  ROPEWALK_CHECK(need_folder(context.database, what.to));
  Partly result;
  FolderDelta leaving, coming;
  const i64 from = row_of(what.from), to = row_of(what.to);
  if (what.new_ids != nullptr) what.new_ids->clear();
  for (MessageId id : what.ids) {
    const i64 row = row_of(id);
    ROPEWALK_TRY(auto message, brief(context.database, row, from));
    if (!message) {
      ++result.failed;
      if (what.new_ids != nullptr) what.new_ids->push_back({});
      continue;
    }
    ROPEWALK_TRY(i64 there,
                 what.move ? move_row(context, row, from, to, message->associated) : copy_row(context, row, to));
    if (what.move) leaving.subtract(message->associated, message->read, message->size);
    if (what.move) ++leaving.deleted;
    coming.add(message->associated, message->read, message->size);
    ++result.done;
    if (what.new_ids != nullptr) what.new_ids->push_back(message_id(there));
    context.note({RowChange::Kind::added, message->associated, to, there});
    context.announce({.kind = what.move ? EventKind::moved : EventKind::copied,
                      .associated = message->associated,
                      .folder = what.to,
                      .message = message_id(there),
                      .old_folder = what.from,
                      .old_message = id});
  }
  if (result.done == 0) return result;
  if (what.move) ROPEWALK_CHECK(apply(context, from, leaving));
  ROPEWALK_CHECK(apply(context, to, coming));
  return result;
}

// All ids of names that a content uses, nested messages included; made where new.
Outcome<PreparedNames> prepare_names(MailboxStore& store, const mapi::MessageContent& content, int depth) {
  PreparedNames prepared;
  if (depth > kMostEmbedding) return Failure(ErrorCode::too_complex, "a message lies in more than 16 others");
  ROPEWALK_TRY(prepared.ids, store.ids_of_names(content.names, true));
  prepared.embedded.resize(content.attachments.size());
  for (std::size_t i = 0; i < content.attachments.size(); ++i) {
    if (content.attachments[i].embedded == nullptr) continue;
    ROPEWALK_TRY(prepared.embedded[i], prepare_names(store, *content.attachments[i].embedded, depth + 1));
  }
  return prepared;
}

}  // namespace

Outcome<std::vector<MessageId>> MailboxStore::import(FolderId folder,
                                                     std::span<const mapi::MessageContent* const> messages,
                                                     bool delivered) {
  std::vector<MessageId> ids;
  ids.reserve(messages.size());
  while (ids.size() < messages.size()) {
    const auto part = messages.subspan(ids.size(), std::min(kImportPerWrite, messages.size() - ids.size()));
    std::vector<PreparedNames> names;
    for (const mapi::MessageContent* content : part) {
      ROPEWALK_TRY(PreparedNames prepared, prepare_names(*this, *content, 0));
      names.push_back(std::move(prepared));
    }
    const std::size_t before = ids.size();
    auto work = [&](WriteContext& context) -> Outcome<void> {
      ids.resize(before);
      ROPEWALK_CHECK(need_folder(context.database, folder));
      FolderDelta sum;
      for (std::size_t i = 0; i < part.size(); ++i) {
        MessageWriter writer(context, shared_from_this());
        ROPEWALK_TRY(i64 row, writer.import(*part[i], names[i], row_of(folder)));
        sum += writer.delta;
        ids.push_back(message_id(row));
        Event event{.kind = EventKind::created, .associated = writer.associated, .folder = folder};
        event.message = message_id(row);
        context.announce(event);
        if (!delivered || writer.associated) continue;
        event.kind = EventKind::new_mail;
        event.message_flags = writer.flags;
        event.message_class = part[i]->properties.text(mapi::PropTag(mapi::tag::PidTagMessageClass));
        context.announce(std::move(event));
      }
      return apply(context, row_of(folder), sum);
    };
    ROPEWALK_CHECK(core_->write(work));
  }
  return ids;
}

Outcome<MessageId> MailboxStore::import(FolderId folder, const mapi::MessageContent& message, bool delivered) {
  const mapi::MessageContent* one[] = {&message};
  ROPEWALK_TRY(auto ids, import(folder, one, delivered));
  return ids.front();
}

Outcome<Partly> MailboxStore::delete_messages(FolderId folder, std::span<const MessageId> ids) {
  Partly result;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    ROPEWALK_CHECK(need_folder(context.database, folder));
    ROPEWALK_TRY(result, erase_messages(context, row_of(folder), rows_of(ids)));
    return {};
  };
  ROPEWALK_CHECK(core_->write(work));
  return result;
}

Outcome<Partly> MailboxStore::empty_folder(FolderId folder, bool normal, bool associated, bool subfolders) {
  Partly result;
  ROPEWALK_TRY(Folder before, this->folder(folder));
  auto work = [&](WriteContext& context) -> Outcome<void> {
    if (normal || associated) ROPEWALK_CHECK(erase_all_messages(context, row_of(folder), normal, associated));
    return {};
  };
  ROPEWALK_CHECK(core_->write(work));
  result.done = (normal ? before.content_count : 0) + (associated ? before.associated_count : 0);
  if (!subfolders) return result;
  ROPEWALK_TRY(auto below, children(folder));
  for (const Folder& child : below) {
    auto gone = delete_folder(child.id, {true, true});
    if (gone.ok() && *gone)
      ++result.done;
    else
      ++result.failed;
  }
  return result;
}

Outcome<Partly> MailboxStore::move_messages(FolderId from, FolderId to, std::span<const MessageId> ids,
                                            std::vector<MessageId>* new_ids) {
  Partly result;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    ROPEWALK_TRY(result, transfer(context, {from, to, ids, new_ids, true}));
    return {};
  };
  ROPEWALK_CHECK(core_->write(work));
  return result;
}

Outcome<Partly> MailboxStore::copy_messages(FolderId from, FolderId to, std::span<const MessageId> ids,
                                            std::vector<MessageId>* new_ids) {
  Partly result;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    ROPEWALK_TRY(result, transfer(context, {from, to, ids, new_ids, false}));
    return {};
  };
  ROPEWALK_CHECK(core_->write(work));
  return result;
}

namespace {

// One message's read flag; true where it was different.
Outcome<bool> set_read_flag(WriteContext& context, i64 folder, i64 row, bool read, FolderDelta& delta, bool& found) {
  constexpr u32 kEverRead = 0x400;
  u32 flags = 0;
  bool associated = false;
  {
    ROPEWALK_TRY(auto message,
                 context.database.prepare("SELECT flags, associated FROM messages WHERE id = ? AND folder = ?"));
    ROPEWALK_TRY(found, message.bind_all(row, folder).step());
    if (!found) return false;
    flags = static_cast<u32>(message.integer(0));
    associated = message.integer(1) != 0;
  }
  if (((flags & kFlagRead) != 0) == read) return false;
  flags = read ? flags | kFlagRead | kEverRead : flags & ~kFlagRead;
  ROPEWALK_CHECK(context.database.run("UPDATE messages SET flags = ?, read_cn = ? WHERE id = ?", flags,
                                      context.new_change_number(), row));
  if (!associated) delta.unread += read ? -1 : 1;
  context.note({RowChange::Kind::changed, associated, folder, row});
  Event event{.kind = EventKind::modified, .associated = associated, .folder = folder_id(folder)};
  event.message = message_id(row);
  event.tags = {mapi::PropTag(mapi::tag::PidTagMessageFlags)};
  context.announce(std::move(event));
  return true;
}

}  // namespace

Outcome<Partly> MailboxStore::set_read(FolderId folder, std::span<const MessageId> ids, bool read, u32* changed) {
  std::vector<MessageId> all;
  if (ids.empty()) {
    ROPEWALK_TRY(all, message_ids(folder, false));
    ids = all;
  }
  Partly result;
  u32 different = 0;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    ROPEWALK_CHECK(need_folder(context.database, folder));
    FolderDelta delta;
    for (MessageId id : ids) {
      bool found = false;
      ROPEWALK_TRY(bool was_different, set_read_flag(context, row_of(folder), row_of(id), read, delta, found));
      different += was_different;
      ++(found ? result.done : result.failed);
    }
    return different == 0 ? Outcome<void>() : apply(context, row_of(folder), delta);
  };
  ROPEWALK_CHECK(core_->write(work));
  if (changed != nullptr) *changed = different;
  return result;
}

Outcome<u32> MailboxStore::set_message_status(FolderId folder, MessageId id, u32 bits, u32 mask) {
  u32 before = 0;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    ROPEWALK_TRY(auto status, context.database.integer("SELECT status FROM messages WHERE id = ? AND folder = ?",
                                                       row_of(id), row_of(folder)));
    if (!status) return Failure(ErrorCode::not_found, "there is no message " + id.to_string() + " in the folder");
    before = static_cast<u32>(*status);
    ROPEWALK_CHECK(context.database.run("UPDATE messages SET status = ? WHERE id = ?", (before & ~mask) | (bits & mask),
                                        row_of(id)));
    return {};
  };
  ROPEWALK_CHECK(core_->write(work));
  return before;
}

Outcome<std::vector<MessageId>> MailboxStore::message_ids(FolderId folder, bool associated) const {
  std::vector<MessageId> ids;
  ROPEWALK_TRY(Reader reader, core_->reader());
  ROPEWALK_TRY(auto row, reader->prepare("SELECT id FROM messages WHERE folder = ? AND associated = ? ORDER BY id"));
  row.bind_all(row_of(folder), associated);
  for (;;) {
    ROPEWALK_TRY(bool found, row.step());
    if (!found) return ids;
    ids.push_back(message_id(row.integer(0)));
  }
}

}  // namespace ropewalk::store
