// Folders: reading, making, changing, moving and deleting them.
#include <algorithm>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/property_tags.h"
#include "store/folder_row.h"
#include "store/mailbox_store.h"
#include "store/message_writer.h"
#include "store/store_core.h"
#include "store/text_key.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::PropTag;
namespace tag = mapi::tag;

constexpr std::size_t kMostNameBytes = 1024;
constexpr u16 kDisplayNameId = tag::PidTagDisplayName >> 16;

std::vector<u8> bytes_of_blob(ByteView blob) { return {blob.begin(), blob.end()}; }

Failure no_folder(mapi::FolderId id) { return {ErrorCode::not_found, "there is no folder " + id.to_string()}; }

Outcome<Folder> load(sql::Database& database, i64 row, const MailboxStore* store) {
  ROPEWALK_TRY(auto statement, database.prepare("SELECT " ROPEWALK_FOLDER_COLUMNS " FROM folders WHERE id = ?"));
  ROPEWALK_TRY(bool found, statement.bind(1, row).step());
  if (!found) return no_folder(folder_id(row));
  return read_folder(statement, store);
}

Outcome<std::optional<i64>> find_child(sql::Database& database, i64 parent, std::string_view name) {
  const std::string key = fold_name(name);
  ROPEWALK_TRY(auto found, database.integer("SELECT id FROM folders WHERE parent = ? AND name_key = ?", parent, key));
  return found;
}

Outcome<void> check_name(std::string_view name) {
  if (name.empty() || name.size() > kMostNameBytes)
    return Failure(ErrorCode::invalid_param, "a folder's name has 1 to 1024 bytes, not " + std::to_string(name.size()));
  return {};
}

// The parent's count of subfolders, and word of it.
Outcome<void> count_subfolder(WriteContext& context, i64 parent, int change) {
  ROPEWALK_TRY(auto above,
               context.database.integer("UPDATE folders SET subfolder_count = subfolder_count + ?, "
                                        "version = version + 1, local_commit_max = ? WHERE id = ? RETURNING parent",
                                        change, context.now.value, parent));
  Event event{.kind = EventKind::modified, .folder = folder_id(parent)};
  if (above.value_or(0) != 0) event.parent = folder_id(*above);
  event.tags = {PropTag(tag::PidTagSubfolders)};
  context.announce(std::move(event));
  return {};
}

std::vector<u8> initial_properties(const NewFolder& folder) {
  Arena arena;
  Packer packer;
  if (!folder.comment.empty())
    packer.add(PropTag(tag::PidTagComment), mapi::Value::of(mapi::utf16_in(arena, folder.comment)));
  return packer.pack();
}

Outcome<i64> insert_folder(WriteContext& context, const NewFolder& folder) {
  const i64 row = context.new_id(), cn = context.new_change_number(), parent = row_of(folder.parent);
  ROPEWALK_CHECK(context.database.run(
      "INSERT INTO folders (id, parent, name, name_key, type, created, modified, local_commit_max, cn, props) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6, ?7, ?8)",
      row, parent, folder.name, fold_name(folder.name), folder.type, context.now.value, cn,
      initial_properties(folder)));
  ROPEWALK_CHECK(count_subfolder(context, parent, +1));
  context.announce({.kind = EventKind::created, .folder = folder_id(row), .parent = folder.parent});
  return row;
}

bool is_special(const StoreCore& core, i64 row) { return std::ranges::find(core.special, row) != core.special.end(); }

// Takes one empty-of-folders folder out of the mailbox, with its messages.
Outcome<void> erase_folder(WriteContext& context, i64 row) {
  sql::Database& database = context.database;
  ROPEWALK_TRY(Folder folder, load(database, row, nullptr));
  ROPEWALK_CHECK(erase_all_messages(context, row, true, true));
  ROPEWALK_CHECK(database.run("DELETE FROM folders WHERE id = ?", row));
  ROPEWALK_CHECK(database.run("DELETE FROM receive_folders WHERE folder = ?", row));
  ROPEWALK_CHECK(bury(context, Buried::folder, row_of(folder.parent), row));
  context.announce({.kind = EventKind::deleted, .folder = folder.id, .parent = folder.parent});
  return {};
}

// The folder and all below it, the deepest first.
Outcome<std::vector<i64>> subtree(sql::Database& database, i64 row) {
  std::vector<i64> all{row};
  for (std::size_t i = 0; i < all.size(); ++i) {
    ROPEWALK_TRY(auto child, database.prepare("SELECT id FROM folders WHERE parent = ?"));
    child.bind(1, all[i]);
    for (;;) {
      ROPEWALK_TRY(bool found, child.step());
      if (!found) break;
      all.push_back(child.integer(0));
    }
  }
  std::ranges::reverse(all);
  return all;
}

// The stored properties with changes, packed anew.
std::vector<u8> merged(const Folder& folder, std::span<const mapi::Property> set, std::span<const PropTag> removed) {
  Arena arena;
  Packer packer;
  PackedView before{ByteView(folder.packed)};
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto entry = before.entry(i);
    const bool gone = std::ranges::any_of(removed, [&](PropTag t) { return t.id() == entry.tag.id(); });
    if (auto value = before.value(entry, arena); value && !gone) packer.add(entry.tag, *value);
  }
  for (const mapi::Property& property : set) packer.add(property.tag, property.value);
  return packer.pack();
}

Outcome<void> rename(sql::Database& database, const Folder& folder, i64 parent, const std::string& name) {
  ROPEWALK_CHECK(check_name(name));
  ROPEWALK_TRY(auto other, find_child(database, parent, name));
  if (other && *other != row_of(folder.id))
    return Failure(ErrorCode::duplicate_name, "the parent has a folder named \"" + name + "\" already");
  ROPEWALK_CHECK(database.run("UPDATE folders SET parent = ?, name = ?, name_key = ? WHERE id = ?", parent, name,
                              fold_name(name), row_of(folder.id)));
  return {};
}

// A change of the folder itself: new change number, new times.
Outcome<void> touch(WriteContext& context, const Folder& folder, ByteView props) {
  const auto foreign = foreign_change_list(context.core, folder.change_key, folder.predecessors);
  ROPEWALK_CHECK(context.database.run(
      "UPDATE folders SET cn = ?, modified = ?, local_commit_max = ?, version = version + 1, change_key = NULL, "
      "predecessors = ?, props = ? WHERE id = ?",
      context.new_change_number(), context.now.value, context.now.value, foreign, props, row_of(folder.id)));
  return {};
}

}  // namespace

Folder read_folder(const sql::Statement& row, const MailboxStore* store) {
  Folder folder;
  folder.id = folder_id(row.integer(0));
  if (row.integer(1) != 0) folder.parent = folder_id(row.integer(1));
  folder.name = row.text(2);
  folder.type = static_cast<FolderType>(row.integer(3));
  folder.content_count = static_cast<u32>(row.integer(4));
  folder.unread_count = static_cast<u32>(row.integer(5));
  folder.associated_count = static_cast<u32>(row.integer(6));
  folder.subfolder_count = static_cast<u32>(row.integer(7));
  folder.size = static_cast<u64>(row.integer(8));
  folder.deleted_total = static_cast<u32>(row.integer(9));
  folder.created.value = static_cast<u64>(row.integer(10));
  folder.modified.value = static_cast<u64>(row.integer(11));
  folder.local_commit_max.value = static_cast<u64>(row.integer(12));
  folder.change_number = static_cast<u64>(row.integer(13));
  folder.version = row.integer(14);
  folder.change_key = bytes_of_blob(row.blob(15));
  folder.predecessors = bytes_of_blob(row.blob(16));
  folder.packed = bytes_of_blob(row.blob(17));
  folder.store = store;
  return folder;
}

Outcome<void> apply(WriteContext& context, i64 folder, const FolderDelta& delta) {
  ROPEWALK_TRY(auto update,
               context.database.prepare(
                   "UPDATE folders SET content_count = content_count + ?, unread_count = unread_count + ?, "
                   "associated_count = associated_count + ?, size = size + ?, deleted_total = deleted_total + ?, "
                   "local_commit_max = ?, version = version + 1 WHERE id = ? "
                   "RETURNING content_count, unread_count, parent"));
  update.bind_all(delta.content, delta.unread, delta.associated, delta.size, delta.deleted, context.now.value, folder);
  ROPEWALK_TRY(bool found, update.step());
  if (!found) return no_folder(folder_id(folder));
  Event event{.kind = EventKind::modified, .folder = folder_id(folder)};
  if (update.integer(2) != 0) event.parent = folder_id(update.integer(2));
  event.content_count = static_cast<u32>(update.integer(0));
  event.unread_count = static_cast<u32>(update.integer(1));
  event.has_counts = true;
  event.tags = {PropTag(tag::PidTagContentCount), PropTag(tag::PidTagContentUnreadCount)};
  context.announce(std::move(event));
  return {};
}

Outcome<Folder> MailboxStore::folder(mapi::FolderId id) const {
  ROPEWALK_TRY(Reader reader, core_->reader());
  return load(*reader, row_of(id), this);
}

bool MailboxStore::folder_exists(mapi::FolderId id) const {
  auto reader = core_->reader();
  if (!reader.ok()) return false;
  auto found = (*reader)->integer("SELECT id FROM folders WHERE id = ?", row_of(id));
  return found.ok() && found->has_value();
}

Outcome<std::vector<Folder>> MailboxStore::children(mapi::FolderId parent) const {
  std::vector<Folder> all;
  ROPEWALK_TRY(Reader reader, core_->reader());
  ROPEWALK_TRY(auto row,
               reader->prepare("SELECT " ROPEWALK_FOLDER_COLUMNS " FROM folders WHERE parent = ? ORDER BY name_key"));
  row.bind(1, row_of(parent));
  for (;;) {
    ROPEWALK_TRY(bool found, row.step());
    if (!found) return all;
    all.push_back(read_folder(row, this));
  }
}

Outcome<std::optional<mapi::FolderId>> MailboxStore::child_named(mapi::FolderId parent, std::string_view name) const {
  ROPEWALK_TRY(Reader reader, core_->reader());
  ROPEWALK_TRY(auto found, find_child(*reader, row_of(parent), name));
  return found ? std::optional(folder_id(*found)) : std::nullopt;
}

Outcome<CreatedFolder> MailboxStore::create_folder(const NewFolder& folder) {
  ROPEWALK_CHECK(check_name(folder.name));
  CreatedFolder created;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    ROPEWALK_TRY(auto parent, context.database.integer("SELECT id FROM folders WHERE id = ?", row_of(folder.parent)));
    if (!parent) return no_folder(folder.parent);
    ROPEWALK_TRY(auto there, find_child(context.database, *parent, folder.name));
    created.existed = there.has_value();
    if (there && !folder.open_existing)
      return Failure(ErrorCode::duplicate_name, "there is a folder \"" + folder.name + "\" already");
    if (there) {
      created.id = folder_id(*there);
      return {};
    }
    ROPEWALK_TRY(i64 row, insert_folder(context, folder));
    created.id = folder_id(row);
    return {};
  };
  ROPEWALK_CHECK(core_->write(work));
  return created;
}

Outcome<bool> MailboxStore::delete_folder(mapi::FolderId id, const DeleteFolderOptions& options) {
  bool complete = true;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    ROPEWALK_TRY(Folder folder, load(context.database, row_of(id), this));
    if (is_special(*core_, row_of(id)))
      return Failure(ErrorCode::access_denied, "folder \"" + folder.name + "\" belongs to every mailbox");
    const bool messages = folder.content_count + folder.associated_count != 0;
    complete = (!messages || options.messages) && (!folder.has_subfolders() || options.subfolders);
    if (!complete) return {};
    ROPEWALK_TRY(auto rows, subtree(context.database, row_of(id)));
    for (i64 row : rows) ROPEWALK_CHECK(erase_folder(context, row));
    return count_subfolder(context, row_of(folder.parent), -1);
  };
  ROPEWALK_CHECK(core_->write(work));
  return complete;
}

Outcome<std::vector<MailboxStore::PropertyProblem>> MailboxStore::set_folder_properties(
    mapi::FolderId id, std::span<const mapi::Property> set, std::span<const PropTag> removed) {
  std::vector<PropertyProblem> problems;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    problems.clear();
    ROPEWALK_TRY(Folder folder, load(context.database, row_of(id), this));
    std::vector<mapi::Property> plain;
    std::vector<PropTag> gone;
    bool changed = false;
    for (const mapi::Property& property : set) {
      if (property.tag.id() == kDisplayNameId) {
        auto done = rename(context.database, folder, row_of(folder.parent),
                           mapi::text_of_value(property.tag.type(), property.value, 1252));
        if (!done.ok() && done.error().code == ErrorCode::error) return done;
        if (!done.ok()) problems.push_back({property.tag, done.error().code});
        changed |= done.ok();
      } else if (is_computed_of_folder(property.tag.id())) {
        problems.push_back({property.tag, ErrorCode::access_denied});
      } else {
        plain.push_back(property);
      }
    }
    for (PropTag unwanted : removed) {
      if (is_computed_of_folder(unwanted.id()))
        problems.push_back({unwanted, ErrorCode::access_denied});
      else
        gone.push_back(unwanted);
    }
    if (!changed && plain.empty() && gone.empty()) return {};
    ROPEWALK_CHECK(touch(context, folder, ByteView(merged(folder, plain, gone))));
    Event event{.kind = EventKind::modified, .folder = id, .parent = folder.parent};
    for (const mapi::Property& property : set) event.tags.push_back(property.tag);
    event.tags.insert(event.tags.end(), removed.begin(), removed.end());
    context.announce(std::move(event));
    return {};
  };
  ROPEWALK_CHECK(core_->write(work));
  return problems;
}

Outcome<void> MailboxStore::move_folder(mapi::FolderId id, mapi::FolderId new_parent, const std::string& new_name) {
  return core_->write([&](WriteContext& context) -> Outcome<void> {
    sql::Database& database = context.database;
    ROPEWALK_TRY(Folder folder, load(database, row_of(id), this));
    ROPEWALK_TRY(Folder target, load(database, row_of(new_parent), this));
    if (is_special(*core_, row_of(id)))
      return Failure(ErrorCode::access_denied, "folder \"" + folder.name + "\" belongs to every mailbox");
    ROPEWALK_TRY(auto below, subtree(database, row_of(id)));
    if (std::ranges::find(below, row_of(target.id)) != below.end())
      return Failure(ErrorCode::root_folder, "folder \"" + folder.name + "\" cannot be moved below itself");
    ROPEWALK_CHECK(rename(database, folder, row_of(target.id), new_name.empty() ? folder.name : new_name));
    ROPEWALK_CHECK(touch(context, folder, ByteView(folder.packed)));
    ROPEWALK_CHECK(count_subfolder(context, row_of(folder.parent), -1));
    ROPEWALK_CHECK(count_subfolder(context, row_of(target.id), +1));
    context.announce(
        {.kind = EventKind::moved, .folder = id, .parent = target.id, .old_folder = id, .old_parent = folder.parent});
    return {};
  });
}

}  // namespace ropewalk::store
