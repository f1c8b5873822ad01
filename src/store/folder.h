// Folders as the store tells about them.
#pragma once

#include <string>
#include <vector>

#include "mapi/ids.h"
#include "mapi/value_fields.h"
#include "store/failure.h"
#include "store/packed.h"

namespace ropewalk::store {

class MailboxStore;

// PidTagFolderType, [MS-OXCFOLD] 2.2.2.2.2.1.
enum class FolderType : u8 { root = 0, generic = 1, search = 2 };

// The folders of a private mailbox, [MS-OXOSFLD] 2.2. The first 13 stand in the order of RopLogon's reply ([MS-OXCSTOR]
// 2.2.1.1.3 FolderIds).
enum class SpecialFolder : u8 {
  root,  // "Mailbox Root Folder"
  deferred_action,
  spooler_queue,
  ipm_subtree,  // Top of Information Store
  inbox,
  outbox,
  sent_items,
  deleted_items,
  common_views,
  schedule,
  search,  // Finder
  views,
  shortcuts,
  calendar,
  contacts,
  journal,
  notes,
  tasks,
  drafts,
  junk_email,
  sync_issues,
  conflicts,
  local_failures,
  server_failures,
  reminders,
  to_do,
  freebusy_data,
  conversation_action_settings,
  quick_step_settings,
};
inline constexpr std::size_t kLogonFolders = 13;
inline constexpr std::size_t kSpecialFolders = 29;

// One folder as it was when read.
struct Folder {
  mapi::FolderId id;
  mapi::FolderId parent;  // null for the root
  std::string name;       // PidTagDisplayName, UTF-8
  FolderType type = FolderType::generic;
  u32 content_count = 0;     // normal messages
  u32 unread_count = 0;      // of them, unread
  u32 associated_count = 0;  // FAI messages
  u32 subfolder_count = 0;   // direct children
  u64 size = 0;              // of its messages, bytes
  u32 deleted_total = 0;     // messages ever deleted from it: PidTagDeletedCountTotal
  FileTime created, modified, local_commit_max;
  u64 change_number = 0;                     // counter
  i64 version = 0;                           // grows with every change in the folder or of its messages
  std::vector<u8> change_key, predecessors;  // of a change that came from elsewhere; else empty
  std::vector<u8> packed;                    // all other properties
  const MailboxStore* store = nullptr;

  bool has_subfolders() const { return subfolder_count != 0; }
  // A property, stored or computed (ids, entry ids, keys, counts, access, ...), in its own type; texts in Unicode.
  // nullopt where absent. Views live as long as this Folder and the arena.
  std::optional<mapi::Property> property(mapi::PropTag tag, Arena& arena) const;
  // Every property it has, stored and computed: RopGetPropertiesList.
  std::vector<mapi::PropTag> tags() const;
};

// A property as a cell of the type that `column` asks for: texts converted to the other width (string8 in the code
// page), PtypUnspecified as it is, ecNotFound where `property` is absent or of another type.
mapi::PropertyCell cell_for(mapi::PropTag column, const std::optional<mapi::Property>& property, u32 code_page,
                            Arena& arena);

}  // namespace ropewalk::store
