#include "store/cursor_table.h"

#include <algorithm>

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::PropTag;

constexpr std::size_t kMostColumns = 1024, kMostSortKeys = 16, kMostBookmarks = 1000;
constexpr u32 kFindStep = 128;

}  // namespace

// Makes rows of what it visits, as long as they fit.
class CursorTable::RowsMaker final : public RowVisitor {
 public:
  RowsMaker(CursorTable& table, std::size_t byte_limit, std::size_t most, Arena& arena)
      : table_(table), limit_(byte_limit), arena_(arena), rows_(arena.make<mapi::PropertyRow>(most)) {}
  Outcome<bool> visit(std::size_t index, const PropertySource& row, ByteView transient) override {
    mapi::PropertyRow made = make_row(table_.columns_, table_.code_page_, transient, arena_,
                                      [&](PropTag tag) { return table_.cell(row, tag, arena_); });
    bytes_ += wire_size(made);
    if (count_ != 0 && bytes_ > limit_) {
      left_over = index;
      return false;
    }
    if (count_ < rows_.size()) rows_[count_++] = made;
    return true;
  }
  std::span<mapi::PropertyRow> rows() const { return rows_.first(count_); }
  std::optional<std::size_t> left_over;  // the first that did not fit

 private:
  CursorTable& table_;
  const std::size_t limit_;
  Arena& arena_;
  std::span<mapi::PropertyRow> rows_;
  std::size_t count_ = 0, bytes_ = 0;
};

// Looks for the first row that satisfies a restriction.
class CursorTable::Finder final : public RowVisitor {
 public:
  explicit Finder(const mapi::Restriction& restriction) : restriction_(restriction) {}
  Outcome<bool> visit(std::size_t index, const PropertySource& row, ByteView) override {
    arena_.reset();
    if (!satisfies(row, restriction_, arena_)) return true;
    found = index;
    return false;
  }
  std::optional<std::size_t> found;

 private:
  const mapi::Restriction& restriction_;
  Arena arena_;
};

Outcome<void> CursorTable::begin() {
  ROPEWALK_TRY(order_, make_order({}, nullptr));
  cursor_ = {};
  return {};
}

Outcome<void> CursorTable::set_columns(std::span<const PropTag> columns) {
  if (columns.empty() || columns.size() > kMostColumns)
    return Failure(ErrorCode::invalid_param, "a table has 1 to 1024 columns, not " + std::to_string(columns.size()));
  columns_.assign(columns.begin(), columns.end());
  return {};
}

Outcome<void> CursorTable::sort(std::span<const SortKey> keys) {
  if (keys.size() > kMostSortKeys) return Failure(ErrorCode::too_complex, "a table sorts by at most 16 columns");
  for (const SortKey& key : keys) {
    if ((key.tag.value & mapi::kMultiValueInstance) != 0)
      return Failure(ErrorCode::too_complex, "a table cannot be sorted by the single values of " + key.tag.to_string());
  }
  ROPEWALK_TRY(order_, make_order(keys, restriction_));
  keys_.assign(keys.begin(), keys.end());
  cursor_ = {};
  bookmarks_.clear();
  return {};
}

Outcome<void> CursorTable::restrict(const mapi::Restriction* restriction) {
  auto arena = std::make_unique<Arena>();
  const mapi::Restriction* copy = nullptr;
  if (restriction != nullptr) {
    ROPEWALK_CHECK(check_restriction(*restriction));
    mapi::Value held;
    held.restriction = const_cast<mapi::Restriction*>(restriction);
    copy = mapi::copy_value(mapi::PropType::restriction, held, *arena).restriction;
  }
  ROPEWALK_TRY(order_, make_order(keys_, copy));
  restriction_arena_ = std::move(arena);
  restriction_ = copy;
  cursor_ = {};
  bookmarks_.clear();
  return {};
}

void CursorTable::reset() {
  columns_.clear();
  keys_.clear();
  restriction_ = nullptr;
  restriction_arena_.reset();
  bookmarks_.clear();
  (void)begin();
}

Outcome<u32> CursorTable::row_count() {
  ROPEWALK_TRY(Reader reader, store_->core().snapshot());
  return order_->count(*reader);
}

Outcome<Position> CursorTable::position() {
  ROPEWALK_TRY(Reader reader, store_->core().snapshot());
  Position position;
  ROPEWALK_TRY(position.denominator, order_->count(*reader));
  ROPEWALK_TRY(position.numerator, order_->number(*reader, cursor_));
  position.numerator = std::min(position.numerator, position.denominator);
  return position;
}

Place CursorTable::place_before(const RowKey& key, u32 number, bool known) const {
  Place place = cursor_;  // its generation too
  place.at = Place::At::row;
  place.row = key;
  place.number = number;
  place.number_known = known;
  return place;
}

Outcome<Origin> CursorTable::where(sql::Database& database) {
  if (cursor_.at == Place::At::end) return Origin::end;
  ROPEWALK_TRY(auto next, order_->slice(database, cursor_, 1, true));
  if (next.empty()) return Origin::end;
  ROPEWALK_TRY(auto before, order_->slice(database, cursor_, 1, false));
  return before.empty() ? Origin::beginning : Origin::current;
}

Outcome<Rows> CursorTable::query_rows(u32 count, bool forward, bool advance, std::size_t byte_limit, Arena& arena) {
  if (columns_.empty()) return Failure(ErrorCode::null_object, "the table has no columns yet: set them first");
  ROPEWALK_TRY(Reader reader, store_->core().snapshot());
  constexpr u32 kMostAtOnce = 8192;
  count = std::min(count, kMostAtOnce);
  u32 start = 0;
  if (cursor_.at == Place::At::row) start = cursor_.number;
  if (cursor_.at == Place::At::end) {
    ROPEWALK_TRY(start, order_->count(*reader));
    cursor_.number_known = true;
  }
  const bool known = cursor_.at != Place::At::row || cursor_.number_known;
  // One more than asked tells whether the end is reached.
  ROPEWALK_TRY(auto keys, order_->slice(*reader, cursor_, count + 1, forward));
  const std::size_t wanted = std::min<std::size_t>(keys.size(), count);
  RowsMaker maker(*this, byte_limit, wanted, arena);
  ROPEWALK_CHECK(visit_rows(*reader, std::span(keys).first(wanted), maker));
  const std::size_t passed = maker.left_over.value_or(wanted);
  Rows result{maker.rows(), Origin::current};
  const auto moved = static_cast<u32>(passed);
  Place after = cursor_;
  if (forward && passed == keys.size()) {
    after.at = Place::At::end;
    result.at = Origin::end;
  } else if (forward) {
    after = place_before(keys[passed], start + moved, known);
    if (after.number == 0 && known) result.at = Origin::beginning;
  } else if (passed == keys.size()) {
    after.at = Place::At::beginning;
    result.at = Origin::beginning;
  } else if (passed != 0) {
    after = place_before(keys[passed - 1], start - std::min(start, moved), known);
  }
  if (advance) {
    cursor_ = after;
  } else {
    ROPEWALK_TRY(result.at, where(*reader));
  }
  return result;
}

Outcome<Place> CursorTable::place_of(sql::Database&, Origin origin) {
  Place place = cursor_;
  if (origin == Origin::beginning) place = {};
  if (origin == Origin::end) place.at = Place::At::end;
  return place;
}

Outcome<Moved> CursorTable::seek_from(sql::Database& database, Place from, i32 offset) {
  if (offset == 0) {
    cursor_ = from;
    return Moved{};
  }
  ROPEWALK_TRY(u32 start, order_->number(database, from));
  ROPEWALK_TRY(u32 all, order_->count(database));
  const i64 target = std::clamp<i64>(i64{start} + offset, 0, all);
  constexpr i64 kFewSteps = 256;
  if (std::abs(i64{offset}) <= kFewSteps && target != 0 && target != all) {  // a few rows are walked
    const bool forward = offset > 0;
    const auto steps = static_cast<u32>(forward ? offset + 1 : -offset);
    ROPEWALK_TRY(auto keys, order_->slice(database, from, steps, forward));
    if (keys.size() == steps) {
      const Place before = from;
      cursor_ = from;
      cursor_ = place_before(keys.back(), static_cast<u32>(target), before.number_known);
      return Moved{offset, false};
    }
  }
  ROPEWALK_TRY(cursor_, order_->place_at(database, static_cast<u32>(target)));
  return Moved{static_cast<i32>(target - start), false};
}

Outcome<Moved> CursorTable::seek(Origin origin, i32 offset) {
  ROPEWALK_TRY(Reader reader, store_->core().snapshot());
  ROPEWALK_TRY(Place from, place_of(*reader, origin));
  return seek_from(*reader, from, offset);
}

Outcome<void> CursorTable::seek_fraction(u32 numerator, u32 denominator) {
  if (denominator == 0) return Failure(ErrorCode::invalid_param, "a fraction of a table needs a denominator");
  ROPEWALK_TRY(Reader reader, store_->core().snapshot());
  ROPEWALK_TRY(u32 all, order_->count(*reader));
  const u64 row = u64{all} * std::min(numerator, denominator) / denominator;
  ROPEWALK_TRY(cursor_, order_->place_at(*reader, static_cast<u32>(row)));
  return {};
}

Outcome<std::optional<mapi::PropertyRow>> CursorTable::find_from(sql::Database& database, Place from,
                                                                 const mapi::Restriction& restriction, bool forward,
                                                                 Arena& arena) {
  if (columns_.empty()) return Failure(ErrorCode::null_object, "the table has no columns yet: set them first");
  ROPEWALK_CHECK(check_restriction(restriction));
  Finder finder(restriction);
  ROPEWALK_TRY(u32 number, order_->number(database, from));
  for (Place at = from;;) {
    ROPEWALK_TRY(auto keys, order_->slice(database, at, kFindStep, forward));
    finder.found.reset();
    ROPEWALK_CHECK(visit_rows(database, keys, finder));
    if (finder.found) {
      const auto steps = static_cast<u32>(*finder.found);
      const RowKey& key = keys[*finder.found];
      cursor_ = from;
      cursor_ = place_before(key, forward ? number + steps : number - std::min(number, steps + 1), true);
      RowsMaker maker(*this, ~std::size_t{0}, 1, arena);
      ROPEWALK_CHECK(visit_rows(database, std::span(&key, 1), maker));
      if (maker.rows().empty()) return std::optional<mapi::PropertyRow>();
      return std::optional(maker.rows()[0]);
    }
    const auto seen = static_cast<u32>(keys.size());
    number = forward ? number + seen : number - std::min(number, seen);
    if (keys.size() < kFindStep) return std::optional<mapi::PropertyRow>();
    Place next = at;
    next.at = Place::At::row;
    next.row = keys.back();
    next.number = forward ? number - 1 : number;
    next.number_known = true;
    if (forward) {  // past the last row that was seen
      ROPEWALK_TRY(auto two, order_->slice(database, next, 2, true));
      if (two.size() < 2) return std::optional<mapi::PropertyRow>();
      next.row = two[1];
      next.number = number;
    }
    at = next;
  }
}

Outcome<std::optional<mapi::PropertyRow>> CursorTable::find(const mapi::Restriction& restriction, Origin origin,
                                                            bool forward, Arena& arena) {
  ROPEWALK_TRY(Reader reader, store_->core().snapshot());
  ROPEWALK_TRY(Place from, place_of(*reader, origin));
  return find_from(*reader, from, restriction, forward, arena);
}

Outcome<std::optional<mapi::PropertyRow>> CursorTable::find(const mapi::Restriction& restriction, ByteView bookmark,
                                                            bool forward, Arena& arena) {
  ROPEWALK_TRY(Reader reader, store_->core().snapshot());
  ROPEWALK_TRY(Place from, bookmarked(bookmark));
  return find_from(*reader, from, restriction, forward, arena);
}

Outcome<std::optional<RowNow>> CursorTable::row_now(u64 object, Arena& arena) {
  if (columns_.empty()) return Failure(ErrorCode::null_object, "the table has no columns yet: set them first");
  ROPEWALK_TRY(Reader reader, store_->core().snapshot());
  ROPEWALK_TRY(auto place, order_->place_of(*reader, row_of(mapi::MessageId{object})));
  if (!place) return std::optional<RowNow>();
  ROPEWALK_TRY(auto before, order_->slice(*reader, *place, 1, false));
  RowsMaker maker(*this, ~std::size_t{0}, 1, arena);
  ROPEWALK_CHECK(visit_rows(*reader, std::span(&place->row, 1), maker));
  if (maker.rows().empty()) return std::optional<RowNow>();
  return std::optional(RowNow{maker.rows()[0], before.empty() ? 0 : message_id(before[0].id).value});
}

// ---- bookmarks: the number under which the place is kept ----

Outcome<Place> CursorTable::bookmarked(ByteView bookmark) {
  auto found = bookmark.size() == 4 ? bookmarks_.find(load_le<u32>(bookmark.data())) : bookmarks_.end();
  if (found == bookmarks_.end())
    return Failure(ErrorCode::invalid_bookmark, "the table has no such bookmark (it was freed, or is another table's)");
  return found->second;
}

Outcome<std::vector<u8>> CursorTable::create_bookmark() {
  if (bookmarks_.size() >= kMostBookmarks)
    return Failure(ErrorCode::mapi_oom, "a table has at most 1000 bookmarks: free some");
  ROPEWALK_TRY(Reader reader, store_->core().snapshot());
  Place place = cursor_;
  if (place.at == Place::At::beginning) {  // the row is marked, and what comes before it later does not matter
    ROPEWALK_TRY(auto first, order_->slice(*reader, place, 1, true));
    if (!first.empty()) place = place_before(first[0], 0, false);
  }
  bookmarks_[next_bookmark_] = place;
  std::vector<u8> name(4);
  store_le(name.data(), next_bookmark_++);
  return name;
}

Outcome<Moved> CursorTable::seek_bookmark(ByteView bookmark, i32 offset) {
  ROPEWALK_TRY(Reader reader, store_->core().snapshot());
  ROPEWALK_TRY(Place from, bookmarked(bookmark));
  ROPEWALK_TRY(bool there, order_->still_there(*reader, from));
  ROPEWALK_TRY(Moved moved, seek_from(*reader, from, offset));
  moved.row_gone = !there;
  return moved;
}

Outcome<void> CursorTable::free_bookmark(ByteView bookmark) {
  ROPEWALK_CHECK(bookmarked(bookmark));
  bookmarks_.erase(load_le<u32>(bookmark.data()));
  return {};
}

}  // namespace ropewalk::store
