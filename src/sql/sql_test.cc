#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <thread>

#include "sql/database.h"
#include "sql/migrate.h"

namespace ropewalk::sql {
namespace {

class Sql : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "ropewalk-sql-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file() const { return folder_ / "test.db"; }
  Database open() const {
    auto database = Database::open(file());
    EXPECT_TRUE(database.ok()) << (database.ok() ? "" : database.error().text);
    return std::move(database).value();
  }

  std::filesystem::path folder_;
};

constexpr std::array kFirst{Migration{1, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB)"}};
constexpr std::array kSecond{
    kFirst[0], Migration{2, "ALTER TABLE t ADD COLUMN size INTEGER; CREATE INDEX s ON t (size)",
                         [](Database& database) { return database.run("UPDATE t SET size = length(data)"); }}};

TEST_F(Sql, ValuesComeBackAsTheyWere) {
  Database database = open();
  ASSERT_TRUE(migrate(database, kFirst).ok());
  const std::string name("a\0b", 3);
  const std::vector<u8> data{0, 1, 0xff};
  ASSERT_TRUE(database.run("INSERT INTO t (name, data) VALUES (?, ?)", name, data).ok());
  EXPECT_EQ(database.last_insert_rowid(), 1);
  EXPECT_EQ(database.changes(), 1);
  ASSERT_TRUE(database.run("INSERT INTO t (name, data) VALUES (?, ?)", std::optional<i64>(), ByteView()).ok());

  auto rows = database.prepare("SELECT name, data, id FROM t ORDER BY id");
  ASSERT_TRUE(rows.ok());
  ASSERT_TRUE(rows->step().value());
  EXPECT_EQ(rows->text(0), std::string_view(name));
  EXPECT_TRUE(std::ranges::equal(rows->blob(1), data));
  ASSERT_TRUE(rows->step().value());
  EXPECT_TRUE(rows->is_null(0));
  EXPECT_FALSE(rows->is_null(1)) << "an empty blob is not NULL";
  EXPECT_EQ(rows->blob(1).size(), 0u);
  EXPECT_FALSE(rows->step().value());
}

TEST_F(Sql, FilesAreForTheirOwnerAlone) {
  Database database = open();
  ASSERT_TRUE(migrate(database, kFirst).ok());
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info {};
    ASSERT_EQ(::stat((file() + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(Sql, ErrorsNameTheFileTheReasonAndTheStatement) {
  Database database = open();
  ASSERT_TRUE(migrate(database, kFirst).ok());
  ASSERT_TRUE(database.run("INSERT INTO t (name) VALUES ('x')").ok());
  auto twice = database.run("INSERT INTO t (name) VALUES (?)", "x");
  ASSERT_FALSE(twice.ok());
  EXPECT_NE(twice.error().text.find(file()), std::string::npos);
  EXPECT_NE(twice.error().text.find("UNIQUE constraint failed: t.name"), std::string::npos);
  EXPECT_NE(twice.error().text.find("INSERT INTO t"), std::string::npos);
  EXPECT_EQ(database.last_failure(), Failure::constraint);

  EXPECT_FALSE(database.run("INSERT INTO t (name) VALUES (1)", 5).ok()) << "there is no such parameter";
  EXPECT_FALSE(database.run("SELEKT").ok());
  EXPECT_FALSE(database.run("").ok());
  EXPECT_FALSE(database.execute("CREATE TABLE t (x)").ok());
  EXPECT_FALSE(Database::open("/nowhere/at/all.db").ok());
  EXPECT_FALSE(Database::open(folder_ / "absent.db", {.read_only = true}).ok());
}

TEST_F(Sql, OneTextCanBeInUseTwice) {
  Database database = open();
  ASSERT_TRUE(database.execute("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (2)").ok());
  constexpr std::string_view kSelect = "SELECT id FROM t ORDER BY id";
  sqlite3_stmt* first = nullptr;
  {
    auto outer = database.prepare(kSelect);
    ASSERT_TRUE(outer->step().value());
    auto inner = database.prepare(kSelect);
    ASSERT_TRUE(inner->step().value());
    ASSERT_TRUE(inner->step().value());
    EXPECT_EQ(outer->integer(0), 1);
    EXPECT_EQ(inner->integer(0), 2);
    EXPECT_NE(outer->handle(), inner->handle());
    first = outer->handle();
  }
  auto again = database.prepare(kSelect);
  EXPECT_EQ(again->handle(), first) << "the statement should come from the cache";
}

TEST_F(Sql, BindingsDoNotOutliveALoan) {
  Database database = open();
  ASSERT_TRUE(database.prepare("SELECT ?")->bind(1, 7).step().value());
  auto again = database.prepare("SELECT ?");
  ASSERT_TRUE(again->step().value());
  EXPECT_TRUE(again->is_null(0));
}

TEST_F(Sql, TransactionsAndSavepointsUndo) {
  Database database = open();
  ASSERT_TRUE(migrate(database, kFirst).ok());
  {
    auto transaction = Transaction::begin(database);
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(database.run("INSERT INTO t (name) VALUES ('lost')").ok());
  }
  EXPECT_FALSE(database.in_transaction());
  auto transaction = Transaction::begin(database);
  ASSERT_TRUE(transaction.ok());
  ASSERT_TRUE(database.run("INSERT INTO t (name) VALUES ('kept')").ok());
  {
    auto part = Savepoint::begin(database);
    ASSERT_TRUE(database.run("INSERT INTO t (name) VALUES ('undone')").ok());
    auto nested = Savepoint::begin(database);
    ASSERT_TRUE(database.run("INSERT INTO t (name) VALUES ('released, then undone')").ok());
    ASSERT_TRUE(nested->release().ok());
  }
  ASSERT_TRUE(transaction->commit().ok());
  EXPECT_EQ(database.integer("SELECT count(*) FROM t").value(), 1);
  EXPECT_EQ(database.integer("SELECT id FROM t WHERE name = ?", "absent").value(), std::nullopt);
}

TEST_F(Sql, DataVersionTellsOfOthers) {
  Database one = open();
  ASSERT_TRUE(migrate(one, kFirst).ok());
  Database other = open();
  const u32 before = one.data_version().value();
  ASSERT_TRUE(one.run("INSERT INTO t (name) VALUES ('own')").ok());
  EXPECT_EQ(one.data_version().value(), before);
  ASSERT_TRUE(other.run("INSERT INTO t (name) VALUES ('foreign')").ok());
  EXPECT_NE(one.data_version().value(), before);
}

TEST_F(Sql, MigrationsRunOnceAndInOrder) {
  {
    Database database = open();
    ASSERT_TRUE(migrate(database, kFirst).ok());
    ASSERT_TRUE(database.run("INSERT INTO t (name, data) VALUES ('old', x'010203')").ok());
  }
  Database database = open();
  ASSERT_TRUE(migrate(database, kSecond).ok());
  ASSERT_TRUE(migrate(database, kSecond).ok());
  EXPECT_EQ(database.integer("SELECT size FROM t WHERE name = 'old'").value(), 3);

  auto back = migrate(database, kFirst);
  ASSERT_FALSE(back.ok());
  EXPECT_NE(back.error().text.find("newer Ropewalk"), std::string::npos);
}

TEST_F(Sql, AFailedMigrationLeavesTheOldVersion) {
  Database database = open();
  ASSERT_TRUE(migrate(database, kFirst).ok());
  const std::array bad{kFirst[0], Migration{2, "CREATE TABLE u (x); CREATE TABLE u (x)"}};
  EXPECT_FALSE(migrate(database, bad).ok());
  EXPECT_EQ(database.integer("PRAGMA user_version").value(), 1);
  EXPECT_EQ(database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'u'").value(), 0);
}

// Children open the new file at the same moment, migrate it and write; nobody is turned away as busy.
TEST_F(Sql, ProcessesShareAFile) {
  constexpr int kChildren = 4, kRows = 20;
  std::vector<pid_t> children;
  for (int child = 0; child < kChildren; ++child) {
    const pid_t pid = fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      auto database = Database::open(file(), {.synchronous = Synchronous::off});
      bool good = database.ok() && migrate(*database, kSecond).ok();
      for (int row = 0; good && row < kRows; ++row) {
        auto transaction = Transaction::begin(*database);
        good = transaction.ok() && database->run("INSERT INTO t (size) VALUES (?)", child).ok() &&
               transaction->commit().ok();
      }
      if (!good && database.ok()) fprintf(stderr, "child %d: code %d\n", child, database->last_code());
      _exit(good ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (pid_t pid : children) {
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  Database database = open();
  EXPECT_EQ(database.integer("SELECT count(*) FROM t").value(), kChildren * kRows);
}

// Another program that closes the database must see that it is not the last one, however many connections came here
// after the first: else it removes the log, and these never see another change.
TEST_F(Sql, ASecondConnectionLeavesTheFirstItsLocks) {
  Database first = open();
  ASSERT_TRUE(first.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)").ok());
  Database second = open();
  const std::string insert =
      "python3 -c 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); "
      "db.execute(\"INSERT INTO t VALUES (7)\"); db.commit(); db.close()' ";
  ASSERT_EQ(std::system((insert + file()).c_str()), 0);
  EXPECT_TRUE(std::filesystem::exists(file() + "-wal"));
  EXPECT_EQ(first.integer("SELECT id FROM t").value(), 7);
  EXPECT_EQ(second.integer("SELECT id FROM t").value(), 7);
}

TEST_F(Sql, ThreadsEachHaveTheirConnection) {
  {
    Database database = open(), other = open();
    ASSERT_TRUE(migrate(database, kSecond).ok());
  }
  constexpr int kThreads = 4, kRows = 25;
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      Database database = open();
      for (int row = 0; row < kRows; ++row) {
        if (!database.run("INSERT INTO t (size) VALUES (1)").ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  Database database = open();
  EXPECT_EQ(database.integer("SELECT sum(size) FROM t").value(), kThreads * kRows);
}

TEST_F(Sql, ManyTextsDoNotGrowTheCacheWithoutEnd) {
  Database database = open();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(database.integer("SELECT " + std::to_string(i)).value(), i);
  }
}

}  // namespace
}  // namespace ropewalk::sql
