// The provider "exchange": a server over MAPI/HTTP ([MS-OXCMAPIHTTP]).
//
// Settings: `server`: https://HOST[:PORT] or http://HOST[:PORT], with the endpoint's path and query where they are not
// /mapi/emsmdb/?MailboxId=USER; absent: autodiscover finds it and the DN, at `autodiscover` (a URL, HOST or HOST:PORT)
// where that is set, else as [MS-OXDISCO] has it, beginning with the Active Directory `ldap`
// (ldaps://HOST or ldap://HOST) where that is set; `user`: who logs on (HTTP Basic); `dn`: the mailbox's legacy DN.
// Without one the user's address goes in its place: servers of this project take that, or nothing, for the mailbox of
// whoever logged on; others want the DN that autodiscover tells. `ca`, `insecure`, `plain` (no compression, no XOR),
// `address_book` (its URL, where that is not the mailbox's with /nspi for /emsmdb), `timeout` (seconds),
// `client_application` (X-ClientApplication), `code_page`, `lcid`.
#pragma once

#include "client/exchange/http_channel.h"
#include "client/provider.h"

namespace ropewalk::client {

Provider& exchange_provider();

namespace exchange {
/// Whether `server` is a form of that setting; an error says what the forms are.
Status check_server(std::string_view server);
/// How to reach a service's server, from its settings; the password is the host's to give. For tools (bench) that speak
/// below the level of stores.
Outcome<ChannelOptions> channel_options(const Service& service, Host& host);
}  // namespace exchange

}  // namespace ropewalk::client
