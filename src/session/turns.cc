#include "session/turns.h"

#include <utility>

namespace ropewalk::session {

bool Turns::enter(std::function<void()> on_turn, u64& ticket) {
  std::lock_guard guard(lock_);
  if (!std::exchange(taken_, true)) return true;
  ticket = ++last_ticket_;
  line_.push_back({ticket, std::move(on_turn)});
  return false;
}

bool Turns::try_enter() {
  std::lock_guard guard(lock_);
  return !std::exchange(taken_, true);
}

bool Turns::give_up(u64 ticket) {
  std::lock_guard guard(lock_);
  return std::erase_if(line_, [ticket](const Waiting& waiting) { return waiting.ticket == ticket; }) != 0;
}

void Turns::leave() {
  std::function<void()> next;
  {
    std::lock_guard guard(lock_);
    if (line_.empty()) {
      taken_ = false;
      return;
    }
    next = std::move(line_.front().on_turn);
    line_.pop_front();
  }
  next();
}

}  // namespace ropewalk::session
