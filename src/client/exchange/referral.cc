#include "client/exchange/referral.h"

#include "protocol/rfr/methods.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;

Outcome<std::string> address_book_server(RpcClient& rpc, std::string_view user_dn) {
  Arena arena;
  const ndr::Pointer<ndr::String> place;
  rfr::GetNewDsaIn in;
  in.user_dn = ndr::String::of(user_dn);
  in.server = ndr::Pointer<ndr::Pointer<ndr::String>>::to(place);
  ROPEWALK_TRY(auto out, rpc.call<rfr::GetNewDsaOut>(rfr::kRfr, 0, in, arena));
  const std::string asked = "cannot ask for the address book's server of " + std::string(user_dn);
  if (out.return_value != ErrorCode::none) return failure(out.return_value, asked);
  if (!out.server || !*out.server) return Failure{ErrorCode::not_found, asked + ": the server names none"};
  return std::string((*out.server)->text.text());
}

Outcome<std::string> server_name(RpcClient& rpc, std::string_view server_dn) {
  Arena arena;
  rfr::GetFqdnFromServerDnIn in;
  in.server_dn = ndr::String::of(server_dn);
  ROPEWALK_TRY(auto out, rpc.call<rfr::GetFqdnFromServerDnOut>(rfr::kRfr, 1, in, arena));
  const std::string asked = "cannot ask for the name of the server " + std::string(server_dn);
  if (out.return_value != ErrorCode::none) return failure(out.return_value, asked);
  if (!out.fqdn) return Failure{ErrorCode::not_found, asked + ": the server names none"};
  return std::string(out.fqdn->text.text());
}

}  // namespace ropewalk::client::exchange
