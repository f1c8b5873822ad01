// The address book endpoint of MAPI over HTTP: POST /mapi/nspi/. [MS-OXCMAPIHTTP] 2.2.5, 3.2.5
#pragma once

#include "server/addressbook/address_book_service.h"
#include "server/http_sign_in.h"
#include "server/mapihttp_front.h"

namespace ropewalk::server {

// Any thread; one coroutine per request. Outlives the HTTP server.
class AddressBookEndpoint {
 public:
  struct Parts {
    AddressBookService& service;
    HttpSignIn& sign_in;
    session::Registry& registry;  // of the sessions that Bind opens, and of no others
    net::WorkerPool& pool;
    Log& log;
  };
  AddressBookEndpoint(Parts parts, const MapiHttpSettings& settings);

  // Whether a request's path is this endpoint's affair. Letter case does not matter.
  static bool serves(std::string_view path);
  net::Awaitable<void> handle(net::HttpRequest& request, net::HttpResponder& responder);

 private:
  using Call = MapiHttpCall;

  net::Awaitable<void> bind(Call& call);
  net::Awaitable<void> unbind(Call& call);
  net::Awaitable<void> ask(Call& call);
  mapi::ErrorCode open_session(Call& call, u32 flags, const nspi::Stat& stat, std::shared_ptr<session::Session>& made);
  void end(session::Session& session);

  Parts parts_;
  MapiHttpFront front_;
};

}  // namespace ropewalk::server
