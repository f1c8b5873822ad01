#include "server/autodiscover/endpoint.h"

#include <fmt/format.h>

#include <chrono>

#include "mapi/ascii_case.h"
#include "net/query.h"
#include "protocol/epm/methods.h"
#include "protocol/mapihttp/headers.h"
#include "server/emsmdb_service.h"
#include "server/kept_guid.h"
#include "server/own_names.h"

// Results of co_await are named before they are tested, and arguments before they are passed: g++ 12 lays the frames of
// some other forms out wrongly.

namespace ropewalk::server {
namespace {

using autodiscover::Account;
using autodiscover::ErrorCode;
using autodiscover::Response;
using net::Awaitable;

bool begins_with(std::string_view path, std::string_view start) {
  return mapi::equal_ignoring_ascii_case(path.substr(0, start.size()), start);
}

net::HttpResponseHead head_of(int status, std::string_view type) {
  net::HttpResponseHead head(status);
  head.add("Content-Type", type);
  head.add("Cache-Control", "private");
  head.add(mapihttp::kServerApplication, server_application());
  return head;
}

Response redirect(std::string address, std::string url) {
  Account account;
  account.account_type = "email";
  account.action = address.empty() ? "redirectUrl" : "redirectAddr";
  account.redirect_address = std::move(address);
  account.redirect_url = std::move(url);
  return Response::of({}, std::move(account));
}

}  // namespace

Result<std::unique_ptr<AutodiscoverEndpoint>> AutodiscoverEndpoint::make(Parts parts, const Config& config) {
  ROPEWALK_TRY(Guid deployment, kept_guid(config.data, "deployment.guid"));
  return std::unique_ptr<AutodiscoverEndpoint>(new AutodiscoverEndpoint(std::move(parts), config, deployment));
}

AutodiscoverEndpoint::AutodiscoverEndpoint(Parts parts, const Config& config, const Guid& deployment)
    : parts_(std::move(parts)), config_(config), deployment_(deployment) {}

bool AutodiscoverEndpoint::serves(std::string_view path) { return begins_with(path, "/autodiscover/"); }

Awaitable<void> AutodiscoverEndpoint::handle(net::HttpRequest& request, net::HttpResponder& responder) {
  const std::string path = mapi::ascii_lowered(request.path);
  if (path == autodiscover::kJsonPath || path.starts_with(std::string(autodiscover::kJsonPath) + "/"))
    return answer_json(request, responder);
  return answer_xml(request, responder, path == autodiscover::kPath);
}

Awaitable<void> AutodiscoverEndpoint::answer_xml(net::HttpRequest& request, net::HttpResponder& responder,
                                                 bool is_served) {
  if (!is_served) {
    net::HttpResponseHead head = head_of(404, "text/plain");
    co_await responder.send(head, "Autodiscover is served at /autodiscover/autodiscover.xml\n");
    co_return;
  }
  if (request.method == "GET" && !request.is_tls && https_port_ != 0) {
    co_await redirect_to_tls(request, responder);
    co_return;
  }
  HttpSignIn::UserPtr user = co_await parts_.sign_in.user_of(request, responder);
  if (user == nullptr) co_return;
  const Response made = response_to(request, *user);
  co_await answer(made, responder);
}

Awaitable<void> AutodiscoverEndpoint::answer(const Response& what, net::HttpResponder& responder) {
  net::HttpResponseHead head = head_of(200, "text/xml; charset=utf-8");
  const std::string text = xml::write_document(what);
  co_await responder.send(head, text);
}

// [MS-OXDISCO] 3.1.5.4: where to ask; nobody's password travels in the clear for it.
Awaitable<void> AutodiscoverEndpoint::redirect_to_tls(net::HttpRequest& request, net::HttpResponder& responder) {
  auto at = BaseUrl::parse(config_.autodiscover.external_url);
  if (!at || !at->is_tls) at = BaseUrl::parse(config_.autodiscover.internal_url);
  if (!at || !at->is_tls) {
    at = BaseUrl::of_host(request.headers.get("Host"), true);
    if (!at) at = BaseUrl{true, own_host(config_), 0};
    at->port = https_port_ == 443 ? u16{0} : https_port_.load();
  }
  net::HttpResponseHead head = head_of(302, "text/html; charset=utf-8");
  head.add("Location", at->text() + std::string(autodiscover::kPath));
  co_await responder.send(head, "<html><body>Autodiscover is served over TLS.</body></html>\n");
}

// Answers alike for every address: without credentials nobody learns who is here.
Awaitable<void> AutodiscoverEndpoint::answer_json(net::HttpRequest& request, net::HttpResponder& responder) {
  const net::Query query = net::parse_query(request.query);
  const auto protocol = query.find("Protocol");
  autodiscover::JsonAnswer json;
  const auto at = internal_url(request);
  if (protocol == query.end() || protocol->second.empty()) {
    json.error_code = "MandatoryParameterMissing";
    json.message = "A valid value must be provided for the query parameter 'Protocol'.";
  } else if (!mapi::equal_ignoring_ascii_case(protocol->second, "AutodiscoverV1") || !at) {
    json.error_code = "InvalidProtocol";
    json.message = fmt::format("The given protocol value '{}' is invalid. Supported values are 'AutodiscoverV1'.",
                               protocol->second.substr(0, 60));
  } else {
    json.protocol = "AutodiscoverV1";
    json.url = at->text() + std::string(autodiscover::kPath);
  }
  net::HttpResponseHead head = head_of(200, "application/json; charset=utf-8");
  const std::string text = json.to_json();
  co_await responder.send(head, text);
}

// ---- the answer to a user ----

Response AutodiscoverEndpoint::failure(ErrorCode code, const net::HttpRequest& request, std::string_view why) {
  parts_.log.info(
      fmt::format("{}: autodiscover: {} ({}): {}", request.peer, static_cast<u16>(code), meaning(code), why));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const double seconds = static_cast<double>((now % std::chrono::hours(24)) / std::chrono::microseconds(1)) / 1e6;
  u32 id = 0;
  for (std::size_t i = 0; i < 4; ++i) id = id << 8 | deployment_.bytes[i];
  return Response::of(code, seconds, id);
}

struct AutodiscoverEndpoint::Sought {
  std::optional<directory::User> user{};
  bool is_known = false;  // in the address book, without a mailbox here
};

// Every user may ask for every address: Outlook asks so for shared mailboxes, with the user's own credentials.
Response AutodiscoverEndpoint::response_to(const net::HttpRequest& request, const directory::User& asker) {
  if (request.method != "POST") return failure(ErrorCode::invalid_request, request, request.method.substr(0, 20));
  auto read = xml::read_document<autodiscover::Request>(request.body, autodiscover::kRequestBounds);
  if (!read.ok()) return failure(ErrorCode::invalid_request, request, read.error().text);
  const auto& wanted = read->request;
  if (!wanted || (wanted->email_address.empty() && wanted->legacy_dn.empty()))
    return failure(ErrorCode::invalid_request, request, "neither EMailAddress nor LegacyDN");
  if (wanted->acceptable_response_schema != autodiscover::kOutlookResponseSchema)
    return failure(ErrorCode::no_such_schema, request, wanted->acceptable_response_schema.substr(0, 200));
  if (auto elsewhere = redirection(mapi::ascii_lowered(wanted->email_address)); elsewhere && wanted->legacy_dn.empty())
    return *std::move(elsewhere);
  auto found = find(*wanted);
  if (!found.ok()) return failure(ErrorCode::internal_error, request, found.error().text);
  const std::string& name = wanted->legacy_dn.empty() ? wanted->email_address : wanted->legacy_dn;
  if (!found->user)
    return failure(found->is_known ? ErrorCode::address_without_configuration : ErrorCode::address_not_found, request,
                   fmt::format("{} asks for {}", asker.address, name.substr(0, 200)));
  return settings_of(*found->user, request);
}

// [MS-OXDSCLI] 3.2.5: the DN goes before the address.
Result<AutodiscoverEndpoint::Sought> AutodiscoverEndpoint::find(const autodiscover::RequestPart& wanted) {
  const bool by_dn = !wanted.legacy_dn.empty();
  Sought sought;
  ROPEWALK_TRY(sought.user, by_dn ? parts_.directory.find_by_dn(wanted.legacy_dn)
                                  : parts_.directory.find_by_address(wanted.email_address));
  ROPEWALK_TRY(const auto object, sought.user ? parts_.book.find_by_user(sought.user->id)
                                  : by_dn     ? parts_.book.find_by_dn(wanted.legacy_dn)
                                              : parts_.book.find_by_address(wanted.email_address));
  sought.is_known = object.has_value();
  // An account whose mail is elsewhere has no mailbox to be found here.
  if (object && object->kind == directory::Kind::contact) sought.user.reset();
  return sought;
}

std::optional<Response> AutodiscoverEndpoint::redirection(const std::string& address) const {
  const AutodiscoverSettings& settings = config_.autodiscover;
  if (auto moved = settings.redirect_addresses.find(address); moved != settings.redirect_addresses.end())
    return redirect(moved->second, {});
  const std::string domain = address.substr(std::min(address.find('@'), address.size()));
  for (const std::string& key : {address, domain})
    if (auto moved = settings.redirect_urls.find(key); moved != settings.redirect_urls.end())
      return redirect({}, moved->second);
  return std::nullopt;
}

Response AutodiscoverEndpoint::settings_of(const directory::User& user, const net::HttpRequest& request) {
  const net::HttpHeaders& headers = request.headers;
  const Asked asked = Asked::of(headers.get(autodiscover::kMapiHttpCapability),
                                headers.get(autodiscover::kClientCanHandle), headers.get("User-Agent"));
  Account account;
  account.account_type = "email";
  account.action = "settings";
  account.microsoft_online = account.consumer_mailbox = "False";
  account.protocols = protocols_for(user, asked, served_to(request));
  if (account.protocols.empty())
    return failure(ErrorCode::address_without_configuration, request,
                   "the client does not ask for MAPI over HTTP, and RPC is not served where it could be found");
  add_alternatives(user, account);
  if (!config_.autodiscover.public_folders.empty())
    account.public_folders = autodiscover::PublicFolderInformation{config_.autodiscover.public_folders};
  return Response::of({user.name, user.legacy_dn, user.address, deployment_.to_string()}, std::move(account));
}

void AutodiscoverEndpoint::add_alternatives(const directory::User& user, Account& account) {
  const auto& all = config_.autodiscover.alternatives;
  const auto mine = all.find(mapi::ascii_lowered(user.address));
  if (mine == all.end()) return;
  for (const std::string& address : mine->second) {
    auto other = parts_.directory.find_by_address(address);
    if (!other.ok() || !*other) {
      parts_.log.warning(fmt::format("autodiscover.alternatives of {}: {} {}", user.address, address,
                                     other.ok() ? "has no mailbox here" : "cannot be looked up"));
      continue;
    }
    autodiscover::AlternativeMailbox mailbox;
    mailbox.type = "Delegate";
    mailbox.display_name = (*other)->name;
    mailbox.address = (*other)->address;
    mailbox.owner_address = (*other)->address;
    account.alternatives.push_back(std::move(mailbox));
  }
}

// ---- what is served ----

// As configured, or as the client came here, which works for it.
std::optional<BaseUrl> AutodiscoverEndpoint::internal_url(const net::HttpRequest& request) const {
  if (!config_.autodiscover.internal_url.empty()) return BaseUrl::parse(config_.autodiscover.internal_url);
  if (auto as_asked = BaseUrl::of_host(request.headers.get("Host"), request.is_tls)) return as_asked;
  return BaseUrl::of_host(fmt::format("{}:{}", own_host(config_), https_port_ != 0 ? https_port_.load() : 443), true);
}

Served AutodiscoverEndpoint::served_to(const net::HttpRequest& request) {
  Served served;
  served.internal = internal_url(request);
  served.external = BaseUrl::parse(config_.autodiscover.external_url);
  served.rpc_tcp = mapper_port_ == epm::kWellKnownPort;  // clients look for it there alone
  served.rpc_http = config_.rpc_http && config_.https_port;
  served.host = own_host(config_);
  served.negotiate = parts_.sign_in.offers(auth::Mechanism::negotiate);
  served.ntlm = parts_.sign_in.offers(auth::Mechanism::ntlm);
  served.oab_path = parts_.oab_path;
  served.deployment = deployment_;
  return served;
}

}  // namespace ropewalk::server
