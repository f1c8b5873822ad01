#include "net/signal.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>

namespace ropewalk::net {

struct Signal::State {
  std::mutex lock;
  bool is_set = false;
  u64 waits = 0;  // tells a late timer of an earlier wait apart
  Resumer waiter;

  void set() {
    Resumer wake;
    {
      std::lock_guard guard(lock);
      is_set = true;
      wake = std::move(waiter);
    }
    if (wake) wake.resume();
  }

  void time_passed(u64 wait) {
    Resumer wake;
    {
      std::lock_guard guard(lock);
      if (wait == waits) wake = std::move(waiter);
    }
    if (wake) wake.resume();
  }

  bool take() {
    std::lock_guard guard(lock);
    return std::exchange(is_set, false);
  }
};

Signal::Signal() : state_(std::make_shared<State>()) {}

void Signal::set() const { state_->set(); }

Awaitable<bool> Signal::wait_for(std::chrono::milliseconds time) const {
  auto state = state_;
  if (state->take()) co_return true;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
  co_await suspend([&state, &timer](Resumer resumer) {
    std::unique_lock guard(state->lock);
    if (state->is_set) {
      guard.unlock();
      resumer.resume();
      return;
    }
    timer.async_wait([state, wait = ++state->waits](boost::system::error_code failed) {
      if (!failed) state->time_passed(wait);
    });
    state->waiter = std::move(resumer);
  });
  co_return state->take();
}

}  // namespace ropewalk::net
