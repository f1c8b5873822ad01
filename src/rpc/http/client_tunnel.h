// The client's side of one virtual connection of RPC over HTTP v2: RPC PDUs in, bytes of its channels out, and the
// other way round. [MS-RPCH] 3.2.2. No sockets, no threads, no clock.
#pragma once

#include "rpc/http/opening.h"

namespace ropewalk::rpc::http {

struct ClientTunnelSettings {
  u32 receive_window = 64 * 1024;           // RPC bytes of the server's that may be under way
  u64 in_lifetime = 1u << 30;               // bytes of an IN channel's request; at least 128 KiB
  std::chrono::milliseconds keep_alive{0};  // how long the server may be silent before it is gone; 0: the proxy's own
  Guid association = Guid::random();        // the same for all virtual connections of an RPC association
  // Each RTS PDU, by its name.
  std::function<void(bool sent, std::string_view name, std::size_t bytes)> seen{};
};

class ClientTunnel {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using ChannelId = u64;

  ClientTunnel(ClientTunnelSettings settings, Time now);

  // Requests to send now: RPC_IN_DATA or RPC_OUT_DATA with that Content-Length, and take_output() as the body's
  // beginning.
  struct Request {
    ChannelId channel;
    Direction direction;
    u64 content_length;
  };
  std::vector<Request> take_requests() { return std::exchange(requests_, {}); }

  // Whole RPC PDUs for the server.
  void send(ByteView pdus);
  // Bytes of them that have not been given to a channel.
  std::size_t unsent() const { return unsent_.size() - unsent_from_; }
  // What is to be written to a channel's request now.
  std::vector<u8> take_output(ChannelId channel, Time now);
  // What came in an OUT channel's response.
  void receive(ChannelId channel, ByteView bytes);
  // The server has ended the channel, or it broke; `why` for people.
  void closed(ChannelId channel, const std::string& why);
  // Nothing more is to be said or heard on it: to be closed, once its output is written.
  bool is_finished(ChannelId channel) const;
  // RPC PDUs of the server, whole and in order; they count as consumed.
  std::vector<u8> take_input();

  // Time has passed; at least every ping_interval().
  void tick(Time now);
  std::chrono::milliseconds ping_interval() const { return connection_timeout_ / 4; }
  bool opened() const { return in_state_ != InState::opening; }
  bool over() const { return !why_.empty(); }
  const std::string& why() const { return why_; }

 private:
  enum class InState { opening, opened, waits_for_a4 };
  enum class OutState { waits_for_a3, waits_for_c2, opened, waits_for_a6, waits_for_a10, waits_for_b3 };
  struct InChannel {
    ChannelId id = 0;
    Guid cookie;
    std::vector<u8> control;  // RTS PDUs to send
    u64 written = 0;          // of its lifetime
    u32 sent = 0;             // bytes of RPC PDUs
    u32 available = 0;        // of the server's window
    Time last_written;
  };
  struct OutChannel {
    ChannelId id = 0;
    Guid cookie;
    std::vector<u8> control;
    PduStream stream;
    std::vector<u8> held;  // a successor's bytes, until its predecessor has ended
    u32 received = 0;      // bytes of RPC PDUs
    u32 unacknowledged = 0;
  };

  void say(std::string_view name, std::initializer_list<rpch::Command> commands, std::vector<u8>& to);
  bool is(const rpch::Rts& rts, std::string_view name, ByteView pdu) const;
  void receive_out(ByteView bytes);
  bool take_pdu(ByteView pdu, ChannelId channel);
  bool take_rts(const rpch::Rts& rts, ByteView pdu);
  bool take_opening_rts(const rpch::Rts& rts, ByteView pdu);
  bool take_out_recycling(const rpch::Rts& rts, ByteView pdu);
  void acknowledged(const rpch::Command& ack);
  void recycle_in();
  void switch_in(const rpch::Rts& rts, bool tells_window);
  void begin_successor_out();
  void switch_out();
  void acknowledge_output();
  void end(std::string why);

  ClientTunnelSettings settings_;
  Guid connection_ = Guid::random();
  ChannelId last_id_ = 0;
  InState in_state_ = InState::opening;
  OutState out_state_ = OutState::waits_for_a3;
  InChannel in_, next_in_, former_in_;
  OutChannel out_, next_out_;
  u32 peer_window_ = 0;
  std::chrono::milliseconds connection_timeout_{120'000};
  std::vector<Request> requests_;
  std::vector<u8> input_, unsent_;
  std::size_t unsent_from_ = 0;
  std::string why_;
};

}  // namespace ropewalk::rpc::http
