// The mailbox store: opening and reading contents tables, beside plain SQLite on the same file; saving with shared
// commits; importing. ROPEWALK_BENCH_SMALL=1 leaves the folder of 1,000,000 messages out (a minute and 3 GiB of disk).
#include <benchmark/benchmark.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <thread>

#include "mapi/property_tags.h"
#include "store/mailbox_store.h"

namespace {

using namespace ropewalk;
using namespace ropewalk::store;
using mapi::PropTag;
using mapi::Value;
namespace tag = mapi::tag;

constexpr std::size_t kAnswer = 1u << 20;

class Folder {
 public:
  Folder() {
    const char* base = std::getenv("ROPEWALK_BENCH_DIR");  // where fdatasync means something
    std::string name = (base != nullptr ? std::string(base) : std::filesystem::temp_directory_path().string()) +
                       "/ropewalk-bench-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::shared_ptr<MailboxStore> make(const std::string& name, bool durable) const {
    MailboxOwner owner{"User One", "user1@ropewalk.test", "/o=Ropewalk/cn=user1", Guid::random()};
    StoreOptions options;
    options.durable = durable;
    auto made = MailboxStore::create(path_ + "/" + name + ".db", owner, options);
    if (!made.ok()) std::fprintf(stderr, "%s\n", made.error().text.c_str()), std::exit(1);
    return *made;
  }

 private:
  std::string path_;
};

// What an imported message of ordinary size carries; `body` characters of text.
mapi::MessageContent message(int i, std::size_t body = 1'000) {
  mapi::MessageContent content;
  mapi::PropertyBag& bag = content.properties;
  const std::string nr = std::to_string(i * 7919LL % 1'000'003);
  auto text = [&](u32 the_tag, const std::string& value) { bag.set_text(PropTag(the_tag), value); };
  text(tag::PidTagMessageClass, "IPM.Note");
  text(tag::PidTagSubject, "Re: Notes of meeting " + nr);
  text(tag::PidTagBody, std::string(body, 'x'));
  text(tag::PidTagInternetMessageId, "<" + nr + ".12345@ropewalk.test>");
  text(tag::PidTagConversationTopic, "Notes of meeting " + nr);
  text(tag::PidTagTransportMessageHeaders, std::string(800, 'h'));
  for (u32 name : {tag::PidTagSentRepresentingName, tag::PidTagSenderName}) text(name, "Sender Number " + nr);
  for (u32 kind : {tag::PidTagSentRepresentingAddressType, tag::PidTagSenderAddressType}) text(kind, "SMTP");
  for (u32 address : {tag::PidTagSentRepresentingEmailAddress, tag::PidTagSenderEmailAddress})
    text(address, "sender" + nr + "@ropewalk.test");
  bag.set(PropTag(tag::PidTagImportance), Value::of(u32{1}));
  bag.set(PropTag(tag::PidTagMessageDeliveryTime), Value::of(FileTime::from_unix(1'600'000'000 + i)));
  bag.set(PropTag(tag::PidTagClientSubmitTime), Value::of(FileTime::from_unix(1'600'000'000 + i)));
  mapi::PropertyBag& to = content.recipients.emplace_back();
  to.set(PropTag(tag::PidTagRecipientType), Value::of(u32{1}));
  to.set_text(PropTag(tag::PidTagDisplayName), "User One");
  to.set_text(PropTag(tag::PidTagSmtpAddress), "user1@ropewalk.test");
  return content;
}

void import_many(MailboxStore& store, int count, int first = 0) {
  constexpr int kBatch = 256;
  for (int at = 0; at < count; at += kBatch) {
    std::vector<mapi::MessageContent> contents;
    std::vector<const mapi::MessageContent*> pointers;
    for (int i = at; i < std::min(count, at + kBatch); ++i) contents.push_back(message(first + i));
    for (auto& content : contents) pointers.push_back(&content);
    auto ids = store.import(store.special(SpecialFolder::inbox), pointers);
    if (!ids.ok()) std::fprintf(stderr, "%s\n", ids.error().text.c_str()), std::exit(1);
  }
}

// A mailbox with that many messages in its Inbox, made once.
MailboxStore& filled(int count) {
  static Folder folder;
  static std::map<int, std::shared_ptr<MailboxStore>> made;
  auto& store = made[count];
  if (store == nullptr) {
    store = folder.make("filled-" + std::to_string(count), false);
    import_many(*store, count);
  }
  return *store;
}

const PropTag kColumns[] = {PropTag(tag::PidTagMid),
                            PropTag(tag::PidTagSubject),
                            PropTag(tag::PidTagSentRepresentingName),
                            PropTag(tag::PidTagMessageDeliveryTime),
                            PropTag(tag::PidTagMessageFlags),
                            PropTag(tag::PidTagMessageSize),
                            PropTag(tag::PidTagMessageClass),
                            PropTag(tag::PidTagHasAttachments),
                            PropTag(tag::PidTagImportance),
                            PropTag(tag::PidTagDisplayTo),
                            PropTag(tag::PidTagLastModificationTime),
                            PropTag(tag::PidTagConversationTopic)};

std::unique_ptr<Table> open_table(MailboxStore& store, std::size_t columns, u32 by, bool descending) {
  auto table = store.contents_table(store.special(SpecialFolder::inbox), false);
  const SortKey keys[] = {{PropTag(by), descending}};
  (void)(*table)->set_columns(std::span(kColumns).first(columns));
  (void)(*table)->sort(keys);
  return std::move(*table);
}

void open_sorted(benchmark::State& state, u32 by, bool descending) {
  MailboxStore& store = filled(static_cast<int>(state.range(0)));
  Arena arena;
  (void)open_table(store, 8, by, descending)->query_rows(50, true, true, kAnswer, arena);  // makes the view, if any
  for (auto _ : state) {
    arena.reset();
    auto table = open_table(store, 8, by, descending);
    auto rows = table->query_rows(50, true, true, kAnswer, arena);
    if (!rows.ok() || rows->rows.size() != 50) state.SkipWithError("no 50 rows");
  }
}

void StoreOpenByDelivery50x8(benchmark::State& state) { open_sorted(state, tag::PidTagMessageDeliveryTime, true); }
void StoreOpenBySubjectAgain50x8(benchmark::State& state) { open_sorted(state, tag::PidTagSubject, false); }
void StoreOpenBySenderAgain50x8(benchmark::State& state) { open_sorted(state, tag::PidTagSentRepresentingName, false); }

// A view that no table has used: one pass over the folder. A changing restriction that all rows satisfy makes it new.
void StoreOpenBySubjectFirst50x8(benchmark::State& state) {
  MailboxStore& store = filled(static_cast<int>(state.range(0)));
  Arena arena;
  u32 nothing = 0;
  for (auto _ : state) {
    arena.reset();
    auto table = open_table(store, 8, tag::PidTagSubject, false);
    mapi::Restriction size;
    size.type = mapi::RestrictType::bit_mask;
    size.tag = PropTag(tag::PidTagMessageFlags);
    size.bit_mask_relop = mapi::BitMaskRelOp::eqz;
    size.number = 0x80000000 | ++nothing << 8;
    (void)table->restrict(&size);
    auto rows = table->query_rows(50, true, true, kAnswer, arena);
    if (!rows.ok() || rows->rows.size() != 50) state.SkipWithError("no 50 rows");
  }
}

// Walks the whole folder, 50 rows at a time; per row.
void query_rows(benchmark::State& state, std::size_t columns) {
  constexpr int kMessages = 100'000;
  MailboxStore& store = filled(kMessages);
  auto table = open_table(store, columns, tag::PidTagMessageDeliveryTime, true);
  Arena arena;
  std::size_t rows_read = 0;
  for (auto _ : state) {
    for (int i = 0; i < 20; ++i) {
      arena.reset();
      auto rows = table->query_rows(50, true, true, kAnswer, arena);
      rows_read += rows->rows.size();
      if (rows->at == Origin::end) (void)table->seek(Origin::beginning, 0);
    }
  }
  state.SetItemsProcessed(static_cast<i64>(rows_read));
}

// The same rows through SQLite's C API: the row's columns and its properties, copied out.
void plain_select(benchmark::State& state, int columns) {
  constexpr int kMessages = 100'000;
  MailboxStore& store = filled(kMessages);
  const i64 folder = static_cast<i64>(store.special(SpecialFolder::inbox).globcnt());
  sqlite3* database = nullptr;
  sqlite3_open_v2(store.path().c_str(), &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  sqlite3_exec(database, "PRAGMA cache_size = -2048", nullptr, nullptr, nullptr);
  // As many columns as the table shows; those that the store keeps among the packed properties stand in `props`.
  const char* wide =
      "SELECT id, delivered, flags, size, modified, folder, associated, created, status, cn, subject_key, props "
      "FROM messages WHERE folder = ? AND associated = 0 AND (delivered, id) < (?, ?) "
      "ORDER BY delivered DESC, id DESC LIMIT 50";
  const char* narrow =
      "SELECT id, delivered, flags, size, modified, props FROM messages WHERE folder = ? AND associated = 0 AND "
      "(delivered, id) < (?, ?) ORDER BY delivered DESC, id DESC LIMIT 50";
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, columns > 6 ? wide : narrow, -1, &statement, nullptr);
  constexpr i64 kTop = 0x7FFFFFFFFFFFFFFF;
  i64 delivered = kTop, id = kTop, sum = 0;
  std::size_t rows_read = 0;
  std::vector<char> copy(64u << 10);
  for (auto _ : state) {
    for (int i = 0; i < 20; ++i) {
      sqlite3_bind_int64(statement, 1, folder);
      sqlite3_bind_int64(statement, 2, delivered);
      sqlite3_bind_int64(statement, 3, id);
      int rows = 0;
      while (sqlite3_step(statement) == SQLITE_ROW) {
        id = sqlite3_column_int64(statement, 0);
        delivered = sqlite3_column_int64(statement, 1);
        const int last = sqlite3_column_count(statement) - 1;
        for (int c = 2; c < last; ++c) {
          if (sqlite3_column_type(statement, c) == SQLITE_INTEGER) {
            sum += sqlite3_column_int64(statement, c);
          } else {
            const void* data = sqlite3_column_blob(statement, c);
            if (data != nullptr)
              std::memcpy(copy.data(), data, static_cast<std::size_t>(sqlite3_column_bytes(statement, c)));
          }
        }
        const void* props = sqlite3_column_blob(statement, last);
        std::memcpy(copy.data(), props, static_cast<std::size_t>(sqlite3_column_bytes(statement, last)));
        ++rows;
      }
      sqlite3_reset(statement);
      rows_read += static_cast<std::size_t>(rows);
      if (rows < 50) delivered = id = kTop;
    }
  }
  benchmark::DoNotOptimize(sum);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  state.SetItemsProcessed(static_cast<i64>(rows_read));
}

void StoreQueryRows50x6_measured(benchmark::State& state) { query_rows(state, 6); }
void StoreQueryRows50x6_baseline(benchmark::State& state) { plain_select(state, 6); }
void StoreQueryRows50x12_measured(benchmark::State& state) { query_rows(state, 12); }
void StoreQueryRows50x12_baseline(benchmark::State& state) { plain_select(state, 12); }

void StoreOpenFolder(benchmark::State& state) {
  MailboxStore& store = filled(1'000);
  const auto inbox = store.special(SpecialFolder::inbox);
  for (auto _ : state) benchmark::DoNotOptimize(store.folder(inbox));
}

void StoreOpenMessage(benchmark::State& state) {
  MailboxStore& store = filled(1'000);
  const auto inbox = store.special(SpecialFolder::inbox);
  const auto ids = *store.message_ids(inbox, false);
  std::size_t next = 0;
  for (auto _ : state) {
    auto message = *store.open_message(inbox, ids[next++ % ids.size()], false);
    Arena arena;
    for (PropTag column : kColumns) benchmark::DoNotOptimize(message->property(column, arena));
    benchmark::DoNotOptimize(message->recipients().size());
  }
}

// New messages of 1,000 characters, each durable when save() returns, from eight threads.
void save_from_threads(benchmark::State& state, int mailboxes) {
  constexpr int kThreads = 8, kEach = 50;
  Folder folder;
  std::vector<std::shared_ptr<MailboxStore>> stores;
  for (int i = 0; i < mailboxes; ++i) stores.push_back(folder.make(std::to_string(i), true));
  const std::string body(2'000, 'x');  // 1,000 characters in UTF-16LE
  std::atomic<int> failed{0};
  for (auto _ : state) {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        MailboxStore& store = *stores[static_cast<std::size_t>(t % mailboxes)];
        Arena arena;
        const ByteView subject = mapi::utf16_in(arena, "A new message");
        for (int i = 0; i < kEach; ++i) {
          auto message = *store.new_message(store.special(SpecialFolder::drafts), false);
          (void)message->set(PropTag(tag::PidTagSubject), Value::of(subject));
          (void)message->set(PropTag(tag::PidTagBody), Value::of(bytes_of(body)));
          failed += !message->save().ok();
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
  u64 commits = 0, writes = 0;
  for (auto& store : stores) {
    commits += store->counters().commits;
    writes += store->counters().writes;
  }
  if (failed != 0) state.SkipWithError("a save failed");
  state.SetItemsProcessed(state.iterations() * kThreads * kEach);
  state.counters["saves_per_fdatasync"] = static_cast<double>(writes) / static_cast<double>(std::max<u64>(commits, 1));
}
void StoreSave8ThreadsTo1(benchmark::State& state) { save_from_threads(state, 1); }
void StoreSave8ThreadsTo8(benchmark::State& state) { save_from_threads(state, 8); }

// 256 messages a commit; what parsing costs is not here.
void StoreImport(benchmark::State& state) {
  Folder folder;
  auto store = folder.make("import", true);
  std::vector<mapi::MessageContent> contents;
  std::vector<const mapi::MessageContent*> pointers;
  for (int i = 0; i < 256; ++i) contents.push_back(message(i, 3'000));
  for (auto& content : contents) pointers.push_back(&content);
  for (auto _ : state) (void)store->import(store->special(SpecialFolder::inbox), pointers);
  state.SetItemsProcessed(state.iterations() * 256);
}

const int kRegistered = [] {
  std::vector<i64> sizes{100'000};
  if (std::getenv("ROPEWALK_BENCH_SMALL") == nullptr) sizes.push_back(1'000'000);
  auto with_sizes = [&](const char* name, void (*run)(benchmark::State&)) {
    auto* made = benchmark::RegisterBenchmark(name, run);
    made->Unit(benchmark::kMicrosecond);
    for (i64 size : sizes) made->Arg(size);
  };
  with_sizes("StoreOpenByDelivery50x8", StoreOpenByDelivery50x8);
  with_sizes("StoreOpenBySubjectFirst50x8", StoreOpenBySubjectFirst50x8);
  with_sizes("StoreOpenBySubjectAgain50x8", StoreOpenBySubjectAgain50x8);
  with_sizes("StoreOpenBySenderAgain50x8", StoreOpenBySenderAgain50x8);
  return 0;
}();

BENCHMARK(StoreQueryRows50x6_measured)->Unit(benchmark::kMicrosecond);
BENCHMARK(StoreQueryRows50x6_baseline)->Unit(benchmark::kMicrosecond);
BENCHMARK(StoreQueryRows50x12_measured)->Unit(benchmark::kMicrosecond);
BENCHMARK(StoreQueryRows50x12_baseline)->Unit(benchmark::kMicrosecond);
BENCHMARK(StoreOpenFolder);
BENCHMARK(StoreOpenMessage);
BENCHMARK(StoreSave8ThreadsTo1)->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(StoreSave8ThreadsTo8)->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(StoreImport)->Unit(benchmark::kMillisecond);

}  // namespace
