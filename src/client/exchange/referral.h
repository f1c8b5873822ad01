// What the referral interface says: [MS-OXABREF] 3.2.
#pragma once

#include "client/exchange/rpc_client.h"

namespace ropewalk::client::exchange {

/// The server of the address book of the mailbox with that DN.
Outcome<std::string> address_book_server(RpcClient& rpc, std::string_view user_dn);
/// The name of a server that is known by its DN, as PidTagAddressBookHomeMessageDatabase has it.
Outcome<std::string> server_name(RpcClient& rpc, std::string_view server_dn);

}  // namespace ropewalk::client::exchange
