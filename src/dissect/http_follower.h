// HTTP/1.1 followed over one connection: MAPI over HTTP, autodiscover, and the channels of RPC over HTTP v2.
#pragma once

#include <deque>
#include <memory>

#include "dissect/http_text.h"
#include "dissect/tcp_follower.h"
#include "protocol/mapihttp/headers.h"

namespace ropewalk::dissect {

// A request whose response is awaited.
struct HttpExchange {
  u64 operation = 0;
  i64 time = 0;
  std::string method, layer = "HTTP", name, session;
  std::string user, proof;  // who signs in with it, and `Basic as "user1"` where the server can decide by it
  std::optional<mapihttp::RequestType> type;  // of MAPI over HTTP
  std::shared_ptr<RopRequests> rops;
  AddressBookNames::Asked asked;
};

// A whole message, its transfer and content codings removed.
struct HttpMessage {
  ByteView bytes;  // as it travelled
  HttpText text;   // views into them
  std::vector<u8> content;
  std::string origin;    // "chunked, gzip"; "as it travelled"
  bool changed = false;  // the content is not the body
};

// What a message says, as an operation; `exchange` is the request's (made by it, used by the response).
void describe_http(Conversations& all, const HttpMessage& message, HttpExchange& exchange, Operation& operation);

}  // namespace ropewalk::dissect
