// The client's side of signing in over HTTP: Basic, NTLM ([MS-NTHT]) and Negotiate ([RFC4559]).
#pragma once

#include "auth/security_context.h"
#include "client/exchange/channel.h"

namespace ropewalk::client::exchange {

/// Whether `scheme` can be one: basic, ntlm, kerberos (Negotiate with nothing else in it), negotiate.
bool is_http_scheme(std::string_view scheme);

/// Signs one connection in, and again where it was made anew. One thread at a time.
class HttpSignIn {
 public:
  HttpSignIn(std::string scheme, std::string user, std::string password)
      : scheme_(std::move(scheme)), user_(std::move(user)), password_(std::move(password)) {}

  /// Sends the request, as often as signing in takes. The headers are those of the request without Authorization.
  Outcome<net::HttpClientResponse> request(net::HttpClient& http, net::HttpClientRequest request);
  /// The Authorization of a request that travels piece by piece, on a connection that has been signed in by request();
  /// empty: none is needed.
  std::string authorization() const;
  const std::string& user() const { return user_; }

 private:
  using Response = Outcome<net::HttpClientResponse>;
  static Response send(net::HttpClient& http, net::HttpClientRequest request, const std::string& authorization);
  Response sign_in(net::HttpClient& http, const net::HttpClientRequest& request);
  Outcome<std::unique_ptr<auth::SecurityContext>> make_context(const net::HttpClient& http) const;

  std::string scheme_, user_, password_;
  u64 signed_in_ = 0;  // the HttpClient's connection that is
};

}  // namespace ropewalk::client::exchange
