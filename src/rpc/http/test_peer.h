// For tests alone: a client of RPC over HTTP as a state machine, which recycles its IN channel when it likes and its
// OUT channel when the server asks for it. [MS-RPCH] 3.2.2
#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "rpc/http/rts_pdu.h"

namespace ropewalk::rpc::http {

// An RPC PDU with a number in it.
inline std::vector<u8> numbered_pdu(u32 number, std::size_t size) {
  std::vector<u8> pdu(std::max<std::size_t>(size, 20), static_cast<u8>(number));
  const u8 header[16] = {5, 0, 0, 3, 0x10, 0, 0, 0, static_cast<u8>(pdu.size()), static_cast<u8>(pdu.size() >> 8),
                         0, 0};
  std::copy(std::begin(header), std::end(header), pdu.begin());
  for (int i = 0; i < 4; ++i) pdu[16 + static_cast<std::size_t>(i)] = static_cast<u8>(number >> 8 * i);
  return pdu;
}

class TestPeer {
 public:
  using Command = rpch::Command;
  using T = rpch::CommandType;
  static constexpr u32 kWindow = 64 * 1024;

  // A request. What is to be said in its body waits in `body`; the driver takes it from there.
  struct Channel {
    bool is_in = false;
    Guid cookie = Guid::random();
    std::vector<u8> body{};
    bool closed = false;  // by us: the rest of what comes does not count
    PduStream stream{};
    u32 rpc_bytes = 0, unacknowledged = 0;
    std::size_t said = 0;
  };

  Guid connection = Guid::random();
  std::deque<Channel> channels;         // in the order in which they were opened; none goes away
  std::vector<std::vector<u8>> got;     // the server's RPC PDUs
  std::vector<std::string> heard;       // the server's RTS PDUs
  u32 acknowledged = 0, available = 0;  // of what we say
  int in_recycled = 0, out_recycled = 0;
  bool opened = false, acknowledges = true;
  std::string failure;

  void connect(u32 keep_alive = 300'000) {
    connect_out();
    connect_in(keep_alive);
  }
  void connect_out() {
    out_ = add(false);
    say(out_, "CONN/A1",
        {version(), Command::of_cookie(connection), Command::of_cookie(channels[out_].cookie),
         number(T::receive_window_size, kWindow)});
  }
  void connect_in(u32 keep_alive = 300'000) {
    in_ = add(true);
    say(in_, "CONN/B1",
        {version(), Command::of_cookie(connection), Command::of_cookie(channels[in_].cookie),
         number(T::channel_lifetime, 1u << 30), number(T::client_keepalive, keep_alive),
         Command::of_cookie(Guid::random(), T::association_group_id)});
  }

  // Says an RPC PDU; false: the server's window is full.
  bool say_rpc(ByteView pdu) {
    if (!opened || pdu.size() > available) return false;
    Channel& in = channels[in_];
    in.body.insert(in.body.end(), pdu.begin(), pdu.end());
    in.rpc_bytes += static_cast<u32>(pdu.size());
    in.said += pdu.size();
    available -= static_cast<u32>(pdu.size());
    return true;
  }
  std::size_t said_on_in() const { return in_ == kNone ? 0 : channels[in_].said; }
  void recycle_in() {
    if (!opened || next_in_ != kNone) return;
    next_in_ = add(true);
    say(next_in_, "IN_R2/A1",
        {version(), Command::of_cookie(connection), Command::of_cookie(channels[in_].cookie),
         Command::of_cookie(channels[next_in_].cookie)});
  }
  bool is_recycling() const { return next_in_ != kNone || next_out_ != kNone; }
  void ping() { say(in_, "Ping", {}); }

  // What the server said on an OUT channel.
  void hear(std::size_t channel, ByteView bytes) {
    if (channels[channel].closed) return;
    PduStream stream = std::move(channels[channel].stream);
    const bool good = stream.feed(bytes, [&](ByteView pdu) { return hear_pdu(channel, pdu); });
    if (!good && !channels[channel].closed) fail("the server's stream breaks");
    channels[channel].stream = std::move(stream);
  }
  std::size_t in() const { return in_; }
  std::size_t out() const { return out_; }

  void say(std::size_t channel, std::string_view name, std::initializer_list<Command> commands) {
    const std::size_t before = channels[channel].body.size();
    append_rts(name, commands, channels[channel].body);
    channels[channel].said += channels[channel].body.size() - before;
  }
  static Command number(T type, u32 value) { return Command::number(type, value); }
  static Command version() { return number(T::version, 1); }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  std::size_t add(bool is_in) {
    channels.push_back({is_in});
    return channels.size() - 1;
  }
  void fail(const std::string& why) {
    if (failure.empty()) failure = why;
  }

  bool hear_pdu(std::size_t channel, ByteView pdu) {
    if (!is_rts(pdu)) {
      // A successor's PDUs count from when its predecessor has ended.
      if (channel != out_)
        waiting_.emplace_back(pdu.begin(), pdu.end());
      else
        take(channel, pdu);
      return true;
    }
    Arena arena;
    auto rts = read_rts(pdu, arena);
    if (!rts.ok()) {
      fail(rts.error().text);
      return false;
    }
    heard.push_back(rpch::rts_names(*rts));
    hear_rts(channel, *rts);
    return !channels[channel].closed;
  }

  void take(std::size_t channel, ByteView pdu) {
    got.emplace_back(pdu.begin(), pdu.end());
    Channel& out = channels[channel];
    out.rpc_bytes += static_cast<u32>(pdu.size());
    out.unacknowledged += static_cast<u32>(pdu.size());
    if (out.unacknowledged > kWindow) fail("the server sends more than our window");
    if (!acknowledges || out.unacknowledged < kWindow / 2) return;
    out.unacknowledged = 0;
    say(in_, "FlowControlAckWithDestination",
        {number(T::destination, static_cast<u32>(rpch::Destination::out_proxy)),
         Command::acknowledge(out.rpc_bytes, kWindow, out.cookie)});
  }

  void hear_rts(std::size_t channel, const rpch::Rts& rts) {
    auto is = [&](std::string_view name) { return rpch::find_rts(name)->is(rts); };
    if (is("CONN/C2")) {
      opened = true;
      window_ = available = rts.commands[1].value;
    } else if (is("FlowControlAckWithDestination")) {
      const Command& ack = rts.commands[1];
      if (ack.cookie != channels[in_].cookie) return;
      if (rts.commands[0].value != 0) fail("an acknowledgement for somebody else");
      const u32 under_way = channels[in_].rpc_bytes - ack.bytes_received;
      if (ack.available_window < under_way) return fail("the server's window is overrun");
      available = ack.available_window - under_way;
    } else if (is("IN_R2/A4") || is("OUT_R2/A2")) {  // the flags tell them apart
      hear_destination(rts);
    } else if (is("OUT_R2/A6")) {
      if (next_out_ == kNone) return fail("OUT_R2/A6 out of turn");
      say(in_, "OUT_R2/A7",
          {number(T::destination, static_cast<u32>(rpch::Destination::server)),
           Command::of_cookie(channels[next_out_].cookie), version()});
      say(next_out_, "OUT_R2/C1", {Command::plain(T::empty)});
    } else if (is("OUT_R2/B3")) {
      if (next_out_ == kNone || channel != out_) return fail("OUT_R2/B3 out of turn");
      channels[out_].closed = true;
      out_ = std::exchange(next_out_, kNone);
      ++out_recycled;
      for (const auto& pdu : std::exchange(waiting_, {})) take(out_, pdu);
    } else if (!is("CONN/A3") && !is("Ping")) {
      fail("the server says " + rpch::rts_names(rts));
    }
  }

  void hear_destination(const rpch::Rts& rts) {
    if (rts.flags.value == rpch::RtsFlags::kRecycleChannel) {
      if (next_out_ != kNone) return fail("OUT_R2/A2 out of turn");
      next_out_ = add(false);
      say(next_out_, "OUT_R2/A3",
          {version(), Command::of_cookie(connection), Command::of_cookie(channels[out_].cookie),
           Command::of_cookie(channels[next_out_].cookie), number(T::receive_window_size, kWindow)});
      return;
    }
    if (next_in_ == kNone) return fail("IN_R2/A4 out of turn");
    say(in_, "IN_R2/A5", {Command::of_cookie(channels[next_in_].cookie)});
    channels[in_].closed = true;
    in_ = std::exchange(next_in_, kNone);
    available = window_;  // of a channel on which nothing was said
    ++in_recycled;
  }

  std::size_t in_ = kNone, out_ = kNone, next_in_ = kNone, next_out_ = kNone;
  u32 window_ = 0;
  std::vector<std::vector<u8>> waiting_;
};

}  // namespace ropewalk::rpc::http
