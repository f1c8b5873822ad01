#include "client/autodiscover/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "client/autodiscover/service_points.h"
#include "client/exchange/http_sign_in.h"
#include "mapi/ascii_case.h"

namespace ropewalk::client::autodiscover {
namespace {

using mapi::ErrorCode;
using net::HttpClientResponse;
using ropewalk::autodiscover::kPath;
namespace messages = ropewalk::autodiscover;

constexpr int kMostRedirects = 10;
constexpr std::size_t kMostServiceHosts = 4, kMostDirectories = 4;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_within(std::string_view host, std::string_view domain) {
  if (host.size() < domain.size()) return false;
  const bool ends_so = mapi::equal_ignoring_ascii_case(host.substr(host.size() - domain.size()), domain);
  return ends_so && (host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.');
}

std::string domain_of(const std::string& address) {
  return address.substr(std::min(address.find('@') + 1, address.size()));
}

// What a Location means that `from` has answered with; it may leave out what stays the same. [RFC9110] 10.2.2
std::string location_from(const Url& from, std::string_view location) {
  if (location.empty() || location.find("://") != location.npos) return std::string(location);
  if (location.starts_with("//")) return (from.tls ? "https:" : "http:") + std::string(location);
  Url to = from;
  const std::string_view path = std::string_view(from.target).substr(0, from.target.find('?'));
  to.target = location[0] == '/' ? std::string(location)
                                 : std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location);
  return to.text();
}

class Search {
 public:
  Search(const SearchOptions& options, std::vector<Step>* steps) : options_(options), steps_(steps) {}

  Outcome<Found> run();

 private:
  // What one place gave: settings, another place to ask, or nothing.
  struct Answer {
    std::optional<ResponsePart> settings{};
    std::string url{}, address{};  // to ask instead
    bool is_final = false;         // nobody else is to be asked
  };

  std::optional<Found> follow(std::string url);
  std::optional<Found> run_for_domain();
  Answer post(const Url& url);
  Answer read(const std::string& body, std::string& result) const;
  Outcome<HttpClientResponse> sign_in(net::HttpClient& http, const net::HttpClientRequest& request,
                                      const HttpClientResponse& first);
  std::optional<Found> by_service_points();
  std::optional<Found> by_redirect();
  std::optional<Found> by_service_record();
  bool may_know(const std::string& host) const;
  net::HttpClient connection(const Url& url) const;
  void tell(const char* what, std::string where, std::string result, bool good);

  const SearchOptions& options_;
  std::vector<Step>* steps_;
  std::string address_ = options_.address;
  std::set<std::string> seen_;  // URL and address, asked already
  int redirects_ = 0;
  bool is_over_ = false, was_refused_ = false;
  std::string last_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

void Search::tell(const char* what, std::string where, std::string result, bool good) {
  const auto now = std::chrono::steady_clock::now();
  Step step{what, std::move(where), std::move(result), good,
            std::chrono::duration_cast<std::chrono::microseconds>(now - began_)};
  began_ = now;
  last_ = step.where + ": " + step.result;
  if (options_.on_step) options_.on_step(step);
  if (steps_ != nullptr) steps_->push_back(std::move(step));
}

net::HttpClient Search::connection(const Url& url) const {
  net::HttpClientOptions http;
  http.host = url.host;
  http.port = url.port;
  http.tls = url.tls;
  http.ca_file = options_.ca_file;
  http.insecure = options_.insecure;
  http.connect_timeout = http.timeout = options_.timeout;
  http.max_body = messages::kResponseBounds.bytes;
  auto instead = options_.hosts.find(fmt::format("{}:{}", url.host, url.port));
  if (instead == options_.hosts.end()) instead = options_.hosts.find(url.host);
  if (instead != options_.hosts.end()) {
    const auto colon = instead->second.rfind(':');
    http.server_name = url.host;
    http.host = instead->second.substr(0, colon);
    if (colon != instead->second.npos)
      std::from_chars(instead->second.data() + colon + 1, instead->second.data() + instead->second.size(), http.port);
  }
  return net::HttpClient(std::move(http));
}

// Credentials, once the server has asked for them, and only over TLS (or where plain HTTP was asked for by name).
Outcome<HttpClientResponse> Search::sign_in(net::HttpClient& http, const net::HttpClientRequest& request,
                                            const HttpClientResponse& first) {
  std::string scheme = options_.scheme;
  for (const char* name : {"Basic", "NTLM", "Negotiate"}) {
    if (!scheme.empty()) break;
    for (std::string_view offered : first.headers.all("WWW-Authenticate"))
      if (mapi::equal_ignoring_ascii_case(offered.substr(0, offered.find(' ')), name))
        scheme = name == std::string_view("Basic") ? "basic" : name == std::string_view("NTLM") ? "ntlm" : "negotiate";
  }
  if (scheme.empty()) return Failure{ErrorCode::login_failure, "it asks for a way to sign in that is not known here"};
  exchange::HttpSignIn signing(scheme, options_.login.empty() ? options_.address : options_.login, options_.password);
  auto answer = signing.request(http, request);
  if (answer.ok() && answer->status == 401)
    return Failure{ErrorCode::login_failure, "it does not accept this user with this password (HTTP 401)"};
  return answer;
}

Search::Answer Search::read(const std::string& body, std::string& result) const {
  Answer answer;
  auto read = xml::read_document<messages::Response>(body, messages::kResponseBounds);
  if (!read.ok() || !read->response) {
    result = read.ok() ? "an answer with nothing in it" : "no autodiscover answer: " + read.error().text;
    return answer;
  }
  ResponsePart& part = *read->response;
  if (part.failure) {
    result = fmt::format("error {}: {}", part.failure->code, part.failure->message);
    return answer;
  }
  if (!part.account) {
    result = "an answer without an account";
    return answer;
  }
  if (!part.account->redirect_address.empty()) {
    answer.address = part.account->redirect_address;
    result = "the mailbox is asked for as " + answer.address;
  } else if (!part.account->redirect_url.empty()) {
    answer.url = part.account->redirect_url;
    result = "asks to ask at " + answer.url;
  } else {
    std::size_t known = 0;
    for (const Protocol& one : part.account->protocols) known += one.is_mapi_http() || !one.type.empty();
    result = fmt::format("settings, {} protocol{}", known, known == 1 ? "" : "s");
    if (known != 0) answer.settings = std::move(part);
  }
  return answer;
}

Search::Answer Search::post(const Url& url) {
  messages::Request wanted;
  wanted.request = {address_, {}, std::string(messages::kOutlookResponseSchema)};
  const std::string body = xml::write_document(wanted);
  std::vector<net::HttpHeader> headers{{"Content-Type", "text/xml; charset=utf-8"},
                                       {"User-Agent", "Ropewalk/" ROPEWALK_VERSION},
                                       {"X-AnchorMailbox", address_}};
  if (options_.mapi_http) headers.push_back({messages::kMapiHttpCapability, "1"});
  net::HttpClientRequest request;
  request.method = "POST";
  request.target = url.target;
  request.headers = headers;
  request.body = body;
  Answer answer;
  auto fail = [&](std::string why) {
    tell("POST", url.text(), std::move(why), false);
    return answer;
  };
  net::HttpClient http = connection(url);
  auto response = http.request(request);
  if (!response.ok()) return fail(response.error().text);
  if (response->status == 401) {
    auto signed_in = sign_in(http, request, *response);
    if (!signed_in.ok()) {
      was_refused_ = answer.is_final = signed_in.error().code == ErrorCode::login_failure;
      return fail(signed_in.error().text);
    }
    response = std::move(*signed_in);
  }
  if (is_redirect(response->status)) {
    answer.url = location_from(url, response->headers.get("Location"));
    if (answer.url.empty()) return fail(fmt::format("HTTP {}, and no word of where to ask", response->status));
    tell("POST", url.text(), fmt::format("HTTP {}, asks to ask at {}", response->status, answer.url), true);
    return answer;
  }
  if (response->status != 200)
    return fail(fmt::format("HTTP {} {}", response->status, net::http_reason(response->status)));
  std::string result;
  answer = read(response->body, result);
  tell("POST", url.text(), result, answer.settings || !answer.url.empty() || !answer.address.empty());
  return answer;
}

// Asks there, and wherever that leads. What a server says over TLS is its domain's word.
std::optional<Found> Search::follow(std::string text) {
  while (!is_over_) {
    auto url = Url::parse(text);
    const bool is_named = !options_.server.empty() && text == options_.server;
    if (!url || (!url->tls && !is_named)) {
      tell("POST", text, url ? "credentials do not go over plain HTTP" : "no URL", false);
      return std::nullopt;
    }
    if (!seen_.insert(url->text() + " " + address_).second) {
      tell("POST", url->text(), "was asked already: a loop of redirects", false);
      return std::nullopt;
    }
    Answer answer = post(*url);
    is_over_ = answer.is_final;
    if (answer.settings) {
      std::string address = answer.settings->user ? answer.settings->user->address : std::string();
      if (address.empty()) address = address_;
      return Found{url->text(), std::move(address), *std::move(answer.settings)};
    }
    if (answer.url.empty() && answer.address.empty()) return std::nullopt;
    if (++redirects_ > kMostRedirects) {
      tell("POST", url->text(), fmt::format("more than {} redirects", kMostRedirects), false);
      is_over_ = true;
      return std::nullopt;
    }
    if (answer.address.empty()) {
      text = std::move(answer.url);
      continue;
    }
    const bool same_domain = mapi::equal_ignoring_ascii_case(domain_of(answer.address), domain_of(address_));
    address_ = std::move(answer.address);
    if (!same_domain && options_.server.empty()) return run_for_domain();
  }
  return std::nullopt;
}

// Whether credentials may go to a host that nothing vouches for but unprotected HTTP or DNS.
bool Search::may_know(const std::string& host) const {
  return is_within(host, domain_of(address_)) || (options_.trusts && options_.trusts(host));
}

// [MS-OXDISCO] 3.1.5.1. What the directory names over TLS is its word; other directories that it names have to be of
// the address's domain, or trusted, before they get the password.
std::optional<Found> Search::by_service_points() {
  std::vector<std::string> directories;
  if (!options_.ldap.empty()) directories.push_back(options_.ldap);
  for (std::size_t i = 0; i < directories.size() && i < kMostDirectories && !is_over_; ++i) {
    LdapPlace place{
        directories[i],
        options_.ca_file,
        options_.ldap_user,
        options_.password,
        i == 0 ? options_.ldap_base : std::string(),
        std::chrono::duration_cast<std::chrono::seconds>(options_.timeout + std::chrono::milliseconds(999))};
    if (place.user.empty()) place.user = options_.login.empty() ? options_.address : options_.login;
    if (const auto host = Url::parse("https" + place.url.substr(std::min(place.url.find("://"), place.url.size())));
        i > 0 && (!host || !may_know(host->host))) {
      tell("SCP", place.url, "is outside of the address's domain and not trusted (--trust HOST)", false);
      continue;
    }
    auto points = service_points(place, domain_of(address_));
    if (!points.ok()) {
      is_over_ = was_refused_ = points.error().is_refused;
      tell("SCP", place.url, points.error().text, false);
      continue;
    }
    tell("SCP", place.url,
         fmt::format("{} autodiscover servers, {} other directories", points->urls.size(), points->pointers.size()),
         !points->urls.empty() || !points->pointers.empty());
    for (const std::string& url : points->urls) {
      if (is_over_) break;
      if (auto found = follow(url)) return found;
    }
    for (std::string& other : points->pointers)
      if (std::ranges::find(directories, other) == directories.end()) directories.push_back(std::move(other));
  }
  return std::nullopt;
}

// [MS-OXDISCO] 3.1.5.4
std::optional<Found> Search::by_redirect() {
  const Url url{false, "autodiscover." + domain_of(address_), 80, std::string(kPath)};
  net::HttpClient http = connection(url);
  net::HttpClientRequest request;
  request.target = url.target;
  auto response = http.request(request);
  std::string result;
  std::optional<Url> onward;
  if (!response.ok()) {
    result = response.error().text;
  } else if (!is_redirect(response->status)) {
    result = fmt::format("HTTP {} {}, no redirect", response->status, net::http_reason(response->status));
  } else {
    const std::string location = location_from(url, response->headers.get("Location"));
    onward = Url::parse(location);
    result = "asks to ask at " + location;
    if (!onward || !onward->tls) {
      result += ", which is not https://";
      onward.reset();
    } else if (!may_know(onward->host)) {
      result += ", which is outside of the address's domain and not trusted (--trust " + onward->host + ")";
      onward.reset();
    }
  }
  tell("GET", url.text(), std::move(result), onward.has_value());
  if (!onward) return std::nullopt;
  ++redirects_;
  return follow(onward->text());
}

// [MS-OXDISCO] 3.1.5.3
std::optional<Found> Search::by_service_record() {
  DnsResolver system;
  Resolver& resolver = options_.resolver != nullptr ? *options_.resolver : system;
  const std::string name = "_autodiscover._tcp." + domain_of(address_);
  auto hosts = resolver.service(name);
  if (!hosts.ok() || hosts->empty()) {
    tell("SRV", name, hosts.ok() ? "no such record" : hosts.error().text, false);
    return std::nullopt;
  }
  std::string names;
  for (const ServiceHost& host : *hosts)
    names += fmt::format("{}{}:{}", names.empty() ? "" : ", ", host.host, host.port);
  tell("SRV", name, names, true);
  if (hosts->size() > kMostServiceHosts) hosts->resize(kMostServiceHosts);
  for (const ServiceHost& host : *hosts) {
    const Url url{true, host.host, host.port, std::string(kPath)};
    if (!may_know(host.host)) {
      tell("POST", url.text(),
           "is outside of the address's domain, named by DNS alone and not trusted (--trust " + host.host + ")", false);
      continue;
    }
    if (auto found = follow(url.text())) return found;
  }
  return std::nullopt;
}

std::optional<Found> Search::run_for_domain() {
  if (auto found = by_service_points()) return found;
  const std::string domain = domain_of(address_);
  for (const std::string& host : {domain, "autodiscover." + domain}) {
    if (is_over_) return std::nullopt;
    if (auto found = follow(Url{true, host, 443, std::string(kPath)}.text())) return found;
  }
  if (!is_over_)
    if (auto found = by_redirect()) return found;
  return is_over_ ? std::nullopt : by_service_record();
}

Outcome<Found> Search::run() {
  if (address_.find('@') == address_.npos || domain_of(address_).empty())
    return Failure{ErrorCode::invalid_param, "\"" + address_ + "\" is not a mail address"};
  auto found = options_.server.empty() ? run_for_domain() : follow(options_.server);
  if (found) return *std::move(found);
  return Failure{was_refused_ ? ErrorCode::login_failure : ErrorCode::not_found,
                 "cannot find the server of " + options_.address + " (last: " + last_ + ")"};
}

}  // namespace

Outcome<Found> search(const SearchOptions& options, std::vector<Step>* steps) {
  SearchOptions whole = options;
  if (!whole.server.empty()) {
    auto url = Url::parse(whole.server.find("://") == std::string::npos ? "https://" + whole.server : whole.server);
    if (!url) return Failure{ErrorCode::invalid_param, "\"" + whole.server + "\" is no URL, HOST or HOST:PORT"};
    if (url->target == "/") url->target = kPath;
    whole.server = url->text();
  }
  return Search(whole, steps).run();
}

std::vector<std::string> ways_in(const ResponsePart& settings) {
  std::vector<std::string> ways;
  if (!settings.account) return ways;
  const auto& protocols = settings.account->protocols;
  for (const Protocol& one : protocols)
    if (one.is_mapi_http() && one.mail_store)
      for (const std::string& url : {one.mail_store->internal, one.mail_store->external})
        if (!url.empty() && std::find(ways.begin(), ways.end(), url) == ways.end()) ways.push_back(url);
  for (const Protocol& one : protocols)
    if ((one.type == "EXHTTP" || one.type == "EXPR") && !one.server.empty()) {
      std::string binding = "ncacn_http:" + one.server;
      if (std::find(ways.begin(), ways.end(), binding) == ways.end()) ways.push_back(std::move(binding));
    }
  return ways;
}

std::string address_book_of(const ResponsePart& settings, std::string_view way) {
  if (!settings.account) return {};
  for (const Protocol& one : settings.account->protocols) {
    if (!one.is_mapi_http() || !one.mail_store || !one.address_book) continue;
    if (one.mail_store->internal == way) return one.address_book->internal;
    if (one.mail_store->external == way) return one.address_book->external;
  }
  return {};
}

std::optional<Url> Url::parse(std::string_view text) {
  Url url;
  url.tls = text.substr(0, 8) == "https://";
  if (!url.tls && text.substr(0, 7) != "http://") return std::nullopt;
  text.remove_prefix(url.tls ? 8 : 7);
  url.port = url.tls ? 443 : 80;
  const auto slash = text.find('/');
  if (slash != text.npos) url.target = text.substr(slash, text.find('#', slash) - slash);
  std::string_view authority = text.substr(0, slash);
  if (authority.find_first_of("@?# \\\"<>\r\n\t") != authority.npos) return std::nullopt;
  const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == authority.npos) return std::nullopt;
  const auto colon = authority.find(':', bracket);
  if (colon != authority.npos) {
    const std::string_view digits = authority.substr(colon + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
    if (error != std::errc() || end != digits.data() + digits.size() || url.port == 0) return std::nullopt;
  }
  url.host = authority.substr(0, colon);
  if (url.host.starts_with('[')) url.host = url.host.substr(1, url.host.size() - 2);
  url.host = mapi::ascii_lowered(url.host);
  if (url.host.empty()) return std::nullopt;
  return url;
}

std::string Url::text() const {
  const bool is_v6 = host.find(':') != host.npos;
  const bool is_usual = port == (tls ? 443 : 80);
  return fmt::format("{}://{}{}{}{}{}", tls ? "https" : "http", is_v6 ? "[" : "", host, is_v6 ? "]" : "",
                     is_usual ? "" : fmt::format(":{}", port), target);
}

}  // namespace ropewalk::client::autodiscover
