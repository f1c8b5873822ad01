// What the rest of the program needs to know of Asio: the coroutine type, and how to leave a coroutine suspended until
// some other thread resumes it.
//
// g++ 12 lays a coroutine's frame out wrongly (it crashes when resumed) for some conditions that contain co_await, such
// as `if (!co_await f()) co_return;` inside a block. Name the result first: `const bool good = co_await f();`.
// It also destroys temporaries of conditional expressions twice: `co_await send(a ? b + c : d)` is to be written with a
// named string.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

namespace ropewalk::net {

template <class T>
using Awaitable = boost::asio::awaitable<T>;

// The one right to resume a suspended coroutine; usable once, from any thread. The coroutine goes on where it ran
// before (its executor), never inside resume(). Destroyed unused, it destroys the coroutine that waits.
class Resumer {
 public:
  struct State {
    virtual ~State() = default;
    virtual void resume() = 0;
  };

  Resumer() = default;
  explicit Resumer(std::unique_ptr<State> state) : state_(std::move(state)) {}
  explicit operator bool() const { return state_ != nullptr; }
  void resume() {
    auto state = std::move(state_);
    state->resume();
  }

 private:
  std::unique_ptr<State> state_;
};

// Suspends the calling coroutine, then hands its Resumer to `start`. `start` must not throw.
Awaitable<void> suspend(std::function<void(Resumer)> start);

// Returns when no thread is inside resume(). A coroutine can be over before the thread that resumed it has let go of
// the executor, so whoever destroys an executor calls this first.
void wait_for_resumers();

}  // namespace ropewalk::net
