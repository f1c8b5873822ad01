#include "server/http_sign_in.h"

#include <fmt/format.h>

#include "auth/http_auth.h"
#include "directory/basic_auth.h"
#include "directory/ntlm_source.h"
#include "protocol/mapihttp/headers.h"
#include "server/emsmdb_service.h"
#include "server/server_security.h"

// Results of co_await are named before they are tested, and arguments before they are passed: g++ 12 lays the frames of
// some other forms out wrongly.

namespace ropewalk::server {

using auth::Mechanism;
using auth::Reason;
using net::Awaitable;

namespace {

constexpr std::chrono::seconds kRetryIn{15};  // where a sign-in does not say

bool is_loopback(std::string_view peer) {
  return peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.");
}

void add_common(net::HttpResponseHead& head) {
  head.add("Content-Type", "text/html; charset=utf-8");
  head.add(mapihttp::kServerApplication, server_application());
}

}  // namespace

// What a connection remembers: a sign-in under way, or who signed in.
struct HttpSignIn::Kept final : net::ConnectionState {
  Mechanism mechanism = Mechanism::none;
  std::unique_ptr<auth::SecurityContext> under_way;
  UserPtr user;
  u64 generation = 0;  // of the directory, when the user was last looked at
  i64 password_version = 0;

  void forget() {
    under_way.reset();
    user.reset();
  }
};

// One request's sign-in.
struct HttpSignIn::Attempt {
  net::HttpRequest& request;
  net::HttpResponder& responder;

  UserPtr user{};
  std::string failure = "no credentials";  // for the log
  std::string next_token{};                // of a sign-in that goes on: the header's value
  auth::HttpToken token{};                 // the client's
  bool busy = false;
  std::chrono::seconds retry_in{kRetryIn};

  std::string who() const {
    return fmt::format("{}, {} {}", request.peer, request.method.substr(0, 20), request.path.substr(0, 200));
  }
};

HttpSignIn::HttpSignIn(Parts parts, const Config& config)
    : parts_(parts),
      schemes_(config.http_schemes),
      basic_in_the_clear_(config.basic_in_the_clear),
      realm_(config.mapihttp.realm),
      options_(security_options(config)) {
  options_.require_channel_bindings = config.require_channel_bindings;
}

Awaitable<HttpSignIn::UserPtr> HttpSignIn::user_of(net::HttpRequest& request, net::HttpResponder& responder) {
  auto* kept = dynamic_cast<Kept*>(request.kept.get());
  const std::string_view header = request.headers.get("Authorization");
  if (header.empty() && kept != nullptr && kept->user != nullptr && still_good(*kept)) co_return kept->user;
  Attempt attempt{request, responder};
  if (!header.empty()) {
    auto token = auth::parse_http_token(header);
    if (!token.ok()) {
      attempt.failure = token.error().text;
    } else if (*token) {
      attempt.token = std::move(**token);
      co_await by_token(attempt);
    } else {
      if (kept != nullptr) kept->forget();
      co_await by_password(attempt);
    }
  }
  if (attempt.user == nullptr) {
    if (attempt.next_token.empty() && kept != nullptr) kept->forget();
    if (attempt.busy)
      co_await answer_busy(attempt);
    else
      co_await answer(attempt);
  }
  co_return attempt.user;
}

// A user who is gone, or has another password by now, has to sign in again.
bool HttpSignIn::still_good(Kept& kept) {
  const u64 generation = parts_.directory.generation();
  if (generation == kept.generation) return true;
  auto user = parts_.directory.find_by_id(kept.user->id);
  auto password = parts_.directory.stored_password(kept.user->id);
  if (!user.ok() || !*user || !password.ok() || !*password || (*password)->version != kept.password_version) {
    kept.forget();
    return false;
  }
  kept.generation = generation;
  return true;
}

// ---- Basic ----

bool HttpSignIn::offers_basic(const net::HttpRequest& request) const {
  return schemes_.basic && (request.is_tls || basic_in_the_clear_ || is_loopback(request.peer));
}

Awaitable<void> HttpSignIn::by_password(Attempt& attempt) {
  auto credentials = directory::parse_basic(attempt.request.headers.get("Authorization"));
  if (!credentials.ok()) {
    attempt.failure = credentials.error().text;
    co_return;
  }
  if (!offers_basic(attempt.request)) {
    attempt.failure = schemes_.basic ? "a password came in the clear over plain HTTP (http.basic allows that)"
                                     : "a password came, but Basic is switched off (sign_in.http)";
    co_return;
  }
  attempt.user = parts_.authenticator.recall(credentials->login, credentials->password);
  if (attempt.user != nullptr) co_return;
  auto verify = [&] {
    return parts_.authenticator.verify(credentials->login, credentials->password, attempt.request.peer);
  };
  directory::Verdict verdict = co_await net::run(parts_.pool, verify);
  attempt.user = verdict.user;
  attempt.failure = verdict.reason;
  attempt.busy =
      verdict.refusal == directory::Refusal::rate_limited || verdict.refusal == directory::Refusal::unavailable;
  attempt.retry_in = std::chrono::duration_cast<std::chrono::seconds>(verdict.retry_in) + std::chrono::seconds(1);
}

// ---- Negotiate and NTLM ----

bool HttpSignIn::offers_ntlm() {
  if (!schemes_.ntlm) return false;
  const u64 generation = parts_.directory.generation();
  std::lock_guard guard(lock_);
  if (generation != ntlm_known_for_) {
    auto any = parts_.directory.has_ntlm_users();
    ntlm_known_ = any.ok() && *any;
    ntlm_known_for_ = generation;
  }
  return ntlm_known_;
}

bool HttpSignIn::offers(Mechanism mechanism) {
  if (mechanism == Mechanism::ntlm) return offers_ntlm();
  return schemes_.negotiate && (!options_.keytab.empty() || offers_ntlm());
}

Awaitable<void> HttpSignIn::by_token(Attempt& attempt) {
  auto kept = std::dynamic_pointer_cast<Kept>(attempt.request.kept);
  if (kept == nullptr) attempt.request.kept = kept = std::make_shared<Kept>();
  kept->user.reset();  // whoever it was: somebody signs in anew
  auto take = [this, &attempt, &kept] { take_token(attempt, *kept); };
  co_await net::run(parts_.pool, take);
  if (attempt.user == nullptr && attempt.next_token.empty()) kept->forget();
}

// On a worker.
void HttpSignIn::take_token(Attempt& attempt, Kept& kept) {
  const Mechanism mechanism = attempt.token.mechanism;
  if (!offers(mechanism)) {
    attempt.failure = fmt::format("{} is not offered", auth::mechanism_name(mechanism));
    return;
  }
  if (attempt.token.token.empty()) {
    attempt.failure = fmt::format("the {} header holds no token", auth::mechanism_name(mechanism));
    return;
  }
  if (kept.under_way == nullptr || kept.mechanism != mechanism) {
    auth::ServerOptions options = options_;
    if (offers_ntlm())
      options.hashes = directory::ntlm_source(parts_.directory, &parts_.authenticator, attempt.request.peer);
    options.channel_bindings = auth::tls_server_end_point(attempt.responder.certificate());
    options.require_channel_bindings = options.require_channel_bindings && attempt.request.is_tls;
    auto made = auth::make_server(mechanism, options);
    if (!made.ok()) {
      attempt.failure = made.error().text;
      return;
    }
    kept.under_way = std::move(*made);
    kept.mechanism = mechanism;
  }
  auto step = kept.under_way->step(attempt.token.token);
  if (!step.ok()) {
    attempt.failure = step.error().text;
    attempt.busy = step.error().reason == Reason::rate_limited || step.error().reason == Reason::unavailable;
  } else if (!step->done) {
    attempt.next_token = auth::http_token_header(mechanism, step->token);
  } else {
    end_with(attempt, kept, *step);
  }
}

// On a worker: the client has proved who it is. Whether that is anybody here?
void HttpSignIn::end_with(Attempt& attempt, Kept& kept, const auth::Step& last) {
  const u64 generation = parts_.directory.generation();
  const std::string login = directory::login_of(*kept.under_way);
  auto found = directory::user_of(parts_.directory, *kept.under_way);
  if (!found.ok() || !*found) {
    attempt.busy = !found.ok();
    attempt.failure = found.ok() ? fmt::format("{} signed in as \"{}\", who has no mailbox here",
                                               auth::mechanism_name(kept.under_way->mechanism()), login.substr(0, 200))
                                 : found.error().text;
    return;
  }
  auto password = parts_.directory.stored_password((*found)->id);
  if (!password.ok() || !*password) {
    attempt.failure = password.ok() ? "the user has just been removed" : password.error().text;
    return;
  }
  if (!last.token.empty())
    attempt.responder.add_header("WWW-Authenticate", auth::http_token_header(kept.mechanism, last.token));
  if (kept.mechanism == Mechanism::negotiate) attempt.responder.add_header("Persistent-Auth", "true");
  kept.under_way.reset();
  kept.generation = generation;
  kept.password_version = (*password)->version;
  kept.user = std::make_shared<const directory::User>(std::move(**found));
  attempt.user = kept.user;
}

// ---- answers ----

// 401 with the sign-in's next token, or with all that is offered. The reason is for the log alone.
Awaitable<void> HttpSignIn::answer(Attempt& attempt) {
  net::HttpResponseHead head(401);
  if (!attempt.next_token.empty()) {
    head.add("WWW-Authenticate", attempt.next_token);
  } else {
    const bool has_tried = attempt.request.headers.has("Authorization");
    parts_.log.write(has_tried ? LogLevel::warning : LogLevel::debug,
                     attempt.who() + ": refused with 401: " + attempt.failure);
    for (Mechanism mechanism : {Mechanism::negotiate, Mechanism::ntlm})
      if (offers(mechanism)) head.add("WWW-Authenticate", auth::http_token_header(mechanism, {}));
    if (offers_basic(attempt.request))
      head.add("WWW-Authenticate", fmt::format("Basic realm=\"{}\", charset=\"UTF-8\"", realm_));
  }
  add_common(head);
  co_await attempt.responder.send(head, "<html><body>Sign in with your address and password.</body></html>\n");
}

// Not 401: clients would ask their user for the password.
Awaitable<void> HttpSignIn::answer_busy(Attempt& attempt) {
  parts_.log.warning(attempt.who() + ": refused with 503: " + attempt.failure);
  net::HttpResponseHead head(503);
  head.add("Retry-After", std::to_string(attempt.retry_in.count()));
  add_common(head);
  co_await attempt.responder.send(head, "<html><body>Signing in is not possible now; try again later.</body></html>\n");
}

}  // namespace ropewalk::server
