// For tests: a TCP client that can misbehave in every way.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/types.h"

namespace ropewalk::net {

// Bytes in, bytes out.
class Wire {
 public:
  explicit Wire(u16 port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << strerror(errno);
  }
  ~Wire() { close(); }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void send(std::string_view bytes) { (void)!::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void shut_down() { ::shutdown(socket_, SHUT_RDWR); }  // a send() in another thread ends
  void reset() {                                        // closes with RST, as a crashed or cut-off client
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  // Everything until `end` has been seen, the connection closes, or nothing comes for a while.
  std::string read_until(std::string_view end, std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    std::string text;
    while (end.empty() || text.find(end) == std::string::npos) {
      pollfd file{socket_, POLLIN, 0};
      if (::poll(&file, 1, static_cast<int>(patience.count())) <= 0) return text + "<silence>";
      char buffer[65536];
      const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count <= 0) {
        closed_ = true;
        return text;
      }
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }
  std::string read_to_end() { return read_until({}); }
  bool closed() const { return closed_; }

 private:
  int socket_;
  bool closed_ = false;
};

}  // namespace ropewalk::net
