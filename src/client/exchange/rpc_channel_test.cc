// An RPC channel against servers that say nothing, or too little at a time.
#include "client/exchange/rpc_channel.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "protocol/mapihttp/bodies.h"

namespace ropewalk::client::exchange {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::HasSubstr;

// Takes connections and reads what comes; sends a byte of `drip` each 50 ms.
class SlowServer {
 public:
  explicit SlowServer(std::vector<u8> drip = {}) : drip_(std::move(drip)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~SlowServer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  u16 port() const { return port_; }
  std::size_t connections() const { return connections_; }

 private:
  void serve() {
    std::vector<int> open;
    std::size_t sent = 0;
    while (!stopping_) {
      pollfd file{listener_, POLLIN, 0};
      if (::poll(&file, 1, 50) > 0) {
        open.push_back(::accept(listener_, nullptr, nullptr));
        ++connections_;
      }
      u8 ignored[4096];
      for (int one : open) (void)!::recv(one, ignored, sizeof ignored, MSG_DONTWAIT);
      if (!open.empty() && sent < drip_.size()) (void)!::send(open.back(), &drip_[sent++], 1, MSG_NOSIGNAL);
    }
    for (int one : open) ::close(one);
  }

  const std::vector<u8> drip_;
  int listener_ = -1;
  u16 port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> connections_{0};
  std::thread thread_;
};

ChannelOptions options_for(Carrier carrier, u16 port) {
  ChannelOptions options;
  options.carrier = carrier;
  options.http.host = "127.0.0.1";
  options.http.port = port;
  options.http.tls = false;
  options.user = options.user_dn = "user1@ropewalk.test";
  options.password = "hemp";
  return options;
}

ChannelFailure connect(Channel& channel) {
  wire::OutBuffer body;
  wire::encode(mapihttp::ConnectRequest{}, body);
  auto answer = channel.post(mapihttp::RequestType::connect, body.view());
  EXPECT_FALSE(answer.ok());
  return answer.ok() ? ChannelFailure{} : answer.error();
}

// Wherever it waits: for the endpoint mapper, for the mailbox's port, for the proxy's channels.
TEST(RpcChannel, InterruptEndsAWaitForASilentServer) {
  for (int where : {0, 1, 2}) {
    SCOPED_TRACE(where);
    SlowServer server;
    auto options = options_for(where == 2 ? Carrier::rpc_http : Carrier::rpc_tcp, server.port());
    if (where == 0) options.mapper_port = server.port();
    if (where == 1) options.rpc_port = server.port();
    RpcChannel channel(std::make_shared<ChannelState>(std::move(options)));
    std::thread waker([&] {
      for (int i = 0; i < 500 && server.connections() == 0; ++i) std::this_thread::sleep_for(10ms);
      std::this_thread::sleep_for(100ms);
      channel.interrupt();
    });
    const auto began = Clock::now();
    EXPECT_THAT(connect(channel).failure.text, HasSubstr("interrupted"));
    EXPECT_LT(Clock::now() - began, 8s);  // its own timeouts are 10 s and 60 s
    waker.join();
    EXPECT_THAT(connect(channel).failure.text, HasSubstr("interrupted"));  // and it stays so
  }
}

// A fragment of 4096 bytes that comes a byte at a time is not waited for.
TEST(RpcChannel, AServerThatDripsIsGivenUp) {
  std::vector<u8> drip(4096);
  const u8 head[16] = {5, 0, 12, 3, 0x10, 0, 0, 0, 0, 0x10, 0, 0, 1, 0, 0, 0};  // of a bind_ack
  std::copy(std::begin(head), std::end(head), drip.begin());
  SlowServer server(drip);
  auto options = options_for(Carrier::rpc_tcp, 0);
  options.rpc_port = server.port();
  options.http.timeout = 1000ms;
  RpcChannel channel(std::make_shared<ChannelState>(std::move(options)));
  const auto began = Clock::now();
  const std::string why = connect(channel).failure.text;
  EXPECT_THAT(why, HasSubstr("cannot bind to EMSMDB"));
  EXPECT_GE(Clock::now() - began, 900ms);
  EXPECT_LT(Clock::now() - began, 8s);
}

}  // namespace
}  // namespace ropewalk::client::exchange
