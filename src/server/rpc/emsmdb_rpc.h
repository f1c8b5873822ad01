// EMSMDB and AsyncEMSMDB over RPC: [MS-OXCRPC] 3.1.4, 3.3.4. The sessions are those that MAPI over HTTP opens too.
#pragma once

#include <array>

#include "net/worker_pool.h"
#include "server/emsmdb_service.h"
#include "server/rpc/context_handles.h"
#include "server/rpc/service.h"

namespace ropewalk::server {

struct EmsmdbRpcParts {
  EmsmdbService& service;
  directory::Directory& directory;
  net::WorkerPool& pool;
  ContextHandles& handles;
  std::function<void(const std::string& line)> refused;
  std::function<void(const std::string& line)> told;  // sessions that begin and end
  std::chrono::seconds notification_wait{300};        // [MS-OXCRPC] 3.3.4.1
};

class EmsmdbRpc final : public RpcService {
 public:
  static constexpr std::array<u16, 8> kServed{0, 1, 2, 4, 6, 10, 11, 14};  // the others are reserved

  explicit EmsmdbRpc(EmsmdbRpcParts parts) : parts_(std::move(parts)) {}
  const dcerpc::Interface& interface() const override;
  u16 opnums() const override { return 15; }
  net::Awaitable<RpcAnswer> run(RpcCall& call) override;

 private:
  // What EcDoConnect and EcDoConnectEx have in common.
  struct Connecting;
  bool open_session(RpcCall& call, Connecting& connecting);
  RpcAnswer connect(RpcCall& call);
  RpcAnswer connect_ex(RpcCall& call);
  net::Awaitable<RpcAnswer> execute(RpcCall& call);
  net::Awaitable<RpcAnswer> execute_legacy(RpcCall& call);
  net::Awaitable<mapi::ErrorCode> run_rops(session::Session& session, const ExecuteCall& wanted, wire::OutBuffer& out);
  RpcAnswer disconnect(RpcCall& call);
  RpcAnswer async_connect(RpcCall& call);

  EmsmdbRpcParts parts_;
};

class AsyncEmsmdbRpc final : public RpcService {
 public:
  static constexpr std::array<u16, 1> kServed{0};

  AsyncEmsmdbRpc(ContextHandles& handles, std::chrono::seconds longest) : handles_(handles), longest_(longest) {}
  const dcerpc::Interface& interface() const override;
  u16 opnums() const override { return 1; }
  net::Awaitable<RpcAnswer> run(RpcCall& call) override;

 private:
  ContextHandles& handles_;
  std::chrono::seconds longest_;
};

}  // namespace ropewalk::server
