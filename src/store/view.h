// Sorted views of folders: the row ids in a table's order, built by one pass and shared by all tables that want the
// same. Private to the store.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/store_core.h"

namespace ropewalk::store {

// What a view shows.
struct ViewKey {
  i64 folder = 0;
  bool associated = false;
  std::string order;  // sort keys and restriction, encoded

  bool operator==(const ViewKey&) const = default;
};

// One view. Whoever uses it holds `mutex`; `pending` has a lock of its own, so that committing never waits for a
// reader.
class View {
 public:
  explicit View(ViewKey the_key) : key(std::move(the_key)) {}

  const ViewKey key;
  std::mutex mutex;
  bool built = false;
  std::vector<i64> rows;
  u64 generation = 0;                 // grows when rows change
  std::atomic<std::size_t> bytes{0};  // that rows take

  void note(const RowChange& change);
  std::vector<RowChange> take_pending(bool* overflowed);
  bool has_pending() const { return any_pending_.load(std::memory_order_acquire); }

 private:
  static constexpr std::size_t kMostPending = 512;
  std::mutex pending_mutex_;
  std::vector<RowChange> pending_;
  bool overflowed_ = false;
  std::atomic<bool> any_pending_{false};
};

// The views of one mailbox, the least recently used ones forgotten beyond a size.
class ViewCache {
 public:
  explicit ViewCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  // The view, perhaps not built yet.
  std::shared_ptr<View> get(const ViewKey& key);
  // The view if it is there and built.
  std::shared_ptr<View> find(const ViewKey& key);
  void note(const std::vector<RowChange>& changes);
  // Somebody whose changes are not known has written.
  void forget_all();
  // Grows with every change of the rows of this folder part since the mailbox was opened.
  u64 changes_of(i64 folder, bool associated);

  void count_built() { ++built_; }
  u64 built() const { return built_; }

 private:
  struct Slot {
    std::shared_ptr<View> view;
    u64 used = 0;
  };
  static std::string text_of(const ViewKey& key);
  void make_room();

  std::mutex mutex_;
  std::size_t most_bytes_;
  u64 clock_ = 0;
  std::unordered_map<std::string, Slot> views_;
  std::unordered_map<i64, u64> changes_;  // folder << 1 | associated
  std::atomic<u64> built_{0};
};

}  // namespace ropewalk::store
