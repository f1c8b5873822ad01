#include "server/addressbook/hidden_objects.h"

#include <algorithm>

namespace ropewalk::server {

void KnownHidden::learn(i64 user, u32 object) {
  std::lock_guard guard(lock_);
  auto& known = named_[user];
  if (std::ranges::find(known, object) != known.end()) return;
  if (known.size() == kMost) known.erase(known.begin());
  known.push_back(object);
}

bool KnownHidden::knows(i64 user, u32 object) const {
  std::lock_guard guard(lock_);
  const auto known = named_.find(user);
  return known != named_.end() && std::ranges::find(known->second, object) != known->second.end();
}

}  // namespace ropewalk::server
