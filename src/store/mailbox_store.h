// One mailbox: one SQLite file with its folders, messages, names and change history.
//
// Threads: everything here may be called by several threads at once. Reads run side by side, each on a connection of
// its own from a small pool. Writes of many threads are gathered: whoever comes first runs all that wait inside one
// transaction, each under a savepoint of its own, commits once, and lets all go. Nothing is answered before it is
// durable.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mapi/ids.h"
#include "mapi/property_bag.h"
#include "store/events.h"
#include "store/failure.h"
#include "store/folder.h"
#include "store/message.h"
#include "store/table.h"

namespace ropewalk::store {

// Whose mailbox it is; kept in the mailbox file.
struct MailboxOwner {
  std::string display_name;
  std::string smtp_address;
  std::string legacy_dn;  // "/o=.../cn=USER"
  Guid mailbox_guid;
};

struct StoreOptions {
  int readers = 4;                     // connections for reading that are kept open
  int cache_kib = 2048;                // page cache of each
  bool durable = true;                 // false only for tests and tools that can start over: no fdatasync
  std::size_t view_bytes = 64u << 20;  // memory for the sorted views of contents tables
};

struct NewFolder {
  mapi::FolderId parent{};
  std::string name{};  // UTF-8
  std::string comment{};
  FolderType type = FolderType::generic;
  bool open_existing = false;  // hand out the folder of that name where there is one
};

struct CreatedFolder {
  mapi::FolderId id;
  bool existed = false;
};

// [MS-OXCFOLD] 2.2.1.3.1 DeleteFolderFlags
struct DeleteFolderOptions {
  bool messages = false;
  bool subfolders = false;
};

// One row of the receive folder table, [MS-OXCSTOR] 2.2.1.2 and 2.2.1.4.
struct ReceiveFolder {
  std::string message_class{};  // as set; "" is the default
  mapi::FolderId folder;
  FileTime modified;
};

// What some messages of many could not be done to, and the rest was.
struct Partly {
  u32 done = 0;
  u32 failed = 0;
};

struct StoreCounters {
  u64 commits = 0;      // write transactions, that is fdatasyncs
  u64 writes = 0;       // calls that were answered by them
  u64 views_built = 0;  // passes over folders for sorted views
};

class StoreCore;

class MailboxStore : public std::enable_shared_from_this<MailboxStore> {
 public:
  // Makes the file with the default folders of a private mailbox; fails where it exists.
  static Outcome<std::shared_ptr<MailboxStore>> create(const std::string& path, const MailboxOwner& owner,
                                                       const StoreOptions& options = {});
  static Outcome<std::shared_ptr<MailboxStore>> open(const std::string& path, const StoreOptions& options = {});
  ~MailboxStore();

  // ---- identity ----
  const MailboxOwner& owner() const;
  const Guid& mailbox_guid() const;   // ProviderUID of entry ids
  const Guid& database_guid() const;  // REPLID 1
  mapi::FolderId special(SpecialFolder folder) const;
  // Which one, if any.
  std::optional<SpecialFolder> special_of(mapi::FolderId folder) const;

  // REPLIDs. An unknown GUID gets a REPLID of its own, for good; ecNotFound for unknown REPLIDs.
  Outcome<u16> replid_of(const Guid& guid);
  Outcome<Guid> guid_of(u16 replid) const;
  Outcome<mapi::LongTermId> long_term_id(u64 id) const;
  Outcome<u64> short_term_id(const mapi::LongTermId& id);
  // `count` ids that nothing in this store will have: the first counter.
  Outcome<u64> reserve_ids(u32 count);

  // [MS-OXCDATA] 2.2.4.1 and 2.2.4.2; the inverse gives null ids for entry ids of other stores or kinds.
  std::vector<u8> entry_id(mapi::FolderId folder) const;
  std::vector<u8> entry_id(mapi::FolderId folder, mapi::MessageId message) const;
  struct Target {
    mapi::FolderId folder;
    mapi::MessageId message;
  };
  Target resolve_entry_id(ByteView entry_id) const;

  // ---- named properties ----
  // An id from 0x8000 on for each name; 0 where a name is unknown and not `create`. ecAccessDenied... ids are never
  // re-used. Property set PS_MAPI with a LID gives that LID itself.
  Outcome<std::vector<u16>> ids_of_names(std::span<const mapi::PropertyName> names, bool create);
  // nullopt where an id has no name.
  std::vector<std::optional<mapi::PropertyName>> names_of_ids(std::span<const u16> ids) const;
  // All of them; `set` narrows to one property set.
  std::vector<std::pair<u16, mapi::PropertyName>> all_names(const std::optional<Guid>& set = {}) const;

  // ---- the store's own properties ----
  std::optional<mapi::Property> property(mapi::PropTag tag, Arena& arena) const;
  std::vector<mapi::PropTag> tags() const;
  Outcome<void> set_properties(std::span<const mapi::Property> set, std::span<const mapi::PropTag> removed);

  // ---- folders ----
  Outcome<Folder> folder(mapi::FolderId id) const;
  bool folder_exists(mapi::FolderId id) const;
  Outcome<CreatedFolder> create_folder(const NewFolder& folder);
  // ecNotFound; ecFolderHas... are no errors: `false` says that something was left because the options did not name it.
  Outcome<bool> delete_folder(mapi::FolderId id, const DeleteFolderOptions& options);
  // PidTagDisplayName renames: ecDuplicateName where a sibling has it. Properties of the store's own are refused one by
  // one with their codes, the others are set.
  struct PropertyProblem {
    mapi::PropTag tag;
    mapi::ErrorCode code;
  };
  Outcome<std::vector<PropertyProblem>> set_folder_properties(mapi::FolderId id, std::span<const mapi::Property> set,
                                                              std::span<const mapi::PropTag> removed);
  Outcome<void> move_folder(mapi::FolderId id, mapi::FolderId new_parent, const std::string& new_name);
  // Direct children, by name.
  Outcome<std::vector<Folder>> children(mapi::FolderId parent) const;
  Outcome<std::optional<mapi::FolderId>> child_named(mapi::FolderId parent, std::string_view name) const;

  // ---- messages ----
  // ecNotFound. A null `folder` finds the message wherever it is; another one must be where it is.
  Outcome<std::shared_ptr<Message>> open_message(mapi::FolderId folder, mapi::MessageId id, bool writable);
  // Nothing is stored before it is saved.
  Outcome<std::shared_ptr<Message>> new_message(mapi::FolderId folder, bool associated);
  // Stores finished messages, all in one transaction (or, with more than a few hundred, in several that overlap with
  // other writers). The ids in order. Sends `new_mail` for them where `delivered`.
  Outcome<std::vector<mapi::MessageId>> import(mapi::FolderId folder,
                                               std::span<const mapi::MessageContent* const> messages,
                                               bool delivered = false);
  Outcome<mapi::MessageId> import(mapi::FolderId folder, const mapi::MessageContent& message, bool delivered = false);
  Outcome<mapi::MessageContent> export_message(mapi::MessageId id) const;

  // Unknown ids count as failed. `associated` messages are found too.
  Outcome<Partly> delete_messages(mapi::FolderId folder, std::span<const mapi::MessageId> ids);
  // Everything in the folder.
  Outcome<Partly> empty_folder(mapi::FolderId folder, bool normal, bool associated, bool subfolders);
  // Between folders of this mailbox. `new_ids` (where not null) receives the ids in the target, null for failed ones. A
  // moved message gets a new id; its properties stay.
  Outcome<Partly> move_messages(mapi::FolderId from, mapi::FolderId to, std::span<const mapi::MessageId> ids,
                                std::vector<mapi::MessageId>* new_ids = nullptr);
  Outcome<Partly> copy_messages(mapi::FolderId from, mapi::FolderId to, std::span<const mapi::MessageId> ids,
                                std::vector<mapi::MessageId>* new_ids = nullptr);
  // Sets or clears mfRead; `ids` empty: of all messages of the folder. `changed` counts those that were different
  // before.
  Outcome<Partly> set_read(mapi::FolderId folder, std::span<const mapi::MessageId> ids, bool read,
                           u32* changed = nullptr);
  // PidTagMessageStatus: (status & ~mask) | (bits & mask); the former status.
  Outcome<u32> set_message_status(mapi::FolderId folder, mapi::MessageId id, u32 bits, u32 mask);
  // Every message id of a folder, ascending.
  Outcome<std::vector<mapi::MessageId>> message_ids(mapi::FolderId folder, bool associated) const;

  // ---- tables ----
  // Normal messages or FAI. ecNotFound.
  Outcome<std::unique_ptr<Table>> contents_table(mapi::FolderId folder, bool associated);
  // Subfolders; with `deep` all below, in tree order.
  Outcome<std::unique_ptr<Table>> hierarchy_table(mapi::FolderId folder, bool deep);
  // Of the message as this client sees it when the table is opened.
  Outcome<std::unique_ptr<Table>> attachment_table(const Message& message);

  // ---- receive folders ----
  // The folder for the longest prefix of the class (at its dots), and that prefix: [MS-OXCSTOR] 3.2.5.2.
  Outcome<ReceiveFolder> receive_folder(std::string_view message_class) const;
  Outcome<std::vector<ReceiveFolder>> receive_folders() const;
  // A null folder removes the class. ecAccessDenied for "" removed, for IPM and REPORT.IPM.
  Outcome<void> set_receive_folder(std::string_view message_class, mapi::FolderId folder);

  // ---- the rest ----
  EventBus& events() const;
  StoreCounters counters() const;
  const std::string& path() const;
  // Looks for contradictions: counters, references, tombstones, indexes, SQLite's own check. Empty: all is well.
  Outcome<std::vector<std::string>> verify() const;
  StoreCore& core() const { return *core_; }  // for the store's own parts

 private:
  explicit MailboxStore(std::unique_ptr<StoreCore> core);
  std::unique_ptr<StoreCore> core_;
};

}  // namespace ropewalk::store
