// Rows of `folders`: reading them and keeping their counters. Private to the store.
#pragma once

#include "store/folder.h"
#include "store/store_core.h"

namespace ropewalk::store {

#define ROPEWALK_FOLDER_COLUMNS                                                                                   \
  "id, parent, name, type, content_count, unread_count, associated_count, subfolder_count, size, deleted_total, " \
  "created, "                                                                                                     \
  "modified, local_commit_max, cn, version, change_key, predecessors, props"

Folder read_folder(const sql::Statement& row, const MailboxStore* store);

// True for what the store computes or keeps in columns.
bool is_computed_of_folder(u16 id);

// How a write changed a folder's messages.
struct FolderDelta {
  i64 content = 0, unread = 0, associated = 0, size = 0, deleted = 0;
  void add(bool is_associated, bool is_read, i64 bytes) {
    (is_associated ? associated : content) += 1;
    unread += !is_associated && !is_read;
    size += bytes;
  }
  FolderDelta& operator+=(const FolderDelta& other) {
    content += other.content;
    unread += other.unread;
    associated += other.associated;
    size += other.size;
    deleted += other.deleted;
    return *this;
  }
  void subtract(bool is_associated, bool is_read, i64 bytes) {
    (is_associated ? associated : content) -= 1;
    unread -= !is_associated && !is_read;
    size -= bytes;
  }
};
// Adds the delta to the row, and announces the folder's new counts.
Outcome<void> apply(WriteContext& context, i64 folder, const FolderDelta& delta);

}  // namespace ropewalk::store
