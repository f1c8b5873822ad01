// RPC over TCP (ncacn_ip_tcp): a conversation per connection.
#pragma once

#include "net/tcp_server.h"
#include "server/rpc/conversation.h"

namespace ropewalk::server {

// The handler of a port where `host` is served. `host` outlives the server.
net::StreamHandler rpc_over_tcp(const RpcHost& host);

}  // namespace ropewalk::server
