#include "client/rows.h"

namespace ropewalk::client {

using mapi::PropType;

namespace {

bool is_text(PropType type) { return type == PropType::string || type == PropType::string8; }

}  // namespace

const mapi::Property* find_value(std::span<const mapi::Property> row, mapi::PropTag tag) {
  for (const mapi::Property& property : row) {
    if (property.tag.id() != tag.id()) continue;
    PropType type = property.tag.type();
    if (type == tag.type() || (is_text(type) && is_text(tag.type()))) return &property;
    if (tag.type() == PropType::unspecified && type != PropType::error_code) return &property;
  }
  return nullptr;
}

std::string text_of(std::span<const mapi::Property> row, mapi::PropTag tag) {
  const mapi::Property* found = find_value(row, tag);
  return found == nullptr ? std::string() : mapi::text_of_value(found->tag.type(), found->value, 1252);
}

u64 number_of(std::span<const mapi::Property> row, mapi::PropTag tag, u64 otherwise) {
  const mapi::Property* found = find_value(row, tag);
  return found == nullptr ? otherwise : found->value.number;
}

void Rows::drop_last_column() {
  if (columns_.empty()) return;
  const std::size_t rows = size(), before = columns_.size();
  columns_.pop_back();
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns_.size(); ++column)
      cells_[row * columns_.size() + column] = cells_[row * before + column];
  cells_.resize(rows * columns_.size());
}

}  // namespace ropewalk::client
