#include "server/tap.h"

#include <algorithm>

namespace ropewalk::server {

using net::Awaitable;
using net::HttpResponseHead;

TappedResponder::TappedResponder(net::HttpResponder& inner, std::shared_ptr<TapWatcher> watcher, TapLink link,
                                 const net::HttpRequest& request)
    : inner_(inner), watcher_(std::move(watcher)), link_(std::move(link)) {
  watcher_->http_request(link_, request);
}

TappedResponder::~TappedResponder() {
  if (status_ != 0) watcher_->http_response(link_, status_, lines_, body_);
}

void TappedResponder::begin(const HttpResponseHead& head) {
  status_ = head.status();
  lines_ += head.lines();
}

void TappedResponder::add(std::string_view bytes) {
  body_.append(bytes.substr(0, kMostBody - std::min(kMostBody, body_.size())));
}

void TappedResponder::add_header(std::string_view name, std::string_view value) {
  net::append_header(lines_, name, value);
  inner_.add_header(name, value);
}

Awaitable<bool> TappedResponder::send(const HttpResponseHead& head, std::string_view body) {
  begin(head);
  add(body);
  return inner_.send(head, body);
}

Awaitable<bool> TappedResponder::send_chunked(const HttpResponseHead& head, std::string_view first,
                                              std::string_view rest) {
  begin(head);
  add(first);
  add(rest);
  return inner_.send_chunked(head, first, rest);
}

Awaitable<bool> TappedResponder::begin_chunked(const HttpResponseHead& head, std::string_view first) {
  begin(head);
  add(first);
  return inner_.begin_chunked(head, first);
}

Awaitable<bool> TappedResponder::write_chunk(std::string_view bytes) {
  add(bytes);
  return inner_.write_chunk(bytes);
}

Awaitable<bool> TappedResponder::finish(std::string_view last) {
  add(last);
  return inner_.finish(last);
}

Awaitable<bool> TappedResponder::begin_sized(const HttpResponseHead& head, u64 length) {
  begin(head);
  return inner_.begin_sized(head, length);
}

Awaitable<bool> TappedResponder::write_piece(std::string_view bytes) {
  add(bytes);
  return inner_.write_piece(bytes);
}

}  // namespace ropewalk::server
