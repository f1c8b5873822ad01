#include "inspect/views.h"

#include <algorithm>

#include "dissect/operation_filter.h"
#include "inspect/record.h"

namespace ropewalk::inspect {
namespace {

// Rows looked at without a look at the clock.
constexpr std::size_t kStep = 64;

}  // namespace

struct View::Test {
  dissect::Filter filter;
};

View::View(std::unique_ptr<Test> test, const OperationStore& store) : store_(store), test_(std::move(test)) {}
View::~View() = default;

Result<std::unique_ptr<View>> View::make(std::string_view filter, const OperationStore& store) {
  std::unique_ptr<Test> test;
  if (filter.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    ROPEWALK_TRY(dissect::Filter parsed, dissect::Filter::parse(filter, dissect::operation_names()));
    test = std::make_unique<Test>(Test{std::move(parsed)});
  }
  return std::unique_ptr<View>(new View(std::move(test), store));
}

void View::forget_dropped() {
  const u64 first = store_.extent().first;
  next_ = std::max(next_, first);
  while (!matches_.empty() && matches_.front() < first) {
    matches_.pop_front();
    ++dropped_;
  }
}

void View::advance(Clock::time_point until) {
  if (test_ == nullptr) return void(dropped_ = store_.extent().dropped);
  forget_dropped();
  for (bool more = true; more && Clock::now() < until;) {
    more = false;
    store_.visit(next_, kStep, [&](const OperationStore::Row& row) {
      dissect::Operation operation = read_facts(row.facts);
      auto tree = [&] {
        store_.read_content_of(row, operation);
        return std::move(operation.tree);
      };
      if (dissect::matches(test_->filter, operation, tree)) matches_.push_back(row.number);
      next_ = row.number + 1;
      return more = true;
    });
  }
}

void View::count(Clock::time_point until) {
  for (bool more = true; more && Clock::now() < until;) {
    more = false;
    auto use = [&](const OperationStore::Row& row) {
      statistics_.add(read_facts(row.facts));
      next_counted_ = row.number + 1;
      return more = true;
    };
    if (test_ == nullptr)
      store_.visit(next_counted_, kStep, use);
    else
      store_.visit(numbers(index_of(next_counted_), kStep), use);
  }
}

u64 View::size() const { return test_ == nullptr ? store_.extent().count : matches_.size(); }

u64 View::seen() const { return test_ == nullptr ? store_.extent().count : store_.index_of(next_); }
bool View::is_complete() const { return test_ == nullptr || next_ > store_.extent().last; }

std::vector<u64> View::numbers(u64 from, std::size_t count) const {
  std::vector<u64> list;
  if (test_ != nullptr) {
    for (u64 i = from; i < matches_.size() && list.size() < count; ++i) list.push_back(matches_[i]);
    return list;
  }
  const u64 first = store_.number_at(from);
  if (first == 0) return list;
  store_.visit(first, count, [&](const OperationStore::Row& row) {
    list.push_back(row.number);
    return true;
  });
  return list;
}

u64 View::index_of(u64 number) const {
  if (test_ == nullptr) return store_.index_of(number);
  return static_cast<u64>(std::lower_bound(matches_.begin(), matches_.end(), number) - matches_.begin());
}

bool View::is_counted() const {
  if (test_ == nullptr) return next_counted_ > store_.extent().last;
  return is_complete() && (matches_.empty() || next_counted_ > matches_.back());
}

Result<Views::Borrowed> Views::borrow(const std::string& filter) {
  std::shared_ptr<View> view;
  std::shared_ptr<std::mutex> lock;
  {
    std::lock_guard guard(lock_);
    auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.filter == filter; });
    if (found == entries_.end()) {
      ROPEWALK_TRY(std::shared_ptr<View> made, View::make(filter, store_));
      entries_.push_front({filter, std::move(made), std::make_shared<std::mutex>()});
      if (entries_.size() > kMost) entries_.pop_back();
    } else {
      entries_.splice(entries_.begin(), entries_, found);
    }
    view = entries_.front().view;
    lock = entries_.front().lock;
  }
  // The lock belongs to the entry, which may have been forgotten meanwhile: it lives with the view.
  struct Both {
    std::shared_ptr<View> view;
    std::shared_ptr<std::mutex> lock;
  };
  auto both = std::make_shared<Both>(Both{view, lock});
  std::unique_lock held(*lock);
  return Borrowed{std::shared_ptr<View>(both, both->view.get()), std::move(held)};
}

}  // namespace ropewalk::inspect
