// What the two endpoints of MAPI over HTTP have in common: whether a request is one, whose session it belongs to, when
// it is its turn, and how its answer travels. [MS-OXCMAPIHTTP] 2.2.2, 2.2.3, 3.2.5.
#pragma once

#include <functional>

#include "net/signal.h"
#include "net/worker_pool.h"
#include "protocol/mapihttp/bodies.h"
#include "server/http_sign_in.h"
#include "server/logging.h"
#include "server/mapihttp_call.h"
#include "server/mapihttp_settings.h"
#include "wire/describe.h"

namespace ropewalk::server {

// A path without its last '/', in lower case.
std::string plain_mapihttp_path(std::string_view path);

// What a request type does on a worker: appends its response's body. May throw, which becomes X-ResponseCode 1.
struct MapiHttpWork {
  std::function<void(wire::OutBuffer& out)> run;
  // Asked in the request's turn: whether running it costs less than handing it to a worker. Empty: never.
  std::function<bool()> is_brief{};
};

// Any thread; one coroutine per request. Outlives the HTTP server.
class MapiHttpFront {
 public:
  using Call = MapiHttpCall;
  using Refusal = MapiHttpRefusal;

  struct Parts {
    session::Registry& registry;  // of this endpoint's sessions alone
    net::WorkerPool& pool;
    Log& log;
  };
  // What tells one endpoint from the other.
  struct Shape {
    std::string_view path;  // "/mapi/emsmdb"
    std::string_view name;  // "mailbox", for people
    bool (*has)(mapihttp::RequestType type);
    std::size_t most_body;  // bytes
  };
  MapiHttpFront(Parts parts, Shape shape, const MapiHttpSettings& settings);

  // Whether the request can be served, everything but its body: signs its user in and finds its session, but for those
  // that begin one. False: it has been answered.
  net::Awaitable<bool> admit(Call& call, HttpSignIn& sign_in);
  // The session that a request which begins a new one came with, if it is the same user's: it is to end.
  // [MS-OXCMAPIHTTP] 3.2.5.6
  std::shared_ptr<session::Session> former_session(const Call& call) const;

  net::Awaitable<void> refuse(Call& call, Refusal refusal);
  net::Awaitable<void> refuse_body(Call& call, const wire::WireError& error);
  // The whole response at once.
  net::Awaitable<void> answer(Call& call, const wire::OutBuffer& body);
  template <class Response>
  net::Awaitable<void> answer_with(Call& call, const Response& response) {
    wire::OutBuffer out;
    wire::encode(response, out);
    co_await answer(call, out);
  }
  // [MS-OXCMAPIHTTP] 2.2.6: its response has no body.
  net::Awaitable<void> answer_ping(Call& call);
  // Runs the work when it is the request's turn in its session, and answers with what came of it.
  net::Awaitable<void> serve_in_turn(Call& call, const MapiHttpWork& work);
  // The head of a response that says that all is well.
  net::HttpResponseHead head(const Call& call) const;

  Log& log() { return parts_.log; }
  net::WorkerPool& pool() { return parts_.pool; }
  session::Registry& registry() { return parts_.registry; }

 private:
  Refusal examine(Call& call) const;
  Refusal examine_headers(Call& call) const;
  Refusal find_session(Call& call) const;
  net::Awaitable<bool> take_turn(session::Session& session);
  net::Awaitable<void> run(Call& call, const MapiHttpWork& work);
  net::Awaitable<bool> keep_waiting(Call& call, const net::Signal& done);
  net::Awaitable<void> conclude(Call& call, const std::string& failure, const wire::OutBuffer& body, bool begun);

  Parts parts_;
  Shape shape_;
  MapiHttpSettings settings_;
  MapiHttpFacts facts_;
};

// A request's body as a T, in the arena.
template <class T>
Result<T, wire::WireError> read_mapihttp_body(const net::HttpRequest& request, Arena& arena) {
  return wire::decode<T>(bytes_of(request.body), arena);
}

}  // namespace ropewalk::server
