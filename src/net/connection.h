// One client's connection to the HTTP server, and the I/O thread it lives on. Internal to the server.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include "net/http_parser.h"
#include "net/http_server.h"
#include "net/listener.h"
#include "net/transport.h"

namespace ropewalk::net {

using Clock = std::chrono::steady_clock;

// What all connections share; outlives them.
struct ServerState {
  HttpServerOptions options;
  HttpHandler handler;
  std::atomic<u64> open{0}, accepted{0}, requests{0}, refused{0};
  std::atomic<u64> tasks{0};  // coroutines that handlers started
  std::atomic<bool> stopping{false};
  std::mutex lock;
  std::condition_variable all_closed;

  void log(const std::string& line) const {
    if (options.log) options.log(line);
  }
  bool is_empty() const { return open.load() == 0 && tasks.load() == 0; }
  // One of those that is_empty() waits for is over.
  void one_less(std::atomic<u64>& of) {
    if (of.fetch_sub(1) != 1) return;
    std::lock_guard guard(lock);
    all_closed.notify_all();
  }
};

class Connection;

// An I/O thread with its connections. Only that thread touches them, so they need no locks.
struct Loop {
  std::list<Connection*> connections;
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<Executor> work{context.get_executor()};
  boost::asio::steady_timer sweeper{context};
  std::thread thread;
};

// Keeps itself alive while run() runs. Between requests it holds neither parser nor buffer.
class Connection final : public HttpResponder, public std::enable_shared_from_this<Connection> {
 public:
  // `socket` belongs to the loop's context.
  Connection(ServerState& server, Loop& loop, Socket socket, const std::shared_ptr<ssl_ctx_st>& tls);
  ~Connection();

  // The connection's whole life.
  Awaitable<void> run();
  // On the loop's thread: ends waits that lasted too long; tells of the server's end; ends everything.
  void sweep(Clock::time_point now);
  void on_server_stopping();
  void cut();

  Awaitable<bool> send(const HttpResponseHead& head, std::string_view body) override;
  Awaitable<bool> send_chunked(const HttpResponseHead& head, std::string_view first, std::string_view rest) override;
  Awaitable<bool> begin_chunked(const HttpResponseHead& head, std::string_view first) override;
  Awaitable<bool> write_chunk(std::string_view bytes) override;
  Awaitable<bool> finish(std::string_view last) override;
  Awaitable<bool> begin_sized(const HttpResponseHead& head, u64 length) override;
  Awaitable<bool> write_piece(std::string_view bytes) override;
  Awaitable<std::string_view> read_body() override;
  void on_interrupt(std::function<void(Interrupt)> hook) override;
  void add_header(std::string_view name, std::string_view value) override { append_header(added_, name, value); }
  std::vector<u8> certificate() const override;
  void abandon() override { alive_ = false; }
  Starter starter() override;
  std::function<void()> cutter() override;

 private:
  enum class Phase { handshake, idle, receiving, handling, closing };
  enum class Answer { none, chunked, sized, complete };
  using Parts = std::array<std::string_view, 3>;

  Awaitable<void> serve();
  Awaitable<bool> handshake();
  Awaitable<bool> next_request();
  Awaitable<bool> receive(RequestParser& parser);
  bool is_streaming() const { return parser_ != nullptr && parser_->is_streamed() && !parser_->is_done(); }
  Awaitable<bool> greet_body(RequestParser& parser);
  bool expects_greeting(const RequestParser& parser) const;
  Awaitable<bool> wait(Socket::wait_type what);
  Awaitable<void> handle();
  Awaitable<void> refuse(int status, const std::string& reason);
  Awaitable<void> say_goodbye();
  Awaitable<bool> write(Parts parts);

  Progress feed(RequestParser& parser, std::string_view bytes);
  bool acceptable(const RequestParser& parser);
  void start_head(const HttpResponseHead& head);
  void append_chunk(std::string_view bytes);
  void release_memory();
  void expire();
  void watch();
  void watched(bool failed, u64 generation);
  void end_watch();
  void interrupt(Interrupt why);
  void log(const std::string& what) const;

  ServerState& server_;
  Loop& loop_;
  Socket socket_;
  Transport transport_;
  std::list<Connection*>::iterator place_;
  HttpRequest request_;
  std::string input_;                      // received, not yet parsed
  std::string head_;                       // status line, header fields, small pieces on their way out
  std::string added_;                      // fields for the head of the next answer
  std::unique_ptr<RequestParser> parser_;  // while a request is read
  std::function<void(Interrupt)> hook_;
  Clock::time_point deadline_ = Clock::time_point::max();
  u64 watch_generation_ = 0;
  u64 handled_ = 0;  // requests; odd while a handler is at work
  int refused_status_ = 0;
  std::string refused_reason_;
  Phase phase_ = Phase::handshake;
  Answer answer_ = Answer::none;
  bool watching_ = false;
  bool body_untouched_ = true;   // a streamed body's beginning came with its head
  bool has_not_waited_ = false;  // the last read_body() found something at once
  bool alive_ = true;
  bool expired_ = false;
  bool keep_alive_ = true;
  bool chunks_allowed_ = true;  // HTTP/1.1
  bool listed_ = false;
};

}  // namespace ropewalk::net
