#include "server/addressbook/sorted_view.h"

#include <algorithm>

namespace ropewalk::server {

std::size_t SortedView::place_of(Row row) const {
  return static_cast<std::size_t>(std::lower_bound(rows_.begin(), rows_.end(), row, before) - rows_.begin());
}

std::optional<std::size_t> SortedView::row_of(u32 id) const {
  auto found = keys_.find(id);
  if (found == keys_.end()) return std::nullopt;
  return place_of(&*found);
}

std::size_t SortedView::first_from(std::string_view key) const {
  auto below = [](Row row, std::string_view wanted) { return row->second < wanted; };
  return static_cast<std::size_t>(std::lower_bound(rows_.begin(), rows_.end(), key, below) - rows_.begin());
}

std::vector<u32> SortedView::ids() const {
  std::vector<u32> all(rows_.size());
  std::ranges::transform(rows_, all.begin(), [](Row row) { return row->first; });
  return all;
}

void SortedView::fill(std::vector<std::pair<u32, std::string>> objects) {
  rows_.clear();
  keys_.clear();
  keys_.reserve(objects.size());
  rows_.reserve(objects.size());
  for (auto& [id, key] : objects) rows_.push_back(&*keys_.emplace(id, std::move(key)).first);
  std::sort(rows_.begin(), rows_.end(), before);
}

void SortedView::put(u32 id, std::string key) {
  auto found = keys_.find(id);
  if (found != keys_.end() && found->second == key) return;
  remove(id);
  Row row = &*keys_.emplace(id, std::move(key)).first;
  rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(place_of(row)), row);
}

void SortedView::remove(u32 id) {
  auto found = keys_.find(id);
  if (found == keys_.end()) return;
  rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(place_of(&*found)));
  keys_.erase(found);
}

}  // namespace ropewalk::server
