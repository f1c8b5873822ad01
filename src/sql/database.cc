#include "sql/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ropewalk::sql {

namespace detail {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// The idle statements of one text: more than one only where a statement was wanted again while in use.
struct CachedStatement {
  std::vector<sqlite3_stmt*> idle;
};

struct Connection {
  std::string path;
  sqlite3* handle = nullptr;
  int last_code = SQLITE_OK;
  std::unordered_map<std::string, CachedStatement, TextHash, std::equal_to<>> statements;

  ~Connection() {
    for (auto& [text, cached] : statements) {
      for (sqlite3_stmt* statement : cached.idle) sqlite3_finalize(statement);
    }
    sqlite3_close_v2(handle);
  }
};

}  // namespace detail

namespace {

constexpr std::size_t kMostStatements = 256;
constexpr std::size_t kMostSqlInError = 200;

Error explain(detail::Connection& connection, int code, std::string_view sql) {
  connection.last_code = code;
  std::string text = connection.path + ": " + sqlite3_errmsg(connection.handle) + " (SQLite " + std::to_string(code) +
                     ") in \"" + std::string(sql.substr(0, kMostSqlInError));
  text += sql.size() > kMostSqlInError ? "...\"" : "\"";
  return Error{std::move(text)};
}

Error explain_last(detail::Connection& connection, std::string_view sql) {
  return explain(connection, sqlite3_extended_errcode(connection.handle), sql);
}

// SQLite makes new files with the umask's rights; mail is nobody else's. The log and its index copy the file's rights.
// A file that exists is not touched: closing any descriptor of it gives up the locks of this process's connections to
// it (POSIX), and the next program to close the database would remove the log under them.
Status make_private_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return {};
  if (file < 0) return Error{"cannot create database " + path + ": " + std::strerror(errno)};
  ::close(file);
  return {};
}

// SQLite does not wait by itself for the lock that the change to WAL needs, so connections that open a new file at the
// same moment would turn each other away.
Status switch_to_wal(Database& database, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    Status status = database.execute("PRAGMA journal_mode = WAL");
    if (status.ok() || database.last_failure() != Failure::busy || std::chrono::steady_clock::now() > deadline) {
      return status;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

Status set_up(Database& database, const OpenOptions& options) {
  sqlite3_extended_result_codes(database.handle(), 1);
  sqlite3_busy_timeout(database.handle(), static_cast<int>(options.busy_timeout.count()));
  if (options.wal && !options.read_only) ROPEWALK_CHECK(switch_to_wal(database, options.busy_timeout));
  std::string pragmas = "PRAGMA synchronous = " + std::to_string(static_cast<int>(options.synchronous)) +
                        "; PRAGMA cache_size = -" + std::to_string(options.cache_kib) +
                        "; PRAGMA mmap_size = " + std::to_string(options.mmap_bytes) +
                        "; PRAGMA foreign_keys = " + (options.foreign_keys ? "ON" : "OFF");
  return database.execute(pragmas);
}

}  // namespace

// ---- Statement ----

void Statement::give_back() {
  if (statement_ == nullptr) return;
  if (home_ == nullptr) {
    sqlite3_finalize(statement_);
  } else {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    home_->idle.push_back(statement_);
  }
  statement_ = nullptr;
}

Statement& Statement::note(int status) {
  if (status != SQLITE_OK && status_ == SQLITE_OK) status_ = status;
  return *this;
}

Statement& Statement::bind_integer(int index, i64 value) { return note(sqlite3_bind_int64(statement_, index, value)); }
Statement& Statement::bind_real(int index, double value) { return note(sqlite3_bind_double(statement_, index, value)); }
Statement& Statement::bind_null(int index) { return note(sqlite3_bind_null(statement_, index)); }

// A null pointer would bind NULL; an empty value is not that.
Statement& Statement::bind_text(int index, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  return note(sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

Statement& Statement::bind_blob(int index, ByteView value) {
  const void* data = value.data() == nullptr ? static_cast<const void*>("") : value.data();
  return note(sqlite3_bind_blob64(statement_, index, data, value.size(), SQLITE_STATIC));
}

Error Statement::failure(int status) {
  Error error = explain(*connection_, status, sqlite3_sql(statement_));
  sqlite3_reset(statement_);
  return error;
}

Result<bool> Statement::step() {
  if (status_ != SQLITE_OK) return failure(std::exchange(status_, SQLITE_OK));
  const int status = sqlite3_step(statement_);
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return failure(status);
}

Status Statement::run() {
  for (;;) {
    auto row = step();
    if (!row.ok()) return std::move(row).error();
    if (!*row) break;
  }
  sqlite3_reset(statement_);
  return {};
}

void Statement::reset() { sqlite3_reset(statement_); }

i64 Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }
bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
int Statement::columns() const { return sqlite3_column_count(statement_); }

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {data == nullptr ? "" : data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

ByteView Statement::blob(int column) const {
  const auto* data = static_cast<const u8*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

// ---- Database ----

Database::Database(std::unique_ptr<detail::Connection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string& path, const OpenOptions& options) {
  static std::once_flag configured;  // statistics cost a global lock at every allocation
  std::call_once(configured, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });

  if (options.create && !options.read_only && path != ":memory:") ROPEWALK_CHECK(make_private_file(path));
  auto connection = std::make_unique<detail::Connection>();
  connection->path = path;
  const int flags = SQLITE_OPEN_NOMUTEX | (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    (path == ":memory:" ? SQLITE_OPEN_MEMORY : 0);
  const int status = sqlite3_open_v2(path.c_str(), &connection->handle, flags, nullptr);
  if (status != SQLITE_OK) {
    const char* why = connection->handle == nullptr ? sqlite3_errstr(status) : sqlite3_errmsg(connection->handle);
    return Error{"cannot open database " + path + ": " + why};
  }
  Database database(std::move(connection));
  ROPEWALK_CHECK(set_up(database, options));
  return database;
}

Result<Statement> Database::prepare_once(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int status =
      sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()), 0, &statement, nullptr);
  if (status != SQLITE_OK) return explain_last(*connection_, sql);
  if (statement == nullptr) return Error{connection_->path + ": no statement in \"" + std::string(sql) + "\""};
  return Statement(connection_.get(), nullptr, statement);
}

Result<Statement> Database::prepare(std::string_view sql) {
  auto found = connection_->statements.find(sql);
  if (found != connection_->statements.end() && !found->second.idle.empty()) {
    sqlite3_stmt* statement = found->second.idle.back();
    found->second.idle.pop_back();
    return Statement(connection_.get(), &found->second, statement);
  }
  auto statement = prepare_once(sql);
  if (!statement.ok()) return statement;
  if (found == connection_->statements.end() && connection_->statements.size() < kMostStatements) {
    found = connection_->statements.try_emplace(std::string(sql)).first;
    found->second.idle.reserve(2);
  }
  if (found != connection_->statements.end()) statement->home_ = &found->second;
  return statement;
}

Status Database::execute(std::string_view script) {
  const std::string text(script);
  if (sqlite3_exec(connection_->handle, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return explain_last(*connection_, script);
  }
  return {};
}

i64 Database::last_insert_rowid() const { return sqlite3_last_insert_rowid(connection_->handle); }
i64 Database::changes() const { return sqlite3_changes64(connection_->handle); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_->handle) == 0; }
int Database::last_code() const { return connection_->last_code; }
const std::string& Database::path() const { return connection_->path; }
sqlite3* Database::handle() const { return connection_->handle; }

Result<u32> Database::data_version() {
  ROPEWALK_TRY(auto version, integer("PRAGMA data_version"));
  return static_cast<u32>(version.value_or(0));
}

Status Database::checkpoint() {
  const int status =
      sqlite3_wal_checkpoint_v2(connection_->handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (status != SQLITE_OK) return explain_last(*connection_, "checkpoint");
  return {};
}

Failure Database::last_failure() const {
  switch (connection_->last_code & 0xff) {
    case SQLITE_OK:
      return Failure::none;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Failure::busy;
    case SQLITE_CONSTRAINT:
      return Failure::constraint;
    case SQLITE_FULL:
      return Failure::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Failure::corrupt;
    case SQLITE_READONLY:
      return Failure::read_only;
    default:
      return Failure::other;
  }
}

// ---- Transaction, Savepoint ----

Result<Transaction> Transaction::begin(Database& database, Mode mode) {
  ROPEWALK_CHECK(database.run(mode == Mode::deferred    ? "BEGIN DEFERRED"
                              : mode == Mode::immediate ? "BEGIN IMMEDIATE"
                                                        : "BEGIN EXCLUSIVE"));
  return Transaction(database);
}

Status Transaction::commit() {
  ROPEWALK_CHECK(database_->run("COMMIT"));
  database_ = nullptr;
  return {};
}

void Transaction::rollback() {
  // SQLite may have rolled back by itself (disk full); ending what is over would only be an error.
  Database* database = std::exchange(database_, nullptr);
  if (database != nullptr && database->in_transaction()) (void)database->run("ROLLBACK");
}

Result<Savepoint> Savepoint::begin(Database& database) {
  ROPEWALK_CHECK(database.run("SAVEPOINT part"));
  return Savepoint(database);
}

Status Savepoint::release() {
  ROPEWALK_CHECK(database_->run("RELEASE part"));
  database_ = nullptr;
  return {};
}

void Savepoint::rollback() {
  Database* database = std::exchange(database_, nullptr);
  if (database == nullptr || !database->in_transaction()) return;
  (void)database->run("ROLLBACK TO part");
  (void)database->run("RELEASE part");
}

}  // namespace ropewalk::sql
