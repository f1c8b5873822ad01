#include "net/gate.h"

#include <deque>
#include <mutex>

namespace ropewalk::net {

struct Gate::State {
  std::mutex lock;
  bool taken = false;
  std::deque<Resumer> waiting;
};

Gate::Gate() : state_(std::make_shared<State>()) {}

Awaitable<Gate::Pass> Gate::enter() const {
  auto state = state_;
  bool entered = false;
  {
    std::lock_guard guard(state->lock);
    if (!state->taken) entered = state->taken = true;
  }
  if (!entered) {
    co_await suspend([&state](Resumer resumer) {
      {
        std::lock_guard guard(state->lock);
        if (state->taken) {
          state->waiting.push_back(std::move(resumer));
          return;
        }
        state->taken = true;
      }
      resumer.resume();
    });
  }
  co_return Pass(std::move(state));
}

// The pass goes straight to the next in line: `taken` stays set, so nobody can slip in between.
Gate::Pass::~Pass() {
  if (state_ == nullptr) return;
  Resumer next;
  {
    std::lock_guard guard(state_->lock);
    if (state_->waiting.empty()) {
      state_->taken = false;
    } else {
      next = std::move(state_->waiting.front());
      state_->waiting.pop_front();
    }
  }
  if (next) next.resume();
}

}  // namespace ropewalk::net
