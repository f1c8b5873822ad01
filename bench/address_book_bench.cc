// The address book of 100,000 people: rows, names and positions as NSPI asks for them, beside the same reads through
// SQLite's C API on the same file. ROPEWALK_BENCH_PEOPLE: another number of them.
#include <benchmark/benchmark.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "directory/address_book.h"
#include "mapi/property_tags.h"
#include "server/addressbook/address_book_service.h"

namespace {

using namespace ropewalk;
using mapi::PropTag;
namespace tag = mapi::tag;

void check(const auto& result, const char* what) {
  if (result.ok()) return;
  std::fprintf(stderr, "%s: %s\n", what, result.error().text.c_str());
  std::exit(1);
}

std::size_t resident() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0, own = 0;
  statm >> all >> own;
  return own * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// A directory of many people, once for all benchmarks.
class People {
 public:
  static People& get() {
    static People people;
    return people;
  }
  ~People() {
    service.reset();
    book.reset();
    directory.reset();
    sqlite3_close(plain);
    std::filesystem::remove_all(path_);
  }

  nspi::Stat stat(u32 record) const {
    nspi::Stat stat;
    stat.current_record = record;
    stat.code_page = 1252;
    return stat;
  }

  int count = 100'000;
  u32 first = 0;            // id of the first of them
  u32 list = 0, group = 0;  // those whom a filter finds
  std::size_t view_bytes = 0;
  std::unique_ptr<directory::Directory> directory;
  std::unique_ptr<directory::AddressBook> book;
  std::optional<server::AddressBookService> service;
  sqlite3* plain = nullptr;

 private:
  People() {
    if (const char* said = std::getenv("ROPEWALK_BENCH_PEOPLE")) count = std::max(100, std::atoi(said));
    std::string name = (std::filesystem::temp_directory_path() / "ropewalk-people-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    auto opened = directory::Directory::open(path_);
    check(opened, "directory");
    directory = std::move(*opened);
    auto made = directory::AddressBook::open(path_);
    check(made, "address book");
    book = std::move(*made);
    auto added = book->together([&]() -> Status {
      for (int i = 0; i < count; ++i) ROPEWALK_CHECK(add(i));
      return {};
    });
    check(added, "people");
    make_filtered();
    service.emplace(server::AddressBookService::Parts{*book});
    Arena arena;
    const std::size_t before = resident();
    check_answer(service->update_stat({1, "bench", ""}, stat(0)).error);
    view_bytes = resident() - before;
    // What a program of its own would have: an index on names.
    sqlite3* writing = nullptr;
    sqlite3_open((path_ + "/directory.db").c_str(), &writing);
    sqlite3_exec(
        writing,
        "CREATE TABLE name AS SELECT name, id FROM object; CREATE INDEX name_name ON name (name COLLATE NOCASE, "
        "id)",
        nullptr, nullptr, nullptr);
    sqlite3_close(writing);
    if (sqlite3_open_v2((path_ + "/directory.db").c_str(), &plain, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK)
      std::exit(1);
  }
  // About a ninth of them, by conditions in conditions: as an address list, and as a dynamic group.
  void make_filtered() {
    const std::string filter = "(&(department=Hemp)(|(displayName=Person 1*)(!(title=Rope*))))";
    auto listed = book->add_list(0, "Filtered", filter);
    check(listed, "list");
    list = listed->id;
    directory::ObjectChange as;
    as.name = "Filtered";
    as.address = "filtered@ropewalk.test";
    as.filter = filter;
    auto made = book->add(directory::Kind::dynamic_group, as);
    check(made, "dynamic group");
    group = made->id;
  }
  static void check_answer(mapi::ErrorCode code) {
    if (code != mapi::ErrorCode::none) std::fprintf(stderr, "%s\n", mapi::name(code).c_str()), std::exit(1);
  }
  Status add(int i) {
    const std::string nr = std::to_string(i * 7919LL % 1'000'003);
    directory::ObjectChange as;
    as.name = "Person " + nr + " Number";
    as.address = "person" + nr + "@ropewalk.test";
    for (const auto& [property, text] : {std::pair(tag::PidTagGivenName, "Person"),
                                         {tag::PidTagSurname, "Number"},
                                         {tag::PidTagTitle, "Ropemaker"},
                                         {tag::PidTagCompanyName, "Ropewalk"},
                                         {tag::PidTagDepartmentName, "Hemp"},
                                         {tag::PidTagOfficeLocation, "Hall 1"},
                                         {tag::PidTagBusinessTelephoneNumber, "+49 30 123456"}})
      as.set.set_text(PropTag(property), text);
    ROPEWALK_TRY(auto object, book->add(directory::Kind::contact, as));
    if (first == 0) first = object.id;
    return {};
  }
  std::string path_;
};

const server::NspiCaller kCaller{1, "bench", ""};
constexpr PropTag kColumns[] = {PropTag(tag::PidTagEntryId),        PropTag(tag::PidTagDisplayName),
                                PropTag(tag::PidTagSmtpAddress),    PropTag(tag::PidTagTitle),
                                PropTag(tag::PidTagDepartmentName), PropTag(tag::PidTagOfficeLocation),
                                PropTag(tag::PidTagCompanyName),    PropTag(tag::PidTagBusinessTelephoneNumber),
                                PropTag(tag::PidTagDisplayType),    PropTag(tag::PidTagInstanceKey)};

std::string person(int i) { return "person" + std::to_string(i * 7919LL % 1'000'003) + "@"; }

// 50 rows of 10 columns from anywhere.
void nspi_query_rows_measured(benchmark::State& state) {
  People& people = People::get();
  Arena arena;
  u32 at = 0;
  for (auto _ : state) {
    arena.reset();
    at = (at + 7919) % static_cast<u32>(people.count);
    auto answer = people.service->query_rows(kCaller, 0, people.stat(people.first + at), std::nullopt, 50,
                                             server::NspiColumns(kColumns), arena);
    benchmark::DoNotOptimize(answer.rows);
  }
  state.SetItemsProcessed(state.iterations() * 50);
  state.counters["view_bytes"] = static_cast<double>(people.view_bytes);
}
BENCHMARK(nspi_query_rows_measured)->Unit(benchmark::kMicrosecond);

struct Statement {
  explicit Statement(const char* sql) { sqlite3_prepare_v2(People::get().plain, sql, -1, &raw, nullptr); }
  ~Statement() { sqlite3_finalize(raw); }
  sqlite3_stmt* raw = nullptr;
};

// The same rows by the same SQL: ids of 50 names in their order, read in one transaction, every column copied.
void nspi_query_rows_baseline(benchmark::State& state) {
  People& people = People::get();
  Statement begin("BEGIN"), end("COMMIT");
  Statement read(
      "SELECT id, kind, guid, user_id, legacy_dn, address, name, phonetic, hidden, properties FROM object "
      "WHERE id = ?");
  auto run = [](sqlite3_stmt* statement) {
    sqlite3_step(statement);
    sqlite3_reset(statement);
  };
  std::vector<u32> by_name(static_cast<std::size_t>(people.count));
  {
    Statement ids("SELECT id FROM name ORDER BY name COLLATE NOCASE");
    for (u32& id : by_name) {
      sqlite3_step(ids.raw);
      id = static_cast<u32>(sqlite3_column_int64(ids.raw, 0));
    }
  }
  std::string copied;
  std::size_t at = 0;
  for (auto _ : state) {
    at = (at + 7919) % (by_name.size() - 50);
    run(begin.raw);
    for (std::size_t i = 0; i < 50; ++i) {
      sqlite3_bind_int64(read.raw, 1, by_name[at + i]);
      if (sqlite3_step(read.raw) == SQLITE_ROW) {
        for (int column = 0; column < 10; ++column) {
          const void* bytes = sqlite3_column_blob(read.raw, column);
          const int size = sqlite3_column_bytes(read.raw, column);
          if (size > 0) copied.assign(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
          benchmark::DoNotOptimize(copied);
        }
      }
      sqlite3_reset(read.raw);
    }
    run(end.raw);
  }
  state.SetItemsProcessed(state.iterations() * 50);
}
BENCHMARK(nspi_query_rows_baseline)->Unit(benchmark::kMicrosecond);

// Somebody's title changes, which the clock does not see.
void change_somebody(benchmark::State& state) {
  People& people = People::get();
  static int turn = 0;
  state.PauseTiming();
  directory::ObjectChange change;
  change.set.set_text(PropTag(tag::PidTagTitle), "Ropemaker " + std::to_string(++turn));
  if (!people.book->change(people.first + static_cast<u32>(turn * 31 % people.count), change).ok()) std::exit(1);
  state.ResumeTiming();
}

// 50 rows of a list with a filter, where nothing changed, and where somebody did before each.
void filtered_list(benchmark::State& state, bool changing) {
  People& people = People::get();
  Arena arena;
  nspi::Stat stat = people.stat(0);
  stat.container_id = people.list;
  for (auto _ : state) {
    arena.reset();
    if (changing) change_somebody(state);
    auto answer = people.service->query_rows(kCaller, 0, stat, std::nullopt, 50, server::NspiColumns(kColumns), arena);
    if (!answer.rows || answer.rows->rows.size() != 50) state.SkipWithError("no rows");
  }
}
void nspi_filtered_list(benchmark::State& state) { filtered_list(state, false); }
BENCHMARK(nspi_filtered_list)->Unit(benchmark::kMicrosecond);
void nspi_filtered_list_changing(benchmark::State& state) { filtered_list(state, true); }
BENCHMARK(nspi_filtered_list_changing)->Unit(benchmark::kMicrosecond)->Iterations(200);

// Whom a dynamic group has.
void dynamic_group(benchmark::State& state, bool changing) {
  People& people = People::get();
  for (auto _ : state) {
    if (changing) change_somebody(state);
    auto members = people.book->members(people.group);
    if (!members.ok() || members->size() < 50) state.SkipWithError("no members");
  }
}
void dynamic_group_members(benchmark::State& state) { dynamic_group(state, false); }
BENCHMARK(dynamic_group_members)->Unit(benchmark::kMicrosecond);
void dynamic_group_members_changing(benchmark::State& state) { dynamic_group(state, true); }
BENCHMARK(dynamic_group_members_changing)->Unit(benchmark::kMicrosecond)->Iterations(20);

void nspi_resolve_names_measured(benchmark::State& state) {
  People& people = People::get();
  Arena arena;
  std::vector<std::optional<std::string>> names(10);
  int at = 0;
  for (auto _ : state) {
    arena.reset();
    for (auto& name : names) name = person(at = (at + 31) % people.count);
    auto answer =
        people.service->resolve_names(kCaller, people.stat(0), server::NspiColumns(kColumns), names, true, arena);
    benchmark::DoNotOptimize(answer.ids);
  }
}
BENCHMARK(nspi_resolve_names_measured)->Unit(benchmark::kMicrosecond);

// Each name by its index, and its row.
void nspi_resolve_names_baseline(benchmark::State& state) {
  People& people = People::get();
  Statement find("SELECT DISTINCT object FROM object_word WHERE word >= ? AND word < ? LIMIT 2");
  Statement read(
      "SELECT id, kind, guid, user_id, legacy_dn, address, name, phonetic, hidden, properties FROM object "
      "WHERE id = ?");
  int at = 0;
  for (auto _ : state) {
    for (int i = 0; i < 10; ++i) {
      const std::string name = person(at = (at + 31) % people.count), end = name + "\xEF\xBF\xBF";
      sqlite3_bind_text(find.raw, 1, name.data(), static_cast<int>(name.size()), SQLITE_TRANSIENT);
      sqlite3_bind_text(find.raw, 2, end.data(), static_cast<int>(end.size()), SQLITE_TRANSIENT);
      sqlite3_int64 id = 0;
      while (sqlite3_step(find.raw) == SQLITE_ROW) id = sqlite3_column_int64(find.raw, 0);
      sqlite3_reset(find.raw);
      sqlite3_bind_int64(read.raw, 1, id);
      if (sqlite3_step(read.raw) == SQLITE_ROW)
        for (int column = 0; column < 10; ++column) benchmark::DoNotOptimize(sqlite3_column_text(read.raw, column));
      sqlite3_reset(read.raw);
    }
  }
}
BENCHMARK(nspi_resolve_names_baseline)->Unit(benchmark::kMicrosecond);

void nspi_seek_entries_measured(benchmark::State& state) {
  People& people = People::get();
  Arena arena;
  int at = 0;
  for (auto _ : state) {
    arena.reset();
    at = (at + 31) % people.count;
    const mapi::Property name{
        PropTag(tag::PidTagDisplayName),
        mapi::Value::of(mapi::utf16_in(arena, "Person " + std::to_string(at * 7919LL % 1'000'003)))};
    auto answer = people.service->seek_entries(kCaller, people.stat(0), name, std::nullopt, std::nullopt, arena);
    benchmark::DoNotOptimize(answer.stat);
  }
}
BENCHMARK(nspi_seek_entries_measured)->Unit(benchmark::kMicrosecond);

// The first name that is not before it, by an index that directory.db does not have.
void nspi_seek_entries_baseline(benchmark::State& state) {
  People& people = People::get();
  Statement seek("SELECT id FROM name WHERE name COLLATE NOCASE >= ? ORDER BY name COLLATE NOCASE LIMIT 1");
  int at = 0;
  for (auto _ : state) {
    at = (at + 31) % people.count;
    const std::string name = "Person " + std::to_string(at * 7919LL % 1'000'003);
    sqlite3_bind_text(seek.raw, 1, name.data(), static_cast<int>(name.size()), SQLITE_TRANSIENT);
    while (sqlite3_step(seek.raw) == SQLITE_ROW) benchmark::DoNotOptimize(sqlite3_column_int64(seek.raw, 0));
    sqlite3_reset(seek.raw);
  }
}
BENCHMARK(nspi_seek_entries_baseline)->Unit(benchmark::kMicrosecond);

}  // namespace
