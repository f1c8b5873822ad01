// The server's settings: a TOML file, and what the command line says instead.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "auth/security_context.h"
#include "base/result.h"
#include "base/types.h"
#include "directory/ldap_settings.h"
#include "server/autodiscover/settings.h"
#include "server/logging.h"
#include "server/mapihttp_settings.h"
#include "server/rpc/http_settings.h"

namespace ropewalk::server {

// Ways to sign in over HTTP.
struct HttpSchemes {
  bool negotiate = true, ntlm = true, basic = true;
};

// A key of the file stands beside each field. Durations are seconds in the file.
struct Config {
  std::string data;                       // data: the folder of everything the server keeps
  std::string organization = "Ropewalk";  // organization: in the DNs of users added from now on
  std::string compatibility = "2016";     // compatibility: which Exchange to behave as
  LogLevel log_level = LogLevel::info;    // log_level: debug, info, warning, error, off
  std::vector<std::string> host_names{};  // host_names: in the self-signed certificate, beside "localhost"

  std::string listen = "127.0.0.1";  // listen: the address for every port
  std::optional<u16> https_port{};   // https.port: 0 is any free one; nullopt: no HTTPS
  std::string certificate{};         // https.certificate: PEM; empty: DATA/tls/certificate.pem, made where it is absent
  std::string key{};                 // https.key
  std::optional<u16> http_port{};    // http.port: unencrypted; nullopt: none
  bool basic_in_the_clear = false;   // http.basic: passwords over plain HTTP from other machines too

  std::optional<u16> epm_port{};                 // rpc.mapper: the endpoint mapper's; nullopt: none
  std::optional<u16> rpc_port{};                 // rpc.port: RPC over TCP; 0 is any free one; nullopt: none
  bool epm_optional = false;                     // not in the file: do without the mapper where its port is taken
  auth::Level rpc_level = auth::Level::privacy;  // rpc.level: what callers protect at least
  std::string keytab{};                          // rpc.keytab: for Kerberos, over HTTP too; empty: none
  std::chrono::seconds rpc_patience{30};         // rpc.patience: for what a client has begun: a bind, a fragment
  bool rpc_http = true;                          // rpc.http: RPC over HTTP at the HTTPS and HTTP ports
  bool ntlm_v1 = false;                          // rpc.ntlm_v1: answers of clients before Windows 2000, too

  std::optional<u16> admin_port{};       // admin.port: the administrator's page, with TLS; nullopt: none
  std::string admin_password_hash{};     // admin.password_hash; empty: as `ropewalk admin password` has set it
  bool admin_shows_contents = false;     // admin.contents: "masked", "shown"
  std::size_t admin_operations = 20000;  // admin.operations: how many the page keeps

  directory::LdapSettings ldap{};  // ldap: url, certificate, in_the_clear, bind_dn, password, base, people, groups,
                                   // mailboxes, interval, timeout, attributes; see directory/ldap_settings.h

  std::chrono::seconds oab_pause{30};   // oab.pause: between looks at the address book for changes
  std::vector<std::string> oab_lists;   // oab.lists: address lists that are there offline beside the global one
  AutodiscoverSettings autodiscover{};  // autodiscover: what its keys mean stands beside them

  std::chrono::seconds session_expiry{900};          // sessions.expiry
  std::size_t sessions_per_user = 100;               // sessions.per_user
  std::size_t sessions = 100'000;                    // sessions.total
  std::chrono::seconds credentials_remembered{300};  // sign_in.remember
  unsigned failures_in_a_row = 20;                   // sign_in.failures: per account, before they are slowed down
  HttpSchemes http_schemes{};                        // sign_in.http: negotiate, ntlm, basic
  bool require_channel_bindings = false;             // sign_in.channel_bindings: what does not bind itself to TLS fails
  std::size_t max_connections = 0;                   // limits.connections; 0: what the open files allow
  unsigned io_threads = 0;                           // threads.io; 0: one per core
  unsigned workers = 0;                              // threads.workers; 0: twice the cores
  MapiHttpSettings mapihttp{};                       // not in the file
  RpcHttpSettings rpc_over_http{};                   // not in the file
  std::chrono::seconds grace{10};                    // shutdown.grace: for requests under way when stopping
};

inline constexpr u16 kDefaultHttpsPort = 8443;

// Reads the file over `config`, whose other fields stay. An error names the file, the line and the key at fault: a key
// nobody knows is one.
Status read_config(const std::string& path, Config& config);
// The settings of `text`, which stands in `name`.
Status parse_config(std::string_view text, const std::string& name, Config& config);
// DATA/ropewalk.toml: read where no other file is named, and it exists.
std::string default_config_path(const std::string& data);

// What makes the server less safe than it is by default, a line each.
std::vector<std::string> weak_settings(const Config& config);

}  // namespace ropewalk::server
