#include "store/view.h"

#include <utility>

namespace ropewalk::store {

void View::note(const RowChange& change) {
  std::lock_guard lock(pending_mutex_);
  if (pending_.size() < kMostPending) {
    pending_.push_back(change);
  } else {
    overflowed_ = true;
  }
  any_pending_.store(true, std::memory_order_release);
}

std::vector<RowChange> View::take_pending(bool* overflowed) {
  std::lock_guard lock(pending_mutex_);
  *overflowed = std::exchange(overflowed_, false);
  any_pending_.store(false, std::memory_order_release);
  return std::exchange(pending_, {});
}

std::string ViewCache::text_of(const ViewKey& key) {
  return std::to_string(key.folder) + (key.associated ? "a" : "n") + key.order;
}

std::shared_ptr<View> ViewCache::get(const ViewKey& key) {
  std::lock_guard lock(mutex_);
  Slot& slot = views_[text_of(key)];
  slot.used = ++clock_;
  if (slot.view == nullptr) slot.view = std::make_shared<View>(key);
  auto view = slot.view;
  make_room();
  return view;
}

std::shared_ptr<View> ViewCache::find(const ViewKey& key) {
  std::lock_guard lock(mutex_);
  auto found = views_.find(text_of(key));
  if (found == views_.end()) return nullptr;
  found->second.used = ++clock_;
  return found->second.view;
}

void ViewCache::make_room() {
  constexpr std::size_t kOverhead = 1024;
  for (;;) {
    std::size_t bytes = 0;
    auto oldest = views_.end();
    for (auto at = views_.begin(); at != views_.end(); ++at) {
      bytes += kOverhead + at->second.view->bytes.load(std::memory_order_relaxed);
      if (oldest == views_.end() || at->second.used < oldest->second.used) oldest = at;
    }
    if (bytes <= most_bytes_ || views_.size() <= 1) return;
    views_.erase(oldest);
  }
}

void ViewCache::note(const std::vector<RowChange>& changes) {
  if (changes.empty()) return;
  std::lock_guard lock(mutex_);
  for (const RowChange& change : changes) {
    ++changes_[change.folder << 1 | i64{change.associated}];
    for (auto& [text, slot] : views_) {
      if (slot.view->key.folder == change.folder && slot.view->key.associated == change.associated)
        slot.view->note(change);
    }
  }
}

void ViewCache::forget_all() {
  std::lock_guard guard(mutex_);
  views_.clear();
  for (auto& [part, count] : changes_) ++count;
}

u64 ViewCache::changes_of(i64 folder, bool associated) {
  std::lock_guard lock(mutex_);
  auto found = changes_.find(folder << 1 | i64{associated});
  return found == changes_.end() ? 0 : found->second;
}

}  // namespace ropewalk::store
