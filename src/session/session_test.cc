#include "session/session.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <set>

#include "session/registry.h"

namespace ropewalk::session {
namespace {

using namespace std::chrono_literals;
using Clock = Session::Clock;

std::shared_ptr<Session> session_of(i64 user) {
  UserIdentity who;
  who.id = user;
  who.address = "user" + std::to_string(user) + "@ropewalk.test";
  return std::make_shared<Session>(who, ClientContext{});
}

const Clock::time_point kStart = Clock::time_point(1000h);

TEST(Registry, FindsBySessionIdAlone) {
  Registry registry({});
  auto one = session_of(1), two = session_of(1);
  EXPECT_EQ(registry.add(one, kStart).value(), nullptr);
  EXPECT_EQ(registry.add(two, kStart).value(), nullptr);
  EXPECT_NE(one->id(), two->id());
  EXPECT_EQ(one->id().size(), 32u);
  EXPECT_EQ(registry.find(one->id(), kStart), one);
  EXPECT_EQ(registry.find(two->id(), kStart), two);
  EXPECT_EQ(registry.find("", kStart), nullptr);
  EXPECT_EQ(registry.find("0123456789ABCDEF0123456789ABCDEF", kStart), nullptr);
  EXPECT_EQ(registry.remove(one->id()), one);
  EXPECT_EQ(registry.remove(one->id()), nullptr);
  EXPECT_EQ(registry.find(one->id(), kStart), nullptr);
  EXPECT_EQ(registry.size(), 1u);
}

TEST(Registry, ASessionExpiresAfterItsIdleTime) {
  Registry registry({.expiry = 900s});
  auto one = session_of(1);
  ASSERT_TRUE(registry.add(one, kStart));
  EXPECT_TRUE(registry.sweep(kStart + 899s).empty());
  EXPECT_EQ(registry.find(one->id(), kStart + 899s), one);  // starts anew
  EXPECT_EQ(registry.find(one->id(), kStart + 1798s), one);
  EXPECT_EQ(registry.find(one->id(), kStart + 2698s), nullptr);
  auto expired = registry.sweep(kStart + 2698s);
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0], one);
  EXPECT_EQ(registry.size(), 0u);
}

TEST(Registry, ASessionAtWorkDoesNotExpire) {
  Registry registry({.expiry = 900s});
  auto one = session_of(1);
  ASSERT_TRUE(registry.add(one, kStart));
  ++one->busy;
  EXPECT_TRUE(registry.sweep(kStart + 5h).empty());
  --one->busy;
  Registry::touch(*one, kStart + 5h);
  EXPECT_TRUE(registry.sweep(kStart + 5h + 899s).empty());
  EXPECT_EQ(registry.sweep(kStart + 5h + 900s).size(), 1u);
}

TEST(Registry, TheLongestUnusedSessionOfAUserHasToGo) {
  Registry registry({.sessions_per_user = 3, .sessions = 5});
  auto a = session_of(1), b = session_of(1), c = session_of(1), d = session_of(1), other = session_of(2);
  ASSERT_TRUE(registry.add(other, kStart));
  ASSERT_TRUE(registry.add(a, kStart + 1s));
  ASSERT_TRUE(registry.add(b, kStart + 2s));
  ASSERT_TRUE(registry.add(c, kStart + 3s));
  registry.find(a->id(), kStart + 4s);
  EXPECT_EQ(registry.add(d, kStart + 5s).value(), b);
  EXPECT_EQ(registry.size(), 4u);
  a->busy = c->busy = d->busy = 1;
  EXPECT_FALSE(registry.add(session_of(1), kStart + 6s).ok());
  EXPECT_TRUE(registry.add(session_of(3), kStart + 6s).ok());
  auto full = registry.add(session_of(4), kStart + 6s);
  ASSERT_FALSE(full.ok());
  EXPECT_NE(full.error().text.find("5 sessions"), std::string::npos) << full.error().text;
}

TEST(Registry, TakesOutAUsersSessions) {
  Registry registry({});
  for (i64 user : {1, 2, 1, 1}) ASSERT_TRUE(registry.add(session_of(user), kStart));
  EXPECT_EQ(registry.remove_user(1).size(), 3u);
  EXPECT_EQ(registry.remove_user(1).size(), 0u);
  EXPECT_EQ(registry.size(), 1u);
  EXPECT_EQ(registry.clear().size(), 1u);
}

TEST(Registry, HoldsTenThousandSessionsInLittleMemory) {
  Registry registry({});
  std::size_t before = mallinfo2().uordblks;
  for (i64 i = 0; i < 10'000; ++i) ASSERT_TRUE(registry.add(session_of(i % 200), kStart));
  std::size_t each = (mallinfo2().uordblks - before) / 10'000;
  EXPECT_EQ(registry.size(), 10'000u);
  EXPECT_LT(each, 4096u);
}

struct Event : Notification {
  explicit Event(u32 handle, int n) : Notification(handle), number(n) {}
  int number;
};

TEST(NotificationQueue, KeepsOrderAndTakesBack) {
  NotificationQueue queue;
  EXPECT_FALSE(queue.pending());
  EXPECT_EQ(queue.take(), nullptr);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(std::make_unique<Event>(7 + i % 2, i)));
  auto first = queue.take();
  EXPECT_EQ(static_cast<Event&>(*first).number, 0);
  queue.put_back(std::move(first));
  queue.forget(8);
  EXPECT_EQ(static_cast<Event&>(*queue.take()).number, 0);
  EXPECT_EQ(static_cast<Event&>(*queue.take()).number, 2);
  EXPECT_FALSE(queue.pending());
}

TEST(NotificationQueue, IsBoundedAndRemembersWhatItLost) {
  NotificationQueue queue;
  for (std::size_t i = 0; i < NotificationQueue::kMax; ++i) ASSERT_TRUE(queue.push(std::make_unique<Event>(1, 1)));
  EXPECT_FALSE(queue.take_lost());
  EXPECT_FALSE(queue.push(std::make_unique<Event>(1, 2)));
  while (queue.take() != nullptr) {
  }
  EXPECT_TRUE(queue.pending());  // something was lost: still worth waking for
  EXPECT_TRUE(queue.take_lost());
  EXPECT_FALSE(queue.pending());
}

TEST(NotificationQueue, WakesItsOneWatcher) {
  NotificationQueue queue;
  int first = 0, second = 0;
  u64 one = queue.watch([&] { ++first; });
  queue.push(std::make_unique<Event>(1, 1));
  EXPECT_EQ(first, 1);
  u64 two = queue.watch([&] { ++second; });  // the first is woken to go, the second as something is pending
  EXPECT_EQ(first, 2);
  EXPECT_EQ(second, 1);
  EXPECT_FALSE(queue.is_watching(one));
  EXPECT_TRUE(queue.is_watching(two));
  queue.unwatch(one);
  queue.push(std::make_unique<Event>(1, 2));
  EXPECT_EQ(second, 2);
  queue.unwatch(two);
  queue.push(std::make_unique<Event>(1, 3));
  EXPECT_EQ(second, 2);
}

TEST(NotificationQueue, ClosingWakesTheWatcherForGood) {
  NotificationQueue queue;
  int woken = 0;
  queue.watch([&] { ++woken; });
  queue.close();
  EXPECT_EQ(woken, 1);
  EXPECT_FALSE(queue.push(std::make_unique<Event>(1, 1)));
  queue.watch([&] { woken += 10; });
  EXPECT_EQ(woken, 12);  // the old one again, to go; the new one at once
  EXPECT_TRUE(queue.is_closed());
}

TEST(Turns, ArePassedOnInOrder) {
  Turns turns;
  u64 ticket = 0, second = 0, third = 0;
  std::string order;
  EXPECT_TRUE(turns.enter([] { FAIL(); }, ticket));
  EXPECT_FALSE(turns.try_enter());
  EXPECT_FALSE(turns.enter([&] { order += '2'; }, second));
  EXPECT_FALSE(turns.enter([&] { order += '3'; }, third));
  turns.leave();
  EXPECT_EQ(order, "2");
  EXPECT_FALSE(turns.give_up(second));  // too late: it is his
  EXPECT_TRUE(turns.give_up(third));
  turns.leave();
  EXPECT_EQ(order, "2");
  EXPECT_TRUE(turns.try_enter());
}

}  // namespace
}  // namespace ropewalk::session
