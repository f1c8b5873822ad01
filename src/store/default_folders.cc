#include "store/default_folders.h"

#include <array>

#include "mapi/property_tags.h"
#include "store/keys.h"
#include "store/packed.h"
#include "store/store_core.h"
#include "store/text_key.h"

namespace ropewalk::store {
namespace {

using enum SpecialFolder;
using mapi::PropTag;
using mapi::Value;
namespace tag = mapi::tag;

// [MS-OXOSFLD] 2.2.1 and 2.2.2, in the order in which their ids are given.
constexpr DefaultFolder kFolders[] = {
    {root, root, "Root", "", FolderType::root},
    {deferred_action, root, "Deferred Action", ""},
    {spooler_queue, root, "Spooler Queue", ""},
    {ipm_subtree, root, "Top of Information Store", ""},
    {inbox, ipm_subtree, "Inbox", "IPF.Note"},
    {outbox, ipm_subtree, "Outbox", "IPF.Note"},
    {sent_items, ipm_subtree, "Sent Items", "IPF.Note"},
    {deleted_items, ipm_subtree, "Deleted Items", "IPF.Note"},
    {common_views, root, "Common Views", ""},
    {schedule, root, "Schedule", ""},
    {search, root, "Finder", ""},
    {views, root, "Views", ""},
    {shortcuts, root, "Shortcuts", ""},
    {calendar, ipm_subtree, "Calendar", "IPF.Appointment"},
    {contacts, ipm_subtree, "Contacts", "IPF.Contact"},
    {journal, ipm_subtree, "Journal", "IPF.Journal"},
    {notes, ipm_subtree, "Notes", "IPF.StickyNote"},
    {tasks, ipm_subtree, "Tasks", "IPF.Task"},
    {drafts, ipm_subtree, "Drafts", "IPF.Note"},
    {junk_email, ipm_subtree, "Junk Email", "IPF.Note"},
    {sync_issues, ipm_subtree, "Sync Issues", "IPF.Note"},
    {conflicts, sync_issues, "Conflicts", "IPF.Note"},
    {local_failures, sync_issues, "Local Failures", "IPF.Note"},
    {server_failures, sync_issues, "Server Failures", "IPF.Note"},
    {reminders, root, "Reminders", "Outlook.Reminder", FolderType::search},
    {to_do, root, "To-Do Search", "IPF.Task", FolderType::search},
    {freebusy_data, root, "Freebusy Data", ""},
    {conversation_action_settings, ipm_subtree, "Conversation Action Settings", "IPF.Configuration",
     FolderType::generic, true},
    {quick_step_settings, ipm_subtree, "Quick Step Settings", "IPF.Configuration", FolderType::generic, true},
};
static_assert(std::size(kFolders) == kSpecialFolders);

// The rows in `folders`: 1 for the first, and so on.
constexpr i64 row_of_kind(SpecialFolder kind) {
  for (std::size_t i = 0; i < std::size(kFolders); ++i)
    if (kFolders[i].kind == kind) return static_cast<i64>(i) + 1;
  return 0;
}
constexpr i64 kFirstFreeCounter = 1000;

i64 children_of(SpecialFolder kind) {
  i64 count = 0;
  for (const DefaultFolder& folder : kFolders) count += folder.parent == kind && folder.kind != kind;
  return count;
}

// Which folder each of the identifying properties of [MS-OXOSFLD] 2.2.3 names.
constexpr std::pair<u32, SpecialFolder> kIdentifying[] = {
    {tag::PidTagIpmAppointmentEntryId, calendar}, {tag::PidTagIpmContactEntryId, contacts},
    {tag::PidTagIpmJournalEntryId, journal},      {tag::PidTagIpmNoteEntryId, notes},
    {tag::PidTagIpmTaskEntryId, tasks},           {tag::PidTagRemindersOnlineEntryId, reminders},
    {tag::PidTagIpmDraftsEntryId, drafts},
};
constexpr SpecialFolder kAdditional[] = {conflicts, sync_issues, local_failures, server_failures, junk_email};

struct Maker {
  const Guid& mailbox;
  const Guid& database;
  Arena& arena;

  ByteView entry_id(SpecialFolder kind) const {
    return entry_id_in(arena, mailbox, database, static_cast<u64>(row_of_kind(kind)));
  }

  // [MS-OXOSFLD] 2.2.5: PersistData blocks, each with one PersistElement, and the sentinel.
  ByteView additional_ex() const {
    constexpr u16 kToDoSearch = 0x8004, kConversationActions = 0x8006, kElementEntryId = 0x0001;
    std::vector<u8> out;
    auto put = [&](u16 value) {
      out.push_back(static_cast<u8>(value));
      out.push_back(static_cast<u8>(value >> 8));
    };
    for (auto [id, kind] :
         {std::pair{kToDoSearch, to_do}, std::pair{kConversationActions, conversation_action_settings}}) {
      ByteView target = entry_id(kind);
      put(id);
      put(static_cast<u16>(target.size() + 4));
      put(kElementEntryId);
      put(static_cast<u16>(target.size()));
      out.insert(out.end(), target.begin(), target.end());
    }
    put(0);
    put(0);
    return arena.copy(ByteView(out));
  }

  // Root and Inbox tell clients where the others are.
  void add_identifying(Packer& packer) const {
    for (auto [the_tag, kind] : kIdentifying) packer.add(PropTag(the_tag), Value::of(entry_id(kind)));
    auto additional = arena.make<Value>(std::size(kAdditional));
    for (std::size_t i = 0; i < additional.size(); ++i) additional[i] = Value::of(entry_id(kAdditional[i]));
    packer.add(PropTag(tag::PidTagAdditionalRenEntryIds), Value::of(wire::List<Value>(additional)));
    packer.add(PropTag(tag::PidTagAdditionalRenEntryIdsEx), Value::of(additional_ex()));
    auto freebusy = arena.make<Value>(4);  // the others: messages that clients make
    freebusy[3] = Value::of(entry_id(freebusy_data));
    packer.add(PropTag(tag::PidTagFreeBusyEntryIds), Value::of(wire::List<Value>(freebusy)));
  }

  std::vector<u8> properties(const DefaultFolder& folder) const {
    Packer packer;
    if (!folder.container_class.empty())
      packer.add(PropTag(tag::PidTagContainerClass), Value::of(mapi::utf16_in(arena, folder.container_class)));
    if (folder.hidden) packer.add(PropTag(tag::PidTagAttributeHidden), Value::of(true));
    if (folder.kind == root || folder.kind == inbox) add_identifying(packer);
    return packer.pack();
  }
};

struct ReceiveDefault {
  std::string_view message_class;
  SpecialFolder folder;
};
// [MS-OXCSTOR] 3.2.5.2 and what clients look for.
constexpr ReceiveDefault kReceive[] = {
    {"", inbox},  {"IPM", inbox}, {"IPM.Note", inbox}, {"REPORT.IPM", inbox}, {"IPM.Appointment", calendar},
    {"IPC", root}};

}  // namespace

std::span<const DefaultFolder> default_folders() { return kFolders; }

Outcome<void> make_default_folders(sql::Database& database, const MailboxOwner& owner, const Guid& database_guid,
                                   FileTime now) {
  Arena arena;
  const Maker maker{owner.mailbox_guid, database_guid, arena};
  for (const DefaultFolder& folder : kFolders) {
    const i64 row = row_of_kind(folder.kind);
    const i64 parent = folder.kind == root ? 0 : row_of_kind(folder.parent);
    ROPEWALK_CHECK(
        database.run("INSERT INTO folders (id, parent, name, name_key, type, subfolder_count, created, modified, "
                     "local_commit_max, cn, "
                     "props) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?7, ?8, ?9)",
                     row, parent, folder.name, fold_name(folder.name), folder.type, children_of(folder.kind), now.value,
                     row, maker.properties(folder)));
    ROPEWALK_CHECK(
        database.run("INSERT INTO special_folders (kind, folder) VALUES (?, ?)", static_cast<i64>(folder.kind), row));
  }
  for (const ReceiveDefault& receive : kReceive) {
    ROPEWALK_CHECK(database.run("INSERT INTO receive_folders (class_key, class, folder, modified) VALUES (?, ?, ?, ?)",
                                fold_name(receive.message_class), receive.message_class, row_of_kind(receive.folder),
                                now.value));
  }
  Packer none;
  ROPEWALK_CHECK(database.run(
      "INSERT INTO store (one, mailbox_guid, database_guid, display_name, smtp_address, legacy_dn, next_id, next_cn, "
      "props) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)",
      ByteView(owner.mailbox_guid.bytes), ByteView(database_guid.bytes), owner.display_name, owner.smtp_address,
      owner.legacy_dn, kFirstFreeCounter, none.pack()));
  ROPEWALK_CHECK(
      database.run("INSERT INTO replids (replid, guid) VALUES (?, ?)", i64{kOwnReplid}, ByteView(database_guid.bytes)));
  return {};
}

}  // namespace ropewalk::store
