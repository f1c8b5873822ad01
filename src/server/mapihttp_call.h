// One request to the MAPI/HTTP endpoint while it is under way, and the headers of its response. Internal to the
// endpoint. [MS-OXCMAPIHTTP] 2.2.2, 2.2.3.
#pragma once

#include <chrono>
#include <optional>

#include "directory/directory.h"
#include "net/http_server.h"
#include "protocol/mapihttp/headers.h"
#include "session/registry.h"

namespace ropewalk::server {

// Why a request is not served: `success` for one that is.
struct MapiHttpRefusal {
  mapihttp::ResponseCode code = mapihttp::ResponseCode::success;
  std::string reason{};  // for the log and the response's text
  explicit operator bool() const { return code != mapihttp::ResponseCode::success; }
};

// The session's cookies as the server names them. Their values are the session's id and the number of its next Execute.
inline constexpr std::string_view kContextCookie = "MapiContext", kSequenceCookie = "MapiSequence";

// A resource of the handler's coroutine. Keeps the session from expiring.
struct MapiHttpCall {
  using Clock = std::chrono::steady_clock;

  MapiHttpCall(net::HttpRequest& asked, net::HttpResponder& answers) : request(asked), responder(answers) {}
  MapiHttpCall(const MapiHttpCall&) = delete;
  MapiHttpCall& operator=(const MapiHttpCall&) = delete;
  ~MapiHttpCall();

  // The call is one of this session from now on.
  void join(std::shared_ptr<session::Session> found);
  // A cookie's value, from any of the Cookie headers.
  std::optional<std::string_view> cookie(std::string_view name) const;
  u64 elapsed_milliseconds() const;
  // "user1@ropewalk.test at 127.0.0.1, Execute", for log lines.
  std::string who() const;

  net::HttpRequest& request;
  net::HttpResponder& responder;
  Clock::time_point started = Clock::now();
  std::time_t start_time = std::time(nullptr);
  std::shared_ptr<const directory::User> user;
  mapihttp::RequestType type = mapihttp::RequestType::ping;
  std::shared_ptr<session::Session> session;
};

// What every response says of the server.
struct MapiHttpFacts {
  std::string server_application;  // "Exchange/15.01.2507.034"
  std::chrono::milliseconds pending_period{30'000};
  std::chrono::milliseconds expiration{900'000};
};

net::HttpResponseHead mapihttp_head(const MapiHttpCall& call, const MapiHttpFacts& facts, mapihttp::ResponseCode code);
// DONE and the additional headers, up to the request type's own body.
std::string done_text(const MapiHttpCall& call, mapihttp::ResponseCode code = mapihttp::ResponseCode::success);

// The client's version as X-ClientApplication ("Outlook/16.0.15928.20006") or else User-Agent ("... MAPI 16.0.15928;
// ...") tells it; zero where neither does.
session::ClientVersion client_version(const net::HttpHeaders& headers);

}  // namespace ropewalk::server
