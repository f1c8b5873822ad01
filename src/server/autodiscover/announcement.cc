#include "server/autodiscover/announcement.h"

#include <fmt/format.h>

#include <charconv>

#include "mapi/ascii_case.h"
#include "server/emsmdb_service.h"

namespace ropewalk::server {
namespace {

using autodiscover::Protocol;
using autodiscover::Urls;

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    return host.ends_with(']') && host.size() > 3 &&
           host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") == host.npos;
  }
  return !host.empty() && host.size() <= 253 &&
         host.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") == host.npos;
}

// "A, b ,C" contains "B"
bool lists(std::string_view values, std::string_view wanted) {
  while (!values.empty()) {
    const auto comma = values.find(',');
    std::string_view value = values.substr(0, comma);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    if (mapi::equal_ignoring_ascii_case(value, wanted)) return true;
    if (comma == values.npos) break;
    values.remove_prefix(comma + 1);
  }
  return false;
}

Urls urls_for(const std::string& path, const Served& served) {
  Urls urls;
  if (served.internal) urls.internal = served.internal->text() + path;
  if (served.external) urls.external = served.external->text() + path;
  return urls;
}

// [MS-OXDSCLI] 2.2.4.1.1.2.6.40: the version's parts in the bits that Exchange puts them in.
std::string version_text() {
  const u32 bits =
      0x70008000u | u32{kServerVersion.major} << 22 | u32{kServerVersion.minor} << 16 | u32{kServerVersion.build};
  return fmt::format("{:X}", bits);
}

Protocol mapi_http(const directory::User& user, const Served& served) {
  Protocol block;
  block.type_attribute = "mapiHttp";
  block.version_attribute = "1";
  const std::string id = "?MailboxId=" + mailbox_id(user);
  block.mail_store = urls_for("/mapi/emsmdb/" + id, served);
  block.address_book = urls_for("/mapi/nspi/" + id, served);
  return block;
}

std::string package(const Asked& asked, const Served& served) {
  if (served.negotiate && asked.negotiate) return "negotiate";
  return served.ntlm ? "ntlm" : "basic";
}

// EXPR, or EXHTTP: RPC over HTTP at a host.
Protocol over_http(const char* type, const BaseUrl& at, const Asked& asked, const Served& served) {
  Protocol block;
  block.type = type;
  block.server = at.host;
  block.ssl = "On";
  block.auth_package = package(asked, served);
  block.cert_principal_name = "None";
  block.server_exclusive_connect = "on";
  if (!served.oab_path.empty()) block.oab_url = at.text() + served.oab_path;
  return block;
}

Protocol exch(const directory::User& user, const Asked& asked, const Served& served) {
  Protocol block;
  block.type = "EXCH";
  block.server = served.rpc_tcp ? served.host : mailbox_id(user);
  block.server_dn = server_dn(user.legacy_dn, block.server);
  block.server_version = version_text();
  block.mdb_dn = block.server_dn + "/cn=Microsoft Private MDB";
  block.auth_package = package(asked, served);
  block.server_exclusive_connect = "off";
  if (!served.oab_path.empty() && served.internal) block.oab_url = served.internal->text() + served.oab_path;
  return block;
}

}  // namespace

std::optional<BaseUrl> BaseUrl::parse(std::string_view url) {
  const bool is_tls = url.starts_with("https://");
  if (!is_tls && !url.starts_with("http://")) return std::nullopt;
  std::string_view rest = url.substr(is_tls ? 8 : 7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  return of_host(rest, is_tls);
}

std::optional<BaseUrl> BaseUrl::of_host(std::string_view header, bool is_tls) {
  BaseUrl base{is_tls, {}, 0};
  const auto bracket = header.starts_with('[') ? header.find(']') : 0;
  const auto colon = bracket == header.npos ? bracket : header.find(':', bracket);
  base.host = header.substr(0, colon);
  if (!is_host(base.host)) return std::nullopt;
  if (colon == header.npos) return base;
  const std::string_view digits = header.substr(colon + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), base.port);
  if (error != std::errc() || end != digits.data() + digits.size() || base.port == 0) return std::nullopt;
  if (base.port == (is_tls ? 443 : 80)) base.port = 0;
  return base;
}

std::string BaseUrl::text() const {
  return fmt::format("{}://{}{}", is_tls ? "https" : "http", host, port == 0 ? "" : fmt::format(":{}", port));
}

Asked Asked::of(std::string_view capability, std::string_view can_handle, std::string_view user_agent) {
  Asked asked;
  u32 version = 0;
  auto [end, error] = std::from_chars(capability.data(), capability.data() + capability.size(), version);
  asked.mapi_http = error == std::errc() && end == capability.data() + capability.size() && version > 0;
  // From 2016 on every Outlook speaks it, whatever it says here.
  if (user_agent.starts_with("Microsoft Office/16.")) asked.mapi_http = true;
  asked.ex_http = lists(can_handle, "ExHttpInfo");
  asked.negotiate = lists(can_handle, "Negotiate");
  return asked;
}

std::string mailbox_id(const directory::User& user) {
  return user.mailbox_guid.to_string() + user.address.substr(std::min(user.address.find('@'), user.address.size()));
}

std::string server_dn(std::string_view user_dn, std::string_view name) {
  std::size_t end = 0;
  for (std::size_t at = 0; at != user_dn.npos; at = user_dn.find('/', at + 1))
    if (mapi::equal_ignoring_ascii_case(user_dn.substr(at, 14), "/cn=recipients")) end = at;
  return fmt::format("{}/cn=Configuration/cn=Servers/cn={}", user_dn.substr(0, end), name);
}

std::vector<Protocol> protocols_for(const directory::User& user, const Asked& asked, const Served& served) {
  std::vector<Protocol> blocks;
  const bool has_url = served.internal || served.external;
  if (asked.mapi_http && has_url) blocks.push_back(mapi_http(user, served));
  std::vector<const BaseUrl*> tunnels;  // the internal one first
  for (const auto* at : {&served.internal, &served.external})
    if (served.rpc_http && *at && (*at)->is_where_expected()) tunnels.push_back(&**at);
  if (asked.ex_http)
    for (const BaseUrl* at : tunnels) blocks.push_back(over_http("EXHTTP", *at, asked, served));
  if (asked.mapi_http) return blocks;
  if (served.rpc_tcp || !tunnels.empty()) blocks.push_back(exch(user, asked, served));
  if (!tunnels.empty()) blocks.push_back(over_http("EXPR", *tunnels.back(), asked, served));
  return blocks;
}

}  // namespace ropewalk::server
