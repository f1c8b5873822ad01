// Which operations a filter lets through, and what can be counted of those: made step by step, kept, brought up to
// date.
#pragma once

#include <chrono>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "inspect/operation_store.h"
#include "inspect/statistics.h"

namespace ropewalk::inspect {

// The operations of a filter. Not thread-safe.
class View {
 public:
  using Clock = std::chrono::steady_clock;

  // An empty text lets all through. Fails with what is wrong with the filter.
  static Result<std::unique_ptr<View>> make(std::string_view filter, const OperationStore& store);
  ~View();

  // Looks at what it has not seen, until then.
  void advance(Clock::time_point until);
  // The same for the statistics.
  void count(Clock::time_point until);

  u64 size() const;
  // Operations that have been looked at, out of those kept.
  u64 seen() const;
  bool is_complete() const;
  // The numbers at places from `from` on, at most `count`.
  std::vector<u64> numbers(u64 from, std::size_t count) const;
  // How many stand before that number.
  u64 index_of(u64 number) const;
  // How many left at the beginning since it was made, as the store dropped them.
  u64 dropped() const { return dropped_; }
  const Statistics& statistics() const { return statistics_; }
  bool is_counted() const;

 private:
  struct Test;
  View(std::unique_ptr<Test> test, const OperationStore& store);
  void forget_dropped();

  const OperationStore& store_;
  std::unique_ptr<Test> test_;  // null: all
  std::deque<u64> matches_;     // with a test
  u64 next_ = 1;                // the number to look at next
  u64 next_counted_ = 1;
  u64 dropped_ = 0;
  Statistics statistics_;
};

// The views that were asked for lately. Thread-safe: one caller at a time has a view.
class Views {
 public:
  static constexpr std::size_t kMost = 8;

  explicit Views(const OperationStore& store) : store_(store) {}

  // A view that nobody else uses while this lives.
  struct Borrowed {
    std::shared_ptr<View> view;
    std::unique_lock<std::mutex> lock;
    View* operator->() const { return view.get(); }
  };
  Result<Borrowed> borrow(const std::string& filter);

 private:
  struct Entry {
    std::string filter;
    std::shared_ptr<View> view;
    std::shared_ptr<std::mutex> lock;
  };
  const OperationStore& store_;
  std::mutex lock_;
  std::list<Entry> entries_;  // lately used first
};

}  // namespace ropewalk::inspect
