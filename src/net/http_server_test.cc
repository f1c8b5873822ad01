#include "net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "net/signal.h"
#include "net/test_wire.h"
#include "net/worker_pool.h"

namespace ropewalk::net {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

Awaitable<void> echo(HttpRequest& request, HttpResponder& responder) {
  HttpResponseHead head;
  head.add("X-Method", request.method).add("X-Path", request.path).add("X-Query", request.query);
  co_await responder.send(head, request.body);
}

TEST(HttpReason, EveryStatusThatServersHereSendHasOne) {
  for (int status : {200, 206, 302, 304, 400, 401, 403, 404, 405, 408, 411, 413, 416, 422, 431, 440, 500, 501, 503})
    EXPECT_NE(http_reason(status), "Unknown") << status;
  EXPECT_EQ(http_reason(206), "Partial Content");
  EXPECT_EQ(http_reason(416), "Range Not Satisfiable");
}

class HttpServerTest : public testing::Test {
 protected:
  void start(HttpHandler handler = echo, HttpServerOptions options = {}) {
    options.endpoints = {{"127.0.0.1", 0, nullptr}};
    options.threads = 2;
    options.log = [this](const std::string& line) {
      std::lock_guard guard(lock_);
      log_ += line + "\n";
    };
    auto server = HttpServer::start(std::move(options), std::move(handler));
    ASSERT_TRUE(server.ok()) << server.error().text;
    server_ = std::move(*server);
    port_ = server_->listening().front().port;
    ASSERT_NE(port_, 0);
  }
  std::string log() {
    std::lock_guard guard(lock_);
    return log_;
  }
  // Gives the server's threads the time they need to notice something.
  template <class Condition>
  bool eventually(Condition condition) {
    for (int i = 0; i < 500; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  std::mutex lock_;
  std::string log_;
  std::unique_ptr<HttpServer> server_;
  u16 port_ = 0;
};

TEST_F(HttpServerTest, AWholeResponseLeavesAsOneChunk) {
  start([](HttpRequest& request, HttpResponder& responder) -> Awaitable<void> {
    co_await responder.send_chunked(HttpResponseHead(), request.path == "/empty" ? "" : "DONE\r\n\r\n", request.body);
  });
  Wire wire(port_);
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(wire.read_until("0\r\n\r\n"),
              EndsWith("\r\nTransfer-Encoding: chunked\r\n\r\nd\r\nDONE\r\n\r\nhello\r\n0\r\n\r\n"));
  wire.send("POST /empty HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(wire.read_until("0\r\n\r\n"), EndsWith("chunked\r\n\r\n0\r\n\r\n"));
  wire.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(wire.read_until("\r\n\r\n", 200ms), EndsWith("chunked\r\n\r\n"));
  wire.send("POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(wire.read_to_end(), AllOf(HasSubstr("Content-Length: 13\r\n"), EndsWith("\r\n\r\nDONE\r\n\r\nhello")));
}

TEST_F(HttpServerTest, KeepsTheConnection) {
  start();
  Wire wire(port_);
  for (int i = 0; i < 3; ++i) {
    wire.send("POST /mapi/emsmdb/?MailboxId=x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    const std::string answer = wire.read_until("hello");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("X-Method: POST\r\nX-Path: /mapi/emsmdb/\r\nX-Query: MailboxId=x\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nDate: "));
    EXPECT_THAT(answer, Not(HasSubstr("Connection:")));
  }
  EXPECT_EQ(server_->counters().accepted, 1u);
  EXPECT_EQ(server_->counters().requests, 3u);
}

TEST_F(HttpServerTest, ClosesWhenAsked) {
  start();
  Wire wire(port_);
  wire.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(wire.read_to_end(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(wire.closed());
  Wire old(port_);
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.read_to_end(), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_TRUE(old.closed());
}

TEST_F(HttpServerTest, TakesChunksInAnyPieces) {
  start();
  const std::string request =
      "\r\nPOST http://host/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;note=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
  for (std::size_t step : {std::size_t{1}, std::size_t{7}, request.size()}) {
    Wire wire(port_);
    for (std::size_t i = 0; i < request.size(); i += step) {
      wire.send(request.substr(i, step));
      if (step < 10) std::this_thread::sleep_for(1ms);
    }
    const std::string answer = wire.read_until("abcde");
    EXPECT_THAT(answer, HasSubstr("X-Path: /x\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nabcde"));
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  Wire wire(port_);
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
  }
  wire.send(requests + "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answers = wire.read_to_end();
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find("X-Path: /" + std::to_string(i) + "\r\n", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_NE(answers.find("X-Path: /last\r\n", at), std::string::npos);
}

TEST_F(HttpServerTest, InvitesTheBody) {
  start();
  Wire wire(port_);
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(wire.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  wire.send("xyz");
  EXPECT_THAT(wire.read_until("xyz"), StartsWith("HTTP/1.1 200 OK"));
  // One that does not wait gets no invitation.
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nxyz");
  EXPECT_THAT(wire.read_until("xyz"), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(HttpServerTest, DoesNotInviteABodyThatIsTooLarge) {
  start(echo, {.max_body = 10});
  Wire wire(port_);
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  EXPECT_THAT(wire.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, LimitsBodies) {
  start(echo, {.max_body = 1000});
  const std::string large(1001, 'x');
  Wire declared(port_);
  declared.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n" + large);
  EXPECT_THAT(declared.read_to_end(), StartsWith("HTTP/1.1 413 "));
  Wire chunked(port_);
  chunked.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + large + "\r\n0\r\n\r\n");
  EXPECT_THAT(chunked.read_to_end(), StartsWith("HTTP/1.1 413 "));
  Wire enormous(port_);
  enormous.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n");
  EXPECT_THAT(enormous.read_to_end(), StartsWith("HTTP/1.1 4"));
  EXPECT_THAT(log(), HasSubstr("127.0.0.1: refused with 413: malformed request: body limit exceeded"));
  EXPECT_EQ(server_->counters().requests, 0u);
}

TEST_F(HttpServerTest, LimitsHeads) {
  start(echo, {.max_head = 4096});
  Wire one(port_);
  one.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'x') + "\r\n\r\n");
  EXPECT_THAT(one.read_to_end(), StartsWith("HTTP/1.1 431 "));
  Wire line(port_);
  line.send("GET /" + std::string(5000, 'x') + " HTTP/1.1\r\n");
  EXPECT_THAT(line.read_to_end(), StartsWith("HTTP/1.1 431 "));
  Wire many(port_);
  std::string fields;
  for (int i = 0; i < 200; ++i) fields += "a: b\r\n";
  many.send("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  EXPECT_THAT(many.read_to_end(), StartsWith("HTTP/1.1 431 "));
  Wire chunk_line(port_);
  chunk_line.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(9000, 'x'));
  EXPECT_THAT(chunk_line.read_to_end(), StartsWith("HTTP/1.1 4"));
}

TEST_F(HttpServerTest, RefusesWhatItCannotUnderstand) {
  start();
  const std::pair<const char*, const char*> cases[] = {
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls hello\r\n\r\n", "400"},
      {"GET\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", "400"},
      {"GET / HTTP/3.7\r\nHost: a\r\n\r\n", "505"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", "400"},
  };
  for (const auto& [bytes, status] : cases) {
    Wire wire(port_);
    wire.send(bytes);
    EXPECT_THAT(wire.read_to_end(), StartsWith("HTTP/1.1 " + std::string(status))) << bytes;
    EXPECT_TRUE(wire.closed());
  }
  EXPECT_EQ(server_->counters().refused, std::size(cases));
  EXPECT_EQ(server_->counters().requests, 0u);
}

TEST_F(HttpServerTest, ForgetsTruncatedRequests) {
  start();
  for (const char* bytes :
       {"", "G", "GET / HTTP/1.1\r\nHost:", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"}) {
    Wire wire(port_);
    wire.send(bytes);
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_TRUE(eventually([&] { return server_->counters().connections == 0; }));
  EXPECT_EQ(server_->counters().requests, 0u);
}

TEST_F(HttpServerTest, DoesNotWaitForSlowClients) {
  start(echo, {.idle_timeout = 200ms, .request_timeout = 200ms});
  Wire idle(port_);
  EXPECT_THAT(idle.read_until({}, 2s), IsEmpty());
  EXPECT_TRUE(idle.closed());
  Wire slow(port_);
  std::thread drip([&] {
    for (int i = 0; i < 20; ++i) {
      slow.send(i == 0 ? "GET / HTTP/1.1\r\n" : "A: b\r\n");
      std::this_thread::sleep_for(50ms);
    }
  });
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(slow.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 408 "));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 900ms);
  drip.join();
}

TEST_F(HttpServerTest, DoesNotWaitForSlowReaders) {
  const std::string body(64 << 20, 'x');
  start(
      [&](HttpRequest&, HttpResponder& responder) -> Awaitable<void> {
        HttpResponseHead head;
        EXPECT_FALSE(co_await responder.send(head, body));
      },
      {.write_timeout = 200ms, .slowest_rate = 1 << 30});
  Wire wire(port_);
  wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server_->counters().requests == 1 && server_->counters().connections == 0; }));
  EXPECT_THAT(log(), HasSubstr("took too long to read"));
}

TEST_F(HttpServerTest, StreamsInChunks) {
  const std::string large(100'000, 'L');
  start([&](HttpRequest& request, HttpResponder& responder) -> Awaitable<void> {
    HttpResponseHead head;
    head.add("Content-Type", "application/mapi-http");
    co_await responder.begin_chunked(head, "PROCESSING\r\n");
    co_await responder.write_chunk("");  // would end the body if it were sent
    if (request.path == "/large") co_await responder.write_chunk(large);
    co_await responder.finish("DONE\r\n");
  });
  Wire wire(port_);
  wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = wire.read_until("0\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nc\r\nPROCESSING\r\n\r\n6\r\nDONE\r\n\r\n0\r\n\r\n"));
  wire.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(wire.read_until("0\r\n\r\n"), HasSubstr("186a0\r\n" + large + "\r\n6\r\nDONE"));
  Wire old(port_);
  old.send("GET /large HTTP/1.0\r\n\r\n");
  const std::string plain = old.read_to_end();
  EXPECT_THAT(plain, EndsWith("\r\n\r\nPROCESSING\r\n" + large + "DONE\r\n"));
  EXPECT_THAT(plain, Not(HasSubstr("chunked")));
}

TEST_F(HttpServerTest, HeadAndEmptyStatusesHaveNoBody) {
  start([](HttpRequest& request, HttpResponder& responder) -> Awaitable<void> {
    HttpResponseHead head(request.path == "/none" ? 204 : 200);
    head.add("X-Evil", "a\r\nInjected: b");
    co_await responder.send(head, "body");
  });
  Wire wire(port_);
  wire.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = wire.read_until("\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Evil: a  Injected: b\r\n"));
  wire.send("GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string none = wire.read_to_end();
  EXPECT_THAT(none, EndsWith("\r\n\r\n"));
  EXPECT_THAT(none, Not(HasSubstr("Content-Length")));
}

TEST_F(HttpServerTest, AFailingHandlerIsAnswered) {
  start([](HttpRequest& request, HttpResponder& responder) -> Awaitable<void> {
    if (request.path == "/throw") throw std::runtime_error("disk gone");
    if (request.path == "/half") {
      HttpResponseHead head;
      co_await responder.begin_chunked(head, "half");
      throw std::runtime_error("half way");
    }
  });
  Wire wire(port_);
  wire.send("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(wire.read_until("\n\n", 500ms), StartsWith("HTTP/1.1 500 "));
  wire.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(wire.read_until("\n\n", 500ms), StartsWith("HTTP/1.1 500 "));
  wire.send("GET /half HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(wire.read_to_end(), Not(HasSubstr("0\r\n\r\n")));
  EXPECT_TRUE(wire.closed());
  EXPECT_THAT(log(), HasSubstr("GET /throw failed: disk gone"));
  EXPECT_THAT(log(), HasSubstr("GET /silent failed: the handler gave no answer"));
}

// A handler as a long poll is: parked until something happens, the client goes, or the server stops.
struct LongPoll {
  std::atomic<int> gone{0}, stopping{0}, served{0}, failed{0};
  Signal event;

  Awaitable<void> operator()(HttpRequest&, HttpResponder& responder) {
    HttpResponseHead head;
    co_await responder.begin_chunked(head, "PENDING\r\n");
    Signal wake;
    std::atomic<bool> over = false;
    responder.on_interrupt([&, wake](Interrupt why) {
      ++(why == Interrupt::client_gone ? gone : stopping);
      over = true;
      wake.set();
    });
    for (;;) {
      const bool interrupted = co_await wake.wait_for(20ms);
      const bool happened = co_await event.wait_for(0ms);
      if (over || interrupted || happened) break;
      co_await responder.write_chunk("PENDING\r\n");
    }
    const bool sent = co_await responder.finish("DONE\r\n");
    ++(sent ? served : failed);
  }
};

TEST_F(HttpServerTest, ALongPollEndsWithItsEvent) {
  LongPoll poll;
  start(std::ref(poll));
  Wire wire(port_);
  wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  wire.read_until("PENDING");
  std::thread([&] { poll.event.set(); }).join();
  EXPECT_THAT(wire.read_until("DONE"), Not(HasSubstr("<silence>")));
  EXPECT_TRUE(eventually([&] { return poll.served == 1; }));
}

TEST_F(HttpServerTest, AVanishedClientEndsItsLongPoll) {
  LongPoll poll;
  start([&](HttpRequest& request, HttpResponder& responder) { return poll(request, responder); });
  Wire closes(port_), resets(port_);
  closes.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  closes.read_until("PENDING");
  closes.close();
  EXPECT_TRUE(eventually([&] { return poll.gone == 1 && poll.failed == 1; }));
  resets.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  resets.read_until("PENDING");
  resets.reset();
  EXPECT_TRUE(eventually([&] { return poll.gone == 2 && poll.failed == 2; }));
  EXPECT_TRUE(eventually([&] { return server_->counters().connections == 0; }));
}

TEST_F(HttpServerTest, ParkedSilentlyStillNoticesTheEnd) {
  std::atomic<bool> noticed = false;
  start([&](HttpRequest&, HttpResponder& responder) -> Awaitable<void> {
    Signal wake;
    responder.on_interrupt([wake](Interrupt) { wake.set(); });
    noticed = co_await wake.wait_for(10s);
    HttpResponseHead head;
    EXPECT_FALSE(co_await responder.send(head, ""));
  });
  Wire wire(port_);
  wire.send(
      "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\n");  // and a piece of another request before the end
  EXPECT_TRUE(eventually([&] { return server_->counters().requests == 1; }));
  wire.send("Host: a\r\n");
  wire.close();
  EXPECT_TRUE(eventually([&] { return noticed.load(); }));
}

TEST_F(HttpServerTest, WhatArrivesDuringALongPollIsServedNext) {
  LongPoll poll;
  start([&](HttpRequest& request, HttpResponder& responder) -> Awaitable<void> {
    if (request.path == "/poll") return poll(request, responder);
    return echo(request, responder);
  });
  Wire wire(port_);
  wire.send("GET /poll HTTP/1.1\r\nHost: a\r\n\r\n");
  wire.read_until("PENDING");
  wire.send("POST /next HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  std::this_thread::sleep_for(50ms);
  wire.send("dy");
  std::this_thread::sleep_for(50ms);
  poll.event.set();
  EXPECT_THAT(wire.read_until("body"), HasSubstr("X-Path: /next"));
}

TEST_F(HttpServerTest, StopsGracefully) {
  WorkerPool pool(1);
  std::atomic<bool> begun = false;
  start([&](HttpRequest&, HttpResponder& responder) -> Awaitable<void> {
    begun = true;
    const int answer = co_await run(pool, [] {
      std::this_thread::sleep_for(300ms);
      return 42;
    });
    HttpResponseHead head;
    const std::string text = std::to_string(answer);
    co_await responder.send(head, text);
  });
  Wire idle(port_), busy(port_);
  busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return begun.load(); }));
  const auto stopped_at = std::chrono::steady_clock::now();
  server_->stop(5s);
  EXPECT_LT(std::chrono::steady_clock::now() - stopped_at, 3s);
  const std::string answer = busy.read_to_end();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("42"));
  EXPECT_THAT(idle.read_to_end(), IsEmpty());
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(server_->counters().connections, 0u);
}

TEST_F(HttpServerTest, StoppingInterruptsLongPolls) {
  LongPoll poll;
  start([&](HttpRequest& request, HttpResponder& responder) { return poll(request, responder); });
  Wire wire(port_);
  wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  wire.read_until("PENDING");
  server_->stop(5s);
  EXPECT_EQ(poll.stopping, 1);
  EXPECT_THAT(wire.read_to_end(), HasSubstr("DONE"));
}

TEST_F(HttpServerTest, StoppingCutsWhatDoesNotEnd) {
  start([&](HttpRequest&, HttpResponder& responder) -> Awaitable<void> {
    Signal never;
    HttpResponseHead head;
    co_await responder.begin_chunked(head);
    while (co_await responder.write_chunk("more")) co_await never.wait_for(10ms);
  });
  Wire wire(port_);
  wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  wire.read_until("more");
  server_->stop(100ms);
  EXPECT_EQ(server_->counters().connections, 0u);
  EXPECT_THAT(wire.read_to_end(), Not(EndsWith("0\r\n\r\n")));
}

TEST_F(HttpServerTest, HoldsManyIdleConnectionsAndTurnsMoreAway) {
  start(echo, {.max_connections = 500});
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 500; ++i) wires.push_back(std::make_unique<Wire>(port_));
  ASSERT_TRUE(eventually([&] { return server_->counters().connections == 500; }));
  Wire extra(port_);
  EXPECT_THAT(extra.read_to_end(), StartsWith("HTTP/1.1 503 "));
  for (auto& wire : wires) wire->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  for (auto& wire : wires) ASSERT_THAT(wire->read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(log(), HasSubstr("500 are open already"));
}

// Echoes a body of any length as it comes: both directions of one connection at once.
Awaitable<void> echo_as_it_comes(HttpRequest& request, HttpResponder& responder) {
  HttpResponseHead head;
  head.add("X-Method", request.method);
  co_await responder.begin_sized(head, 1'000'000);
  for (;;) {
    const std::string_view piece = co_await responder.read_body();
    if (piece.empty()) break;
    const std::string copy(piece);
    const bool sent = co_await responder.write_piece(copy);
    if (!sent) break;
  }
}

HttpServerOptions streaming() {
  HttpServerOptions options;
  options.max_body = 1000;
  options.streams = [](std::string_view method) { return method == "RPC_IN_DATA"; };
  return options;
}

TEST_F(HttpServerTest, ABodyWithoutBoundsIsReadAsItComes) {
  start(echo_as_it_comes, streaming());
  Wire wire(port_);
  wire.send("RPC_IN_DATA /rpc HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\nfirst");
  EXPECT_THAT(wire.read_until("first"), HasSubstr("X-Method: RPC_IN_DATA\r\n"));
  for (int i = 0; i < 20; ++i) {
    const std::string piece = "piece " + std::to_string(i) + ".";
    wire.send(piece);
    EXPECT_EQ(wire.read_until("."), piece);
  }
  Wire other(port_);
  other.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n");
  EXPECT_THAT(other.read_to_end(), StartsWith("HTTP/1.1 413 "));
  server_->stop(5s);
  EXPECT_EQ(wire.read_to_end(), "");
}

TEST_F(HttpServerTest, AStreamedBodyThatIsReadWholeKeepsTheConnection) {
  start(
      [](HttpRequest&, HttpResponder& responder) -> Awaitable<void> {
        std::string all;
        for (;;) {
          const std::string_view piece = co_await responder.read_body();
          if (piece.empty()) break;
          all += piece;
        }
        co_await responder.send(HttpResponseHead(), all);
      },
      streaming());
  Wire wire(port_);
  for (int i = 0; i < 2; ++i) {
    wire.send("RPC_IN_DATA / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    std::this_thread::sleep_for(10ms);
    wire.send("again");
    EXPECT_THAT(wire.read_until("helloagain"), StartsWith("HTTP/1.1 200 OK"));
  }
  wire.send("RPC_IN_DATA / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhe");
  wire.close();  // cut in its middle: the handler ends
  EXPECT_TRUE(eventually([&] { return server_->counters().connections == 0; }));
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  start();
  HttpServerOptions taken;
  taken.endpoints = {{"127.0.0.1", port_, nullptr}};
  auto again = HttpServer::start(std::move(taken), echo);
  ASSERT_FALSE(again.ok());
  EXPECT_THAT(again.error().text,
              HasSubstr("cannot listen on 127.0.0.1:" + std::to_string(port_) + ": Address already in use"));
  HttpServerOptions nowhere;
  nowhere.endpoints = {{"no.such.host.invalid", 0, nullptr}};
  EXPECT_FALSE(HttpServer::start(std::move(nowhere), echo).ok());
}

}  // namespace
}  // namespace ropewalk::net
