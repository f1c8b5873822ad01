// What stands behind the context handles of RPC clients. They belong to an association: every connection of it may use
// them, and they are run down with its last one. [C706] 9.3, 12.4.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/guid.h"
#include "base/types.h"

namespace ropewalk::server {

// Destroyed when the client closes its handle, or when the last connection of its association is gone.
class ContextObject {
 public:
  virtual ~ContextObject() = default;
};

// Any thread.
class ContextHandles {
 public:
  // A new handle's GUID; nullopt where the association has too many.
  std::optional<Guid> add(u32 association, std::shared_ptr<ContextObject> object) {
    const Guid handle = Guid::random();
    std::lock_guard guard(lock_);
    auto& all = known_[association];
    if (all.size() >= kMostHandles) return std::nullopt;
    all.emplace(handle, std::move(object));
    return handle;
  }
  // Null where there is none that is a T.
  template <class T>
  std::shared_ptr<T> find(u32 association, const Guid& handle) const {
    std::lock_guard guard(lock_);
    auto all = known_.find(association);
    if (all == known_.end()) return nullptr;
    auto found = all->second.find(handle);
    return found == all->second.end() ? nullptr : std::dynamic_pointer_cast<T>(found->second);
  }
  void remove(u32 association, const Guid& handle) {
    std::shared_ptr<ContextObject> gone;  // ends without the lock
    std::lock_guard guard(lock_);
    auto all = known_.find(association);
    if (all == known_.end()) return;
    auto found = all->second.find(handle);
    if (found == all->second.end()) return;
    gone = std::move(found->second);
    all->second.erase(found);
  }
  void run_down(u32 association) {
    std::map<Guid, std::shared_ptr<ContextObject>> gone;
    std::lock_guard guard(lock_);
    auto all = known_.find(association);
    if (all == known_.end()) return;
    gone = std::move(all->second);
    known_.erase(all);
  }

 private:
  static constexpr std::size_t kMostHandles = 1024;
  mutable std::mutex lock_;
  std::map<u32, std::map<Guid, std::shared_ptr<ContextObject>>> known_;
};

}  // namespace ropewalk::server
