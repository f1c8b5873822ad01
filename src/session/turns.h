// One at a time, first come first served, without keeping a thread: how a session's ROP buffers are put in order.
#pragma once

#include <deque>
#include <functional>
#include <mutex>

#include "base/types.h"

namespace ropewalk::session {

// Any thread. Who has entered must leave(); who waits either gets the turn or gives up.
class Turns {
 public:
  Turns() = default;
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Takes the turn (true), or gets in line: `on_turn` is called on the thread that leaves, once, when the turn has
  // been passed on. `ticket` is the place in the line.
  bool enter(std::function<void()> on_turn, u64& ticket);
  // Takes the turn, or does not.
  bool try_enter();
  // Leaves the line. False: the turn has been passed on already, and is to be left.
  bool give_up(u64 ticket);
  void leave();

 private:
  struct Waiting {
    u64 ticket;
    std::function<void()> on_turn;
  };
  std::mutex lock_;
  bool taken_ = false;
  u64 last_ticket_ = 0;
  std::deque<Waiting> line_;
};

// Leaves when destroyed.
class Turn {
 public:
  explicit Turn(Turns& turns) : turns_(&turns) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { turns_->leave(); }

 private:
  Turns* turns_;
};

}  // namespace ropewalk::session
