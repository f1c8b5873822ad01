// RPC over HTTP v2 (ncacn_http): RPC_IN_DATA and RPC_OUT_DATA at /rpc/rpcproxy.dll?HOST:PORT. [MS-RPCH]
#pragma once

#include <atomic>
#include <condition_variable>
#include <thread>

#include "server/http_sign_in.h"
#include "server/rpc/http_settings.h"
#include "server/rpc/http_tunnel.h"

namespace ropewalk::server {

// Any thread; a coroutine per request. Outlives the HTTP server; the hosts outlive it.
class RpcHttpEndpoint {
 public:
  struct Parts {
    HttpSignIn& sign_in;
    Log& log;
    std::function<const RpcHost*(u16 port)> host;  // what is served at a port; null: nothing
    std::vector<std::string> names;                // the server's; a request's own Host header is one too
    std::string address;                           // where the server listens
  };
  RpcHttpEndpoint(Parts parts, RpcHttpSettings settings);
  ~RpcHttpEndpoint();

  // Whether a request's path is this endpoint's affair. Letter case does not matter.
  static bool serves(std::string_view path);
  // Whether requests of that method are read as they come, not whole.
  static bool streams(std::string_view method);
  net::Awaitable<void> handle(net::HttpRequest& request, net::HttpResponder& responder);

  // Virtual connections, for tests and statistics.
  std::size_t tunnels() const;
  // Ends the virtual connections once what was asked is answered. The HTTP server is to be stopped next.
  void stop();

 private:
  struct Call;
  class Deadline;
  class Attached;
  using Tunnel = std::shared_ptr<HttpTunnel>;

  net::Awaitable<void> refuse(Call& call, u32 error, const std::string& reason);
  net::Awaitable<void> echo(Call& call);
  net::Awaitable<Result<rpc::http::Opening>> first_pdu(Call& call);
  net::Awaitable<void> serve(Call& call, Tunnel tunnel);
  net::Awaitable<void> serve_in(Call& call, HttpTunnel& tunnel, u64 channel, net::Signal wake);
  net::Awaitable<void> serve_out(Call& call, HttpTunnel& tunnel, u64 channel, net::Signal wake);
  Result<Tunnel> find_tunnel(const Call& call);
  const RpcHost* target(const net::HttpRequest& request, std::string& reason) const;
  void tell_end(const Call& call, HttpTunnel& tunnel);
  void forget(const Guid& connection, const HttpTunnel* tunnel);
  void keep_sweeping();

  Parts parts_;
  RpcHttpSettings settings_;
  mutable std::mutex lock_;
  std::map<Guid, Tunnel> tunnels_;  // by the virtual connection's cookie
  struct Patience {
    std::chrono::steady_clock::time_point until;
    std::function<void()> cut;
  };
  std::map<u64, Patience> waiting_;  // requests whose first PDU has not come
  u64 last_waiting_ = 0;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread sweeper_;
};

}  // namespace ropewalk::server
