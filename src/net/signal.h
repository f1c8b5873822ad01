// Something happened: set from any thread, awaited by one coroutine. What a parked long poll sleeps on.
#pragma once

#include <chrono>
#include <memory>

#include "base/types.h"
#include "net/awaitable.h"

namespace ropewalk::net {

// A value: copies are the same signal.
class Signal {
 public:
  Signal();

  // Wakes the waiter, or lets the next wait return at once. Any thread; setting twice is setting once.
  void set() const;
  // True: it was set (and is now taken back). False: the time passed. One waiter at a time, on a coroutine of the
  // server.
  Awaitable<bool> wait_for(std::chrono::milliseconds time) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ropewalk::net
