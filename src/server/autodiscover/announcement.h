// What autodiscover answers, as values: no sockets, no directory.
#pragma once

#include <optional>

#include "base/guid.h"
#include "directory/directory.h"
#include "protocol/autodiscover/messages.h"

namespace ropewalk::server {

// "https://mail.ropewalk.test:8443", taken apart.
struct BaseUrl {
  bool is_tls = true;
  std::string host;
  u16 port = 0;  // 0: the scheme's own

  // nullopt: no http(s)://HOST[:PORT], or with more behind it than '/'.
  static std::optional<BaseUrl> parse(std::string_view url);
  // Of the Host header of a request; nullopt: it holds no host.
  static std::optional<BaseUrl> of_host(std::string_view host_header, bool is_tls);
  std::string text() const;  // without a '/' at the end
  // Whether clients that can be told a host name alone find it: TLS at port 443.
  bool is_where_expected() const { return is_tls && (port == 0 || port == 443); }
};

// What this server serves, and where.
struct Served {
  std::optional<BaseUrl> internal, external;
  bool rpc_tcp = false;                  // with an endpoint mapper where clients look for it
  bool rpc_http = false;                 // RPC over HTTP
  std::string host;                      // for RPC over TCP
  bool negotiate = false, ntlm = false;  // ways to sign in, beside Basic
  std::string oab_path{};                // "/OAB/GUID/"; empty: there is no offline address book
  Guid deployment;
};

// What the client said it can do.
struct Asked {
  bool mapi_http = false;  // X-MapiHttpCapability: 1 or more
  bool ex_http = false;    // X-ClientCanHandle: ExHttpInfo
  bool negotiate = false;  // X-ClientCanHandle: Negotiate
  static Asked of(std::string_view capability, std::string_view can_handle, std::string_view user_agent);
};

// "GUID@DOMAIN": what a mailbox is called where a server's name is expected.
std::string mailbox_id(const directory::User& user);
// The DN of a server called `name` in the organization of that user's DN.
std::string server_dn(std::string_view user_dn, std::string_view name);

// The ways in to the mailbox. [MS-OXDSCLI] 3.2.5.1: EXCH and EXPR where MAPI over HTTP was not asked for, EXHTTP where
// it was asked for; no way that is not served. Empty: none of those the client knows.
std::vector<autodiscover::Protocol> protocols_for(const directory::User& user, const Asked& asked,
                                                  const Served& served);

}  // namespace ropewalk::server
