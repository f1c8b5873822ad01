#include "net/http_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "net/http_parser.h"
#include "net/tls.h"
#include "net/transport.h"

namespace ropewalk::net {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A file descriptor with an owner.
class File {
 public:
  explicit File(int number = -1) : number_(number) {}
  File(File&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

bool is_address(const std::string& host) {
  u8 bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

constexpr std::size_t kMostAtOnce = 256 * 1024;  // bytes of a body that take() gives

enum class Woken { ready, timeout, interrupted };

// A connection that stands, and what was received beyond the last response.
struct Link {
  File socket;
  std::unique_ptr<Transport> transport;
};

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(HttpClientOptions options)
      : options_(std::move(options)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (options_.port == 0) options_.port = options_.tls ? 443 : 80;
    if (options_.server_name.empty()) options_.server_name = options_.host;
  }

  Result<HttpClientResponse> request(const HttpClientRequest& request);
  Status begin(const HttpClientRequest& request, u64 content_length);
  Status send(std::string_view piece);
  Result<Arrived> take(HttpClientResponse& response);
  bool has_buffered() const { return link_ && link_->transport->buffered(); }
  int socket() const { return link_ ? link_->socket.get() : -1; }
  int wake() const { return wake_.get(); }
  u64 connection() const { return link_ ? connections_ : 0; }
  Status ensure_connected();
  void interrupt();
  void resume();
  void close();
  bool connected() const { return link_.has_value(); }
  std::vector<u8> peer_certificate() const;
  const HttpClientOptions& options() const { return options_; }

 private:
  Status connect();
  Result<File> connect_to(const addrinfo& address);
  Status secure(Link& link);
  Result<std::shared_ptr<SSL_CTX>> tls_context();
  Status send(const HttpClientRequest& request, std::optional<u64> length, milliseconds timeout);
  Status write(std::span<std::string_view> parts, milliseconds timeout);
  Result<HttpClientResponse> receive(const HttpClientRequest& request, milliseconds timeout);
  Progress receive_message(ResponseParser& parser, std::string& left_over, milliseconds timeout, std::string& trouble);
  Woken wait(int socket, Io what, milliseconds time) const;
  std::string where() const { return options_.host + ":" + std::to_string(options_.port); }
  std::string why(Woken woken, milliseconds time) const;
  std::string certificate_trouble(SSL* ssl) const;

  HttpClientOptions options_;
  File wake_;  // readable: interrupted
  std::optional<Link> link_;
  u64 connections_ = 0;
  // Of a response that comes piece by piece.
  HttpClientResponse coming_;
  std::unique_ptr<ResponseParser> parser_;
  std::string unparsed_;
  std::shared_ptr<SSL_CTX> tls_;
  std::shared_ptr<SSL_SESSION> session_;
};

void HttpClient::Impl::interrupt() {
  const u64 one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void HttpClient::Impl::resume() {
  u64 count;
  (void)!::read(wake_.get(), &count, sizeof count);
}

Woken HttpClient::Impl::wait(int socket, Io what, milliseconds time) const {
  const auto until = Clock::now() + time;
  for (;;) {
    std::array<pollfd, 2> files{
        {{socket, static_cast<short>(what == Io::wants_write ? POLLOUT : POLLIN), 0}, {wake_.get(), POLLIN, 0}}};
    const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now()).count();
    const int count = ::poll(files.data(), files.size(), static_cast<int>(std::max<i64>(left, 0)));
    if (count == 0) return Woken::timeout;
    if (count < 0 && errno == EINTR) continue;
    return files[1].revents != 0 ? Woken::interrupted : Woken::ready;
  }
}

std::string HttpClient::Impl::why(Woken woken, milliseconds time) const {
  if (woken == Woken::interrupted) return "interrupted";
  const std::string text = std::to_string(time.count() / 1000.0);
  return "timed out after " + text.substr(0, text.find('.') + 2) + " s";
}

// ---- connecting ----

void HttpClient::Impl::close() {
  if (link_ && link_->transport->is_tls()) {
    session_ = std::shared_ptr<SSL_SESSION>(SSL_get1_session(link_->transport->ssl()), SSL_SESSION_free);
    link_->transport->shut_down();
  }
  link_.reset();
}

Result<File> HttpClient::Impl::connect_to(const addrinfo& address) {
  File file(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (file.get() < 0) return Error{std::strerror(errno)};
  const int on = 1;
  ::setsockopt(file.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(file.get(), address.ai_addr, address.ai_addrlen) == 0) return file;
  if (errno != EINPROGRESS) return Error{std::strerror(errno)};
  const Woken woken = wait(file.get(), Io::wants_write, options_.connect_timeout);
  if (woken != Woken::ready) return Error{why(woken, options_.connect_timeout)};
  int failed = 0;
  socklen_t size = sizeof failed;
  ::getsockopt(file.get(), SOL_SOCKET, SO_ERROR, &failed, &size);
  if (failed != 0) return Error{std::strerror(failed)};
  return file;
}

Status HttpClient::Impl::connect() {
  const std::string failure = "cannot connect to " + where() + ": ";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int status = getaddrinfo(options_.host.c_str(), std::to_string(options_.port).c_str(), &hints, &list);
  if (status != 0) return Error{failure + gai_strerror(status)};
  const Addresses addresses(list);
  std::string last = "no address";
  for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
    auto file = connect_to(*address);
    if (!file.ok()) {
      last = file.error().text;
      continue;
    }
    Link link{std::move(*file), nullptr};
    if (options_.tls) {
      ROPEWALK_CHECK(secure(link));
    } else {
      link.transport = std::make_unique<Transport>(link.socket.get());
    }
    link_ = std::move(link);
    ++connections_;
    return {};
  }
  return Error{failure + last};
}

Result<std::shared_ptr<SSL_CTX>> HttpClient::Impl::tls_context() {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (made == nullptr) return Error{"cannot set TLS up: " + tls_error_text()};
  SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(made.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_verify(made.get(), options_.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  if (!options_.ca_file.empty()) {
    if (SSL_CTX_load_verify_file(made.get(), options_.ca_file.c_str()) != 1) {
      return Error{"cannot read CA certificates from " + options_.ca_file + ": " + tls_error_text()};
    }
  } else if (!options_.insecure && SSL_CTX_set_default_verify_paths(made.get()) != 1) {
    return Error{"cannot read the system's CA certificates: " + tls_error_text()};
  }
  return made;
}

std::string HttpClient::Impl::certificate_trouble(SSL* ssl) const {
  const long verdict = SSL_get_verify_result(ssl);
  if (options_.insecure || verdict == X509_V_OK) return {};
  return "the certificate is not trusted: " + std::string(X509_verify_cert_error_string(verdict)) +
         "; name the CA that signed it, or accept any certificate";
}

Status HttpClient::Impl::secure(Link& link) {
  if (tls_ == nullptr) {
    ROPEWALK_TRY(tls_, tls_context());
  }
  link.transport = std::make_unique<Transport>(link.socket.get(), tls_, TlsRole::client);
  SSL* ssl = link.transport->ssl();
  if (is_address(options_.server_name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), options_.server_name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, options_.server_name.c_str());
    SSL_set1_host(ssl, options_.server_name.c_str());
  }
  if (session_ != nullptr) SSL_set_session(ssl, session_.get());
  const std::string failure = "TLS handshake with " + where() + " failed: ";
  for (;;) {
    const Io state = link.transport->handshake();
    if (state == Io::done) return {};
    if (state == Io::closed) {
      std::string trouble = certificate_trouble(ssl);
      if (trouble.empty()) trouble = link.transport->error();
      return Error{failure + (trouble.empty() ? "the server closed the connection" : trouble)};
    }
    const Woken woken = wait(link.socket.get(), state, options_.connect_timeout);
    if (woken != Woken::ready) return Error{failure + why(woken, options_.connect_timeout)};
  }
}

std::vector<u8> HttpClient::Impl::peer_certificate() const {
  if (!link_ || !link_->transport->is_tls()) return {};
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(link_->transport->ssl()),
                                                          X509_free);
  const int size = shown == nullptr ? 0 : i2d_X509(shown.get(), nullptr);
  std::vector<u8> der(static_cast<std::size_t>(std::max(size, 0)));
  u8* at = der.data();
  if (size > 0) i2d_X509(shown.get(), &at);
  return der;
}

// A connection the server closed meanwhile is noticed before a request goes out on it.
Status HttpClient::Impl::ensure_connected() {
  if (wait(-1, Io::wants_read, milliseconds(0)) == Woken::interrupted) {
    return Error{"request to " + where() + " not sent: interrupted"};
  }
  if (link_) {
    std::array<char, 256> unexpected;
    std::size_t count = 0;
    if (link_->transport->read(unexpected, count) != Io::wants_read) close();
  }
  return link_ ? Status() : connect();
}

// ---- one request ----

Status HttpClient::Impl::send(const HttpClientRequest& request, std::optional<u64> length, milliseconds timeout) {
  std::string head;
  head.reserve(512);
  head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  const bool usual = options_.port == (options_.tls ? 443 : 80);
  const bool v6 = options_.server_name.find(':') != std::string::npos;
  const std::string name = v6 ? "[" + options_.server_name + "]" : options_.server_name;
  append_header(head, "Host", usual ? name : name + ":" + std::to_string(options_.port));
  for (const HttpHeader& header : request.headers) append_header(head, header.name, header.value);
  if (length || !request.body.empty() || request.method == "POST" || request.method == "PUT") {
    append_header(head, "Content-Length", std::to_string(length.value_or(request.body.size())));
  }
  head += "\r\n";
  std::array<std::string_view, 2> parts{head, request.body};
  return write(parts, timeout);
}

Status HttpClient::Impl::write(std::span<std::string_view> parts, milliseconds timeout) {
  for (;;) {
    const Io state = link_->transport->write(parts);
    // A server that refuses may close early; its response can still be read.
    if (state == Io::done || state == Io::closed) return {};
    const Woken woken = wait(link_->socket.get(), state, timeout);
    if (woken != Woken::ready) return Error{"cannot send to " + where() + ": " + why(woken, timeout)};
  }
}

Progress HttpClient::Impl::receive_message(ResponseParser& parser, std::string& left_over, milliseconds timeout,
                                           std::string& trouble) {
  std::array<char, 16 * 1024> buffer;
  Progress progress = Progress::more;
  bool first = !left_over.empty();
  while (progress == Progress::more) {
    std::size_t count = 0;
    if (!first) {
      const Io state = link_->transport->read(buffer, count);
      if (state == Io::closed) {
        boost::beast::error_code cut;
        if (parser.got_some()) parser.put_eof(cut);
        if (parser.got_some() && !cut) return Progress::complete;
        trouble = "the server closed the connection " +
                  std::string(parser.got_some() ? "in the middle of the response" : "without a response");
        if (!link_->transport->error().empty()) trouble += " (" + link_->transport->error() + ")";
        return Progress::failed;
      }
      if (state != Io::done) {
        const Woken woken = wait(link_->socket.get(), state, timeout);
        if (woken == Woken::ready) continue;
        trouble = why(woken, timeout);
        return Progress::failed;
      }
      left_over.append(buffer.data(), count);
    }
    first = false;
    std::string_view data = left_over;
    progress = parser.feed(data);
    left_over.erase(0, left_over.size() - data.size());
    if (progress == Progress::failed) trouble = parser.reason();
  }
  return progress;
}

Result<HttpClientResponse> HttpClient::Impl::receive(const HttpClientRequest& request, milliseconds timeout) {
  std::string left_over, trouble;
  for (;;) {
    HttpClientResponse response;
    const auto on_body = [&](std::string_view piece) {
      if (request.on_body) return request.on_body(response.status, response.headers, piece);
      response.body.append(piece);
      return true;
    };
    ResponseParser parser(response.status, response.reason, response.headers, options_.max_body, on_body);
    if (request.method == "HEAD") parser.skip(true);
    if (receive_message(parser, left_over, timeout, trouble) != Progress::complete) {
      return Error{std::string(request.method) + " " + std::string(request.target) + " at " + where() +
                   " failed: " + trouble};
    }
    if (response.status >= 100 && response.status < 200) continue;  // interim, [RFC 9110] 15.2
    if (!parser.keep_alive() || !left_over.empty()) close();
    return response;
  }
}

Result<HttpClientResponse> HttpClient::Impl::request(const HttpClientRequest& request) {
  ROPEWALK_CHECK(ensure_connected());
  const milliseconds timeout = request.timeout.count() != 0 ? request.timeout : options_.timeout;
  const Status sent = send(request, std::nullopt, timeout);
  if (!sent.ok()) {
    close();
    return sent.error();
  }
  auto response = receive(request, timeout);
  if (!response.ok()) close();
  return response;
}

// ---- piece by piece ----

Status HttpClient::Impl::begin(const HttpClientRequest& request, u64 content_length) {
  ROPEWALK_CHECK(ensure_connected());
  coming_ = {};
  unparsed_.clear();
  const auto on_body = [this](std::string_view piece) {
    coming_.body.append(piece);
    return true;
  };
  parser_ =
      std::make_unique<ResponseParser>(coming_.status, coming_.reason, coming_.headers, options_.max_body, on_body);
  return send(request, content_length, options_.timeout);
}

Status HttpClient::Impl::send(std::string_view piece) {
  if (!link_) return Error{where() + ": the connection has ended"};
  std::array<std::string_view, 1> parts{piece};
  return write(parts, options_.timeout);
}

Result<HttpClient::Arrived> HttpClient::Impl::take(HttpClientResponse& response) {
  if (!link_ || parser_ == nullptr) return Error{where() + ": the connection has ended"};
  std::array<char, 16 * 1024> buffer;
  Progress progress = parser_->is_done() ? Progress::complete : Progress::more;
  while (progress == Progress::more) {
    std::size_t count = 0;
    const Io state = link_->transport->read(buffer, count);
    if (state == Io::wants_read || state == Io::wants_write) break;
    if (state == Io::closed) {
      if (!coming_.body.empty()) break;  // its last words come first, the end with the next call
      std::string trouble = where() + " ended the connection";
      if (!link_->transport->error().empty()) trouble += " (" + link_->transport->error() + ")";
      return Error{std::move(trouble)};
    }
    unparsed_.append(buffer.data(), count);
    std::string_view data = unparsed_;
    progress = parser_->feed(data);
    unparsed_.erase(0, unparsed_.size() - data.size());
    if (progress == Progress::failed)
      return Error{where() + " answered with something that is no HTTP: " + parser_->reason()};
    if (coming_.body.size() >= kMostAtOnce) break;
  }
  const bool has_head = parser_->is_header_done();
  if (has_head) {
    response.status = coming_.status;
    response.reason = coming_.reason;
    response.headers = coming_.headers;
    response.body.append(std::exchange(coming_.body, {}));
  }
  return Arrived{has_head, progress == Progress::complete};
}

HttpClient::Waited HttpClient::wait_for_any(std::span<HttpClient* const> clients, std::chrono::milliseconds time) {
  const auto until = Clock::now() + time;
  std::vector<pollfd> files;
  for (HttpClient* client : clients) {
    if (client->impl_->has_buffered()) return Waited::ready;
    files.push_back({client->impl_->socket(), POLLIN, 0});
    files.push_back({client->impl_->wake(), POLLIN, 0});
  }
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    const int count = ::poll(files.data(), files.size(), static_cast<int>(std::max<i64>(left, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Waited::timeout;
    for (std::size_t i = 1; i < files.size(); i += 2)
      if (files[i].revents != 0) return Waited::interrupted;
    return Waited::ready;
  }
}

// ---- HttpClient ----

HttpClient::HttpClient(HttpClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() {
  if (impl_) impl_->close();
}
HttpClient::HttpClient(HttpClient&&) noexcept = default;

Result<HttpClientResponse> HttpClient::request(const HttpClientRequest& request) { return impl_->request(request); }
Status HttpClient::connect() { return impl_->ensure_connected(); }
Status HttpClient::begin(const HttpClientRequest& request, u64 content_length) {
  return impl_->begin(request, content_length);
}
Status HttpClient::send(std::string_view piece) { return impl_->send(piece); }
Result<HttpClient::Arrived> HttpClient::take(HttpClientResponse& response) { return impl_->take(response); }
u64 HttpClient::connection() const { return impl_->connection(); }
void HttpClient::interrupt() { impl_->interrupt(); }
void HttpClient::resume() { impl_->resume(); }
void HttpClient::close() { impl_->close(); }
std::vector<u8> HttpClient::peer_certificate() const { return impl_->peer_certificate(); }
bool HttpClient::connected() const { return impl_->connected(); }
const HttpClientOptions& HttpClient::options() const { return impl_->options(); }

}  // namespace ropewalk::net
