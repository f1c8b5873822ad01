#include "net/tcp_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "net/signal.h"
#include "net/test_wire.h"
#include "net/worker_pool.h"

namespace ropewalk::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Awaitable<void> echo(std::shared_ptr<TcpStream> stream) {
  for (;;) {
    const std::string_view bytes = co_await stream->read();
    if (bytes.empty()) co_return;
    const std::string copy(bytes);
    const bool sent = co_await stream->write(copy);
    if (!sent) co_return;
  }
}

class TcpServerTest : public testing::Test {
 protected:
  void start(StreamHandler handler, TcpServerOptions options = {}) {
    options.endpoints = {{"127.0.0.1", 0, std::move(handler)}};
    if (options.threads == 0) options.threads = 2;
    options.log = [this](const std::string& line) {
      std::lock_guard guard(lock_);
      log_ += line + "\n";
    };
    auto server = TcpServer::start(std::move(options));
    ASSERT_TRUE(server.ok()) << server.error().text;
    server_ = std::move(*server);
    port_ = server_->ports().front();
  }
  template <class Condition>
  bool eventually(Condition condition) {
    for (int i = 0; i < 500; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  std::string log() {
    std::lock_guard guard(lock_);
    return log_;
  }

  std::mutex lock_;
  std::string log_;
  std::unique_ptr<TcpServer> server_;
  u16 port_ = 0;
};

TEST_F(TcpServerTest, ReadsAndWrites) {
  start(echo);
  Wire one(port_), two(port_);
  for (int i = 0; i < 10; ++i) {
    one.send("to and fro " + std::to_string(i) + ".");
    two.send("two.");
    EXPECT_EQ(one.read_until("."), "to and fro " + std::to_string(i) + ".");
    EXPECT_EQ(two.read_until("."), "two.");
  }
  EXPECT_EQ(server_->connections(), 2u);
  one.close();
  two.reset();
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; }));
}

TEST_F(TcpServerTest, WritesWhileItReads) {
  start([](std::shared_ptr<TcpStream> stream) -> Awaitable<void> {
    auto tick = [stream]() -> Awaitable<void> {
      Signal never;
      for (int i = 0; i < 5; ++i) {
        (void)co_await never.wait_for(5ms);
        const bool sent = co_await stream->write("tick ");
        if (!sent) break;
      }
      co_await stream->write("end.");
    };
    stream->start(tick);
    for (;;) {
      const std::string_view bytes = co_await stream->read();
      if (bytes.empty()) co_return;
    }
  });
  Wire wire(port_);
  wire.send("x");
  EXPECT_EQ(wire.read_until("."), "tick tick tick tick tick end.");
}

TEST_F(TcpServerTest, DeadlinesEndReading) {
  start([](std::shared_ptr<TcpStream> stream) -> Awaitable<void> {
    stream->set_deadline(TcpStream::Clock::now() + 50ms);
    const std::string_view bytes = co_await stream->read();
    const std::string text = bytes.empty() ? "too late" : "in time";
    co_await stream->write(text);
  });
  Wire late(port_);
  EXPECT_EQ(late.read_to_end(), "too late");
  Wire punctual(port_);
  punctual.send("x");
  EXPECT_EQ(punctual.read_to_end(), "in time");
}

TEST_F(TcpServerTest, StoppingLetsHandlersFinish) {
  WorkerPool pool(1);
  start([&pool](std::shared_ptr<TcpStream> stream) -> Awaitable<void> {
    (void)co_await stream->read();
    co_await run(pool, [] { std::this_thread::sleep_for(200ms); });
    co_await stream->write("done");
    const std::string_view more = co_await stream->read();
    EXPECT_TRUE(more.empty());
  });
  Wire busy(port_), idle(port_);
  busy.send("x");
  std::this_thread::sleep_for(50ms);
  server_->stop(5s);
  EXPECT_EQ(busy.read_to_end(), "done");
  EXPECT_EQ(idle.read_to_end(), "done");  // its handler was told of the end at once
}

TEST_F(TcpServerTest, SlowReadersAreCutOff) {
  start(
      [](std::shared_ptr<TcpStream> stream) -> Awaitable<void> {
        const std::string lots(64 << 20, 'x');
        const bool sent = co_await stream->write(lots);
        EXPECT_FALSE(sent);
      },
      {.write_timeout = 200ms});
  Wire wire(port_);
  EXPECT_TRUE(eventually([&] { return log().find("took nothing for too long") != std::string::npos; }));
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; }));
}

// One thread, and a client that sends and reads without a pause: the others' turn comes, and so does that of what the
// handler starts.
TEST_F(TcpServerTest, ABusyConnectionLeavesTheThreadToOthers) {
  std::atomic<int> alive{0}, most{0};
  TcpServerOptions options;
  options.threads = 1;
  start(
      [&](std::shared_ptr<TcpStream> stream) -> Awaitable<void> {
        for (;;) {
          const std::string_view bytes = co_await stream->read();
          if (bytes.empty()) co_return;
          const std::string copy(bytes);
          auto token = std::shared_ptr<int>(new int, [&](int* gone) { delete gone, --alive; });
          most = std::max(most.load(), ++alive);
          stream->start([stream, token]() -> Awaitable<void> { co_return; });
          token.reset();
          const bool sent = co_await stream->write(copy);
          if (!sent) co_return;
        }
      },
      std::move(options));
  std::atomic<bool> stop{false};
  Wire wire(port_);
  std::thread writer([&] {
    const std::string block = std::string(1 << 16, 'x') + ".";
    while (!stop) wire.send(block);
  });
  std::thread reader([&] {
    while (!stop) wire.read_until(".", 50ms);
  });
  Wire other(port_);
  for (int i = 0; i < 100; ++i) {
    other.send("hello.");
    EXPECT_EQ(other.read_until("."), "hello.");
  }
  stop = true;
  reader.join();
  wire.shut_down();
  writer.join();
  server_->stop(0ms);  // its handler counts in this frame
  // Of each of the two connections: what it started when it had waited, and after the read that followed at once. They
  // run before either connection's next turn.
  EXPECT_LE(most, 4);
}

// A peer whose machine is gone says no more: the kernel asks, before long.
TEST_F(TcpServerTest, SilentPeersAreProbed) {
  start(echo);
  Wire wire(port_);
  wire.send("hello.");
  EXPECT_EQ(wire.read_until("."), "hello.");
  // "sl local_address rem_address st tx_queue:rx_queue tr:tm->when ...": timer 02 is keep-alive's, in hundredths of a
  // second.
  char local[16];
  std::snprintf(local, sizeof local, ":%04X", port_);
  std::string own_timer;
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number, here, there, state, queues, timer;
    fields >> number >> here >> there >> state >> queues >> timer;
    if (here.ends_with(local) && state == "01") own_timer = timer;
  }
  ASSERT_THAT(own_timer, testing::StartsWith("02:"));
  EXPECT_LE(std::stoul(own_timer.substr(3), nullptr, 16), 12'000u);
}

TEST_F(TcpServerTest, TurnsAwayMoreThanItMayHold) {
  start(echo, {.max_connections = 3});
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 3; ++i) wires.push_back(std::make_unique<Wire>(port_));
  ASSERT_TRUE(eventually([&] { return server_->connections() == 3; }));
  Wire extra(port_);
  EXPECT_EQ(extra.read_to_end(), "");
  EXPECT_THAT(log(), HasSubstr("3 are open already"));
  for (auto& wire : wires) {
    wire->send("hello.");
    EXPECT_EQ(wire->read_until("."), "hello.");
  }
}

}  // namespace
}  // namespace ropewalk::net
