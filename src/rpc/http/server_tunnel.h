// The server's side of one virtual connection of RPC over HTTP v2: bytes of its channels in, RPC PDUs out, and the
// other way round. Inbound proxy, outbound proxy and server in one ([MS-RPCH] 3.2.3 to 3.2.5), so that of the recycling
// protocols IN_R2 and OUT_R2 are the ones that occur. No sockets, no threads, no clock.
#pragma once

#include "rpc/http/opening.h"

namespace ropewalk::rpc::http {

using Time = std::chrono::steady_clock::time_point;
using ChannelId = u64;  // one of a tunnel's channels; 0: none

struct TunnelSettings {
  u32 receive_window = 64 * 1024;                         // RPC bytes of the client's that wait to be taken
  u64 channel_lifetime = 1u << 30;                        // bytes of an OUT channel's response; at least 128 KiB
  std::chrono::milliseconds connection_timeout{120'000};  // how long the way to the client bears silence
  std::chrono::milliseconds setup_timeout{60'000};        // for the other channel to come, and for recycling
};

class ServerTunnel {
 public:
  ServerTunnel(const TunnelSettings& settings, Time now) : settings_(settings), created_(now) {}

  // A channel has come. 0: it does not fit; over() then.
  ChannelId open(const Opening& opening, Time now);
  // What followed the opening PDU in the channel's request. Only while may_read().
  void receive(ChannelId channel, ByteView bytes, Time now);
  // False where the transport is to wait: a successor whose predecessor has not ended.
  bool may_read(ChannelId channel) const;
  // The client ended the channel, or it broke.
  void closed(ChannelId channel);
  // The tunnel has served its channel to the end: what is left to send is to be sent, then it is to be closed.
  bool is_finished(ChannelId channel) const;

  // RPC PDUs of the client, whole and in order, at most receive_window bytes or so.
  ByteView input() const { return opened() && !over_ ? ByteView(input_).subspan(taken_) : ByteView(); }
  // The first of them, empty where there is none.
  ByteView next_input() const;
  // So many bytes of them are done with: the client may send more.
  void consume(std::size_t bytes);

  // Whole RPC PDUs for the client.
  void send(ByteView pdus);
  // Bytes of them that have not been given to a channel.
  std::size_t unsent() const { return unsent_.size() - unsent_from_; }
  // May an OUT channel's response begin?
  bool may_answer(ChannelId channel) const;
  // RTS PDUs wait for an OUT channel.
  bool has_control() const { return !out_.control.empty() || !former_out_.control.empty(); }
  // What is to be written to an OUT channel now, at most about 64 KiB.
  std::vector<u8> take_output(ChannelId channel, Time now);

  // Time has passed.
  void tick(Time now);
  // Ends the virtual connection; `why` empty: in order. The first reason counts.
  void end(std::string why);
  bool over() const { return over_; }
  const std::string& why() const { return why_; }
  // Both channels have come.
  bool opened() const { return opened_; }
  // The OUT channels' lifetime, the length of their responses' bodies.
  u64 lifetime() const { return settings_.channel_lifetime; }
  // The way to the client bears less silence than the settings say (the MinConnTimeout pragma may say so).
  void set_connection_timeout(std::chrono::milliseconds timeout) { settings_.connection_timeout = timeout; }

 private:
  struct InChannel {
    ChannelId id = 0;
    Guid cookie;
    PduStream stream;
    std::vector<u8> held;  // a successor's bytes, until its predecessor has ended
    u32 received = 0;      // bytes of RPC PDUs
    u32 unacknowledged = 0;
    Time since;
  };
  struct OutChannel {
    ChannelId id = 0;
    Guid cookie;
    PduStream stream;
    std::vector<u8> control;  // RTS PDUs to send
    u64 written = 0;          // of its lifetime
    u32 sent = 0;             // bytes of RPC PDUs
    u32 window = 0, available = 0;
    bool is_successor = false;
    bool may_answer = false;
    bool recycling = false;        // the client was asked for a successor
    bool successor_ready = false;  // OUT_R2/C1 has come
    Time since, last_written;
  };

  void open_in(const Opening& opening, Time now);
  void open_out(const Opening& opening, Time now);
  void begin_if_complete();
  void receive_in(InChannel& channel, ByteView bytes, Time now);
  bool take_in_pdu(ByteView pdu, ChannelId channel, Time now);
  bool take_in_rts(const rpch::Rts& rts, Time now);
  bool take_out_pdu(ByteView pdu);
  void acknowledged(const rpch::Command& ack);
  void switch_in(const Guid& cookie, Time now);
  void switch_out(const Guid& cookie, Time now);
  void acknowledge_input();
  std::size_t append_rpc(OutChannel& channel, std::size_t most, std::vector<u8>& out);
  u64 last_for_rpc() const { return settings_.channel_lifetime - kControlReserve; }

  static constexpr u64 kControlReserve = 4096;  // of an OUT channel, for RTS PDUs

  TunnelSettings settings_;
  Time created_, heard_{};
  ChannelId last_id_ = 0;
  InChannel in_, next_in_;
  OutChannel out_, next_out_, former_out_;
  std::vector<u8> input_, unsent_;
  std::size_t taken_ = 0, unsent_from_ = 0;
  std::chrono::milliseconds keep_alive_{300'000};
  std::optional<Time> stuck_;  // an OUT channel is used up and its successor has not come
  bool opened_ = false, over_ = false;
  std::string why_;
};

}  // namespace ropewalk::rpc::http
