#include "protocol/mapihttp/response_stream.h"

#include <fmt/format.h>

#include "mapi/ascii_case.h"

namespace ropewalk::mapihttp {
namespace {

constexpr std::size_t kMaxLine = 8192;
constexpr std::size_t kMaxHeaderBytes = 32768;

}  // namespace

std::string done_lines(const AdditionalHeaders& headers) {
  std::string lines = fmt::format("DONE\r\n{}: {}\r\n{}: {}\r\n", kResponseCode,
                                  static_cast<u32>(headers.response_code), kElapsedTime, headers.elapsed_milliseconds);
  if (!headers.start_time.empty()) lines += fmt::format("{}: {}\r\n", kStartTime, headers.start_time);
  return lines + "\r\n";
}

Status ResponseStream::feed(ByteView piece) {
  while (!piece.empty()) {
    if (state_ == State::body) {
      if (piece.size() > body_limit_ - body_.size())
        return Error{fmt::format("the response's body is larger than {} bytes", body_limit_)};
      body_.insert(body_.end(), piece.begin(), piece.end());
      return {};
    }
    char c = static_cast<char>(piece.front());
    piece = piece.subspan(1);
    if (c != '\n') {
      if (line_.size() >= kMaxLine) return Error{"a line among the response's meta-tags is too long"};
      line_ += c;
      continue;
    }
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    std::string line = std::move(line_);
    line_.clear();
    ROPEWALK_CHECK(take_line(line));
  }
  return {};
}

Status ResponseStream::take_line(std::string_view line) {
  if (state_ == State::meta_tags) {
    if (line == "PENDING")
      ++pendings_;
    else if (line == "DONE")
      state_ = State::headers;
    else if (line != "PROCESSING")
      return Error{fmt::format("\"{}\" is no meta-tag of a response (PROCESSING, PENDING, DONE)", line.substr(0, 40))};
    return {};
  }
  if (line.empty()) {
    state_ = State::body;
    return {};
  }
  std::size_t colon = line.find(':');
  if (colon == std::string_view::npos)
    return Error{fmt::format("\"{}\" is no additional header of a response", line.substr(0, 40))};
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) return Error{"the response's additional headers are too long"};
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  headers_.emplace_back(line.substr(0, colon), value);
  return {};
}

Status ResponseStream::finish() const {
  if (done()) return {};
  return Error{"the response ended before DONE and its headers were complete"};
}

std::string_view ResponseStream::header(std::string_view name) const {
  for (const auto& [known, value] : headers_)
    if (mapi::equal_ignoring_ascii_case(known, name)) return value;
  return {};
}

ResponseCode ResponseStream::response_code() const {
  std::string_view text = header(kResponseCode);
  if (text.empty()) return ResponseCode::success;
  return parse_response_code(text).value_or(ResponseCode::unknown_failure);
}

}  // namespace ropewalk::mapihttp
