#include "capture/streams.h"

#include <algorithm>

namespace ropewalk::capture {
namespace {

// A segment further away than this belongs to another connection between the same ports.
constexpr u64 kFarAway = 64u << 20;
// A missing segment that was acknowledged may still come a little later: captures swap packets.
constexpr int kPatience = 12;
// What a segment that waits costs beside its bytes.
constexpr std::size_t kOverhead = 128;

}  // namespace

std::size_t Streams::KeyHash::operator()(const Key& key) const {
  u64 hash = 0xCBF29CE484222325;
  auto mix = [&](u64 value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15; };
  for (const Endpoint* end : {&key.low, &key.high}) {
    mix(load_le<u64>(end->address.data()));
    mix(load_le<u64>(end->address.data() + 8));
    mix(end->port);
  }
  return static_cast<std::size_t>(hash ^ hash >> 32);
}

Streams::~Streams() = default;

void Streams::open(State& state, const TcpSegment& segment) {
  bool answer = segment.has(TcpSegment::kSyn) && segment.has(TcpSegment::kAck);
  state.connection.id = ++count_;
  state.connection.client = answer ? segment.to : segment.from;
  state.connection.server = answer ? segment.from : segment.to;
  state.connection.from_start = segment.has(TcpSegment::kSyn);
}

Streams::State& Streams::state_of(const TcpSegment& segment, const Frame& frame) {
  Key key = segment.from < segment.to ? Key{segment.from, segment.to} : Key{segment.to, segment.from};
  auto found = states_.find(key);
  if (found != states_.end() && segment.has(TcpSegment::kSyn) && !segment.has(TcpSegment::kAck)) {
    // The same ports once more, unless the SYN itself is repeated.
    State& old = found->second;
    Way& way = old.way(segment.from == old.connection.client ? Side::client : Side::server);
    u64 at = way.position(segment.sequence + 1);
    if (old.ended || (way.known && at != way.next && (at > way.next || way.next - at > kFarAway))) {
      forget(key);
      found = states_.end();
    }
  }
  if (found == states_.end()) {
    while (states_.size() >= limits_.connections) forget(Key(ages_.front()));
    found = states_.try_emplace(key).first;
    open(found->second, segment);
    found->second.age = ages_.insert(ages_.end(), key);
  } else {
    ages_.splice(ages_.end(), ages_, found->second.age);
  }
  found->second.last = frame;
  return found->second;
}

void Streams::add(const TcpSegment& segment, const Frame& frame) {
  while (!ages_.empty() && frame.time - states_.find(ages_.front())->second.last.time > limits_.idle)
    forget(Key(ages_.front()));
  State& state = state_of(segment, frame);
  if (state.ended) return;
  Side from = segment.from == state.connection.client ? Side::client : Side::server;
  Way& way = state.way(from);
  u32 sequence = segment.sequence;
  if (segment.has(TcpSegment::kSyn)) {
    ++sequence;
    if (!way.known) way.start(sequence);
  } else if (!way.known && (!segment.payload.empty() || segment.cut != 0)) {
    way.start(sequence);
  }
  Way& back = state.way(other(from));
  if (segment.has(TcpSegment::kAck) && back.known)
    back.acknowledged = std::max(back.acknowledged, back.position(segment.acknowledged));
  if (way.known) take(state, from, way.position(sequence), segment, frame);
  if (segment.has(TcpSegment::kRst)) return end(state, frame);
  look_for_losses(state);
  if (state.ways[0].is_over() && state.ways[1].is_over()) end(state, frame);
}

void Streams::take(State& state, Side from, u64 at, const TcpSegment& segment, const Frame& frame) {
  Way& way = state.way(from);
  ByteView bytes = segment.payload;
  u64 end_at = at + bytes.size() + segment.cut;
  u64 distance = at > way.next ? at - way.next : way.next - at;
  if (distance > kFarAway && end_at != at) {
    while (!way.ahead.empty()) skip(state, from);
    way.start(segment.sequence);
    at = way.next;
    end_at = at + bytes.size() + segment.cut;
    if (state.reader) state.reader->gap(from, 0, frame);
  }
  if (segment.has(TcpSegment::kFin) && distance <= kFarAway) way.fin = end_at;
  if (end_at == at) return;
  if (at < way.next) {
    u64 old = std::min<u64>(way.next - at, bytes.size());
    if (state.reader && bytes.size() > 1) state.reader->retransmitted(from, old, frame);  // one byte: a keep-alive
    if (end_at <= way.next) return;
    bytes = bytes.subspan(old);
    at = way.next;
    if (bytes.empty()) return;  // the rest was not captured; it may come once more
  }
  if (at == way.next) {
    deliver(state, from, bytes, segment.cut, frame);
    return deliver_waiting(state, from);
  }
  auto [place, is_new] = way.ahead.try_emplace(at);
  if (!is_new && place->second.bytes.size() >= bytes.size()) {
    if (state.reader) state.reader->retransmitted(from, bytes.size(), frame);
    return;
  }
  std::size_t before = is_new ? 0 : place->second.bytes.size() + kOverhead;
  place->second = {{bytes.begin(), bytes.end()}, segment.cut, frame};
  way.ahead_bytes += bytes.size() + kOverhead - before;
  ahead_ += bytes.size() + kOverhead - before;
  while (!way.ahead.empty() && (way.ahead_bytes > limits_.ahead || ahead_ > limits_.ahead_of_all)) skip(state, from);
}

void Streams::deliver(State& state, Side from, ByteView bytes, std::size_t cut, const Frame& frame) {
  Way& way = state.way(from);
  way.next += bytes.size() + cut;
  way.overdue = 0;
  if (!state.asked) {
    state.asked = true;
    state.reader = follow_(state.connection);
  }
  if (!state.reader) return;
  if (!bytes.empty()) state.reader->data(from, bytes, frame);
  if (cut != 0) state.reader->gap(from, cut, frame);
}

void Streams::deliver_waiting(State& state, Side from) {
  Way& way = state.way(from);
  while (!way.ahead.empty() && way.ahead.begin()->first <= way.next) {
    auto node = way.ahead.extract(way.ahead.begin());
    Waiting& waiting = node.mapped();
    way.ahead_bytes -= waiting.bytes.size() + kOverhead;
    ahead_ -= waiting.bytes.size() + kOverhead;
    u64 old = way.next - node.key();
    if (old >= waiting.bytes.size()) continue;
    deliver(state, from, ByteView(waiting.bytes).subspan(old), waiting.cut, waiting.frame);
  }
}

void Streams::skip(State& state, Side from) {
  Way& way = state.way(from);
  const auto& [at, waiting] = *way.ahead.begin();
  if (at > way.next) {
    u64 missing = at - way.next;
    way.next = at;
    if (state.reader) state.reader->gap(from, missing, waiting.frame);
  }
  deliver_waiting(state, from);
}

void Streams::look_for_losses(State& state) {
  for (Side side : {Side::client, Side::server}) {
    Way& way = state.way(side);
    if (way.ahead.empty() || way.acknowledged <= way.next) continue;
    if (++way.overdue > kPatience) skip(state, side);
  }
}

void Streams::end(State& state, const Frame& frame) {
  if (state.ended) return;
  state.ended = true;
  for (Side side : {Side::client, Side::server})
    while (!state.way(side).ahead.empty()) skip(state, side);
  if (state.reader) state.reader->end(frame);
  state.reader.reset();
}

void Streams::forget(const Key& key) {
  auto found = states_.find(key);
  end(found->second, found->second.last);
  ages_.erase(found->second.age);
  states_.erase(found);
}

void Streams::finish() {
  std::vector<std::pair<u64, Key>> open;
  for (auto& [key, state] : states_) open.emplace_back(state.connection.id, key);
  std::sort(open.begin(), open.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [id, key] : open) forget(key);
}

}  // namespace ropewalk::capture
