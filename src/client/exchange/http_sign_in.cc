#include "client/exchange/http_sign_in.h"

#include "auth/http_auth.h"
#include "base/base64.h"

namespace ropewalk::client::exchange {

using auth::Mechanism;
using mapi::ErrorCode;
using net::HttpClientResponse;

namespace {

constexpr int kMostLegs = 8;

// The token that the server answers with; nullopt: it offers no such thing.
std::optional<std::vector<u8>> token_in(const HttpClientResponse& response, Mechanism mechanism) {
  for (std::string_view header : response.headers.all("WWW-Authenticate")) {
    auto token = auth::parse_http_token(header);
    if (token.ok() && *token && (*token)->mechanism == mechanism) return std::move((*token)->token);
  }
  return std::nullopt;
}

// "Basic, NTLM": what the server would take.
std::string offered(const HttpClientResponse& response) {
  std::string schemes;
  for (std::string_view header : response.headers.all("WWW-Authenticate"))
    schemes.append(schemes.empty() ? "" : ", ").append(header.substr(0, std::min<std::size_t>(header.find(' '), 40)));
  return schemes.empty() ? "nothing" : schemes;
}

}  // namespace

bool is_http_scheme(std::string_view scheme) {
  return scheme == "basic" || scheme == "ntlm" || scheme == "kerberos" || scheme == "negotiate";
}

std::string HttpSignIn::authorization() const {
  return scheme_ == "basic" ? "Basic " + to_base64(bytes_of(user_ + ":" + password_)) : std::string();
}

HttpSignIn::Response HttpSignIn::send(net::HttpClient& http, net::HttpClientRequest request,
                                      const std::string& authorization) {
  std::vector<net::HttpHeader> headers(request.headers.begin(), request.headers.end());
  if (!authorization.empty()) headers.push_back({"Authorization", authorization});
  request.headers = headers;
  auto response = http.request(request);
  if (!response.ok()) return failure(ErrorCode::rpc_failed, "cannot reach the server: " + response.error().text);
  return std::move(*response);
}

HttpSignIn::Response HttpSignIn::request(net::HttpClient& http, net::HttpClientRequest request) {
  if (scheme_ == "basic") return send(http, request, authorization());
  if (http.connected() && http.connection() == signed_in_) {
    auto response = send(http, request, {});
    if (!response.ok() || response->status != 401) return response;
  }
  return sign_in(http, request);
}

Outcome<std::unique_ptr<auth::SecurityContext>> HttpSignIn::make_context(const net::HttpClient& http) const {
  auth::ClientOptions options;
  options.account = user_;
  options.password = password_;
  options.service = "HTTP";
  options.host = http.options().server_name.empty() ? http.options().host : http.options().server_name;
  options.channel_bindings = auth::tls_server_end_point(http.peer_certificate());
  options.use_ntlm = scheme_ != "kerberos";
  auto made = auth::make_client(scheme_ == "ntlm" ? Mechanism::ntlm : Mechanism::negotiate, options);
  if (!made.ok()) return failure(ErrorCode::login_failure, "cannot sign in: " + made.error().text);
  return std::move(*made);
}

HttpSignIn::Response HttpSignIn::sign_in(net::HttpClient& http, const net::HttpClientRequest& request) {
  const Mechanism mechanism = scheme_ == "ntlm" ? Mechanism::ntlm : Mechanism::negotiate;
  signed_in_ = 0;
  if (Status connected = http.connect(); !connected.ok())  // the certificate is part of what is proved
    return failure(ErrorCode::rpc_failed, "cannot reach the server: " + connected.error().text);
  ROPEWALK_TRY(auto context, make_context(http));
  std::vector<u8> token;
  for (int leg = 0; leg < kMostLegs; ++leg) {
    auto step = context->step(token);
    if (!step.ok()) return failure(ErrorCode::login_failure, "cannot sign in: " + step.error().text);
    ROPEWALK_TRY(HttpClientResponse response, send(http, request, auth::http_token_header(mechanism, step->token)));
    auto answer = token_in(response, mechanism);
    const bool goes_on = answer && !answer->empty();
    if (response.status == 401 && goes_on && !context->done()) {
      token = std::move(*answer);
      continue;
    }
    if (response.status == 401) {
      std::string why = goes_on || answer
                            ? "does not accept the user \"" + user_ + "\" with this password (HTTP 401)"
                            : "does not take sign-ins by " + std::string(auth::mechanism_name(mechanism)) +
                                  " (HTTP 401); it offers " + offered(response);
      return failure(ErrorCode::login_failure, http.options().host + " " + std::move(why));
    }
    if (goes_on && !context->done()) {  // the server proves itself in turn
      auto proof = context->step(*answer);
      if (!proof.ok()) return failure(ErrorCode::login_failure, "the server's sign-in fails: " + proof.error().text);
    }
    signed_in_ = http.connection();
    return response;
  }
  return failure(ErrorCode::login_failure, "the server's sign-in comes to no end");
}

}  // namespace ropewalk::client::exchange
