// A TCP server for protocols that both sides speak at once. Knows nothing of what is spoken: each connection goes to
// one handler, a coroutine.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "net/awaitable.h"

namespace ropewalk::net {

// A connection. All its coroutines run on one thread, which no call but close_soon() may leave.
class TcpStream {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~TcpStream() = default;

  // What has arrived, valid until the next call; empty when the connection is over: the peer ended it, the deadline has
  // passed, or the server stops. One reader at a time.
  virtual Awaitable<std::string_view> read() = 0;
  // False when the peer is gone, or has taken nothing for the server's write_timeout. One writer at a time; it may run
  // beside the reader, and still works after read() came to an end by the server's stopping.
  virtual Awaitable<bool> write(std::string_view bytes) = 0;
  // Starts another coroutine on the connection's thread. Whoever starts it keeps the stream alive for it.
  virtual void start(std::function<Awaitable<void>()> coroutine) = 0;
  // read() ends at this time; Clock::time_point::max(): never.
  virtual void set_deadline(Clock::time_point deadline) = 0;
  // Ends reading and writing. Any thread.
  virtual void close_soon() = 0;
  // The peer has gone, or was cut off.
  virtual bool is_gone() const = 0;

  virtual const std::string& peer() const = 0;  // "192.0.2.1"
  virtual u16 peer_port() const = 0;
  virtual const std::string& local_address() const = 0;
  virtual u16 local_port() const = 0;
};

// The connection ends when the coroutine has ended and nobody else holds the stream. An exception ends it too, and is
// logged.
using StreamHandler = std::function<Awaitable<void>(std::shared_ptr<TcpStream>)>;

struct TcpEndpoint {
  std::string address{};
  u16 port = 0;  // 0: any free one
  StreamHandler handler{};
};

struct TcpServerOptions {
  std::vector<TcpEndpoint> endpoints{};
  unsigned threads = 0;                             // 0: one per core
  std::size_t max_connections = 0;                  // 0: what the limit of open files allows
  std::chrono::milliseconds write_timeout{30'000};  // without the peer taking a byte
  // Called with the ports before the first connection is accepted. May be empty.
  std::function<void(const std::vector<u16>& ports)> on_listening{};
  std::function<void(const std::string&)> log{};  // from any thread; may be empty
};

class TcpServer {
 public:
  // Listens on every endpoint, or none: an error says which address and why.
  static Result<std::unique_ptr<TcpServer>> start(TcpServerOptions options);
  ~TcpServer();  // stop() without grace

  // Of each endpoint, in order.
  const std::vector<u16>& ports() const;
  std::size_t connections() const;
  // Stops accepting and reading, waits for the handlers up to `grace`, then closes what is left. Not from a handler.
  void stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit TcpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk::net
