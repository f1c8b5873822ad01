#include "net/connection.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <ctime>

namespace ropewalk::net {

// g++ 12 lays a coroutine's frame out wrongly for some conditions that contain co_await ("if (!co_await f()) ..."
// inside a block): results are therefore named before they are tested, here and everywhere.

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t kReadSize = 16 * 1024;
constexpr std::size_t kMostReadAhead = 64 * 1024;  // pipelined bytes taken while a handler is parked
constexpr std::size_t kGatherChunk = 8 * 1024;     // chunks up to here are copied to leave with their size line
constexpr std::size_t kKeepBetweenRequests = 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kMostLingering = 1 << 20;
constexpr std::chrono::milliseconds kLingerTime{2000};

// Reads never suspend between filling this and emptying it.
std::span<char> read_buffer() {
  thread_local std::array<char, kReadSize> buffer;
  return buffer;
}

// "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n", made once a second. [RFC 9110] 6.6.1
std::string_view date_line() {
  thread_local std::time_t made_at = 0;
  thread_local std::array<char, 48> line;
  thread_local std::size_t size = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    size = std::strftime(line.data(), line.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    made_at = now;
  }
  return {line.data(), size};
}

void append_number(std::string& text, u64 number, int base = 10) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  text.append(digits.data(), end);
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

Connection::Connection(ServerState& server, Loop& loop, Socket socket, const std::shared_ptr<ssl_ctx_st>& tls)
    : server_(server), loop_(loop), socket_(std::move(socket)), transport_(socket_.native_handle(), tls) {
  boost::system::error_code gone;
  const auto peer = socket_.remote_endpoint(gone);
  if (!gone) {
    request_.peer = address_text(peer.address());
    request_.peer_port = peer.port();
  }
  request_.is_tls = tls != nullptr;
}

Connection::~Connection() {
  if (listed_) loop_.connections.erase(place_);
  server_.one_less(server_.open);
}

void Connection::log(const std::string& what) const { server_.log(request_.peer + ": " + what); }

Awaitable<void> Connection::run() {
  auto self = shared_from_this();
  place_ = loop_.connections.insert(loop_.connections.end(), this);
  listed_ = true;
  if (server_.stopping.load()) co_return;
  try {
    co_await serve();
  } catch (const std::exception& thrown) {
    log(std::string("connection ended: ") + thrown.what());
  }
  end_watch();
}

Awaitable<void> Connection::serve() {
  if (transport_.is_tls()) {
    const bool secure = co_await handshake();
    if (!secure) co_return;
  }
  while (alive_ && keep_alive_) {
    const bool arrived = co_await next_request();
    if (!arrived) break;
    server_.requests.fetch_add(1, std::memory_order_relaxed);
    co_await handle();
  }
  if (refused_status_ != 0 && alive_) co_await refuse(refused_status_, refused_reason_);
  co_await say_goodbye();
}

Awaitable<bool> Connection::wait(Socket::wait_type what) {
  boost::system::error_code failed;
  co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, failed));
  co_return !failed && !expired_;
}

Awaitable<bool> Connection::handshake() {
  deadline_ = Clock::now() + server_.options.request_timeout;
  for (;;) {
    const Io state = transport_.handshake();
    if (state == Io::done) break;
    if (state == Io::closed) {
      if (!transport_.error().empty()) log("TLS handshake failed: " + transport_.error());
      co_return false;
    }
    const bool ready = co_await wait(state == Io::wants_read ? Socket::wait_read : Socket::wait_write);
    if (!ready) co_return false;
  }
  deadline_ = Clock::time_point::max();
  co_return true;
}

// ---- receiving ----

void Connection::release_memory() {
  if (input_.empty()) std::string().swap(input_);
  if (request_.body.capacity() > kKeepBetweenRequests) std::string().swap(request_.body);
  if (request_.query.capacity() > kKeepBetweenRequests) std::string().swap(request_.query);
  if (request_.path.capacity() > kKeepBetweenRequests) std::string().swap(request_.path);
  if (head_.capacity() > kKeepBetweenRequests) std::string().swap(head_);
  request_.headers.shrink();
}

// Waits for a request and reads it whole. False: there is none to handle, the connection is to be closed (after
// refuse(), where refused_status_ is set).
Awaitable<bool> Connection::next_request() {
  phase_ = Phase::idle;
  if (input_.empty() && !transport_.buffered()) {
    if (server_.stopping.load(std::memory_order_relaxed)) co_return false;
    release_memory();
    deadline_ = Clock::now() + server_.options.idle_timeout;
    const bool readable = co_await wait(Socket::wait_read);
    if (!readable) co_return false;
  }
  request_.headers.clear();
  request_.body.clear();
  const auto& options = server_.options;
  body_untouched_ = true;
  parser_ = std::make_unique<RequestParser>(request_, options.max_head, options.max_body, options.streams);
  const bool complete = co_await receive(*parser_);
  deadline_ = Clock::time_point::max();
  if (!complete) {
    if (expired_ && phase_ == Phase::receiving) {
      expired_ = false;
      refused_status_ = 408;
      refused_reason_ = "the request took too long to arrive";
    }
    co_return false;
  }
  const bool is_good = acceptable(*parser_);
  if (!is_streaming()) parser_.reset();
  co_return is_good;
}

// Parses what was left over and `bytes`; keeps what belongs to the next request.
Progress Connection::feed(RequestParser& parser, std::string_view bytes) {
  std::string_view data = bytes;
  if (!input_.empty()) {
    input_.append(bytes);
    data = input_;
  }
  // Empty lines before a request are to be ignored, [RFC 9112] 2.2.
  if (!parser.got_some()) data.remove_prefix(std::min(data.find_first_not_of("\r\n"), data.size()));
  const Progress progress = parser.feed(data);
  if (data.empty()) {
    input_.clear();
  } else if (input_.empty()) {
    input_.assign(data);
  } else {
    input_.erase(0, input_.size() - data.size());
  }
  if (progress == Progress::failed) {
    refused_status_ = parser.status();
    refused_reason_ = "malformed request: " + parser.reason();
  }
  return progress;
}

Awaitable<bool> Connection::receive(RequestParser& parser) {
  const auto& options = server_.options;
  const auto started = Clock::now();
  const auto idle_until = deadline_ == Clock::time_point::max() ? started + options.idle_timeout : deadline_;
  std::size_t received = input_.size();
  Progress progress = input_.empty() ? Progress::more : feed(parser, {});
  while (progress == Progress::more) {
    if (parser.is_header_done() && parser.is_streamed()) co_return true;
    if (parser.got_some() && parser.is_header_done()) {
      const bool greeted = co_await greet_body(parser);
      if (!greeted) co_return false;
    }
    std::size_t count = 0;
    const Io state = transport_.read(read_buffer(), count);
    if (state == Io::closed) co_return false;
    if (state == Io::done) {
      received += count;
      progress = feed(parser, {read_buffer().data(), count});
      continue;
    }
    if (received == 0) {
      deadline_ = idle_until;
    } else {
      phase_ = Phase::receiving;
      deadline_ = started + options.request_timeout + std::chrono::seconds(received / options.slowest_rate);
    }
    const bool ready = co_await wait(state == Io::wants_read ? Socket::wait_read : Socket::wait_write);
    if (!ready) co_return false;
  }
  co_return progress == Progress::complete;
}

// Answers "Expect: 100-continue" once the head is here and the body is not. [RFC 9110] 10.1.1
Awaitable<bool> Connection::greet_body(RequestParser& parser) {
  if (phase_ == Phase::receiving || !request_.body.empty()) co_return true;
  phase_ = Phase::receiving;
  if (!expects_greeting(parser)) co_return true;
  co_return co_await write({kContinue});
}

bool Connection::expects_greeting(const RequestParser& parser) const {
  return same_name(request_.headers.get("Expect"), "100-continue") && parser.version() >= 11;
}

// What the grammar allows and we do not.
bool Connection::acceptable(const RequestParser& parser) {
  keep_alive_ = parser.keep_alive();
  chunks_allowed_ = parser.version() >= 11;
  const std::string_view coding = request_.headers.get("Transfer-Encoding");
  if (chunks_allowed_ && !request_.headers.has("Host")) {
    refused_status_ = 400;
    refused_reason_ = "malformed request: no Host header";
  } else if (!coding.empty() && !same_name(coding, "chunked")) {
    refused_status_ = 501;
    refused_reason_ = "transfer coding \"" + std::string(coding.substr(0, 40)) + "\" is not served";
  }
  return refused_status_ == 0;
}

// ---- answering ----

Awaitable<void> Connection::handle() {
  phase_ = Phase::handling;
  answer_ = Answer::none;
  added_.clear();
  ++handled_;
  std::string failure;
  try {
    co_await server_.handler(request_, *this);
    if (answer_ == Answer::none && alive_) failure = "the handler gave no answer";
  } catch (const std::exception& thrown) {
    failure = thrown.what();
  }
  ++handled_;
  end_watch();
  hook_ = nullptr;
  if (!failure.empty()) {
    log(request_.method + " " + request_.path + " failed: " + failure);
    if (answer_ == Answer::none) {
      HttpResponseHead head(500);
      head.add("Content-Type", "text/plain");
      co_await send(head, "The server failed to answer this request.\n");
    }
  }
  if (is_streaming()) {  // where the next request would begin is unknown
    keep_alive_ = false;
    refused_status_ = 0;
  }
  parser_.reset();
  if (answer_ != Answer::complete) alive_ = false;  // a client must see that the response was cut short
}

Awaitable<void> Connection::refuse(int status, const std::string& reason) {
  server_.refused.fetch_add(1, std::memory_order_relaxed);
  log("refused with " + std::to_string(status) + ": " + reason);
  keep_alive_ = false;
  request_.method.clear();
  answer_ = Answer::none;
  HttpResponseHead head(status);
  head.add("Content-Type", "text/plain");
  co_await send(head, reason + "\n");
}

// Closing with bytes unread would reset the connection and take our last response with it.
Awaitable<void> Connection::say_goodbye() {
  phase_ = Phase::closing;
  if (!alive_ && transport_.is_tls()) co_return;  // no orderly end for a response cut short
  transport_.shut_down();
  if (refused_status_ == 0 || !alive_) co_return;
  deadline_ = Clock::now() + kLingerTime;
  for (std::size_t taken = 0; taken < kMostLingering;) {
    std::size_t count = 0;
    const Io state = transport_.read(read_buffer(), count);
    if (state == Io::closed) co_return;
    taken += count;
    if (state == Io::done) continue;
    const bool readable = co_await wait(Socket::wait_read);
    if (!readable) co_return;
  }
}

Awaitable<bool> Connection::write(Parts parts) {
  if (!alive_) co_return false;
  std::size_t total = 0;
  for (std::string_view part : parts) total += part.size();
  Io state = transport_.write(parts);
  if (state == Io::done) co_return true;
  const auto& options = server_.options;
  const auto started = Clock::now();
  while (state == Io::wants_write) {
    std::size_t left = 0;
    for (std::string_view part : parts) left += part.size();
    deadline_ = started + options.write_timeout + std::chrono::seconds((total - left) / options.slowest_rate);
    const bool writable = co_await wait(Socket::wait_write);
    deadline_ = Clock::time_point::max();
    if (!writable) {
      if (expired_ && alive_) log("closed: the client took too long to read a response");
      break;
    }
    state = transport_.write(parts);
  }
  if (state == Io::done) co_return true;
  alive_ = false;
  interrupt(Interrupt::client_gone);
  co_return false;
}

void Connection::start_head(const HttpResponseHead& head) {
  if (server_.stopping.load(std::memory_order_relaxed) || is_streaming()) keep_alive_ = false;
  head_ = "HTTP/1.1 ";
  append_number(head_, static_cast<u64>(head.status()));
  head_.append(" ").append(head.reason().empty() ? http_reason(head.status()) : head.reason());
  head_.append("\r\n").append(date_line());
  if (!server_.options.server_name.empty()) append_header(head_, "Server", server_.options.server_name);
  head_.append(head.lines()).append(added_);
  added_.clear();
  if (!keep_alive_) {
    head_ += "Connection: close\r\n";
  } else if (!chunks_allowed_) {
    head_ += "Connection: keep-alive\r\n";
  }
}

Awaitable<bool> Connection::send(const HttpResponseHead& head, std::string_view body) {
  if (answer_ != Answer::none || !alive_) co_return false;
  answer_ = Answer::complete;
  start_head(head);
  if (has_body(head.status())) {
    head_ += "Content-Length: ";
    append_number(head_, body.size());
    head_ += "\r\n";
  }
  head_ += "\r\n";
  if (!has_body(head.status()) || request_.method == "HEAD") body = {};
  co_return co_await write({head_, body});
}

Awaitable<bool> Connection::send_chunked(const HttpResponseHead& head, std::string_view first, std::string_view rest) {
  if (answer_ != Answer::none || !alive_) co_return false;
  answer_ = Answer::complete;
  start_head(head);
  const std::size_t size = first.size() + rest.size();
  if (chunks_allowed_) {
    head_ += "Transfer-Encoding: chunked\r\n\r\n";
  } else {
    head_ += "Content-Length: ";
    append_number(head_, size);
    head_ += "\r\n\r\n";
  }
  if (request_.method == "HEAD") co_return co_await write({head_});
  std::string_view end;
  if (chunks_allowed_) {
    if (size != 0) {
      append_number(head_, size, 16);
      head_ += "\r\n";
    }
    end = size == 0 ? "0\r\n\r\n" : "\r\n0\r\n\r\n";
  }
  head_ += first;
  co_return co_await write({head_, rest, end});
}

// The chunk's head, and the whole chunk where it is small.
void Connection::append_chunk(std::string_view bytes) {
  if (bytes.empty() || request_.method == "HEAD") return;
  if (chunks_allowed_) {
    append_number(head_, bytes.size(), 16);
    head_ += "\r\n";
  }
  if (bytes.size() > kGatherChunk) return;
  head_ += bytes;
  if (chunks_allowed_) head_ += "\r\n";
}

Awaitable<bool> Connection::begin_chunked(const HttpResponseHead& head, std::string_view first) {
  if (answer_ != Answer::none || !alive_) co_return false;
  answer_ = Answer::chunked;
  if (!chunks_allowed_) keep_alive_ = false;  // HTTP/1.0: the connection's end is the body's end
  start_head(head);
  if (chunks_allowed_) head_ += "Transfer-Encoding: chunked\r\n";
  head_ += "\r\n";
  const bool large = first.size() > kGatherChunk;
  if (!large) append_chunk(first);
  bool sent = co_await write({head_});
  if (sent && large) sent = co_await write_chunk(first);
  co_return sent;
}

Awaitable<bool> Connection::write_chunk(std::string_view bytes) {
  if (answer_ != Answer::chunked) co_return false;
  head_.clear();
  append_chunk(bytes);
  if (head_.empty() && (chunks_allowed_ || bytes.empty())) co_return alive_;
  if (bytes.size() <= kGatherChunk) co_return co_await write({head_});
  if (request_.method == "HEAD") co_return alive_;
  co_return co_await write({head_, bytes, chunks_allowed_ ? "\r\n" : ""});
}

Awaitable<bool> Connection::finish(std::string_view last) {
  if (answer_ != Answer::chunked) co_return false;
  if (last.size() > kGatherChunk) {
    const bool sent = co_await write_chunk(last);
    if (!sent) co_return false;
    last = {};
  }
  head_.clear();
  append_chunk(last);
  if (chunks_allowed_ && request_.method != "HEAD") head_ += "0\r\n\r\n";
  answer_ = Answer::complete;
  co_return co_await write({head_});
}

Awaitable<bool> Connection::begin_sized(const HttpResponseHead& head, u64 length) {
  if (answer_ != Answer::none || !alive_) co_return false;
  answer_ = Answer::sized;
  start_head(head);
  head_ += "Content-Length: ";
  append_number(head_, length);
  head_ += "\r\n\r\n";
  co_return co_await write({head_});
}

Awaitable<bool> Connection::write_piece(std::string_view bytes) {
  if (answer_ != Answer::sized) co_return false;
  co_return co_await write({bytes});
}

Awaitable<std::string_view> Connection::read_body() {
  if (std::exchange(body_untouched_, false)) {
    if (!request_.body.empty()) co_return std::string_view(request_.body);
    if (is_streaming() && expects_greeting(*parser_)) co_await write({kContinue});
  }
  request_.body.clear();
  // Who sends faster than can be read lets the thread's other coroutines run between two reads all the same.
  if (std::exchange(has_not_waited_, true)) co_await asio::post(loop_.context, asio::use_awaitable);
  Progress progress = Progress::more;
  while (alive_ && is_streaming() && request_.body.empty() && progress == Progress::more) {
    std::size_t count = 0;
    const Io state = transport_.read(read_buffer(), count);
    if (state == Io::done) {
      progress = feed(*parser_, {read_buffer().data(), count});
    } else if (state == Io::closed) {
      alive_ = false;
    } else {
      has_not_waited_ = false;
      const bool ready = co_await wait(state == Io::wants_read ? Socket::wait_read : Socket::wait_write);
      if (!ready) alive_ = false;
    }
  }
  if (!alive_ || progress == Progress::failed) co_return std::string_view();
  co_return std::string_view(request_.body);
}

// ---- what outlives a handler ----

HttpResponder::Starter Connection::starter() {
  return [&server = server_, &loop = loop_](std::function<Awaitable<void>()> coroutine) {
    server.tasks.fetch_add(1);
    asio::co_spawn(loop.context, std::move(coroutine), [&server](const std::exception_ptr& thrown) {
      if (thrown) server.log("a coroutine ended by an exception");
      server.one_less(server.tasks);
    });
  };
}

std::function<void()> Connection::cutter() {
  return [weak = weak_from_this(), &loop = loop_, handled = handled_] {
    asio::post(loop.context, [weak, handled] {
      auto self = weak.lock();
      if (self != nullptr && self->handled_ == handled) self->cut();
    });
  };
}

// ---- watching a parked handler's client ----

void Connection::on_interrupt(std::function<void(Interrupt)> hook) {
  hook_ = std::move(hook);
  if (!alive_) return interrupt(Interrupt::client_gone);
  if (server_.stopping.load(std::memory_order_relaxed)) return interrupt(Interrupt::shutting_down);
  if (!is_streaming()) watch();  // a handler that reads the body sees the client's end itself
}

void Connection::interrupt(Interrupt why) {
  auto hook = std::exchange(hook_, nullptr);
  if (hook) hook(why);
}

void Connection::watch() {
  if (watching_) return;
  watching_ = true;
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this(), generation = ++watch_generation_](boost::system::error_code failed) {
                       self->watched(static_cast<bool>(failed), generation);
                     });
}

// Readable while a handler is parked: the next request already (kept, up to a limit), or the client's end.
void Connection::watched(bool failed, u64 generation) {
  if (!watching_ || generation != watch_generation_) return;
  watching_ = false;
  if (failed) return;
  while (input_.size() < kMostReadAhead) {
    std::size_t count = 0;
    const Io state = transport_.read(read_buffer(), count);
    if (state == Io::done) {
      input_.append(read_buffer().data(), count);
    } else if (state == Io::closed) {
      alive_ = false;
      return interrupt(Interrupt::client_gone);
    } else {
      return watch();
    }
  }
}

void Connection::end_watch() {
  if (!watching_) return;
  watching_ = false;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

std::vector<u8> Connection::certificate() const {
  X509* shown = transport_.is_tls() ? SSL_get_certificate(transport_.ssl()) : nullptr;
  const int size = shown == nullptr ? 0 : i2d_X509(shown, nullptr);
  std::vector<u8> der(static_cast<std::size_t>(std::max(size, 0)));
  u8* at = der.data();
  if (size > 0) i2d_X509(shown, &at);
  return der;
}

// ---- from outside ----

void Connection::expire() {
  expired_ = true;
  deadline_ = Clock::time_point::max();
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::sweep(Clock::time_point now) {
  if (now >= deadline_) expire();
}

void Connection::on_server_stopping() {
  if (phase_ == Phase::idle || phase_ == Phase::handshake || is_streaming()) return expire();
  if (phase_ == Phase::handling) interrupt(Interrupt::shutting_down);
}

void Connection::cut() {
  alive_ = false;
  expire();
  interrupt(Interrupt::client_gone);
}

}  // namespace ropewalk::net
