// Rows read from a table, with the memory of their values.
#pragma once

#include <memory>
#include <vector>

#include "mapi/property_bag.h"

namespace ropewalk::client {

/// Rows of one set of columns. A cell that holds no value carries its column's tag with type PtypErrorCode and the
/// reason (`not_found` where the object has no such property), as MAPI's own rows do. Movable; spans live as long as
/// it.
class Rows {
 public:
  explicit Rows(std::vector<mapi::PropTag> columns = {}) : columns_(std::move(columns)) {}

  std::size_t size() const { return columns_.empty() ? 0 : cells_.size() / columns_.size(); }
  bool empty() const { return cells_.empty(); }
  std::span<const mapi::PropTag> columns() const { return columns_; }
  std::span<const mapi::Property> operator[](std::size_t row) const {
    return {cells_.data() + row * columns_.size(), columns_.size()};
  }

  /// Adds the next cell (rows fill column by column); the value is copied.
  void add(mapi::PropTag tag, const mapi::Value& value) {
    cells_.push_back({tag, mapi::copy_value(tag.type(), value, *arena_)});
  }
  void add_error(mapi::PropTag column, mapi::ErrorCode code) {
    cells_.push_back({column.with_type(mapi::PropType::error_code), mapi::Value::of(code)});
  }
  /// No rows follow these in the table; false where that is not known.
  bool at_end = false;

  /// Drops everything from this row on.
  void truncate(std::size_t rows) {
    if (rows < size()) cells_.resize(rows * columns_.size());
  }
  /// As if the last column had not been asked for.
  void drop_last_column();

 private:
  std::vector<mapi::PropTag> columns_;
  std::vector<mapi::Property> cells_;
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>(std::size_t{1} << 30);
};

/// The value of that property in a row or bag; null where it is absent, an error, or of another type. The two string
/// types find each other.
const mapi::Property* find_value(std::span<const mapi::Property> row, mapi::PropTag tag);
/// A string property as UTF-8; empty where absent.
std::string text_of(std::span<const mapi::Property> row, mapi::PropTag tag);
/// A number, boolean or time as its bits; `otherwise` where absent.
u64 number_of(std::span<const mapi::Property> row, mapi::PropTag tag, u64 otherwise = 0);

inline const mapi::Property* find_value(std::span<const mapi::Property> row, u32 tag) {
  return find_value(row, mapi::PropTag(tag));
}
inline std::string text_of(std::span<const mapi::Property> row, u32 tag) { return text_of(row, mapi::PropTag(tag)); }
inline u64 number_of(std::span<const mapi::Property> row, u32 tag, u64 otherwise = 0) {
  return number_of(row, mapi::PropTag(tag), otherwise);
}

}  // namespace ropewalk::client
