// Beast's incremental parsers, filling our messages. Heavy: for connection.cc and http_client.cc alone.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace ropewalk::net {

// Where reading a message stands after some bytes.
enum class Progress { more, complete, failed };

// What requests and responses have in common. Bytes go in as they come; what is left over after the message (the next
// one, pipelined) is not touched.
template <bool is_request>
class MessageParser : public boost::beast::http::basic_parser<is_request> {
 protected:
  using Base = boost::beast::http::basic_parser<is_request>;
  using ErrorCode = boost::beast::error_code;
  using View = boost::beast::string_view;

 public:
  MessageParser(HttpHeaders& headers, std::size_t max_head, std::size_t max_body)
      : headers_(headers), max_head_(max_head) {
    this->header_limit(static_cast<u32>(max_head));
    this->body_limit(max_body);
    this->eager(true);
  }

  // Takes bytes from the front of `data`.
  Progress feed(std::string_view& data) {
    while (!this->is_done() && !data.empty()) {
      ErrorCode failed;
      const std::size_t used = this->put(boost::asio::const_buffer(data.data(), data.size()), failed);
      data.remove_prefix(used);
      if (failed == boost::beast::http::error::need_more || (!failed && used == 0 && !this->is_done())) break;
      if (failed) return fail(failed);
    }
    if (this->is_done()) return Progress::complete;
    // Chunk lines and trailers have no limit of their own.
    if (data.size() > max_head_) return fail(boost::beast::http::error::header_limit);
    return Progress::more;
  }

  // Why feed() failed: the status to answer with, and words.
  int status() const { return status_; }
  const std::string& reason() const { return reason_; }

 protected:
  Progress fail(ErrorCode why) {
    using boost::beast::http::error;
    status_ = why == error::header_limit ? 431 : why == error::body_limit ? 413 : why == error::bad_version ? 505 : 400;
    reason_ = why.message();
    return Progress::failed;
  }

  virtual void take_body(std::string_view piece, ErrorCode& why) = 0;

 private:
  void on_field_impl(boost::beast::http::field, View name, View value, ErrorCode& why) override {
    if (this->is_header_done()) return;  // trailers say nothing we want
    if (headers_.size() >= kMostFields) {
      why = boost::beast::http::error::header_limit;
      return;
    }
    headers_.add({name.data(), name.size()}, {value.data(), value.size()});
  }
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(View body, ErrorCode& why) override {
    take_body({body.data(), body.size()}, why);
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCode& why) override {
    take_body({body.data(), body.size()}, why);
    return body.size();
  }
  void on_finish_impl(ErrorCode&) override {}

  static constexpr std::size_t kMostFields = 128;
  HttpHeaders& headers_;
  std::size_t max_head_;
  int status_ = 400;
  std::string reason_;
};

class RequestParser final : public MessageParser<true> {
 public:
  using Streams = std::function<bool(std::string_view method)>;
  RequestParser(HttpRequest& request, std::size_t max_head, std::size_t max_body, const Streams& streams)
      : MessageParser(request.headers, max_head, max_body), request_(request), streams_(streams) {}

  int version() const { return version_; }  // 10 or 11
  bool is_streamed() const { return is_streamed_; }

 private:
  void on_request_impl(boost::beast::http::verb, View method, View target, int version, ErrorCode&) override {
    version_ = version;
    request_.method.assign(method.data(), method.size());
    is_streamed_ = streams_ && streams_(request_.method);
    if (is_streamed_) this->body_limit(boost::none);
    std::string_view rest(target.data(), target.size());
    for (std::string_view scheme : {"http://", "https://"}) {  // absolute form, [RFC 9112] 3.2.2
      if (!same_name(rest.substr(0, scheme.size()), scheme)) continue;
      rest.remove_prefix(scheme.size());
      rest.remove_prefix(std::min(rest.find_first_of("/?"), rest.size()));
    }
    const auto question = rest.find('?');
    request_.path.assign(rest.substr(0, question));
    if (request_.path.empty()) request_.path = "/";
    request_.query.assign(question == rest.npos ? std::string_view() : rest.substr(question + 1));
  }
  void on_response_impl(int, View, int, ErrorCode&) override {}
  void take_body(std::string_view piece, ErrorCode&) override { request_.body.append(piece); }

  HttpRequest& request_;
  const Streams& streams_;
  int version_ = 11;
  bool is_streamed_ = false;
};

class ResponseParser final : public MessageParser<false> {
 public:
  using OnBody = std::function<bool(std::string_view)>;
  ResponseParser(int& status, std::string& reason, HttpHeaders& headers, std::size_t max_body, OnBody on_body)
      : MessageParser(headers, 64 << 10, max_body),
        response_status_(status),
        response_reason_(reason),
        on_body_(std::move(on_body)) {}

 private:
  void on_request_impl(boost::beast::http::verb, View, View, int, ErrorCode&) override {}
  void on_response_impl(int status, View reason, int, ErrorCode&) override {
    response_status_ = status;
    response_reason_.assign(reason.data(), reason.size());
  }
  void take_body(std::string_view piece, ErrorCode& why) override {
    if (!on_body_(piece)) why = boost::system::errc::make_error_code(boost::system::errc::operation_canceled);
  }

  int& response_status_;
  std::string& response_reason_;
  OnBody on_body_;
};

}  // namespace ropewalk::net
