#include "store/store_core.h"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>

#include "store/schema.h"
#include "store/view.h"

namespace ropewalk::store {
namespace {

constexpr std::size_t kMostGathered = 256;  // writes in one transaction
constexpr i64 kCounterBlock = 1024;         // how far ahead counters are kept: what a crash may skip
constexpr int kCheckpointPages = 4000;

sql::OpenOptions connection_options(const StoreOptions& options) {
  sql::OpenOptions chosen;
  chosen.create = false;
  chosen.cache_kib = options.cache_kib;
  chosen.foreign_keys = false;
  chosen.synchronous = options.durable ? sql::Synchronous::full : sql::Synchronous::off;
  return chosen;
}

}  // namespace

i64 WriteContext::new_id() { return core.next_id_++; }
i64 WriteContext::new_change_number() { return core.next_cn_++; }

Reader::~Reader() {
  if (database_ != nullptr) core_->give_back(std::move(database_));
}

StoreCore::StoreCore(std::string path, const StoreOptions& options)
    : views(std::make_unique<ViewCache>(options.view_bytes)), path_(std::move(path)), options_(options) {}

StoreCore::~StoreCore() = default;

std::string StoreCore::spool_folder() const {
  auto folder = std::filesystem::path(path_).parent_path();
  return folder.empty() ? "." : folder.string();
}

Failure StoreCore::failure(sql::Database& database, Error error) {
  Failure failure(std::move(error));
  const int code = database.last_code() & 0xFF;
  if (code == SQLITE_FULL || code == SQLITE_IOERR) failure.code = mapi::ErrorCode::stream_size_error;
  return failure;
}

Outcome<std::unique_ptr<StoreCore>> StoreCore::open(const std::string& path, const StoreOptions& options) {
  std::unique_ptr<StoreCore> core(new StoreCore(path, options));
  auto writer = sql::Database::open(path, connection_options(options));
  if (!writer.ok()) return Failure(std::move(writer).error());
  core->writer_.emplace(std::move(*writer));
  ROPEWALK_CHECK(core->writer_->execute("PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = " +
                                        std::to_string(kCheckpointPages)));
  ROPEWALK_CHECK(sql::migrate(*core->writer_, schema_steps()));
  ROPEWALK_TRY(auto version, core->writer_->integer("PRAGMA data_version"));
  core->file_version_ = version.value_or(0);
  ROPEWALK_CHECK(core->load());
  return core;
}

Outcome<void> StoreCore::load() {
  {
    ROPEWALK_TRY(auto row,
                 writer_->prepare("SELECT mailbox_guid, database_guid, display_name, smtp_address, legacy_dn, "
                                  "next_id, next_cn FROM store"));
    ROPEWALK_TRY(bool found, row.step());
    if (!found) return {};  // being made
    if (row.blob(0).size() == 16) std::memcpy(owner.mailbox_guid.bytes.data(), row.blob(0).data(), 16);
    if (row.blob(1).size() == 16) std::memcpy(database_guid.bytes.data(), row.blob(1).data(), 16);
    owner.display_name = row.text(2);
    owner.smtp_address = row.text(3);
    owner.legacy_dn = row.text(4);
    next_id_ = kept_id_ = row.integer(5);
    next_cn_ = kept_cn_ = row.integer(6);
  }
  ROPEWALK_TRY(auto folders, writer_->prepare("SELECT kind, folder FROM special_folders"));
  for (;;) {
    ROPEWALK_TRY(bool found, folders.step());
    if (!found) break;
    const auto kind = static_cast<std::size_t>(folders.integer(0));
    if (kind < special.size()) special[kind] = folders.integer(1);
  }
  return load_names(*writer_);
}

Outcome<void> StoreCore::load_names(sql::Database& database) {
  std::unique_lock lock(names_mutex);
  ROPEWALK_TRY(auto row, database.prepare("SELECT id, property_set, lid, name FROM names"));
  for (;;) {
    ROPEWALK_TRY(bool found, row.step());
    if (!found) break;
    mapi::PropertyName name;
    if (row.blob(1).size() == 16) std::memcpy(name.set.bytes.data(), row.blob(1).data(), 16);
    if (!row.is_null(2)) name.lid = static_cast<u32>(row.integer(2));
    if (!row.is_null(3)) name.name = row.text(3);
    const auto id = static_cast<u16>(row.integer(0));
    name_ids[name_key(name)] = id;
    names[id] = std::move(name);
  }
  ROPEWALK_TRY(auto replid, database.prepare("SELECT replid, guid FROM replids"));
  for (;;) {
    ROPEWALK_TRY(bool found, replid.step());
    if (!found) return {};
    Guid guid;
    if (replid.blob(1).size() == 16) std::memcpy(guid.bytes.data(), replid.blob(1).data(), 16);
    replids[static_cast<u16>(replid.integer(0))] = guid;
  }
}

std::string name_key(const mapi::PropertyName& name) {
  std::string key(text_of(ByteView(name.set.bytes)));
  if (name.lid) {
    key += 'l';
    key += std::to_string(*name.lid);
  } else {
    key += 'n';
    key += name.name;
  }
  return key;
}

// ---- writes ----

Outcome<void> StoreCore::write(const Work& work) {
  Waiting own{&work};
  std::unique_lock lock(queue_mutex_);
  queue_.push_back(&own);
  if (leading_) {
    own.woken.wait(lock, [&] { return own.finished || own.lead; });
    if (own.finished) return std::move(*own.result);
  }
  leading_ = true;
  lead(lock);
  return std::move(*own.result);
}

// One transaction for all that wait now; then the first who came meanwhile leads the next.
void StoreCore::lead(std::unique_lock<std::mutex>& lock) {
  std::vector<Waiting*> group;
  while (!queue_.empty() && group.size() < kMostGathered) {
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  lock.unlock();
  run_group(group);
  lock.lock();
  // Told under the lock: a waiter that has seen `finished` is gone.
  for (Waiting* waiting : group) {
    waiting->finished = true;
    waiting->woken.notify_one();
  }
  leading_ = !queue_.empty();
  if (leading_) {
    queue_.front()->lead = true;
    queue_.front()->woken.notify_one();
  }
}

// An exception must not leave the other waiters waiting.
static Outcome<void> guarded(const StoreCore::Work& work, WriteContext& context) {
  try {
    return work(context);
  } catch (const std::exception& problem) {
    return Failure(mapi::ErrorCode::mapi_oom, std::string("a write to the mailbox failed: ") + problem.what());
  }
}

bool StoreCore::run_one(Waiting& waiting, WriteContext& context, bool alone) {
  std::optional<sql::Savepoint> part;
  if (!alone) {
    auto begun = sql::Savepoint::begin(*writer_);
    if (!begun.ok()) {
      waiting.result.emplace(failure(*writer_, std::move(begun).error()));
      return false;
    }
    part.emplace(std::move(*begun));
  }
  Outcome<void> result = guarded(*waiting.work, context);
  if (result.ok() && part) {
    if (Status released = part->release(); !released.ok()) result = Failure(std::move(released).error());
  }
  if (!result.ok()) waiting.result.emplace(std::move(result));
  return !waiting.result.has_value();
}

// Counters in the file run ahead of those given, so that most transactions need not write them.
Status StoreCore::keep_counters() {
  if (next_id_ < kept_id_ && next_cn_ < kept_cn_) return {};
  return writer_->run("UPDATE store SET next_id = ?, next_cn = ?", next_id_ + kCounterBlock, next_cn_ + kCounterBlock);
}

// Another process may have the file open too (an import beside the server). Whoever finds that somebody else has
// written goes on from the file's own counters, which stand above all that anybody has given, and what it remembers of
// the folders' orders is worth nothing. To be called in a transaction that holds the write lock.
Status StoreCore::notice_other_writers() {
  ROPEWALK_TRY(auto version, writer_->integer("PRAGMA data_version"));
  if (version.value_or(0) == file_version_) return {};
  file_version_ = version.value_or(0);
  {
    ROPEWALK_TRY(auto row, writer_->prepare("SELECT next_id, next_cn FROM store"));
    ROPEWALK_TRY(bool found, row.step());
    if (!found) return Error{"the mailbox file has lost its counters"};
    next_id_ = std::max(next_id_, row.integer(0));
    next_cn_ = std::max(next_cn_, row.integer(1));
  }
  kept_id_ = kept_cn_ = 0;  // this transaction writes them
  views->forget_all();
  if (auto loaded = load_names(*writer_); !loaded.ok()) return Error{loaded.error().text};
  return {};
}

void StoreCore::run_group(std::span<Waiting* const> group) {
  auto fail_rest = [&](const Failure& why) {
    for (Waiting* waiting : group)
      if (!waiting->result) waiting->result.emplace(why);
  };
  auto transaction = sql::Transaction::begin(*writer_);
  if (!transaction.ok()) return fail_rest(failure(*writer_, std::move(transaction).error()));
  if (Status noticed = notice_other_writers(); !noticed.ok())
    return fail_rest(failure(*writer_, std::move(noticed).error()));
  std::vector<WriteContext> done;
  done.reserve(group.size());
  for (Waiting* waiting : group) {
    WriteContext context(*this, *writer_);
    if (run_one(*waiting, context, group.size() == 1)) done.push_back(std::move(context));
    if (!writer_->in_transaction())  // SQLite undid all of it: the disk is full or failing
      return fail_rest(waiting->result && !waiting->result->ok() ? waiting->result->error()
                                                                 : Failure(Error{"the transaction was rolled back"}));
  }
  if (done.empty()) return;  // the transaction rolls back
  const i64 ids = next_id_, cns = next_cn_;
  const bool kept = ids < kept_id_ && cns < kept_cn_;
  Status status = keep_counters();
  if (status.ok()) status = transaction->commit();
  if (!status.ok()) return fail_rest(failure(*writer_, std::move(status).error()));
  if (!kept) {
    kept_id_ = ids + kCounterBlock;
    kept_cn_ = cns + kCounterBlock;
  }
  ++commits;
  writes += done.size();
  publish(done);
  for (Waiting* waiting : group)
    if (!waiting->result) waiting->result.emplace();
}

void StoreCore::publish(std::vector<WriteContext>& done) {
  for (WriteContext& context : done) {
    for (auto& action : context.actions) action();
    views->note(context.rows);
    events.publish(context.events);
  }
}

// ---- reads ----

// Never waits for another reader to end: who holds one may need a second.
Outcome<Reader> StoreCore::reader() {
  {
    std::lock_guard lock(readers_mutex_);
    if (!idle_readers_.empty()) {
      auto database = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return Reader(*this, std::move(database));
    }
  }
  auto opened = sql::Database::open(path_, connection_options(options_));
  if (!opened.ok()) return Failure(std::move(opened).error());
  ROPEWALK_CHECK(opened->execute("PRAGMA query_only = ON"));
  return Reader(*this, std::make_unique<sql::Database>(std::move(*opened)));
}

Outcome<Reader> StoreCore::snapshot() {
  ROPEWALK_TRY(Reader reading, reader());
  ROPEWALK_CHECK(reading->run("BEGIN DEFERRED"));
  return reading;
}

Outcome<void> renew_snapshot(sql::Database& database) {
  if (!database.in_transaction()) return {};
  ROPEWALK_CHECK(database.run("COMMIT"));
  ROPEWALK_CHECK(database.run("BEGIN DEFERRED"));
  return {};
}

void StoreCore::give_back(std::unique_ptr<sql::Database> database) {
  if (database->in_transaction() && !database->run("COMMIT").ok()) return;  // not to be used again
  std::lock_guard lock(readers_mutex_);
  if (idle_readers_.size() < static_cast<std::size_t>(options_.readers)) idle_readers_.push_back(std::move(database));
}

}  // namespace ropewalk::store
