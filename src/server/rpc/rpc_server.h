// RPC over TCP as a whole: the endpoint mapper on its well-known port, and the mailbox interfaces on one of their own.
#pragma once

#include <memory>
#include <span>

#include "directory/authenticator.h"
#include "net/worker_pool.h"
#include "server/addressbook/address_book_service.h"
#include "server/config.h"
#include "server/emsmdb_service.h"
#include "server/rpc/conversation.h"

namespace ropewalk::server {

struct RpcServerParts {
  const Config& config;
  EmsmdbService& emsmdb;
  AddressBookService& address_book;
  directory::Directory& directory;
  directory::Authenticator& authenticator;  // guesses by NTLM count with those of Basic
  net::WorkerPool& pool;
  Log& log;
  std::vector<RpcService*> more{};  // interfaces beside the mailbox's, for callers of every level; tests add some
  Tap* tap = nullptr;               // for whoever watches
};

// The opnums that a server answers by more than a fault that there are none; empty for interfaces it does not know.
std::span<const u16> served_rpc_methods(const dcerpc::Interface& interface);

class RpcServer {
 public:
  // Listens on the ports that the configuration names, which may be none. The parts outlive it.
  static Result<std::unique_ptr<RpcServer>> start(RpcServerParts parts);
  ~RpcServer();  // stop()

  // "ncacn_ip_tcp:127.0.0.1[49152]", with what is there.
  struct Listening {
    std::string binding;
    u16 port;
    bool is_endpoint_mapper;
  };
  const std::vector<Listening>& listening() const;
  // What is served over HTTP at a port of RPC over HTTP: 6001, 6002 and 6004 the mailbox and its address book, 593 the
  // endpoint mapper. Null: nothing.
  const RpcHost* over_http(u16 port) const;
  void stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit RpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk::server
