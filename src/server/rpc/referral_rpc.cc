#include "server/rpc/referral_rpc.h"

#include "mapi/ascii_case.h"
#include "protocol/dcerpc/status.h"
#include "protocol/rfr/methods.h"

namespace ropewalk::server {

using mapi::ErrorCode;

const dcerpc::Interface& ReferralRpc::interface() const { return rfr::kRfr; }

net::Awaitable<RpcAnswer> ReferralRpc::run(RpcCall& call) {
  switch (call.call.opnum) {
    case 0:
      co_return new_dsa(call);
    case 1:
      co_return name_from_dn(call);
    default:
      co_return RpcAnswer{dcerpc::kOpnumOutOfRange, {}};
  }
}

// Everybody's address book is here, whatever the DN.
RpcAnswer ReferralRpc::new_dsa(const RpcCall& call) const {
  Arena arena;
  auto in = parameters<rfr::GetNewDsaIn>(call.call, arena);
  if (!in) return {dcerpc::kBadStubData, {}};
  const ndr::String name = ndr::String::of(names_.front());
  const auto inner = ndr::Pointer<ndr::String>::to(name);
  const ndr::Pointer<ndr::String> nothing;
  rfr::GetNewDsaOut out;
  if (in->unused) out.unused = ndr::Pointer<ndr::Pointer<ndr::String>>::to(nothing);
  // A pointer that is null on the way in stays null: there is no place for the name.
  if (in->server)
    out.server = ndr::Pointer<ndr::Pointer<ndr::String>>::to(inner);
  else
    out.return_value = ErrorCode::invalid_param;
  return answer_with(call.call, out);
}

RpcAnswer ReferralRpc::name_from_dn(const RpcCall& call) const {
  Arena arena;
  auto in = parameters<rfr::GetFqdnFromServerDnIn>(call.call, arena);
  if (!in) return {dcerpc::kBadStubData, {}};
  const std::string_view asked = name_in_server_dn(in->server_dn.text.text());
  // Autodiscover calls this server by the mailbox too: GUID@DOMAIN.
  bool is_known = asked.find('@') != asked.npos;
  for (const std::string& name : names_)
    is_known = is_known || mapi::equal_ignoring_ascii_case(asked, name) ||
               (!asked.empty() && mapi::equal_ignoring_ascii_case(asked, name.substr(0, name.find('.'))));
  const ndr::String name = ndr::String::of(names_.front());
  rfr::GetFqdnFromServerDnOut out;
  if (is_known)
    out.fqdn = ndr::Pointer<ndr::String>::to(name);
  else
    out.return_value = ErrorCode::not_found;
  return answer_with(call.call, out);
}

std::string_view name_in_server_dn(std::string_view dn) {
  constexpr std::string_view kServers = "/cn=configuration/cn=servers/cn=";
  for (std::size_t at = 0; at + kServers.size() <= dn.size(); ++at) {
    if (!mapi::equal_ignoring_ascii_case(dn.substr(at, kServers.size()), kServers)) continue;
    const std::string_view name = dn.substr(at + kServers.size());
    return name.substr(0, name.find('/'));
  }
  return {};
}

}  // namespace ropewalk::server
