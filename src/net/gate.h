// One at a time: serialises the requests of one client session without blocking a thread.
#pragma once

#include <memory>
#include <utility>

#include "net/awaitable.h"

namespace ropewalk::net {

// A value: copies are the same gate. Those who wait get in first come, first served.
class Gate {
  struct State;

 public:
  // The right to be inside; leaves when destroyed.
  class Pass {
   public:
    Pass(Pass&&) noexcept = default;
    Pass& operator=(Pass&&) = delete;
    ~Pass();

   private:
    friend class Gate;
    explicit Pass(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
  };

  Gate();
  // `auto pass = co_await gate.enter();`
  Awaitable<Pass> enter() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace ropewalk::net
