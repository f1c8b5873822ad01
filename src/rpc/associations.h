// Association groups: what connections of one client share. [C706] 12.4, [MS-RPCE] 3.3.1.5.5.
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "base/types.h"

namespace ropewalk::rpc {

// The groups of one endpoint. Thread-safe. A group lives as long as one of its connections; context handles belong to
// it.
class Associations {
 public:
  // Called, without a lock, when a group's last connection is gone: run its context handles down.
  explicit Associations(std::function<void(u32 group)> run_down = {}) : run_down_(std::move(run_down)) {}
  Associations(const Associations&) = delete;
  Associations& operator=(const Associations&) = delete;

  // A new group with one member; never 0.
  u32 create();
  // One more member; false where there is no such group.
  bool join(u32 group);
  void leave(u32 group);
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::map<u32, std::size_t> members_;
  u32 last_ = 0x00005A00;  // not small: a client's typo should not meet a group
  std::function<void(u32)> run_down_;
};

}  // namespace ropewalk::rpc
