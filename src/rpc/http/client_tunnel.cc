#include "rpc/http/client_tunnel.h"

#include <algorithm>

namespace ropewalk::rpc::http {
namespace {

using rpch::Command;
using rpch::CommandType;

constexpr u32 kVersion = 1;
constexpr u64 kOutRequest = 76, kSuccessorOutRequest = 120;  // [MS-RPCH] 2.1.2.1.2
constexpr u64 kControlReserve = 4096;                        // of an IN channel, for RTS PDUs
constexpr u64 kRecycleBefore = 8u << 20;                     // an IN channel's end: a successor takes some round trips
constexpr std::size_t kCompactFrom = 256 * 1024;             // bytes at a queue's front that are done with

Command destination(rpch::Destination to) { return Command::number(CommandType::destination, static_cast<u32>(to)); }
Command version() { return Command::number(CommandType::version, kVersion); }

// [MS-RPCH] 3.2.1.1.6.1: between 30 seconds and half an hour.
std::chrono::milliseconds timeout_of(const Command& command) {
  return std::chrono::milliseconds(std::clamp(command.value, 30'000u, 1'800'000u));
}

}  // namespace

ClientTunnel::ClientTunnel(ClientTunnelSettings settings, Time now) : settings_(std::move(settings)) {
  out_.id = ++last_id_;
  out_.cookie = Guid::random();
  in_.id = ++last_id_;
  in_.cookie = Guid::random();
  in_.last_written = now;
  requests_ = {{out_.id, Direction::out, kOutRequest}, {in_.id, Direction::in, settings_.in_lifetime}};
  say("CONN/A1",
      {version(), Command::of_cookie(connection_), Command::of_cookie(out_.cookie),
       Command::number(CommandType::receive_window_size, settings_.receive_window)},
      out_.control);
  say("CONN/B1",
      {version(), Command::of_cookie(connection_), Command::of_cookie(in_.cookie),
       Command::number(CommandType::channel_lifetime, static_cast<u32>(settings_.in_lifetime)),
       Command::number(CommandType::client_keepalive, static_cast<u32>(settings_.keep_alive.count())),
       Command::of_cookie(settings_.association, CommandType::association_group_id)},
      in_.control);
}

void ClientTunnel::say(std::string_view name, std::initializer_list<Command> commands, std::vector<u8>& to) {
  const std::size_t before = to.size();
  append_rts(name, commands, to);
  if (settings_.seen) settings_.seen(true, name, to.size() - before);
}

void ClientTunnel::end(std::string why) {
  if (why_.empty()) why_ = std::move(why);
}

void ClientTunnel::closed(ChannelId channel, const std::string& why) {
  const bool counts = channel == in_.id || channel == out_.id || channel == next_in_.id || channel == next_out_.id;
  if (channel != 0 && counts) end(why);
}

bool ClientTunnel::is_finished(ChannelId channel) const {
  if (over()) return true;
  if (channel == former_in_.id) return former_in_.control.empty();
  return channel != in_.id && channel != next_in_.id && channel != out_.id && channel != next_out_.id;
}

// ---- to the server ----

void ClientTunnel::send(ByteView pdus) { unsent_.insert(unsent_.end(), pdus.begin(), pdus.end()); }

std::vector<u8> ClientTunnel::take_output(ChannelId channel, Time now) {
  if (over() || channel == 0) return {};
  if (channel == out_.id) return std::exchange(out_.control, {});
  if (channel == next_out_.id) return std::exchange(next_out_.control, {});
  if (channel == former_in_.id) return std::exchange(former_in_.control, {});
  if (channel == next_in_.id) {
    next_in_.written += next_in_.control.size();
    return std::exchange(next_in_.control, {});
  }
  if (channel != in_.id) return {};
  std::vector<u8> out = std::exchange(in_.control, {});
  const ByteView queue = ByteView(unsent_).subspan(unsent_from_);
  const u64 usable = settings_.in_lifetime - kControlReserve;
  const u64 left = usable - std::min<u64>(usable, in_.written + out.size());
  const u64 room = opened() ? std::min<u64>(in_.available, left) : 0;
  std::size_t size = 0;
  while (size < queue.size()) {
    const std::size_t next = pdu_length(queue.subspan(size)).value_or(0);
    if (next == 0 || size + next > room || size + next > queue.size()) break;
    size += next;
  }
  out.insert(out.end(), queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(size));
  unsent_from_ += size;
  if (unsent_from_ == unsent_.size() || unsent_from_ > kCompactFrom) {
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(unsent_from_));
    unsent_from_ = 0;
  }
  in_.sent += static_cast<u32>(size);
  in_.available -= static_cast<u32>(size);
  in_.written += out.size();
  if (!out.empty()) in_.last_written = now;
  if (in_state_ == InState::opened && in_.written > usable - std::min(usable / 4, kRecycleBefore)) recycle_in();
  return out;
}

// [MS-RPCH] 3.2.2.5.12
void ClientTunnel::recycle_in() {
  next_in_ = {};
  next_in_.id = ++last_id_;
  next_in_.cookie = Guid::random();
  say("IN_R1/A1",
      {version(), Command::of_cookie(connection_), Command::of_cookie(in_.cookie), Command::of_cookie(next_in_.cookie)},
      next_in_.control);
  requests_.push_back({next_in_.id, Direction::in, settings_.in_lifetime});
  in_state_ = InState::waits_for_a4;
}

// [MS-RPCH] 3.2.2.5.5: what waits goes to the successor, the predecessor's last word names it.
void ClientTunnel::switch_in(const rpch::Rts& rts, bool tells_window) {
  if (tells_window) {
    peer_window_ = rts.commands[2].value;
    connection_timeout_ = timeout_of(rts.commands[3]);
  }
  say("IN_R1/A5", {Command::of_cookie(next_in_.cookie)}, in_.control);
  next_in_.last_written = in_.last_written;
  next_in_.available = peer_window_;
  former_in_ = std::exchange(in_, std::exchange(next_in_, {}));
  in_state_ = InState::opened;
}

// [MS-RPCH] 3.2.1.5.1.2
void ClientTunnel::acknowledged(const Command& ack) {
  if (ack.cookie != in_.cookie) return;
  const u32 under_way = in_.sent - ack.bytes_received;
  if (ack.available_window > peer_window_ || under_way > peer_window_)
    return end("the server acknowledges what was not sent");
  in_.available = ack.available_window - std::min(under_way, ack.available_window);
}

void ClientTunnel::tick(Time now) {
  if (over() || !opened() || !in_.control.empty()) return;
  if (now - in_.last_written >= ping_interval() * 2) say("Ping", {}, in_.control);
}

// ---- from the server ----

bool ClientTunnel::is(const rpch::Rts& rts, std::string_view name, ByteView pdu) const {
  const rpch::NamedRts* named = rpch::find_rts(name);
  if (named == nullptr || !named->is(rts)) return false;
  if (settings_.seen) settings_.seen(false, name, pdu.size());
  return true;
}

void ClientTunnel::receive(ChannelId channel, ByteView bytes) {
  if (over() || bytes.empty()) return;
  if (channel == next_out_.id) {
    next_out_.held.insert(next_out_.held.end(), bytes.begin(), bytes.end());
    if (next_out_.held.size() > 2 * std::size_t{settings_.receive_window})
      end("the server sends more than the client's window on a channel that has not had its turn");
    return;
  }
  if (channel == out_.id) receive_out(bytes);  // what a predecessor says after its end is not heard
}

void ClientTunnel::receive_out(ByteView bytes) {
  const ChannelId id = out_.id;
  PduStream stream = std::move(out_.stream);  // a PDU may put another channel in this one's place
  const bool good = stream.feed(bytes, [&](ByteView pdu) { return take_pdu(pdu, id); });
  if (out_.id != id) return;
  if (!good) end("what came over an OUT channel is no PDU");
  out_.stream = std::move(stream);
}

// False: nothing more of what this channel says counts.
bool ClientTunnel::take_pdu(ByteView pdu, ChannelId channel) {
  if (is_rts(pdu)) {
    Arena arena(16u << 10, 1024);
    auto rts = read_rts(pdu, arena);
    if (!rts.ok())
      end(rts.error().text);
    else if (!take_rts(*rts, pdu))
      end("the server says out of turn: " +
          (rpch::rts_names(*rts).empty() ? "an RTS PDU without a name" : rpch::rts_names(*rts)));
    return !over() && out_.id == channel;
  }
  if (!opened()) {
    end("the server sends RPC PDUs before the connection is open");
    return false;
  }
  out_.received += static_cast<u32>(pdu.size());
  out_.unacknowledged += static_cast<u32>(pdu.size());
  input_.insert(input_.end(), pdu.begin(), pdu.end());
  if (input_.size() > 2 * std::size_t{settings_.receive_window}) end("the server sends more than the client's window");
  return !over();
}

// False: it has no business here.
bool ClientTunnel::take_rts(const rpch::Rts& rts, ByteView pdu) {
  if (is(rts, "FlowControlAckWithDestination", pdu) || is(rts, "FlowControlAck", pdu)) {
    acknowledged(rts.commands[rts.commands.size() - 1]);
    return true;
  }
  if (is(rts, "Ping", pdu) || is(rts, "Echo", pdu)) return true;
  if (!opened()) return take_opening_rts(rts, pdu);
  if (in_state_ == InState::waits_for_a4) {
    if (is(rts, "IN_R1/A4", pdu)) return switch_in(rts, true), true;
    if (is(rts, "IN_R2/A4", pdu)) return switch_in(rts, false), true;
  }
  return take_out_recycling(rts, pdu);
}

// [MS-RPCH] 3.2.2.5.3, 3.2.2.5.4
bool ClientTunnel::take_opening_rts(const rpch::Rts& rts, ByteView pdu) {
  if (out_state_ == OutState::waits_for_a3 && is(rts, "CONN/A3", pdu)) {
    out_state_ = OutState::waits_for_c2;
    return true;
  }
  if (out_state_ != OutState::waits_for_c2 || !is(rts, "CONN/C2", pdu)) return false;
  peer_window_ = in_.available = rts.commands[1].value;
  connection_timeout_ = timeout_of(rts.commands[2]);
  out_state_ = OutState::opened;
  in_state_ = InState::opened;
  return true;
}

// OUT_R1 and OUT_R2: [MS-RPCH] 3.2.2.5.6 to 3.2.2.5.10
bool ClientTunnel::take_out_recycling(const rpch::Rts& rts, ByteView pdu) {
  switch (out_state_) {
    case OutState::opened:
      if (!is(rts, "OUT_R2/A2", pdu)) return false;
      begin_successor_out();
      return true;
    case OutState::waits_for_a6:
      if (is(rts, "OUT_R1/A6", pdu)) {
        say("OUT_R1/A7", {destination(rpch::Destination::server), Command::of_cookie(next_out_.cookie)}, in_.control);
        out_state_ = OutState::waits_for_a10;
        return true;
      }
      if (!is(rts, "OUT_R2/A6", pdu)) return false;
      say("OUT_R2/A7", {destination(rpch::Destination::server), Command::of_cookie(next_out_.cookie), version()},
          in_.control);
      say("OUT_R2/C1", {Command::plain(CommandType::empty)}, next_out_.control);
      out_state_ = OutState::waits_for_b3;
      return true;
    case OutState::waits_for_a10:
      if (!is(rts, "OUT_R1/A10", pdu)) return false;
      say("OUT_R1/A11", {Command::plain(CommandType::ance)}, next_out_.control);
      switch_out();
      return true;
    case OutState::waits_for_b3:
      if (!is(rts, "OUT_R2/B3", pdu)) return false;
      switch_out();
      return true;
    default:
      return false;
  }
}

void ClientTunnel::begin_successor_out() {
  next_out_ = {};
  next_out_.id = ++last_id_;
  next_out_.cookie = Guid::random();
  say("OUT_R1/A3",
      {version(), Command::of_cookie(connection_), Command::of_cookie(out_.cookie),
       Command::of_cookie(next_out_.cookie),
       Command::number(CommandType::receive_window_size, settings_.receive_window)},
      next_out_.control);
  requests_.push_back({next_out_.id, Direction::out, kSuccessorOutRequest});
  out_state_ = OutState::waits_for_a6;
}

void ClientTunnel::switch_out() {
  out_ = std::exchange(next_out_, {});
  out_state_ = OutState::opened;
  const std::vector<u8> held = std::exchange(out_.held, {});
  if (!held.empty()) receive_out(held);
}

std::vector<u8> ClientTunnel::take_input() {
  std::vector<u8> taken = std::exchange(input_, {});
  acknowledge_output();
  return taken;
}

void ClientTunnel::acknowledge_output() {
  if (over() || out_.unacknowledged < settings_.receive_window / 2) return;
  say("FlowControlAckWithDestination",
      {destination(rpch::Destination::out_proxy),
       Command::acknowledge(out_.received, settings_.receive_window, out_.cookie)},
      in_.control);
  out_.unacknowledged = 0;
}

}  // namespace ropewalk::rpc::http
