// The machinery of one open mailbox: connections, the gathering of writes, ids, and what is kept in memory. Private to
// the store.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "mapi/ids.h"
#include "sql/database.h"
#include "store/events.h"
#include "store/mailbox_store.h"

namespace ropewalk::store {

class ViewCache;

// The REPLID of everything that this store makes.
inline constexpr u16 kOwnReplid = 1;

inline mapi::FolderId folder_id(i64 counter) { return mapi::FolderId::make(kOwnReplid, static_cast<u64>(counter)); }
inline mapi::MessageId message_id(i64 counter) { return mapi::MessageId::make(kOwnReplid, static_cast<u64>(counter)); }
// The row for an id; 0, which no row has, for ids of other replicas.
template <class Tag>
i64 row_of(mapi::ObjectId<Tag> id) {
  return id.replid() == kOwnReplid ? static_cast<i64>(id.globcnt()) : 0;
}

// A row that came to a folder, left it, or changed in it: what sorted views must learn after the commit.
struct RowChange {
  enum class Kind : u8 { added, removed, changed };
  Kind kind{};
  bool associated = false;
  i64 folder = 0;
  i64 row = 0;
};

class StoreCore;

// One write on its way: runs on the writer connection, inside a savepoint. What it announces here happens after the
// commit if it succeeded, else never.
class WriteContext {
 public:
  WriteContext(StoreCore& the_core, sql::Database& the_database) : core(the_core), database(the_database) {}

  i64 new_id();  // a counter that no object had
  i64 new_change_number();
  void announce(Event event) { events.push_back(std::move(event)); }
  void note(RowChange change) { rows.push_back(change); }
  void after_commit(std::function<void()> action) { actions.push_back(std::move(action)); }

  StoreCore& core;
  sql::Database& database;
  FileTime now = FileTime::now();
  std::vector<Event> events;
  std::vector<RowChange> rows;
  std::vector<std::function<void()>> actions;
};

// A connection for reading, back in the pool when destroyed; a snapshot ends then.
class Reader {
 public:
  Reader(StoreCore& core, std::unique_ptr<sql::Database> database) : core_(&core), database_(std::move(database)) {}
  Reader(Reader&& other) noexcept = default;
  Reader& operator=(Reader&&) = delete;
  ~Reader();
  sql::Database* operator->() { return database_.get(); }
  sql::Database& operator*() { return *database_; }

 private:
  StoreCore* core_;
  std::unique_ptr<sql::Database> database_;
};

class StoreCore {
 public:
  using Work = std::function<Outcome<void>(WriteContext&)>;

  static Outcome<std::unique_ptr<StoreCore>> open(const std::string& path, const StoreOptions& options);
  ~StoreCore();

  // Runs the work in a transaction shared with others that wait at the same time, and returns when it is durable or has
  // failed. The work may run on another caller's thread.
  Outcome<void> write(const Work& work);
  Outcome<Reader> reader();
  // One that sees the mailbox as it is at its first read from now on. Many statements in one snapshot cost one lock of
  // the file; alone each has its own.
  Outcome<Reader> snapshot();
  // As Failure, with ecStreamSizeError where the disk is full.
  static Failure failure(sql::Database& database, Error error);

  const std::string& path() const { return path_; }
  const StoreOptions& options() const { return options_; }
  std::string spool_folder() const;

  // Read once when opened; MailboxOwner and GUIDs never change.
  MailboxOwner owner;
  Guid database_guid;
  std::array<i64, kSpecialFolders> special{};

  // Names and REPLIDs in memory; what a write adds comes here after its commit.
  mutable std::shared_mutex names_mutex;
  std::unordered_map<std::string, u16> name_ids;  // name_key() -> id
  std::unordered_map<u16, mapi::PropertyName> names;
  std::unordered_map<u16, Guid> replids;

  EventBus events;
  std::unique_ptr<ViewCache> views;
  std::atomic<u64> commits{0}, writes{0};

 private:
  friend class Reader;
  friend class WriteContext;
  struct Waiting {
    const Work* work;
    std::optional<Outcome<void>> result{};  // the leader's alone until `finished`
    std::condition_variable woken{};
    bool finished = false, lead = false;  // under queue_mutex_
  };

  StoreCore(std::string path, const StoreOptions& options);
  Outcome<void> load();
  Outcome<void> load_names(sql::Database& database);
  void lead(std::unique_lock<std::mutex>& lock);
  void run_group(std::span<Waiting* const> group);
  bool run_one(Waiting& waiting, WriteContext& context, bool alone);
  Status keep_counters();
  Status notice_other_writers();
  void publish(std::vector<WriteContext>& done);
  void give_back(std::unique_ptr<sql::Database> database);

  std::string path_;
  StoreOptions options_;

  std::mutex queue_mutex_;
  std::deque<Waiting*> queue_;
  bool leading_ = false;
  // Touched by the leader alone.
  std::optional<sql::Database> writer_;
  i64 next_id_ = 0, next_cn_ = 0;  // the next to be given
  i64 kept_id_ = 0, kept_cn_ = 0;  // what the file has: none at or above was given before
  i64 file_version_ = 0;           // SQLite's data_version: changes when somebody else has written

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<sql::Database>> idle_readers_;  // at most StoreOptions::readers
};

// Lets a snapshot see what has been committed by now. For whoever first takes note of how far the commits are, and then
// reads: without it the reading could be older than the note.
Outcome<void> renew_snapshot(sql::Database& database);

// The key under which a property name is found: its set, and its LID or its text (whose case counts).
std::string name_key(const mapi::PropertyName& name);

}  // namespace ropewalk::store
