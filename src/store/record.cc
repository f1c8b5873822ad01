#include "store/record.h"

#include <algorithm>

#include "store/contents.h"

namespace ropewalk::store {
namespace {

// Types whose value is one run of bytes, and so can be content.
bool is_run_of_bytes(mapi::PropType type) {
  return PackedView::Entry::may_be_elsewhere(type) && !mapi::is_multiple(type);
}

// Sorts the values of one record into its parts.
class RecordMaker {
 public:
  explicit RecordMaker(sql::Database& database) : database_(database) {}

  Outcome<void> add(const RecordValue& value) {
    size_ += sizeof(u32);
    if (value.reference) return add_content(value.tag, *value.reference);
    if (value.source != nullptr) return add_source(value.tag, *value.source);
    return add_value(value.tag, value.value);
  }
  Record finish() {
    Record record;
    hot_.pack(record.hot);
    if (!cold_.empty()) cold_.pack(record.cold);
    record.size = size_;
    return record;
  }

 private:
  Outcome<void> add_content(mapi::PropTag tag, const Reference& reference) {
    ROPEWALK_CHECK(add_reference(database_, reference.content));
    size_ += reference.size;
    hot_.add(tag, reference);
    return {};
  }

  Outcome<void> add_source(mapi::PropTag tag, ByteSource& source) {
    if (source.size() > kMostCold) {
      ROPEWALK_TRY(i64 content, put_content(database_, source));
      size_ += source.size();
      hot_.add(tag, Reference{Reference::Place::content, source.size(), content});
      return {};
    }
    std::span<u8> room = arena_.make<u8>(source.size());
    ROPEWALK_TRY(std::size_t got, source.read(0, room));
    return add_value(tag, mapi::Value::of(ByteView(room.data(), got)));
  }

  Outcome<void> add_value(mapi::PropTag tag, const mapi::Value& value) {
    const std::size_t size = packed_size(tag.type(), value);
    size_ += size;
    const bool movable = PackedView::Entry::may_be_elsewhere(tag.type());
    if (movable && size > kMostCold && is_run_of_bytes(tag.type())) {
      ROPEWALK_TRY(i64 content, put_content(database_, value.bytes));
      hot_.add(tag, Reference{Reference::Place::content, value.bytes.size(), content});
    } else if (movable && (size > kMostHot || (hot_size_ > kHotBudget && size > 64))) {
      const u64 bytes = is_run_of_bytes(tag.type()) ? value.bytes.size() : size;
      hot_.add(tag, Reference{Reference::Place::cold, bytes, 0});
      cold_.add(tag, value);
    } else {
      hot_.add(tag, value);
      hot_size_ += size + 8;
    }
    return {};
  }

  sql::Database& database_;
  Arena arena_;
  Packer hot_, cold_;
  std::size_t hot_size_ = 0;
  u64 size_ = 0;
};

template <class F>
Outcome<void> for_contents(PackedView hot, F&& act) {
  for (std::size_t i = 0; i < hot.size(); ++i) {
    auto reference = hot.reference(hot.entry(i));
    if (reference && reference->place == Reference::Place::content) ROPEWALK_CHECK(act(reference->content));
  }
  return {};
}

}  // namespace

Outcome<Record> make_record(sql::Database& database, std::span<const RecordValue> values) {
  RecordMaker maker(database);
  for (const RecordValue& value : values) ROPEWALK_CHECK(maker.add(value));
  return maker.finish();
}

std::vector<RecordValue> record_values(PackedView hot, PackedView cold, Arena& arena) {
  std::vector<RecordValue> values;
  values.reserve(hot.size() + 8);
  for (std::size_t i = 0; i < hot.size(); ++i) {
    const auto entry = hot.entry(i);
    auto reference = hot.reference(entry);
    if (reference && reference->place == Reference::Place::content) {
      values.push_back({entry.tag, {}, nullptr, reference});
      continue;
    }
    auto value = reference ? cold.find(entry.tag, arena) : hot.value(entry, arena);
    if (value) values.push_back({entry.tag, *value});
  }
  return values;
}

Outcome<void> add_references(sql::Database& database, PackedView hot) {
  return for_contents(hot, [&](i64 content) { return add_reference(database, content); });
}

Outcome<void> drop_references(sql::Database& database, PackedView hot) {
  return for_contents(hot, [&](i64 content) { return drop_reference(database, content); });
}

}  // namespace ropewalk::store
