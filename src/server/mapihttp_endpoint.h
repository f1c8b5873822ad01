// The mailbox endpoint of MAPI over HTTP: POST /mapi/emsmdb/. [MS-OXCMAPIHTTP] 2.2.4, 3.2.5.
#pragma once

#include "net/signal.h"
#include "server/emsmdb_service.h"
#include "server/http_sign_in.h"
#include "server/mapihttp_call.h"
#include "server/mapihttp_settings.h"

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

  net::Awaitable<void> refuse(Call& call, Refusal refusal);
  // The whole response at once.
  net::Awaitable<void> answer(Call& call, const wire::OutBuffer& body);

  Refusal examine(Call& call) const;
  Refusal find_session(Call& call) const;

  struct Executed;
  net::Awaitable<void> connect(Call& call);
  net::Awaitable<void> execute(Call& call);
  net::Awaitable<bool> take_turn(session::Session& session);
  net::Awaitable<void> run_rops(Call& call, const ExecuteCall& wanted);
  net::Awaitable<bool> keep_waiting(Call& call, const net::Signal& done);
  net::Awaitable<void> answer_execute(Call& call, const Executed& executed, bool begun);
  net::Awaitable<void> disconnect(Call& call);
  net::Awaitable<void> notification_wait(Call& call);

  Parts parts_;
  MapiHttpSettings settings_;
  MapiHttpFacts facts_;
};

}  // namespace ropewalk::server
