// Requests and responses from foreign bytes, in pieces of every size.
#include <algorithm>

#include "net/http_parser.h"

namespace {

using namespace ropewalk;

template <class Parser>
void feed_in_pieces(Parser& parser, std::string_view bytes, std::size_t step) {
  std::string input;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    input.append(bytes.substr(at, step));
    std::string_view rest = input;
    if (parser.feed(rest) != net::Progress::more) return;
    input.erase(0, input.size() - rest.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = data[0] == 0 ? size : data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr std::size_t kMostBody = 1000;
  net::HttpRequest request;
  const net::RequestParser::Streams none;
  net::RequestParser requests(request, 4096, kMostBody, none);
  feed_in_pieces(requests, bytes, step);
  if (request.body.size() > kMostBody) __builtin_trap();
  int status = 0;
  std::string reason;
  net::HttpHeaders headers;
  std::size_t received = 0;
  net::ResponseParser responses(status, reason, headers, kMostBody, [&](std::string_view piece) {
    received += piece.size();
    return true;
  });
  feed_in_pieces(responses, bytes, step);
  if (received > kMostBody) __builtin_trap();
  return 0;
}
