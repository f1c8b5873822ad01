// The offline address book's files over HTTP: GET and HEAD below /OAB/GUID/, whole or a part. [MS-OXWOAB] 3.2
#pragma once

#include "server/http_sign_in.h"
#include "server/oab/publisher.h"

namespace ropewalk::server {

// Any thread; one coroutine per request. Outlives the HTTP server.
class OabEndpoint {
 public:
  OabEndpoint(OabPublisher& publisher, HttpSignIn& sign_in) : publisher_(publisher), sign_in_(sign_in) {}
  // Letter case does not matter.
  static bool serves(std::string_view path);
  net::Awaitable<void> handle(net::HttpRequest& request, net::HttpResponder& responder);

 private:
  net::Awaitable<void> send_file(const OabPublisher::File& file, net::HttpRequest& request,
                                 net::HttpResponder& responder);
  OabPublisher& publisher_;
  HttpSignIn& sign_in_;
};

// "bytes=0-99", "bytes=100-", "bytes=-5" of something that long: first byte and length. nullopt: no such header, or one
// that is to be ignored (several ranges). A length of 0: it cannot be satisfied. [RFC 9110] 14.2
struct ByteRange {
  std::size_t first = 0, length = 0;
};
std::optional<ByteRange> parse_range(std::string_view header, std::size_t size);

}  // namespace ropewalk::server
