// Making the stored form of an object's properties: what stands in the record itself, what in its cold part, and what
// among the contents. Private to the store.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "sql/database.h"
#include "store/packed.h"
#include "store/stream.h"

namespace ropewalk::store {

// A property on its way into a record; exactly one of the three says what its value is.
struct RecordValue {
  mapi::PropTag tag;
  mapi::Value value;
  ByteSource* source = nullptr;          // the value's bytes, of a type that has bytes
  std::optional<Reference> reference{};  // content that the store holds
};

struct Record {
  std::vector<u8> hot, cold;
  u64 size = 0;  // of tags and values, in bytes
};

// Values above this many bytes go to the cold part, above the other one to the contents.
inline constexpr std::size_t kMostHot = 512;
inline constexpr std::size_t kMostCold = 8u << 10;
// When the record itself has this many bytes already, so do smaller ones: rows of tables should fit a database page.
inline constexpr std::size_t kHotBudget = 2400;

// Stores large values, with one more reference for each content named. `values` need no order; an id appears once.
Outcome<Record> make_record(sql::Database& database, std::span<const RecordValue> values);
// The values of a stored record; views into both parts (and lists in the arena).
std::vector<RecordValue> record_values(PackedView hot, PackedView cold, Arena& arena);
Outcome<void> add_references(sql::Database& database, PackedView hot);
Outcome<void> drop_references(sql::Database& database, PackedView hot);

}  // namespace ropewalk::store
