// The rows of one address list in one order, in memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/types.h"

namespace ropewalk::server {

// Objects by sort key, and by id where keys are the same. Not thread-safe.
class SortedView {
 public:
  std::size_t size() const { return rows_.size(); }
  u32 at(std::size_t row) const { return rows_[row]->first; }
  // nullopt: it is not in the list.
  std::optional<std::size_t> row_of(u32 id) const;
  // The first row whose key is not below this one; size() where there is none.
  std::size_t first_from(std::string_view key) const;
  std::vector<u32> ids() const;

  // Puts objects in their places, faster than one by one. Each id once.
  void fill(std::vector<std::pair<u32, std::string>> objects);
  // In its place, where it may have been elsewhere before.
  void put(u32 id, std::string key);
  void remove(u32 id);

 private:
  using Keys = std::unordered_map<u32, std::string>;
  using Row = const Keys::value_type*;  // stays where it is
  static bool before(Row a, Row b) { return a->second != b->second ? a->second < b->second : a->first < b->first; }
  std::size_t place_of(Row row) const;

  Keys keys_;
  std::vector<Row> rows_;
};

}  // namespace ropewalk::server
