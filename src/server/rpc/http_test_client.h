// For tests alone: a client of RPC over HTTP on real sockets, which recycles its channels as a test likes.
#pragma once

#include <netinet/tcp.h>

#include "directory/basic_auth.h"
#include "rpc/client_connection.h"
#include "rpc/http/test_peer.h"
#include "server/endpoint_fixture.h"

namespace ropewalk::server {

class HttpRpcClient {
 public:
  using Peer = rpc::http::TestPeer;

  explicit HttpRpcClient(u16 port, std::string user = "user1@ropewalk.test", std::string target = "localhost:6001",
                         rpc::ClientSettings settings = {})
      : rpc(std::move(settings)), port_(port), user_(std::move(user)), target_(std::move(target)) {}

  Peer peer;
  rpc::ClientConnection rpc;
  std::size_t in_lifetime = 1u << 30;  // bytes after which the IN channel is recycled
  std::string password = "secret";
  std::vector<std::string> responses;  // the heads of the OUT channels' responses
  bool reads = true;

  // Opens the virtual connection and binds. False: see error().
  bool connect(const dcerpc::SyntaxId& interface) {
    peer.connect();
    context_ = rpc.bind(interface);
    return run_until([&] { return rpc.bound() && rpc.state(context_) != rpc::ClientConnection::State::asked; }) &&
           rpc.state(context_) == rpc::ClientConnection::State::accepted;
  }
  ndr::Format format() const { return rpc.format(context_); }
  Result<u32> begin(u16 opnum, ByteView stub) { return rpc.call(context_, opnum, stub); }
  // Calls and waits; nullopt: no answer.
  std::optional<rpc::Reply> call(u16 opnum, ByteView stub) {
    auto id = begin(opnum, stub);
    if (!id.ok()) return std::nullopt;
    std::optional<rpc::Reply> found;
    run_until([&] {
      for (rpc::Reply& reply : rpc.take_replies())
        if (reply.call_id == *id) found = std::move(reply);
      return found.has_value();
    });
    return found;
  }

  // Moves bytes until `done`, the connection breaks, or nothing happens for a while.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds patience = 10s) {
    auto until = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      if (!error().empty() || std::chrono::steady_clock::now() > until) return false;
      if (step(20ms)) until = std::chrono::steady_clock::now() + patience;
    }
    return true;
  }
  // Why it broke.
  std::string error() const { return !broken_.empty() ? broken_ : !peer.failure.empty() ? peer.failure : rpc.error(); }
  // Closes a channel's socket.
  void cut(std::size_t channel) { links_[channel].close(); }
  // The server has closed that channel's socket.
  bool ended(std::size_t channel, std::chrono::milliseconds patience = 5s) {
    const auto until = std::chrono::steady_clock::now() + patience;
    (void)step(20ms);
    while (!links_[channel].ended && std::chrono::steady_clock::now() < until) (void)step(20ms);
    return links_[channel].ended;
  }

  bool step(std::chrono::milliseconds patience) {
    bool moved = false;
    say_rpc();
    if (peer.said_on_in() > in_lifetime) peer.recycle_in();
    while (links_.size() < peer.channels.size()) links_.emplace_back().open(port_, head_of(links_.size() - 1));
    std::vector<pollfd> files;
    for (std::size_t i = 0; i < links_.size(); ++i) {
      moved |= links_[i].send(peer.channels[i].body);
      const bool more = !links_[i].rest.empty();
      files.push_back({links_[i].socket, static_cast<short>((reads ? POLLIN : 0) | (more ? POLLOUT : 0)), 0});
    }
    if (::poll(files.data(), files.size(), moved ? 0 : static_cast<int>(patience.count())) <= 0) return moved;
    for (std::size_t i = 0; i < files.size(); ++i)
      if ((files[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && reads) read(i), moved = true;
    for (const auto& pdu : std::exchange(peer.got, {})) rpc.receive(pdu);
    return moved;
  }

 private:
  struct Link {
    int socket = -1;
    std::string rest;  // to be sent
    std::string head;  // of the response, as far as it has come
    bool in_body = false, ended = false;

    void open(u16 port, const std::string& request) {
      socket = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
      const int on = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // nothing comes back by which acks could travel
      rest = request;
    }
    bool send(std::vector<u8>& body) {
      rest.append(body.begin(), body.end());
      body.clear();
      if (rest.empty() || socket < 0) return false;
      const ssize_t count = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) rest.erase(0, static_cast<std::size_t>(count));
      return count > 0;
    }
    void close() {
      if (socket >= 0) ::close(std::exchange(socket, -1));
    }
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link() { close(); }
  };

  std::string head_of(std::size_t i) const {
    const bool in = peer.channels[i].is_in;
    const bool first = !in && i < 2;
    std::string head = std::string(in ? "RPC_IN_DATA" : "RPC_OUT_DATA") + " /rpc/rpcproxy.dll?" + target_ +
                       " HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + directory::basic_header(user_, password) +
                       "\r\nContent-Length: ";
    return head + (in ? "1073741824" : first ? "76" : "120") + "\r\n\r\n";
  }

  // What the RPC connection wants to say, as far as the window allows.
  void say_rpc() {
    for (;;) {
      const ByteView out = rpc.output();
      const auto length = rpc::http::pdu_length(out);
      if (!length || *length == 0 || !peer.say_rpc(out.first(*length))) return;
      rpc.sent(*length);
    }
  }

  void read(std::size_t i) {
    char buffer[65536];
    Link& link = links_[i];
    const ssize_t count = ::recv(link.socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count <= 0) {
      link.ended = true;
      link.close();
      if (!peer.channels[i].closed) broken_ = "the server closed a channel";
      return;
    }
    std::string_view bytes(buffer, static_cast<std::size_t>(count));
    if (!link.in_body) {
      link.head.append(bytes);
      const auto end = link.head.find("\r\n\r\n");
      if (end == link.head.npos) return;
      const std::string rest = link.head.substr(end + 4);
      responses.push_back(link.head.substr(0, end));
      link.in_body = true;
      if (!responses.back().starts_with("HTTP/1.1 200 Success")) broken_ = responses.back();
      peer.hear(i, bytes_of(rest));
      return;
    }
    peer.hear(i, bytes_of(bytes));
  }

  u16 port_, context_ = 0;
  std::string user_, target_, broken_;
  std::deque<Link> links_;
};

}  // namespace ropewalk::server
