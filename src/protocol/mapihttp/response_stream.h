// The body of a response as it streams in: meta-tags, additional headers, then the request type's own body.
// [MS-OXCMAPIHTTP] 2.2.7 and 3.1.5.6.
#pragma once

#include <utility>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "protocol/mapihttp/headers.h"

namespace ropewalk::mapihttp {

// What a server writes: PROCESSING at once, PENDING each X-PendingPeriod while the request is under way, and at the end
// DONE with the additional headers and an empty line, behind which the body follows.
inline constexpr std::string_view kProcessing = "PROCESSING\r\n";
inline constexpr std::string_view kPending = "PENDING\r\n";
struct AdditionalHeaders {
  ResponseCode response_code = ResponseCode::success;
  u64 elapsed_milliseconds = 0;
  std::string_view start_time;  // an HTTP date; left out where empty
};
std::string done_lines(const AdditionalHeaders& headers);

// Takes the body in pieces of any size (transfer coding already removed) and sorts it. Memory is bounded by the limits,
// however many meta-tags come.
class ResponseStream {
 public:
  explicit ResponseStream(std::size_t body_limit = 4u << 20) : body_limit_(body_limit) {}

  // Error: what the server sent is no such body, or longer than the limit. Feed nothing more then.
  Status feed(ByteView piece);
  // Call it when the response has ended. Error: it ended before DONE and its headers were complete.
  Status finish() const;

  // True since the empty line behind DONE.
  bool done() const { return state_ == State::body; }
  std::size_t pendings() const { return pendings_; }
  // The first additional header of that name (any case), or empty.
  std::string_view header(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  // The additional X-ResponseCode; success where it is not given, unknown_failure where it is no number.
  ResponseCode response_code() const;
  // The request type's body, as far as it came.
  ByteView body() const { return body_; }
  std::vector<u8> take_body() { return std::move(body_); }

 private:
  enum class State { meta_tags, headers, body };
  Status take_line(std::string_view line);

  std::size_t body_limit_;
  State state_ = State::meta_tags;
  std::string line_;
  std::size_t header_bytes_ = 0;
  std::size_t pendings_ = 0;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<u8> body_;
};

}  // namespace ropewalk::mapihttp
