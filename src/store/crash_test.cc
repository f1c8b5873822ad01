// Whatever was acknowledged is there after a kill; what was not leaves no trace; a full disk spoils nothing.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "store/test_mailbox.h"

namespace ropewalk::store {
namespace {

using mapi::MessageId;

constexpr int kRounds = 200;

// What the child says before or after it did something; pipes keep writes of this size whole.
struct Word {
  enum class Kind : u64 { added, deleting, deleted } kind{};
  u64 id = 0;
};

void say(int pipe, Word::Kind kind, MessageId id) {
  const Word word{kind, id.value};
  if (::write(pipe, &word, sizeof word) != sizeof word) ::_exit(2);
}

mapi::MessageContent message_for(std::mt19937& random) {
  auto content = simple_message("crash " + std::to_string(random()), 1'700'000'000 + random() % 1000,
                                std::string(random() % 20'000, 'x'));
  if (random() % 3 == 0) {
    std::vector<u8> data(random() % 150'000, static_cast<u8>(random()));
    content.attachments.emplace_back().properties.set_bytes(tag_of(mapi::tag::PidTagAttachDataBinary), data);
  }
  return content;
}

// Adds, changes and deletes messages until it is killed.
void work(MailboxStore& store, int pipe, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<MessageId> mine;
  const auto inbox = store.special(SpecialFolder::inbox);
  for (;;) {
    auto id = store.import(inbox, message_for(random));
    if (!id.ok()) ::_exit(3);
    say(pipe, Word::Kind::added, *id);
    mine.push_back(*id);
    if (random() % 3 == 0) {
      const MessageId victim = mine[random() % mine.size()];
      say(pipe, Word::Kind::deleting, victim);
      if (!store.delete_messages(inbox, std::span(&victim, 1)).ok()) ::_exit(3);
      say(pipe, Word::Kind::deleted, victim);
      std::erase(mine, victim);
    }
    if (random() % 3 == 0 && !mine.empty()) {
      auto message = store.open_message({}, mine.back(), true);
      if (!message.ok() || !(*message)->set(tag_of(mapi::tag::PidTagImportance), mapi::Value::of(u32{2})).ok() ||
          !(*message)->save().ok())
        ::_exit(3);
    }
  }
}

[[noreturn]] void child(const std::string& path, int pipe, unsigned seed) {
  auto store = MailboxStore::open(path);
  if (!store.ok()) ::_exit(1);
  std::thread other([&] { work(**store, pipe, seed * 2 + 1); });
  work(**store, pipe, seed * 2);
  ::_exit(0);
}

struct Told {
  std::set<u64> there, gone;
};

// Takes in up to `most` words, until the pipe ends.
void listen(int pipe, Told& told, u32 most) {
  Word word;
  for (; most != 0 && ::read(pipe, &word, sizeof word) == sizeof word; --most) {
    if (word.kind == Word::Kind::added) told.there.insert(word.id);
    if (word.kind != Word::Kind::added) told.there.erase(word.id);  // under way: either is right
    if (word.kind == Word::Kind::deleted) told.gone.insert(word.id);
  }
}

// Lets a child work for a moment, kills it, and returns what it had been told was durable.
Told killed_round(const std::string& path, unsigned seed, std::mt19937& random) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    child(path, ends[1], seed);
  }
  ::close(ends[1]);
  Told told;
  listen(ends[0], told, 1 + random() % 12);  // however slow the machine, something was done
  ::usleep(random() % 5'000);
  ::kill(pid, SIGKILL);
  listen(ends[0], told, ~u32{0});
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
  return told;
}

TEST(Crash, AcknowledgedWritesSurviveKilling) {
  TestMailbox box;
  box.store.reset();  // the child is the only one that has it open
  std::mt19937 random(7);
  std::size_t acknowledged = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Told told = killed_round(box.path(), static_cast<unsigned>(round), random);
    box.reopen();
    const auto ids = *box.store->message_ids(box.inbox(), false);
    std::set<u64> stored;
    for (MessageId id : ids) stored.insert(id.value);
    for (u64 id : told.there) ASSERT_TRUE(stored.contains(id)) << "round " << round;
    for (u64 id : told.gone) ASSERT_FALSE(stored.contains(id)) << "round " << round;
    for (u64 id : told.there) {
      auto message = box.store->export_message(MessageId{id});
      ASSERT_TRUE(message.ok()) << message.error().text;
      if (random() % 4 != 0) break;  // a few suffice
    }
    acknowledged += told.there.size() + told.gone.size();
    if (round % 10 == 9) {
      box.check();
      ASSERT_TRUE(box.store->empty_folder(box.inbox(), true, true, false).ok());  // keeps the rounds short
    }
    box.store.reset();
  }
  EXPECT_GT(acknowledged, std::size_t{kRounds});
  box.reopen();
  box.check();
}

// A soft limit on the size of files stands for a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(Crash, AFullDiskLeavesNoTrace) {
  TestMailbox box({.durable = true});
  std::mt19937 random(11);
  const auto wal = std::filesystem::path(box.path() + "-wal");
  u32 expected = 0;
  for (int round = 0; round < 10; ++round) {
    bool failed = false;
    {
      FullDisk full(std::filesystem::file_size(wal) + 50'000 + random() % 200'000);
      for (int i = 0; i < 200 && !failed; ++i) {
        auto id = box.store->import(box.inbox(), message_for(random));
        failed = !id.ok();
        if (failed)
          EXPECT_EQ(id.error().code, mapi::ErrorCode::stream_size_error) << id.error().text;
        else
          ++expected;
      }
    }
    EXPECT_TRUE(failed);
    EXPECT_EQ(box.store->folder(box.inbox())->content_count, expected);
    ASSERT_TRUE(box.store->import(box.inbox(), message_for(random)).ok());  // room again: all goes on
    ++expected;
  }
  box.check();
  box.reopen();
  EXPECT_EQ(box.store->folder(box.inbox())->content_count, expected);
  box.check();
}

TEST(Crash, AFullDiskFailsAllThatShareTheCommit) {
  TestMailbox box({.durable = true});
  std::atomic<u32> stored{0}, failed{0};
  {
    FullDisk full(std::filesystem::file_size(box.path() + "-wal") + 400'000);
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        std::mt19937 random(t);
        for (int i = 0; i < 20; ++i) ++(box.store->import(box.inbox(), message_for(random)).ok() ? stored : failed);
      });
    }
    for (auto& thread : threads) thread.join();
  }
  EXPECT_GT(failed.load(), 0u);
  EXPECT_EQ(box.store->folder(box.inbox())->content_count, stored.load());
  box.check();
}

}  // namespace
}  // namespace ropewalk::store
