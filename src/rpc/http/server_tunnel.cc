#include "rpc/http/server_tunnel.h"

#include <algorithm>

namespace ropewalk::rpc::http {
namespace {

using rpch::Command;
using rpch::CommandType;

constexpr u32 kVersion = 1;
constexpr std::size_t kBatch = 64 * 1024;         // bytes given to an OUT channel at a time
constexpr std::size_t kMostHeld = 64 * 1024;      // of a successor that came before its turn
constexpr std::size_t kCompactFrom = 256 * 1024;  // bytes at a queue's front that are done with
constexpr u64 kEssentialReserve = 256;            // of an OUT channel, for what ends it
constexpr u64 kAskBefore = 8u << 20;              // a channel's end: a successor takes some round trips

bool is(const rpch::Rts& rts, std::string_view name) {
  const rpch::NamedRts* named = rpch::find_rts(name);
  return named != nullptr && named->is(rts);
}

Command destination(rpch::Destination to) { return Command::number(CommandType::destination, static_cast<u32>(to)); }
Command number(CommandType type, u64 value) { return Command::number(type, static_cast<u32>(value)); }

void drop_front(std::vector<u8>& queue, std::size_t& from) {
  if (from < queue.size() && from < kCompactFrom) return;
  queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(from));
  from = 0;
  if (queue.empty() && queue.capacity() > kBatch) std::vector<u8>().swap(queue);
}

ByteView first_pdu(ByteView queue) {
  const auto length = pdu_length(queue);
  return length ? queue.first(std::min(*length, queue.size())) : queue;
}

}  // namespace

// ---- channels come and go ----

ChannelId ServerTunnel::open(const Opening& opening, Time now) {
  if (over_) return 0;
  const ChannelId id = ++last_id_;
  if (opening.direction == Direction::in)
    open_in(opening, now);
  else
    open_out(opening, now);
  heard_ = now;
  return over_ ? 0 : id;
}

void ServerTunnel::open_in(const Opening& opening, Time now) {
  InChannel channel;
  channel.id = last_id_;
  channel.cookie = opening.channel;
  channel.since = now;
  if (!opening.is_successor) {
    if (in_.id != 0) return end("a second IN channel that is no successor");
    in_ = std::move(channel);
    keep_alive_ = opening.keep_alive;
    return begin_if_complete();
  }
  if (!opened_ || next_in_.id != 0) return end("an IN channel is to be recycled out of turn");
  if (opening.predecessor != in_.cookie) return end("the successor of an IN channel names another predecessor");
  next_in_ = std::move(channel);
  append_rts("IN_R2/A4", {destination(rpch::Destination::client)}, out_.control);
}

void ServerTunnel::open_out(const Opening& opening, Time now) {
  OutChannel channel;
  channel.id = last_id_;
  channel.cookie = opening.channel;
  channel.since = channel.last_written = now;
  channel.window = channel.available = opening.receive_window;
  channel.is_successor = opening.is_successor;
  if (!opening.is_successor) {
    if (out_.id != 0) return end("a second OUT channel that is no successor");
    channel.may_answer = true;
    append_rts("CONN/A3",
               {number(CommandType::connection_timeout, settings_.connection_timeout / std::chrono::milliseconds(1))},
               channel.control);
    out_ = std::move(channel);
    return begin_if_complete();
  }
  if (!opened_ || !out_.recycling || next_out_.id != 0) return end("an OUT channel is to be recycled out of turn");
  if (opening.predecessor != out_.cookie) return end("the successor of an OUT channel names another predecessor");
  next_out_ = std::move(channel);
  append_rts("OUT_R2/A6", {destination(rpch::Destination::client), Command::plain(CommandType::ance)}, out_.control);
}

void ServerTunnel::begin_if_complete() {
  if (in_.id == 0 || out_.id == 0) return;
  opened_ = true;
  append_rts(
      "CONN/C2",
      {number(CommandType::version, kVersion), number(CommandType::receive_window_size, settings_.receive_window),
       number(CommandType::connection_timeout, settings_.connection_timeout / std::chrono::milliseconds(1))},
      out_.control);
}

void ServerTunnel::closed(ChannelId channel) {
  if (channel == 0 || over_) return;
  if (channel == in_.id || channel == out_.id) return end({});
  if (channel == next_in_.id || channel == next_out_.id) end("the successor of a channel was closed before its turn");
}

bool ServerTunnel::is_finished(ChannelId channel) const {
  if (over_) return true;
  if (channel == former_out_.id) return former_out_.control.empty();
  return channel != in_.id && channel != next_in_.id && channel != out_.id && channel != next_out_.id;
}

void ServerTunnel::end(std::string why) {
  if (std::exchange(over_, true)) return;
  why_ = std::move(why);
}

// ---- what the client says ----

bool ServerTunnel::may_read(ChannelId channel) const { return channel != next_in_.id || next_in_.held.empty(); }

void ServerTunnel::receive(ChannelId channel, ByteView bytes, Time now) {
  if (over_ || bytes.empty()) return;
  if (channel == in_.id) return receive_in(in_, bytes, now);
  if (channel == next_in_.id) {
    next_in_.held.insert(next_in_.held.end(), bytes.begin(), bytes.end());
    if (next_in_.held.size() > kMostHeld) end("the successor of an IN channel was used before its turn");
    return;
  }
  if (channel != out_.id && channel != next_out_.id) return;
  OutChannel& of = channel == out_.id ? out_ : next_out_;
  auto each = [&](ByteView pdu) {
    if (!of.is_successor || of.successor_ready || !take_out_pdu(pdu)) return false;
    of.successor_ready = true;
    return true;
  };
  if (!of.stream.feed(bytes, each)) end("an OUT channel's request holds more than it should");
}

// All that may follow a successor's opening: OUT_R2/C1.
bool ServerTunnel::take_out_pdu(ByteView pdu) {
  if (!is_rts(pdu)) return false;
  Arena arena(16u << 10, 1024);
  auto rts = read_rts(pdu, arena);
  return rts.ok() && is(*rts, "OUT_R2/C1");
}

void ServerTunnel::receive_in(InChannel& channel, ByteView bytes, Time now) {
  heard_ = now;
  const ChannelId id = channel.id;
  PduStream stream = std::move(channel.stream);  // a PDU may put another channel in this one's place
  const bool good = stream.feed(bytes, [&](ByteView pdu) { return take_in_pdu(pdu, id, now); });
  if (!good && !over_ && in_.id == id) end("what came over an IN channel is no PDU");
  if (in_.id == id) in_.stream = std::move(stream);
}

// False: nothing more of what this channel says counts.
bool ServerTunnel::take_in_pdu(ByteView pdu, ChannelId channel, Time now) {
  if (is_rts(pdu)) {
    Arena arena(16u << 10, 1024);
    auto rts = read_rts(pdu, arena);
    if (!rts.ok())
      end(rts.error().text);
    else if (!take_in_rts(*rts, now))
      end("out of turn: " + (rpch::rts_names(*rts).empty() ? "an RTS PDU without a name" : rpch::rts_names(*rts)));
    return !over_ && in_.id == channel;
  }
  in_.received += static_cast<u32>(pdu.size());
  in_.unacknowledged += static_cast<u32>(pdu.size());
  input_.insert(input_.end(), pdu.begin(), pdu.end());
  // Some clients do not look at the window; what they may pile up has an end all the same.
  if (input_.size() - taken_ > 2 * std::size_t{settings_.receive_window})
    end("the client sends more than the server's window");
  return !over_;
}

// False: it has no business here.
bool ServerTunnel::take_in_rts(const rpch::Rts& rts, Time now) {
  const auto& commands = rts.commands;
  if (is(rts, "FlowControlAckWithDestination") || is(rts, "FlowControlAck")) {
    acknowledged(commands[commands.size() - 1]);
    return true;
  }
  if (is(rts, "Ping")) return true;
  if (is(rts, "Keep-Alive")) {
    keep_alive_ = keep_alive_of(commands[0].value);
    return true;
  }
  if (is(rts, "IN_R2/A5")) {
    if (next_in_.id == 0) return false;
    switch_in(commands[0].cookie, now);
    return true;
  }
  if (is(rts, "OUT_R2/A7")) {
    if (next_out_.id == 0) return false;
    switch_out(commands[1].cookie, now);
    return true;
  }
  return false;
}

// The predecessor's last word. [MS-RPCH] 3.2.3.5.8
void ServerTunnel::switch_in(const Guid& cookie, Time now) {
  InChannel successor = std::exchange(next_in_, {});
  if (successor.cookie != cookie) return;  // the successor is closed, all is as before
  in_ = std::move(successor);
  const std::vector<u8> held = std::exchange(in_.held, {});
  if (!held.empty()) receive_in(in_, held, now);
}

void ServerTunnel::consume(std::size_t bytes) {
  taken_ += std::min(bytes, input_.size() - taken_);
  drop_front(input_, taken_);
  acknowledge_input();
}

ByteView ServerTunnel::next_input() const { return first_pdu(input()); }

void ServerTunnel::acknowledge_input() {
  if (over_ || !opened_ || in_.unacknowledged < settings_.receive_window / 2) return;
  if (out_.written + out_.control.size() > settings_.channel_lifetime - 2 * kEssentialReserve) return;
  // What its predecessor said and waits still is nothing that the client counts for this channel.
  const std::size_t waiting = std::min<std::size_t>({input_.size() - taken_, in_.received, settings_.receive_window});
  append_rts("FlowControlAckWithDestination",
             {destination(rpch::Destination::client),
              Command::acknowledge(in_.received, settings_.receive_window - static_cast<u32>(waiting), in_.cookie)},
             out_.control);
  in_.unacknowledged = static_cast<u32>(waiting);
}

// ---- what the client is told ----

void ServerTunnel::send(ByteView pdus) { unsent_.insert(unsent_.end(), pdus.begin(), pdus.end()); }

// [MS-RPCH] 3.2.1.5.1.2
void ServerTunnel::acknowledged(const Command& ack) {
  if (ack.cookie != out_.cookie) return;
  const u32 under_way = out_.sent - ack.bytes_received;
  if (under_way > out_.window || ack.available_window > out_.window || ack.available_window < under_way)
    return end("an acknowledgement of what was not sent");
  out_.available = ack.available_window - under_way;
}

// [MS-RPCH] 3.2.4.5.10: OUT_R2/B3 is the predecessor's last PDU. What waits goes to the successor.
void ServerTunnel::switch_out(const Guid& cookie, Time now) {
  if (next_out_.cookie != cookie) return end("OUT_R2/A7 names another successor");
  append_rts("OUT_R2/B3", {Command::plain(CommandType::ance)}, out_.control);
  former_out_ = std::exchange(out_, std::exchange(next_out_, {}));
  out_.last_written = now;
  stuck_.reset();
  acknowledge_input();
}

bool ServerTunnel::may_answer(ChannelId channel) const {
  return !over_ && channel == out_.id && (out_.may_answer || out_.successor_ready);
}

std::vector<u8> ServerTunnel::take_output(ChannelId channel, Time now) {
  std::vector<u8> out;
  if (channel != 0 && channel == former_out_.id) return std::exchange(former_out_.control, {});
  if (!may_answer(channel)) return out;
  out_.may_answer = true;
  out = std::exchange(out_.control, {});
  const std::size_t rpc = append_rpc(out_, kBatch, out);
  out_.sent += static_cast<u32>(rpc);
  out_.available -= static_cast<u32>(rpc);
  out_.written += out.size();
  const bool pressed = settings_.channel_lifetime - std::min(settings_.channel_lifetime / 4, kAskBefore) < out_.written;
  if (pressed && !out_.recycling && opened_ && former_out_.control.empty()) {
    out_.recycling = true;
    const std::size_t before = out.size();
    append_rts("OUT_R2/A2", {destination(rpch::Destination::client)}, out);
    out_.written += out.size() - before;
  }
  if (unsent() == 0 || out_.written + first_pdu(ByteView(unsent_).subspan(unsent_from_)).size() <= last_for_rpc())
    stuck_.reset();
  else if (!stuck_)
    stuck_ = now;
  if (out_.written > settings_.channel_lifetime) {
    end("an OUT channel was used up before its successor came");
    out.clear();
  }
  if (!out.empty()) out_.last_written = now;
  return out;
}

// As much as the client's window and the channel's lifetime allow.
std::size_t ServerTunnel::append_rpc(OutChannel& channel, std::size_t most, std::vector<u8>& out) {
  const ByteView queue = ByteView(unsent_).subspan(unsent_from_);
  const u64 left = last_for_rpc() - std::min(last_for_rpc(), channel.written + out.size());
  const std::size_t room = static_cast<std::size_t>(std::min<u64>({channel.available, left, most}));
  std::size_t size = 0;
  while (opened_ && size < queue.size()) {
    const std::size_t next = first_pdu(queue.subspan(size)).size();
    if (next == 0 || next > room - size) break;
    size += next;
  }
  out.insert(out.end(), queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(size));
  unsent_from_ += size;
  drop_front(unsent_, unsent_from_);
  return size;
}

// ---- time ----

void ServerTunnel::tick(Time now) {
  if (over_) return;
  const auto setup = settings_.setup_timeout;
  if (!opened_) {
    if (now - created_ > setup) end(in_.id == 0 ? "its IN channel did not come" : "its OUT channel did not come");
    return;
  }
  if (next_in_.id != 0 && now - next_in_.since > setup) return end("the recycling of its IN channel was not completed");
  if (next_out_.id != 0 && now - next_out_.since > setup)
    return end("the recycling of its OUT channel was not completed");
  if (!out_.may_answer && !out_.successor_ready && now - out_.since > setup)
    return end("the successor of its OUT channel was not completed");
  if (stuck_ && now - *stuck_ > setup) return end("no successor came for an OUT channel that is used up");
  if (now - heard_ > 3 * settings_.connection_timeout) return end("nothing was heard of the client for too long");
  // Half of what either the way or the client bears.
  const auto interval = std::min(settings_.connection_timeout, keep_alive_) / 2;
  if (now - out_.last_written < interval || !out_.control.empty()) return;
  if (out_.written > settings_.channel_lifetime - 2 * kEssentialReserve) return;
  append_rts("Ping", {}, out_.control);
}

}  // namespace ropewalk::rpc::http
