#include "client/exchange/exchange_provider.h"

#include <charconv>

#include "client/autodiscover/search.h"
#include "client/exchange/exchange_address_book.h"
#include "client/exchange/exchange_store.h"
#include "client/exchange/http_sign_in.h"

namespace ropewalk::client {

using mapi::ErrorCode;

namespace exchange {
namespace {

std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<u8>(c);
    bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '@' || c == '.' ||
                 c == '-' || c == '_';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

template <class T>
bool parse_number(std::string_view text, T& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// "https://HOST[:PORT][/PATH[?QUERY]]"; HOST may be an address in brackets.
Outcome<void> parse_server(std::string_view url, const std::string& user, ChannelOptions& options) {
  Failure wrong{ErrorCode::invalid_param,
                "the server \"" + std::string(url) + "\" is not https://HOST[:PORT] or http://HOST[:PORT]"};
  options.http.tls = url.starts_with("https://");
  if (!options.http.tls && !url.starts_with("http://")) return wrong;
  std::string_view rest = url.substr(options.http.tls ? 8 : 7);
  auto slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash), path = slash == std::string_view::npos ? "" : rest.substr(slash);
  std::string_view host = authority, port;
  auto after = authority.starts_with('[') ? authority.find(']') : 0;
  if (after == std::string_view::npos) return wrong;
  if (auto colon = authority.find(':', after); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
  }
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return wrong;
  options.http.host = host;
  if (!port.empty() && (!parse_number(port, options.http.port) || options.http.port == 0)) return wrong;
  options.target = path.size() > 1 ? std::string(path) : "/mapi/emsmdb/?MailboxId=" + percent_encoded(user);
  return {};
}

// "ncacn_http:HOST[:PORT]": RPC over HTTPS.
Outcome<void> parse_http_binding(std::string_view binding, const std::string& user, ChannelOptions& options) {
  const std::string_view authority = binding.substr(binding.find(':') + 1);
  if (authority.find('/') != authority.npos || !parse_server("https://" + std::string(authority), user, options).ok())
    return Failure{ErrorCode::invalid_param,
                   "the server \"" + std::string(binding) + "\" is not ncacn_http:HOST or ncacn_http:HOST:PORT"};
  options.carrier = Carrier::rpc_http;
  return {};
}

// basic, ntlm, kerberos or negotiate: over MAPI/HTTP `auth`; over RPC over HTTP that is RPC's own, and `http_auth` the
// proxy's.
Outcome<void> take_schemes(const Service& service, ChannelOptions& options) {
  const bool is_rpc = options.carrier != Carrier::http;
  const std::string key = is_rpc ? "http_auth" : "auth";
  options.http_auth = service.get(key, options.http_auth);
  if (!is_http_scheme(options.http_auth))
    return Failure{ErrorCode::invalid_param,
                   key + " is basic, ntlm, kerberos or negotiate, not \"" + options.http_auth + "\""};
  if (is_rpc) options.rpc_auth = service.get("auth", options.rpc_auth);
  options.rpc_level = service.get("level", options.rpc_level);
  return {};
}

// "ncacn_ip_tcp:HOST[PORT]"; without a port the endpoint mapper is asked.
Outcome<void> parse_binding(std::string_view binding, ChannelOptions& options) {
  Failure wrong{ErrorCode::invalid_param,
                "the server \"" + std::string(binding) + "\" is not ncacn_ip_tcp:HOST or ncacn_ip_tcp:HOST[PORT]"};
  options.carrier = Carrier::rpc_tcp;
  std::string_view rest = binding.substr(binding.find(':') + 1);
  auto bracket = rest.find('[');
  options.http.host = rest.substr(0, bracket);
  if (options.http.host.empty()) return wrong;
  if (bracket == rest.npos) return {};
  if (!rest.ends_with(']') || !parse_number(rest.substr(bracket + 1, rest.size() - bracket - 2), options.rpc_port))
    return wrong;
  return {};
}

// Any of the forms that `server` has.
Outcome<void> take_server(std::string_view server, const std::string& user, ChannelOptions& options) {
  if (server.starts_with("ncacn_ip_tcp:")) return parse_binding(server, options);
  if (server.starts_with("ncacn_http:")) return parse_http_binding(server, user, options);
  return parse_server(server, user, options);
}

// The first way in that leads somewhere; where none does, the first.
std::string reachable(const std::vector<std::string>& ways, const Service& service) {
  for (const std::string& way : ways) {
    ChannelOptions options;
    if (!take_server(way, {}, options).ok()) continue;
    options.http.ca_file = service.get("ca");
    options.http.insecure = service.get("insecure") == "true";
    options.http.connect_timeout = std::chrono::seconds(5);
    if (ways.size() == 1 || net::HttpClient(options.http).connect().ok()) return way;
  }
  return ways.front();
}

// A service without a server: `server` and `address_book`, and `dn` where it is not set, as autodiscover tells them.
Outcome<Service> discovered(const Service& service, const std::string& password) {
  autodiscover::SearchOptions options;
  options.address = service.get("user");
  options.password = password;
  options.scheme = service.get("auth");
  options.server = service.get("autodiscover");
  options.ldap = service.get("ldap");
  options.ca_file = service.get("ca");
  options.insecure = service.get("insecure") == "true";
  ROPEWALK_TRY(autodiscover::Found found, autodiscover::search(options));
  const auto ways = autodiscover::ways_in(found.settings);
  if (ways.empty())
    return Failure{ErrorCode::not_found, found.url + " tells of no way to " + options.address +
                                             " that is known here; name one with --server"};
  Service complete = service;
  complete.settings["server"] = reachable(ways, service);
  complete.settings["address_book"] = autodiscover::address_book_of(found.settings, complete.settings["server"]);
  if (found.settings.user && service.get("dn").empty()) complete.settings["dn"] = found.settings.user->legacy_dn;
  return complete;
}

// Knows the password already.
class Answered final : public Host {
 public:
  Answered(Host& host, std::string password) : host_(host), password_(std::move(password)) {}
  Outcome<std::string> password(const Service&) override { return password_; }
  std::function<void(const Traffic&)> observer() override { return host_.observer(); }

 private:
  Host& host_;
  std::string password_;
};

}  // namespace

Status check_server(std::string_view server) {
  ChannelOptions ignored;
  auto taken = take_server(server, {}, ignored);
  return taken.ok() ? Status{} : Status(Error{taken.error().text});
}

Outcome<ChannelOptions> channel_options(const Service& service, Host& host) {
  if (service.get("server").empty() && !service.get("user").empty()) {
    ROPEWALK_TRY(std::string password, host.password(service));
    ROPEWALK_TRY(Service complete, discovered(service, password));
    Answered answered(host, std::move(password));
    return channel_options(complete, answered);
  }
  ChannelOptions options;
  options.user = service.get("user");
  if (options.user.empty())
    return Failure{ErrorCode::invalid_param, "whose mailbox is it? Name the user (--user ADDRESS)"};
  ROPEWALK_CHECK(take_server(service.get("server"), options.user, options));
  ROPEWALK_CHECK(take_schemes(service, options));
  if (!parse_number(service.get("mapper_port", "135"), options.mapper_port))
    return Failure{ErrorCode::invalid_param, "mapper_port: a port number"};
  options.user_dn = service.get("dn", options.user);
  options.http.ca_file = service.get("ca");
  options.http.insecure = service.get("insecure") == "true";
  options.plain = service.get("plain") == "true";
  options.client_application = service.get("client_application", "Ropewalk/" ROPEWALK_VERSION);
  u32 seconds = 60;
  bool good = parse_number(service.get("timeout", "60"), seconds) && seconds > 0 && seconds <= 3600;
  if (!good) return Failure{ErrorCode::invalid_param, "timeout: a number of seconds from 1 to 3600"};
  options.http.timeout = std::chrono::seconds(seconds);
  if (!parse_number(service.get("code_page", "1252"), options.code_page))
    return Failure{ErrorCode::invalid_param, "code_page: a Windows code page's number"};
  if (!parse_number(service.get("lcid", "1033"), options.lcid))
    return Failure{ErrorCode::invalid_param, "lcid: a Windows locale's number"};
  ROPEWALK_TRY(options.password, host.password(service));
  options.observer = host.observer();
  return options;
}

namespace {

class ExchangeProvider : public Provider {
 public:
  Outcome<std::unique_ptr<MessageStore>> open_store(const Service& service, Host& host) override {
    ROPEWALK_TRY(ChannelOptions options, channel_options(service, host));
    ROPEWALK_TRY(auto session, RopSession::open(std::move(options)));
    return make_store(std::move(session));
  }
  Outcome<std::unique_ptr<AddressBook>> open_address_book(const Service& service, Host& host) override {
    Service complete = service;
    std::optional<Answered> answered;
    if (service.get("server").empty() && !service.get("user").empty()) {
      ROPEWALK_TRY(std::string password, host.password(service));
      ROPEWALK_TRY(complete, discovered(service, password));
      answered.emplace(host, std::move(password));
    }
    ROPEWALK_TRY(ChannelOptions options, channel_options(complete, answered ? static_cast<Host&>(*answered) : host));
    if (const std::string url = complete.get("address_book"); !url.empty() && options.carrier == Carrier::http)
      ROPEWALK_CHECK(parse_server(url, options.user, options));
    return open_address_book_at(options);
  }
};

}  // namespace
}  // namespace exchange

Provider& exchange_provider() {
  static exchange::ExchangeProvider provider;
  return provider;
}

}  // namespace ropewalk::client
