// SQLite in RAII clothes: a connection, its prepared statements, transactions. Every floor that keeps data in a file
// uses this one. Nothing here knows what is stored.
//
// One connection belongs to one thread at a time (SQLite's multi-thread mode); open one per thread. The hot path
// (prepare of a known text, bind, step, column) allocates nothing.
#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"
#include "base/types.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ropewalk::sql {

// What kind of trouble the last failed call on a connection met; the Error's text tells it to people.
enum class Failure { none, busy, constraint, full, corrupt, read_only, other };

enum class Synchronous { off = 0, normal = 1, full = 2 };

struct OpenOptions {
  bool create = true;      // make the file where there is none (mode 0600)
  bool read_only = false;  // needs an existing file
  bool wal = true;         // write-ahead log, unless read_only
  bool foreign_keys = true;
  Synchronous synchronous = Synchronous::full;
  std::chrono::milliseconds busy_timeout{10'000};  // how long to wait for another connection's lock
  int cache_kib = 1024;                            // page cache of this connection
  i64 mmap_bytes = 0;
};

namespace detail {
struct Connection;
struct CachedStatement;
}  // namespace detail

// A prepared statement on loan from its connection's cache; back there (reset, bindings cleared) when destroyed.
// Must not outlive the Database. Parameters count from 1, columns from 0, as in SQLite.
class Statement {
 public:
  Statement(Statement&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)),
        home_(other.home_),
        statement_(std::exchange(other.statement_, nullptr)),
        status_(other.status_) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement() { give_back(); }

  // Binds one parameter. Text and bytes are not copied: they must live until reset() or destruction. A failure (no such
  // parameter) is kept and reported by the next step().
  template <std::integral T>
  Statement& bind(int index, T value) {
    return bind_integer(index, static_cast<i64>(value));
  }
  template <class T>
  requires std::is_enum_v<T> Statement& bind(int index, T value) {
    return bind_integer(index, static_cast<i64>(value));
  }
  Statement& bind(int index, double value) { return bind_real(index, value); }
  Statement& bind(int index, std::nullptr_t) { return bind_null(index); }
  Statement& bind(int index, std::nullopt_t) { return bind_null(index); }
  Statement& bind(int index, std::string_view value) { return bind_text(index, value); }
  Statement& bind(int index, const char* value) { return bind_text(index, value); }
  Statement& bind(int index, const std::string& value) { return bind_text(index, value); }
  Statement& bind(int index, std::string&& value) = delete;  // would be gone before step()
  Statement& bind(int index, ByteView value) { return bind_blob(index, value); }
  Statement& bind(int index, const std::vector<u8>& value) { return bind_blob(index, value); }
  Statement& bind(int index, std::vector<u8>&& value) = delete;
  template <class T>
  Statement& bind(int index, const std::optional<T>& value) {
    return value ? bind(index, *value) : bind_null(index);
  }

  // Binds parameters 1, 2, ... in order.
  template <class... Args>
  Statement& bind_all(Args&&... args) {
    int index = 0;
    (bind(++index, std::forward<Args>(args)), ...);
    return *this;
  }

  // Runs to the next row: true when there is one, false at the end. After the end or an error, reset() starts anew.
  Result<bool> step();
  // Runs to the end; rows are passed over.
  Status run();
  // Ready to run again; the bindings stay.
  void reset();

  // The current row's columns. Text and bytes live until the next step() or reset(). A NULL reads as 0 or empty; other
  // types are converted by SQLite's rules.
  i64 integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  ByteView blob(int column) const;
  bool is_null(int column) const;
  int columns() const;

  sqlite3_stmt* handle() const { return statement_; }

 private:
  friend class Database;
  Statement(detail::Connection* connection, detail::CachedStatement* home, sqlite3_stmt* statement)
      : connection_(connection), home_(home), statement_(statement) {}
  Statement& bind_integer(int index, i64 value);
  Statement& bind_real(int index, double value);
  Statement& bind_null(int index);
  Statement& bind_text(int index, std::string_view value);
  Statement& bind_blob(int index, ByteView value);
  Statement& note(int status);
  Error failure(int status);
  void give_back();

  detail::Connection* connection_;
  detail::CachedStatement* home_;  // null: finalised instead of kept
  sqlite3_stmt* statement_;
  int status_ = 0;
};

// One connection to one database file.
class Database {
 public:
  // ":memory:" is a database that dies with the connection.
  static Result<Database> open(const std::string& path, const OpenOptions& options = {});
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // A statement from the cache, prepared if this text is new. Up to 256 texts are kept.
  Result<Statement> prepare(std::string_view sql);
  // As prepare, but never kept: for texts made at run time that will hardly come again.
  Result<Statement> prepare_once(std::string_view sql);
  // Runs a script of any number of statements; rows are passed over.
  Status execute(std::string_view script);
  // Prepares, binds, runs to the end.
  template <class... Args>
  Status run(std::string_view sql, const Args&... args) {
    auto statement = prepare(sql);
    if (!statement.ok()) return std::move(statement).error();
    return statement->bind_all(args...).run();
  }
  // The first column of the first row; nullopt when there is no row.
  template <class... Args>
  Result<std::optional<i64>> integer(std::string_view sql, const Args&... args) {
    auto statement = prepare(sql);
    if (!statement.ok()) return std::move(statement).error();
    auto row = statement->bind_all(args...).step();
    if (!row.ok()) return std::move(row).error();
    return *row ? std::optional<i64>(statement->integer(0)) : std::nullopt;
  }

  i64 last_insert_rowid() const;
  i64 changes() const;          // rows changed by the last statement
  bool in_transaction() const;  // between BEGIN and COMMIT or ROLLBACK
  // Changes whenever another connection, of this process or another, commits to the file; own commits do not count.
  Result<u32> data_version();
  // Moves what the write-ahead log holds into the database file, as far as readers allow.
  Status checkpoint();

  Failure last_failure() const;
  int last_code() const;  // SQLite's extended result code of the last failed call
  const std::string& path() const;
  sqlite3* handle() const;

 private:
  explicit Database(std::unique_ptr<detail::Connection> connection);
  std::unique_ptr<detail::Connection> connection_;
};

enum class Mode { deferred, immediate, exclusive };

// A transaction that is rolled back unless committed.
class Transaction {
 public:
  // Immediate takes the write lock now, waiting up to the busy timeout; the default for anything that will write.
  static Result<Transaction> begin(Database& database, Mode mode = Mode::immediate);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() { rollback(); }

  // On success everything is durable as OpenOptions::synchronous says; on failure the transaction is still open.
  Status commit();
  void rollback();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  // null: over
};

// A part of a transaction that can be undone alone; undone unless released. They nest; the innermost ends first.
class Savepoint {
 public:
  static Result<Savepoint> begin(Database& database);
  Savepoint(Savepoint&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Savepoint& operator=(Savepoint&&) = delete;
  ~Savepoint() { rollback(); }

  Status release();
  void rollback();

 private:
  explicit Savepoint(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace ropewalk::sql
