// Objects that are hidden from the address lists, and who may ask for them all the same.
#pragma once

#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/types.h"

namespace ropewalk::server {

// Which hidden objects a user has named by their DNs, which is how somebody proves to know of one: Minimal Entry IDs
// can be guessed, DNs are learned from a message. Of each user the last kMost. Thread-safe.
class KnownHidden {
 public:
  static constexpr std::size_t kMost = 1024;

  void learn(i64 user, u32 object);
  bool knows(i64 user, u32 object) const;

 private:
  mutable std::mutex lock_;
  std::unordered_map<i64, std::vector<u32>> named_;  // by users of the directory; the longest known first
};

}  // namespace ropewalk::server
