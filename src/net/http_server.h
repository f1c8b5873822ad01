// An HTTP/1.1 server over TCP and TLS. Knows nothing of what is served: each request goes to one handler, a coroutine.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/awaitable.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace ropewalk::net {

// Why a handler under way should come to an end.
enum class Interrupt { client_gone, shutting_down };

// How a handler answers: exactly one send() or send_chunked(), or begin_chunked(), any write_chunk()s and finish(), or
// begin_sized() and any write_piece()s.
// Every call must be awaited before the next. They return false when the client is gone (nothing more can be said
// then). Views must live until the call has been awaited. To be used on the handler's own coroutine (not from workers).
class HttpResponder {
 public:
  // A whole response, in one write where the socket takes it.
  virtual Awaitable<bool> send(const HttpResponseHead& head, std::string_view body) = 0;
  // A whole response as one chunk, `first` and `rest` back to back, in one write where the socket takes it. Clients of
  // HTTP/1.0 get a Content-Length instead.
  virtual Awaitable<bool> send_chunked(const HttpResponseHead& head, std::string_view first, std::string_view rest) = 0;
  // Head and first piece (may be empty) of a response of unknown length, sent at once.
  virtual Awaitable<bool> begin_chunked(const HttpResponseHead& head, std::string_view first = {}) = 0;
  virtual Awaitable<bool> write_chunk(std::string_view bytes) = 0;
  virtual Awaitable<bool> finish(std::string_view last = {}) = 0;
  // The head of a response whose body of `length` bytes follows in pieces; the connection ends with the handler.
  virtual Awaitable<bool> begin_sized(const HttpResponseHead& head, u64 length) = 0;
  virtual Awaitable<bool> write_piece(std::string_view bytes) = 0;
  // For a request that options.streams took: what has arrived of its body, as soon as there is something, valid until
  // the next call; empty at its end, and when the client is gone or the server stops.
  virtual Awaitable<std::string_view> read_body() = 0;
  // For a handler that parks: from now on the connection is watched, and `hook` is called once, on the handler's
  // thread, when the client vanishes or the server wants to stop. Set a Signal in it. Called at once if it is so
  // already.
  virtual void on_interrupt(std::function<void(Interrupt)> hook) = 0;
  // One more field for the head of whatever answer this request gets.
  virtual void add_header(std::string_view name, std::string_view value) = 0;
  // The certificate that this TLS connection was served with, in DER; empty without TLS.
  virtual std::vector<u8> certificate() const = 0;

  // No answer, or no more of one: the connection ends with the handler.
  virtual void abandon() = 0;

  // Both for any thread, and for longer than the handler; not for longer than the server.
  // Starts coroutines on an I/O thread. A server that stops waits for their end.
  using Starter = std::function<void(std::function<Awaitable<void>()>)>;
  virtual Starter starter() = 0;
  // Ends this request from outside, as if the client had gone; without effect once its handler is over.
  virtual std::function<void()> cutter() = 0;

 protected:
  ~HttpResponder() = default;
};

// May run on any of the server's threads, many at a time; one connection's requests come one after another. It must not
// block. An exception, or no answer, becomes status 500.
using HttpHandler = std::function<Awaitable<void>(HttpRequest&, HttpResponder&)>;

struct HttpEndpoint {
  std::string address{};              // "127.0.0.1", "::", or a host name
  u16 port = 0;                       // 0: any free one
  std::shared_ptr<TlsContext> tls{};  // null: plain HTTP
};

struct HttpServerOptions {
  std::vector<HttpEndpoint> endpoints{};
  unsigned threads = 0;                               // 0: one per core
  std::size_t max_body = 4 << 20;                     // bytes; more is answered 413
  std::size_t max_head = 32 << 10;                    // request line and header fields; more is answered 431
  std::size_t max_connections = 0;                    // 0: what the limit of open files allows
  std::chrono::milliseconds idle_timeout{120'000};    // between requests
  std::chrono::milliseconds request_timeout{30'000};  // to send a request, plus a second per slowest_rate bytes
  std::chrono::milliseconds write_timeout{30'000};    // to take a response, plus a second per slowest_rate bytes
  std::size_t slowest_rate = 8192;                    // bytes a second
  std::string server_name{};                          // the Server header; empty: none
  // Requests whose handler reads the body itself, as it comes and however long: by the method. May be empty.
  std::function<bool(std::string_view method)> streams{};
  std::function<void(const std::string&)> log{};  // a line per refusal, from any thread; may be empty
};

class HttpServer {
 public:
  struct Listening {
    std::string address;
    u16 port;
    bool is_tls;
  };
  struct Counters {
    u64 connections = 0;  // open now
    u64 accepted = 0, requests = 0, refused = 0;
  };

  // Listens on every endpoint, or none: an error says which address and why.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler);
  ~HttpServer();  // stop() without grace

  const std::vector<Listening>& listening() const;
  Counters counters() const;

  // Stops accepting, closes idle connections, interrupts parked handlers, waits for what is under way up to `grace`,
  // then cuts what is left. Returns when all is over; the handler is not called afterwards. Not from a handler.
  void stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk::net
