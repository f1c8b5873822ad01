#include "net/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <thread>

#include "net/gate.h"
#include "net/signal.h"

namespace ropewalk::net {
namespace {

using namespace std::chrono_literals;

TEST(WorkerPool, RunsElsewhereAndComesBack) {
  boost::asio::io_context context;
  WorkerPool pool(2);  // ends first: its threads post to the context
  auto work = boost::asio::make_work_guard(context);
  int value = 0;
  bool caught = false;
  const auto home = std::this_thread::get_id();
  const auto script = [&]() -> Awaitable<void> {
    std::thread::id worker;
    value = co_await run(pool, [&] {
      worker = std::this_thread::get_id();
      return 42;
    });
    EXPECT_NE(worker, home);
    EXPECT_EQ(std::this_thread::get_id(), home);
    std::unique_ptr<int> moved = co_await run(pool, [] { return std::make_unique<int>(7); });
    EXPECT_EQ(*moved, 7);
    try {
      co_await run(pool, []() -> int { throw std::runtime_error("disk"); });
    } catch (const std::runtime_error&) {
      caught = true;
    }
    EXPECT_EQ(std::this_thread::get_id(), home);
    work.reset();
  };
  boost::asio::co_spawn(context, script(), boost::asio::detached);
  context.run();
  EXPECT_EQ(value, 42);
  EXPECT_TRUE(caught);
}

TEST(WorkerPool, DoesWhatIsQueuedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(3);
    for (int i = 0; i < 1000; ++i) pool.post([&] { ++done; });
  }
  EXPECT_EQ(done, 1000);
}

TEST(Gate, LetsOneInAtATimeInOrder) {
  boost::asio::io_context context;
  WorkerPool pool(2);  // ends first: its threads post to the context
  auto work = boost::asio::make_work_guard(context);
  Gate gate;
  std::atomic<int> inside = 0, most = 0, finished = 0;
  std::vector<int> order;
  constexpr int kVisitors = 50;
  const auto visit = [&](int number) -> Awaitable<void> {
    auto pass = co_await gate.enter();
    order.push_back(number);
    co_await run(pool, [&] {
      most = std::max<int>(most, ++inside);
      std::this_thread::yield();
      --inside;
    });
    if (++finished == kVisitors) work.reset();
  };
  for (int i = 0; i < kVisitors; ++i) boost::asio::co_spawn(context, visit(i), boost::asio::detached);
  context.run();
  EXPECT_EQ(most, 1);
  EXPECT_EQ(finished, kVisitors);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Signal, WakesOrTimesOut) {
  boost::asio::io_context context;
  auto work = boost::asio::make_work_guard(context);
  Signal signal;
  std::thread setter;
  const auto script = [&]() -> Awaitable<void> {
    bool set = co_await signal.wait_for(10ms);
    EXPECT_FALSE(set);
    signal.set();
    signal.set();
    set = co_await signal.wait_for(0ms);
    EXPECT_TRUE(set);
    set = co_await signal.wait_for(0ms);
    EXPECT_FALSE(set) << "setting twice is setting once";
    setter = std::thread([&] {
      std::this_thread::sleep_for(20ms);
      signal.set();
    });
    set = co_await signal.wait_for(10s);
    EXPECT_TRUE(set);
    for (int i = 0; i < 200; ++i) {  // a time that passes as the signal is set
      std::thread racer([&] { signal.set(); });
      co_await signal.wait_for(0ms);
      racer.join();
      co_await signal.wait_for(1ms);
    }
    work.reset();
  };
  boost::asio::co_spawn(context, script(), boost::asio::detached);
  context.run();
  setter.join();
}

}  // namespace
}  // namespace ropewalk::net
