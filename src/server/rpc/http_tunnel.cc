#include "server/rpc/http_tunnel.h"

#include <algorithm>

namespace ropewalk::server {
namespace {

// More of either and the client's requests wait until it is less; then its window fills, and it waits too.
constexpr std::size_t kMostCalls = 32;
constexpr std::size_t kMostUnsent = 256 * 1024;

}  // namespace

HttpTunnel::ChannelId HttpTunnel::attach(const rpc::http::Opening& opening, net::HttpResponder& responder,
                                         net::Signal wake, std::optional<std::chrono::milliseconds> longest_silence) {
  std::lock_guard guard(lock_);
  if (draining_) return 0;
  if (longest_silence) state_.set_connection_timeout(*longest_silence);
  const ChannelId id = state_.open(opening, Clock::now());
  if (id != 0) {
    channels_.push_back(
        {id, std::move(wake), responder.cutter(), opening.direction == rpc::http::Direction::in, false});
    if (!start_ || opening.direction == rpc::http::Direction::in) start_ = responder.starter();
    if (conversation_ == nullptr) begin();
  }
  after_change();
  return id;
}

void HttpTunnel::begin() {
  auto poke = [weak = weak_from_this()] {
    if (auto tunnel = weak.lock()) tunnel->pump();
  };
  conversation_ = std::make_shared<RpcConversation>(host_, link_, poke);
}

void HttpTunnel::detach(ChannelId channel) {
  std::lock_guard guard(lock_);
  auto found = std::find_if(channels_.begin(), channels_.end(), [&](const Channel& c) { return c.id == channel; });
  const bool is_in = found != channels_.end() && found->is_in;
  if (found != channels_.end()) channels_.erase(found);
  // A server that stops reads no more, and has still to say what it has to say.
  if (!draining_ || !is_in) state_.closed(channel);
  after_change();
}

void HttpTunnel::set_reading(ChannelId channel, bool reading) {
  std::lock_guard guard(lock_);
  for (Channel& c : channels_)
    if (c.id == channel) c.reading = reading;
  if (reading && (state_.over() || state_.is_finished(channel))) after_change();
}

void HttpTunnel::receive(ChannelId channel, ByteView bytes) {
  {
    std::lock_guard guard(lock_);
    state_.receive(channel, bytes, Clock::now());
    after_change();  // the client's window may have opened, a channel may have been taken over from
  }
  pump();
}

bool HttpTunnel::may_read(ChannelId channel) const {
  std::lock_guard guard(lock_);
  return state_.may_read(channel);
}
bool HttpTunnel::may_answer(ChannelId channel) const {
  std::lock_guard guard(lock_);
  return state_.may_answer(channel);
}
bool HttpTunnel::is_finished(ChannelId channel) const {
  std::lock_guard guard(lock_);
  return state_.is_finished(channel);
}
u64 HttpTunnel::lifetime() const {
  std::lock_guard guard(lock_);
  return state_.lifetime();
}
bool HttpTunnel::over() const {
  std::lock_guard guard(lock_);
  return state_.over();
}

std::vector<u8> HttpTunnel::take_output(ChannelId channel) {
  std::vector<u8> out;
  bool was_full = false;
  {
    std::lock_guard guard(lock_);
    was_full = is_full();
    out = state_.take_output(channel, Clock::now());
    // What one channel has taken may let another go on: the successor of a channel that has said all.
    if (!out.empty() || state_.over()) after_change();
  }
  if (was_full || out.empty()) pump();
  return out;
}

bool HttpTunnel::is_full() const {
  return state_.unsent() > kMostUnsent || conversation_->calls_under_way() >= kMostCalls;
}

// Moves what there is between the state machine and the conversation.
void HttpTunnel::pump() {
  std::vector<RpcCall> calls;
  net::HttpResponder::Starter start;
  {
    std::lock_guard guard(lock_);
    if (conversation_ == nullptr || state_.over()) return;
    bool moved = false;
    for (;;) {
      const std::vector<u8> out = conversation_->take_output();
      state_.send(out);
      moved |= !out.empty();
      const ByteView next = state_.next_input();
      if (next.empty() || draining_ || is_full() || conversation_->is_over()) break;
      auto complete = conversation_->feed(next);
      std::move(complete.begin(), complete.end(), std::back_inserter(calls));
      state_.consume(next.size());
      moved = true;
    }
    const bool is_done = draining_ && calls.empty() && conversation_->calls_under_way() == 0;
    if (is_done && !std::exchange(shut_down_, true)) {
      conversation_->shut_down();
      state_.send(conversation_->take_output());
      moved = true;
    }
    const bool idle = state_.unsent() == 0 && calls.empty() && !state_.has_control();
    if (idle && (conversation_->is_over() || is_done)) state_.end({});
    if (moved || state_.over()) after_change();
    start = start_;
  }
  for (RpcCall& call : calls) {
    auto run = [conversation = conversation_,
                call = std::make_shared<RpcCall>(std::move(call))]() -> net::Awaitable<void> {
      co_await conversation->run(std::move(*call));
    };
    start(std::move(run));
  }
}

// Wakes the channels; ends their reading where all is over.
void HttpTunnel::after_change() {
  if (state_.over() && conversation_ != nullptr) conversation_->give_up();
  for (Channel& channel : channels_) {
    channel.wake.set();
    if (channel.reading && state_.is_finished(channel.id)) channel.cut();
  }
}

void HttpTunnel::tick() {
  std::lock_guard guard(lock_);
  state_.tick(Clock::now());
  if (state_.over() || state_.has_control()) after_change();
}

void HttpTunnel::drain() {
  {
    std::lock_guard guard(lock_);
    draining_ = true;
    if (conversation_ != nullptr) conversation_->give_up();
    if (!state_.opened()) {
      state_.end({});
      after_change();
    }
  }
  pump();
}

std::string HttpTunnel::take_why() {
  std::lock_guard guard(lock_);
  if (!state_.over() || std::exchange(told_, true)) return {};
  return state_.why();
}

}  // namespace ropewalk::server
