// What carries an RPC connection's bytes: TCP, or a virtual connection of RPC over HTTP v2 ([MS-RPCH]).
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "client/failure.h"
#include "net/http_client.h"
#include "net/tcp_client.h"

namespace ropewalk::client::exchange {

/// Blocking; one thread at a time, but for interrupt().
class RpcTransport {
 public:
  using Milliseconds = std::chrono::milliseconds;
  virtual ~RpcTransport() = default;
  /// Connects, once, before anything else but interrupt().
  virtual Outcome<void> open() = 0;
  /// Whole PDUs; all of them, or an error.
  virtual Status send(ByteView pdus, Milliseconds timeout) = 0;
  /// What arrives next, valid until the next call.
  virtual Result<ByteView> receive(Milliseconds timeout) = 0;
  /// Ends a call under way on another thread, and later ones.
  virtual void interrupt() = 0;
};

std::unique_ptr<RpcTransport> over_tcp(std::string host, u16 port, RpcTransport::Milliseconds connect_timeout);

struct RpcHttpOptions {
  net::HttpClientOptions http;  // the proxy; max_body does not count
  std::string scheme = "basic", user, password;
  std::string server;  // "mail.ropewalk.test:6001": whom the proxy is to connect to
  u64 in_lifetime = 1u << 30;
  /// RTS PDUs as they go by, by their names.
  std::function<void(bool sent, std::string_view name, std::size_t bytes)> seen;
};

/// A virtual connection. It is kept alive by pings while nobody uses it.
std::unique_ptr<RpcTransport> over_http(RpcHttpOptions options);

}  // namespace ropewalk::client::exchange
