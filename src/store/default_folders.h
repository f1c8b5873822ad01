// The folders that every private mailbox begins with. Private to the store.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "sql/database.h"
#include "store/mailbox_store.h"

namespace ropewalk::store {

struct DefaultFolder {
  SpecialFolder kind;
  SpecialFolder parent;  // itself for the root
  std::string_view name;
  std::string_view container_class;  // empty: none
  FolderType type = FolderType::generic;
  bool hidden = false;
};

// Parents before their children.
std::span<const DefaultFolder> default_folders();

// Inserts them with their properties into an empty mailbox.
Outcome<void> make_default_folders(sql::Database& database, const MailboxOwner& owner, const Guid& database_guid,
                                   FileTime now);

}  // namespace ropewalk::store
