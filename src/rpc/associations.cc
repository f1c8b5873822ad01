#include "rpc/associations.h"

namespace ropewalk::rpc {

u32 Associations::create() {
  std::lock_guard lock(mutex_);
  do {
    ++last_;
  } while (last_ == 0 || members_.contains(last_));
  members_[last_] = 1;
  return last_;
}

bool Associations::join(u32 group) {
  std::lock_guard lock(mutex_);
  auto found = members_.find(group);
  if (found == members_.end()) return false;
  ++found->second;
  return true;
}

void Associations::leave(u32 group) {
  {
    std::lock_guard lock(mutex_);
    auto found = members_.find(group);
    if (found == members_.end() || --found->second > 0) return;
    members_.erase(found);
  }
  if (run_down_) run_down_(group);
}

std::size_t Associations::size() const {
  std::lock_guard lock(mutex_);
  return members_.size();
}

}  // namespace ropewalk::rpc
