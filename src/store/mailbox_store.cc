#include "store/mailbox_store.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "sql/migrate.h"
#include "store/default_folders.h"
#include "store/keys.h"
#include "store/schema.h"
#include "store/store_core.h"
#include "store/view.h"

namespace ropewalk::store {
namespace {

// Everything in one transaction: the file holds a whole mailbox or none.
Outcome<void> fill(const std::string& path, const MailboxOwner& owner, const StoreOptions& options) {
  sql::OpenOptions open;
  open.foreign_keys = false;
  open.synchronous = options.durable ? sql::Synchronous::full : sql::Synchronous::off;
  ROPEWALK_TRY(auto database, sql::Database::open(path, open));
  ROPEWALK_CHECK(sql::migrate(database, schema_steps()));
  ROPEWALK_TRY(auto transaction, sql::Transaction::begin(database));
  ROPEWALK_CHECK(make_default_folders(database, owner, Guid::random(), FileTime::now()));
  ROPEWALK_CHECK(transaction.commit());
  return {};
}

void remove_files(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
}

}  // namespace

MailboxStore::MailboxStore(std::unique_ptr<StoreCore> core) : core_(std::move(core)) {}
MailboxStore::~MailboxStore() = default;

// Made under another name and then given its own, so that a mailbox is never seen half made.
Outcome<std::shared_ptr<MailboxStore>> MailboxStore::create(const std::string& path, const MailboxOwner& owner,
                                                            const StoreOptions& options) {
  if (std::filesystem::exists(path))
    return Failure(mapi::ErrorCode::duplicate_object, "the mailbox file " + path + " exists already");
  const std::string draft = path + ".new-" + Guid::random().to_string();
  if (auto filled = fill(draft, owner, options); !filled.ok()) {
    remove_files(draft);
    return std::move(filled).error();
  }
  const int linked = ::link(draft.c_str(), path.c_str());  // fails where a faster one was there
  const std::string why = linked == 0 ? "" : std::strerror(errno);
  remove_files(draft);
  if (linked != 0) return Failure(Error{"cannot make the mailbox file " + path + ": " + why});
  return open(path, options);
}

Outcome<std::shared_ptr<MailboxStore>> MailboxStore::open(const std::string& path, const StoreOptions& options) {
  if (!std::filesystem::exists(path)) return Failure(mapi::ErrorCode::not_found, "there is no mailbox file " + path);
  ROPEWALK_TRY(auto core, StoreCore::open(path, options));
  if (core->special[0] == 0)
    return Failure(mapi::ErrorCode::corrupt_data, path + " is not a mailbox: it has no root folder");
  return std::shared_ptr<MailboxStore>(new MailboxStore(std::move(core)));
}

const MailboxOwner& MailboxStore::owner() const { return core_->owner; }
const Guid& MailboxStore::mailbox_guid() const { return core_->owner.mailbox_guid; }
const Guid& MailboxStore::database_guid() const { return core_->database_guid; }
EventBus& MailboxStore::events() const { return core_->events; }
const std::string& MailboxStore::path() const { return core_->path(); }

mapi::FolderId MailboxStore::special(SpecialFolder folder) const {
  return folder_id(core_->special[static_cast<std::size_t>(folder)]);
}

std::optional<SpecialFolder> MailboxStore::special_of(mapi::FolderId folder) const {
  auto at = std::ranges::find(core_->special, row_of(folder));
  if (folder.is_null() || at == core_->special.end()) return std::nullopt;
  return static_cast<SpecialFolder>(at - core_->special.begin());
}

StoreCounters MailboxStore::counters() const {
  return {core_->commits.load(), core_->writes.load(), core_->views->built()};
}

// ---- ids ----

Outcome<Guid> MailboxStore::guid_of(u16 replid) const {
  std::shared_lock lock(core_->names_mutex);
  auto found = core_->replids.find(replid);
  if (found == core_->replids.end())
    return Failure(mapi::ErrorCode::not_found, "REPLID " + std::to_string(replid) + " is not known in this mailbox");
  return found->second;
}

Outcome<u16> MailboxStore::replid_of(const Guid& guid) {
  {
    std::shared_lock lock(core_->names_mutex);
    for (const auto& [replid, known] : core_->replids)
      if (known == guid) return replid;
  }
  u16 given = 0;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    sql::Database& database = context.database;
    ROPEWALK_TRY(auto known, database.integer("SELECT replid FROM replids WHERE guid = ?", ByteView(guid.bytes)));
    ROPEWALK_TRY(auto last, database.integer("SELECT max(replid) FROM replids"));
    const i64 replid = known ? *known : last.value_or(kOwnReplid) + 1;
    if (replid > 0xFFFF) return Failure(mapi::ErrorCode::too_big, "no REPLID is left in this mailbox");
    given = static_cast<u16>(replid);
    if (!known) {
      ROPEWALK_CHECK(database.run("INSERT INTO replids (replid, guid) VALUES (?, ?)", replid, ByteView(guid.bytes)));
    }
    context.after_commit([core = core_.get(), guid, replid] {
      std::unique_lock lock(core->names_mutex);
      core->replids[static_cast<u16>(replid)] = guid;
    });
    return {};
  };
  ROPEWALK_CHECK(core_->write(work));
  return given;
}

Outcome<mapi::LongTermId> MailboxStore::long_term_id(u64 id) const {
  ROPEWALK_TRY(Guid guid, guid_of(static_cast<u16>(id)));
  return mapi::LongTermId{guid, mapi::globcnt_bytes(mapi::FolderId{id}.globcnt()), 0};
}

Outcome<u64> MailboxStore::short_term_id(const mapi::LongTermId& id) {
  ROPEWALK_TRY(u16 replid, replid_of(id.database_guid));
  return mapi::FolderId::make(replid, mapi::globcnt_number(id.global_counter)).value;
}

Outcome<u64> MailboxStore::reserve_ids(u32 count) {
  u64 first = 0;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    first = static_cast<u64>(context.new_id());
    for (u32 i = 1; i < count; ++i) (void)context.new_id();
    return {};
  };
  ROPEWALK_CHECK(core_->write(work));
  return first;
}

std::vector<u8> MailboxStore::entry_id(mapi::FolderId folder) const {
  Arena arena;
  ByteView id = entry_id_in(arena, mailbox_guid(), database_guid(), folder.globcnt());
  return {id.begin(), id.end()};
}

std::vector<u8> MailboxStore::entry_id(mapi::FolderId folder, mapi::MessageId message) const {
  Arena arena;
  ByteView id = entry_id_in(arena, mailbox_guid(), database_guid(), folder.globcnt(), message.globcnt());
  return {id.begin(), id.end()};
}

MailboxStore::Target MailboxStore::resolve_entry_id(ByteView id) const {
  const EntryIdTarget found = read_entry_id(id, mailbox_guid(), database_guid());
  Target target;
  if (found.folder != 0) target.folder = mapi::FolderId::make(kOwnReplid, found.folder);
  if (found.message != 0) target.message = mapi::MessageId::make(kOwnReplid, found.message);
  return target;
}

}  // namespace ropewalk::store
