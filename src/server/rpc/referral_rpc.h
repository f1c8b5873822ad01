// The referral interface: where the address book's server is, and a mailbox server's name from its DN. This server is
// both. [MS-OXABREF] 3.1.4
#pragma once

#include <array>

#include "server/rpc/service.h"

namespace ropewalk::server {

class ReferralRpc final : public RpcService {
 public:
  static constexpr std::array<u16, 2> kServed{0, 1};

  // `names`: what this server is called; the first is what clients are told.
  explicit ReferralRpc(std::vector<std::string> names) : names_(std::move(names)) {}
  const dcerpc::Interface& interface() const override;
  u16 opnums() const override { return 2; }
  net::Awaitable<RpcAnswer> run(RpcCall& call) override;

 private:
  RpcAnswer new_dsa(const RpcCall& call) const;
  RpcAnswer name_from_dn(const RpcCall& call) const;

  std::vector<std::string> names_;
};

// The server's name in a DN "/o=.../ou=.../cn=Configuration/cn=Servers/cn=NAME", which may go on with a database of it;
// empty: it is no such DN. [MS-OXABREF] 3.1.4.2
std::string_view name_in_server_dn(std::string_view dn);

}  // namespace ropewalk::server
