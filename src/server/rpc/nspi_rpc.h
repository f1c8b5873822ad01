// NSPI over RPC: [MS-OXNSPI] 2.1, 3.1.4. What the methods do is AddressBookService's.
#pragma once

#include <array>

#include "net/worker_pool.h"
#include "server/addressbook/address_book_service.h"
#include "server/rpc/context_handles.h"
#include "server/rpc/service.h"

namespace ropewalk::server {

struct NspiRpcParts {
  AddressBookService& book;
  directory::Directory& directory;
  net::WorkerPool& pool;
  ContextHandles& handles;
  std::function<void(const std::string& line)> told;  // sessions that begin
};

class NspiRpc final : public RpcService {
 public:
  // 15 is reserved. 17 and 18, which [MS-OXNSPI] has withdrawn, are answered with ecNotSupported.
  static constexpr std::array<u16, 20> kServed{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20};

  explicit NspiRpc(NspiRpcParts parts) : parts_(std::move(parts)) {}
  const dcerpc::Interface& interface() const override;
  u16 opnums() const override { return 21; }
  net::Awaitable<RpcAnswer> run(RpcCall& call) override;

 private:
  class Request;
  RpcAnswer serve(RpcCall& call);
  RpcAnswer bind(RpcCall& call);
  RpcAnswer unbind(RpcCall& call);

  NspiRpcParts parts_;
};

}  // namespace ropewalk::server
