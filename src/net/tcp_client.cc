#include "net/tcp_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "net/transport.h"

namespace ropewalk::net {
namespace {

using Clock = std::chrono::steady_clock;

class Client final : public TcpClient {
 public:
  Client() : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~Client() override {
    transport_.reset();
    if (socket_ >= 0) ::close(socket_);
    if (wake_ >= 0) ::close(wake_);
  }

  Status connect(const std::string& host, u16 port, Milliseconds timeout) override;

  Status send(ByteView bytes, Milliseconds timeout) override {
    std::array<std::string_view, 1> parts{text_of(bytes)};
    const auto until = Clock::now() + timeout;
    for (;;) {
      const Io state = transport_->write(parts);
      if (state == Io::done) return {};
      if (state == Io::closed) return over();
      ROPEWALK_CHECK(wait(POLLOUT, until, timeout));
    }
  }
  Result<ByteView> receive(Milliseconds timeout) override {
    buffer_.resize(64u << 10);
    const auto until = Clock::now() + timeout;
    for (;;) {
      std::size_t count = 0;
      const Io state = transport_->read(buffer_, count);
      if (state == Io::done) return bytes_of(std::string_view(buffer_.data(), count));
      if (state == Io::closed) return over();
      ROPEWALK_CHECK(wait(POLLIN, until, timeout));
    }
  }
  void interrupt() override {
    const u64 one = 1;
    (void)!::write(wake_, &one, sizeof one);
  }
  const std::string& peer() const override { return peer_; }

 private:
  Error over() const {
    return Error{where_ + (transport_->error().empty() ? " ended the connection" : ": " + transport_->error())};
  }
  Status try_address(const addrinfo& address, Milliseconds timeout);
  // `timeout`: for people, what `until` was made of.
  Status wait(short what, Clock::time_point until, Milliseconds timeout) const;

  int socket_ = -1, wake_;
  std::unique_ptr<Transport> transport_;
  std::vector<char> buffer_;
  std::string where_, peer_;
};

Status Client::wait(short what, Clock::time_point until, Milliseconds timeout) const {
  for (;;) {
    std::array<pollfd, 2> files{{{socket_, what, 0}, {wake_, POLLIN, 0}}};
    const auto left = std::chrono::ceil<Milliseconds>(until - Clock::now()).count();
    const int count = ::poll(files.data(), files.size(), static_cast<int>(std::max<i64>(left, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) return Error{where_ + " is silent for " + std::to_string(timeout.count() / 1000) + " s"};
    if (files[1].revents != 0) return Error{"interrupted"};
    return {};
  }
}

Status Client::try_address(const addrinfo& address, Milliseconds timeout) {
  if (socket_ >= 0) ::close(socket_);
  socket_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return Error{where_ + ": " + std::strerror(errno)};
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return Error{"cannot connect to " + where_ + ": " + std::strerror(errno)};
    ROPEWALK_CHECK(wait(POLLOUT, Clock::now() + timeout, timeout));
    int failed = 0;
    socklen_t size = sizeof failed;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed != 0) return Error{"cannot connect to " + where_ + ": " + std::strerror(failed)};
  }
  char text[NI_MAXHOST] = {};
  ::getnameinfo(address.ai_addr, address.ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  peer_ = text;
  return {};
}

Status Client::connect(const std::string& host, u16 port, Milliseconds timeout) {
  where_ = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); failed != 0)
    return Error{"cannot find " + host + ": " + ::gai_strerror(failed)};
  Status status = Error{"cannot find " + host};
  for (const addrinfo* one = found; one != nullptr && !status.ok(); one = one->ai_next)
    status = try_address(*one, timeout);
  ::freeaddrinfo(found);
  if (status.ok()) transport_ = std::make_unique<Transport>(socket_);
  return status;
}

}  // namespace

std::unique_ptr<TcpClient> TcpClient::make() { return std::make_unique<Client>(); }

}  // namespace ropewalk::net
