// Whose is this HTTP request? Basic ([RFC7617]), Negotiate ([RFC4559]) and NTLM ([MS-NTHT]); MAPI over HTTP and RPC
// over HTTP ask the same way.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "auth/security_context.h"
#include "directory/authenticator.h"
#include "net/http_server.h"
#include "net/worker_pool.h"
#include "server/config.h"
#include "server/logging.h"

namespace ropewalk::server {

// Any thread; outlives the HTTP server.
//
// Basic signs in one request. What Negotiate and NTLM prove holds for the connection: later requests on it that bring
// no Authorization are that user's, until one brings another, the user is removed, or the password changes.
class HttpSignIn {
 public:
  struct Parts {
    directory::Directory& directory;
    directory::Authenticator& authenticator;
    net::WorkerPool& pool;  // for password hashes and tickets, which take their time
    Log& log;
  };
  HttpSignIn(Parts parts, const Config& config);

  using UserPtr = std::shared_ptr<const directory::User>;
  // The user. Null: the request has been answered, with 401 and what is offered or the next token, or with 503 where
  // too many sign-ins failed.
  net::Awaitable<UserPtr> user_of(net::HttpRequest& request, net::HttpResponder& responder);
  // Whether somebody could sign in that way now. Any thread.
  bool offers(auth::Mechanism mechanism);

 private:
  struct Kept;
  struct Attempt;

  net::Awaitable<void> by_password(Attempt& attempt);
  net::Awaitable<void> by_token(Attempt& attempt);
  void take_token(Attempt& attempt, Kept& kept);
  void end_with(Attempt& attempt, Kept& kept, const auth::Step& last);
  bool still_good(Kept& kept);
  bool offers_basic(const net::HttpRequest& request) const;
  bool offers_ntlm();
  net::Awaitable<void> answer(Attempt& attempt);
  net::Awaitable<void> answer_busy(Attempt& attempt);

  Parts parts_;
  HttpSchemes schemes_;
  bool basic_in_the_clear_;
  std::string realm_;
  auth::ServerOptions options_;
  std::mutex lock_;  // of the two below
  u64 ntlm_known_for_ = 0;
  bool ntlm_known_ = false;
};

}  // namespace ropewalk::server
