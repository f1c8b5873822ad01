// Who is behind an HTTP request. One place for every endpoint: MAPI over HTTP and RPC over HTTP.
#pragma once

#include "directory/authenticator.h"
#include "net/http_server.h"
#include "net/worker_pool.h"
#include "server/logging.h"

namespace ropewalk::server {

// Any thread. Outlives the HTTP server.
class HttpSignIn {
 public:
  struct Parts {
    directory::Authenticator& authenticator;
    net::WorkerPool& pool;  // for password hashes, which must not hold up anything else
    Log& log;
    std::string realm;
  };
  explicit HttpSignIn(Parts parts) : parts_(std::move(parts)) {}

  // The user whom the request's credentials prove. Null: there is none, and the request has been answered: 401, or 503
  // while sign-ins are limited.
  net::Awaitable<std::shared_ptr<const directory::User>> user_of(net::HttpRequest& request,
                                                                 net::HttpResponder& responder);

 private:
  net::Awaitable<void> challenge(net::HttpRequest& request, net::HttpResponder& responder, const std::string& reason);
  net::Awaitable<void> answer_busy(net::HttpRequest& request, net::HttpResponder& responder,
                                   const directory::Verdict& verdict);

  Parts parts_;
};

}  // namespace ropewalk::server
