// A virtual connection of RPC over HTTP at work: its state machine, the RPC conversation inside it, and the requests
// that are its channels. Internal to the endpoint.
#pragma once

#include "net/http_server.h"
#include "net/signal.h"
#include "rpc/http/server_tunnel.h"
#include "server/rpc/conversation.h"

namespace ropewalk::server {

// Any thread.
class HttpTunnel : public std::enable_shared_from_this<HttpTunnel> {
 public:
  using ChannelId = rpc::http::ChannelId;
  using Clock = std::chrono::steady_clock;

  // `host` outlives the tunnel.
  HttpTunnel(const RpcHost& host, RpcLink link, const rpc::http::TunnelSettings& settings)
      : host_(host), link_(std::move(link)), state_(settings, Clock::now()) {}

  const RpcHost& host() const { return host_; }
  const directory::User& user() const { return *link_.user; }

  // A request has become a channel; 0: it does not fit, and the tunnel is over. `wake` is set when there is something
  // to do for it. `longest_silence`: what the way to the client bears, where the request says so.
  ChannelId attach(const rpc::http::Opening& opening, net::HttpResponder& responder, net::Signal wake,
                   std::optional<std::chrono::milliseconds> longest_silence);
  // The request is over. Whoever attached it says so.
  void detach(ChannelId channel);
  // Whether the handler waits in read_body(): a tunnel that ends does not wait for such a one.
  void set_reading(ChannelId channel, bool reading);

  void receive(ChannelId channel, ByteView bytes);
  bool may_read(ChannelId channel) const;
  bool may_answer(ChannelId channel) const;
  bool is_finished(ChannelId channel) const;
  u64 lifetime() const;
  std::vector<u8> take_output(ChannelId channel);

  void tick();
  // Answers what has been asked, and ends.
  void drain();
  bool over() const;
  // Why it ended, once; empty: in order, or not yet.
  std::string take_why();

 private:
  struct Channel {
    ChannelId id;
    net::Signal wake;
    std::function<void()> cut;
    bool is_in, reading;
  };

  void begin();
  void pump();
  bool is_full() const;
  void after_change();

  const RpcHost& host_;
  const RpcLink link_;
  mutable std::mutex lock_;
  // All under lock_, which is taken before a conversation's own.
  rpc::http::ServerTunnel state_;
  std::shared_ptr<RpcConversation> conversation_;
  net::HttpResponder::Starter start_;
  std::vector<Channel> channels_;
  bool draining_ = false, shut_down_ = false, told_ = false;
};

}  // namespace ropewalk::server
