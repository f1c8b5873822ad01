// The mailbox endpoint of MAPI over HTTP: POST /mapi/emsmdb/. [MS-OXCMAPIHTTP] 2.2.4, 3.2.5.
#pragma once

#include "server/emsmdb_service.h"
#include "server/http_sign_in.h"
#include "server/mapihttp_front.h"

namespace ropewalk::server {

// Serves every path below /mapi/. Any thread; one coroutine per request. Outlives the HTTP server.
class MapiHttpEndpoint {
 public:
  struct Parts {
    EmsmdbService& service;
    HttpSignIn& sign_in;
    net::WorkerPool& pool;  // for ROPs
    Log& log;
  };
  MapiHttpEndpoint(Parts parts, MapiHttpSettings settings);

  // Whether a request's path is this endpoint's affair. Letter case does not matter.
  static bool serves(std::string_view path);
  net::Awaitable<void> handle(net::HttpRequest& request, net::HttpResponder& responder);

 private:
  using Call = MapiHttpCall;
  using Refusal = MapiHttpRefusal;

  net::Awaitable<void> connect(Call& call);
  net::Awaitable<void> execute(Call& call);
  net::Awaitable<void> disconnect(Call& call);
  net::Awaitable<void> notification_wait(Call& call);

  Parts parts_;
  MapiHttpSettings settings_;
  MapiHttpFront front_;
};

}  // namespace ropewalk::server
