#include "net/transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/tls.h"

namespace ropewalk::net {

namespace {

constexpr std::size_t kRecord = 16 * 1024;        // the most plain text in one TLS record
constexpr std::size_t kFlushAt = 64 * 1024;       // encrypted bytes gathered for one write
constexpr std::size_t kMostPending = 256 * 1024;  // more than the far side makes us owe it unasked: it misbehaves

// What OpenSSL wants sent during one call. It leaves for the socket before the call's end, so threads can share it
// between connections, and an idle connection holds none of it.
thread_local std::string gathered;

int bio_write(BIO*, const char* data, int size) {
  gathered.append(data, static_cast<std::size_t>(size));
  return size;
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const int socket = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const ssize_t count = ::recv(socket, data, static_cast<std::size_t>(size), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(count);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

// OpenSSL's own socket BIO would write at once and raise SIGPIPE when the client has gone.
BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

void drop_front(std::span<std::string_view> parts, std::size_t count) {
  for (std::string_view& part : parts) {
    const std::size_t here = std::min(count, part.size());
    part.remove_prefix(here);
    count -= here;
  }
}

}  // namespace

Transport::Transport(int socket, const std::shared_ptr<ssl_ctx_st>& tls, TlsRole role) : socket_(socket) {
  if (tls == nullptr) return;
  ssl_ = SSL_new(tls.get());
  if (ssl_ == nullptr) throw std::bad_alloc();
  BIO* bio = BIO_new(bio_method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_mode(ssl_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_set_read_ahead(ssl_, 1);
  if (role == TlsRole::server) {
    SSL_set_accept_state(ssl_);
  } else {
    SSL_set_connect_state(ssl_);
  }
}

Transport::~Transport() { SSL_free(ssl_); }

Io Transport::fail(const char* operation) {
  if (error_.empty() && errno != 0) error_ = std::string(operation) + ": " + std::strerror(errno);
  return Io::closed;
}

// What an OpenSSL call that returned `result` means; whatever it wants sent is sent first.
Io Transport::after(int result) {
  const int reason = result > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl_, result);
  const int system_error = errno;
  if (reason == SSL_ERROR_SSL) {
    error_ = tls_error_text();
    ERR_clear_error();
  } else if (reason == SSL_ERROR_SYSCALL && system_error != 0) {
    error_ = std::string("receive: ") + std::strerror(system_error);
  }
  const Io sent = flush();
  if (sent == Io::closed) return Io::closed;
  switch (reason) {
    case SSL_ERROR_NONE:
      return Io::done;
    case SSL_ERROR_WANT_READ:
      return sent == Io::wants_write && !SSL_is_init_finished(ssl_) ? sent : Io::wants_read;
    default:
      return Io::closed;
  }
}

// Sends gathered and older bytes; what the socket does not take is kept.
Io Transport::flush() {
  std::string_view rest = gathered;
  if (!pending_.empty()) {
    pending_ += gathered;
    rest = pending_;
  }
  while (!rest.empty()) {
    const ssize_t count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (would_block()) break;
      gathered.clear();
      return fail("send");
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (rest.empty()) {
    std::string().swap(pending_);
  } else {
    pending_ = std::string(rest);
  }
  gathered.clear();
  if (gathered.capacity() > 2 * kFlushAt) gathered.shrink_to_fit();
  if (pending_.empty()) return Io::done;
  return pending_.size() > kMostPending ? Io::closed : Io::wants_write;
}

Io Transport::handshake() {
  if (ssl_ == nullptr) return Io::done;
  if (!pending_.empty()) {
    const Io sent = flush();
    if (sent != Io::done) return sent;
  }
  errno = 0;
  ERR_clear_error();
  return after(SSL_do_handshake(ssl_));
}

Io Transport::read_plain(std::span<char> into, std::size_t& count) {
  const ssize_t received = ::recv(socket_, into.data(), into.size(), 0);
  if (received > 0) {
    count = static_cast<std::size_t>(received);
    return Io::done;
  }
  if (received == 0) return Io::closed;
  return would_block() ? Io::wants_read : fail("receive");
}

Io Transport::read(std::span<char> into, std::size_t& count) {
  count = 0;
  if (ssl_ == nullptr) return read_plain(into, count);
  errno = 0;
  ERR_clear_error();
  return after(SSL_read_ex(ssl_, into.data(), into.size(), &count));
}

Io Transport::write_plain(std::span<std::string_view> parts) {
  for (;;) {
    std::array<iovec, 4> vectors;
    std::size_t used = 0;
    for (std::string_view part : parts) {
      if (!part.empty()) vectors[used++] = {const_cast<char*>(part.data()), part.size()};
    }
    if (used == 0) return Io::done;
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = used;
    const ssize_t sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (sent < 0) return would_block() ? Io::wants_write : fail("send");
    drop_front(parts, static_cast<std::size_t>(sent));
  }
}

// Small parts are put together, so that head and body leave in one record.
Io Transport::write_tls(std::span<std::string_view> parts) {
  thread_local std::array<char, kRecord> record;
  for (;;) {
    std::size_t size = 0, used = 0;
    std::string_view next;
    for (std::string_view part : parts) {
      if (part.empty()) continue;
      if (used++ == 0) next = part;
      const std::size_t here = std::min(part.size(), kRecord - size);
      if (used > 1 || part.size() < kRecord) std::memcpy(record.data() + size, part.data(), here);
      size += here;
      if (size == kRecord) break;
    }
    if (size == 0 || gathered.size() >= kFlushAt) {
      const Io sent = flush();
      if (sent != Io::done || size == 0) return sent;
    }
    const char* data = next.size() >= kRecord ? next.data() : record.data();
    ERR_clear_error();
    if (SSL_write(ssl_, data, static_cast<int>(size)) <= 0) {
      error_ = tls_error_text();
      (void)flush();
      return Io::closed;
    }
    drop_front(parts, size);
  }
}

Io Transport::write(std::span<std::string_view> parts) {
  errno = 0;
  if (ssl_ == nullptr) return write_plain(parts);
  if (!pending_.empty()) {
    const Io sent = flush();
    if (sent != Io::done) return sent;
  }
  return write_tls(parts);
}

void Transport::shut_down() {
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_) && error_.empty()) {
    ERR_clear_error();
    (void)SSL_shutdown(ssl_);
    (void)flush();
  }
  ::shutdown(socket_, SHUT_WR);
}

bool Transport::buffered() const { return ssl_ != nullptr && SSL_has_pending(ssl_) == 1; }

}  // namespace ropewalk::net
