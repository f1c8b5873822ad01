// How long RPC over HTTP waits for what, and how much travels over one channel.
#pragma once

#include "rpc/http/server_tunnel.h"

namespace ropewalk::server {

struct RpcHttpSettings {
  rpc::http::TunnelSettings tunnel{};
  std::chrono::milliseconds tick{1000};  // how often clocks are looked at
};

}  // namespace ropewalk::server
