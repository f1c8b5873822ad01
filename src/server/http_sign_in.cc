#include "server/http_sign_in.h"

#include <fmt/format.h>

#include "directory/basic_auth.h"
#include "protocol/mapihttp/headers.h"
#include "server/emsmdb_service.h"

// Results of co_await are named before they are tested: g++ 12.

namespace ropewalk::server {
namespace {

using net::Awaitable;

std::string who(const net::HttpRequest& request) {
  return fmt::format("{}, {} {}", request.peer, request.method.substr(0, 20), request.path.substr(0, 200));
}

void add_common(net::HttpResponseHead& head) {
  head.add("Content-Type", "text/html; charset=utf-8");
  head.add(mapihttp::kServerApplication, server_application());
}

}  // namespace

Awaitable<std::shared_ptr<const directory::User>> HttpSignIn::user_of(net::HttpRequest& request,
                                                                      net::HttpResponder& responder) {
  std::shared_ptr<const directory::User> user;
  const std::string_view header = request.headers.get("Authorization");
  std::string reason = "no credentials";
  if (header.empty()) {
    co_await challenge(request, responder, reason);
    co_return user;
  }
  auto credentials = directory::parse_basic(header);
  if (!credentials.ok()) {
    reason = credentials.error().text;
    co_await challenge(request, responder, reason);
    co_return user;
  }
  user = parts_.authenticator.recall(credentials->login, credentials->password);
  if (user != nullptr) co_return user;
  auto verify = [&] { return parts_.authenticator.verify(credentials->login, credentials->password, request.peer); };
  directory::Verdict verdict = co_await net::run(parts_.pool, verify);
  user = verdict.user;
  if (user != nullptr) co_return user;
  if (verdict.refusal == directory::Refusal::rate_limited || verdict.refusal == directory::Refusal::unavailable) {
    co_await answer_busy(request, responder, verdict);
  } else {
    co_await challenge(request, responder, verdict.reason);
  }
  co_return user;
}

// 401 as [RFC 7617] has it. The reason is for the log alone.
Awaitable<void> HttpSignIn::challenge(net::HttpRequest& request, net::HttpResponder& responder,
                                      const std::string& reason) {
  const bool has_tried = request.headers.has("Authorization");
  parts_.log.write(has_tried ? LogLevel::warning : LogLevel::debug, who(request) + ": refused with 401: " + reason);
  net::HttpResponseHead head(401);
  head.add("WWW-Authenticate", fmt::format("Basic realm=\"{}\", charset=\"UTF-8\"", parts_.realm));
  add_common(head);
  co_await responder.send(head, "<html><body>Sign in with your address and password.</body></html>\n");
}

// Not 401: clients would ask their user for the password.
Awaitable<void> HttpSignIn::answer_busy(net::HttpRequest& request, net::HttpResponder& responder,
                                        const directory::Verdict& verdict) {
  parts_.log.warning(who(request) + ": refused with 503: " + verdict.reason);
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(verdict.retry_in).count() + 1;
  net::HttpResponseHead head(503);
  head.add("Retry-After", std::to_string(seconds));
  add_common(head);
  co_await responder.send(head, "<html><body>Too many sign-ins failed; try again later.</body></html>\n");
}

}  // namespace ropewalk::server
