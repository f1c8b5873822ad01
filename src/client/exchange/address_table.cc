#include "client/exchange/address_table.h"

#include <algorithm>

#include "mapi/value_fields.h"

namespace ropewalk::client::exchange {
namespace {

using mapi::ErrorCode;
namespace tag = mapi::tag;

// [MS-OXNSPI] 2.2.1.5 table sort orders
constexpr u32 kByDisplayName = 0, kByPhoneticName = 3;
constexpr u32 kMostMatches = 50'000;
constexpr u32 kMostAtOnce = 1000;

Failure unsupported(const std::string& what) { return {ErrorCode::not_supported, "an address book " + what}; }

class AddressTable final : public Table {
 public:
  AddressTable(std::shared_ptr<SharedNspi> nspi, const nspi::Stat& stat, std::optional<std::vector<u32>> ids)
      : nspi_(std::move(nspi)), start_(stat), stat_(stat), fixed_(ids.has_value()) {
    if (ids) picked_ = std::move(*ids);
    is_picked_ = fixed_;
  }

  Outcome<void> set_columns(std::span<const PropTag> columns) override {
    columns_.assign(columns.begin(), columns.end());
    return {};
  }

  Outcome<void> sort(std::span<const SortOrder> orders) override {
    if (orders.size() > 1 || (orders.size() == 1 && orders[0].descending))
      return unsupported("is sorted by one column, upwards");
    u32 type = kByDisplayName;
    if (!orders.empty() && orders[0].column.id() == PropTag(tag::PidTagAddressBookPhoneticDisplayName).id())
      type = kByPhoneticName;
    else if (!orders.empty() && orders[0].column.id() != PropTag(tag::PidTagDisplayName).id())
      return unsupported("is sorted by PidTagDisplayName or PidTagAddressBookPhoneticDisplayName");
    start_.sort_type = type;
    rewind();
    return {};
  }

  Outcome<void> restrict(const mapi::Restriction* condition) override {
    if (fixed_) return unsupported("cannot pick among what has been picked");
    condition_ = {};
    arena_ = std::make_unique<Arena>();
    if (condition != nullptr) {
      mapi::Value value;
      value.restriction = const_cast<mapi::Restriction*>(condition);
      condition_ = mapi::copy_value(mapi::PropType::restriction, value, *arena_).restriction;
    }
    is_picked_ = false;
    rewind();
    return {};
  }

  Outcome<Position> position() override {
    std::lock_guard lock(nspi_->mutex);
    ROPEWALK_CHECK(pick());
    if (is_picked_) return Position{static_cast<u32>(at_), static_cast<u32>(picked_.size())};
    ROPEWALK_TRY(stat_, nspi_->session->update_stat(stat_));
    return Position{stat_.position, stat_.total_records};
  }

  Outcome<i32> seek(Origin origin, i32 rows) override {
    std::lock_guard lock(nspi_->mutex);
    ROPEWALK_CHECK(pick());
    return move(origin, rows);
  }

  Outcome<Rows> query(u32 most, bool forward) override {
    std::lock_guard lock(nspi_->mutex);
    ROPEWALK_CHECK(pick());
    if (columns_.empty()) return Failure{ErrorCode::invalid_param, "no columns were asked for"};
    if (forward) return next(most);
    ROPEWALK_TRY(i32 moved, move(Origin::current, -static_cast<i32>(std::min<u32>(most, kMostAtOnce))));
    const nspi::Stat there = stat_;
    const std::size_t place = at_;
    auto rows = next(static_cast<u32>(-moved));
    stat_ = there;
    at_ = place;
    return rows;
  }

  Outcome<Rows> find(const mapi::Restriction& condition, Origin origin, bool forward) override {
    std::lock_guard lock(nspi_->mutex);
    const bool is_name = condition.type == mapi::RestrictType::property && condition.relop == mapi::RelOp::ge &&
                         condition.values.size() == 1 &&
                         condition.values[0].tag.id() == PropTag(tag::PidTagDisplayName).id();
    ROPEWALK_CHECK(pick());
    if (!is_name || !forward || origin != Origin::beginning || is_picked_)
      return unsupported("is searched, from its beginning, for a display name from some text on");
    nspi::Stat from = start_;
    auto found = nspi_->session->seek_entries(from, condition.values[0], columns_);
    if (!found.ok() && found.error().code == ErrorCode::not_found) return Rows(columns_);
    if (!found.ok()) return std::move(found).error();
    stat_ = found->stat;
    ROPEWALK_TRY(auto answer, nspi_->session->query_rows(stat_, {}, 1, columns_));
    return std::move(answer.rows);
  }

 private:
  void rewind() {
    stat_ = start_;
    at_ = 0;
  }

  // What the condition picks, once somebody wants to know.
  Outcome<void> pick() {
    if (is_picked_ || condition_ == nullptr) return {};
    const PropTag columns[] = {PropTag(tag::PidTagEntryId)};
    auto found = nspi_->session->get_matches(start_, condition_, kMostMatches, columns);
    if (!found.ok() && found.error().code != ErrorCode::not_found) return std::move(found).error();
    picked_ = found.ok() ? found->ids : std::vector<u32>();
    is_picked_ = true;
    return {};
  }

  Outcome<i32> move(Origin origin, i32 rows) {
    if (is_picked_) {
      const i64 from = origin == Origin::beginning ? 0 : static_cast<i64>(origin == Origin::end ? picked_.size() : at_);
      const i64 to = std::clamp<i64>(from + rows, 0, static_cast<i64>(picked_.size()));
      at_ = static_cast<std::size_t>(to);
      return static_cast<i32>(to - from);
    }
    nspi::Stat wanted = stat_;
    if (origin != Origin::current) wanted.current_record = origin == Origin::end ? kEndOfTable : kBeginningOfTable;
    wanted.delta = 0;
    ROPEWALK_TRY(nspi::Stat from, nspi_->session->update_stat(wanted));
    if (rows == 0) {
      stat_ = from;
      return 0;
    }
    wanted.delta = rows;
    ROPEWALK_TRY(stat_, nspi_->session->update_stat(wanted));
    return static_cast<i32>(i64{stat_.position} - i64{from.position});
  }

  Outcome<Rows> next(u32 most) {
    most = std::min(most, kMostAtOnce);
    std::span<const u32> table;
    if (is_picked_) {
      table = std::span(picked_).subspan(at_, std::min<std::size_t>(most, picked_.size() - at_));
      most = static_cast<u32>(table.size());
    }
    if (most == 0 || (!is_picked_ && stat_.current_record == kEndOfTable)) {
      Rows none(columns_);
      none.at_end = most == 0 ? is_picked_ : true;
      return none;
    }
    ROPEWALK_TRY(auto answer, nspi_->session->query_rows(stat_, table, most, columns_));
    if (is_picked_) {
      at_ += answer.rows.size();
      answer.rows.at_end = at_ == picked_.size();
    } else {
      stat_ = answer.stat;
      answer.rows.at_end = stat_.current_record == kEndOfTable;
    }
    return std::move(answer.rows);
  }

  std::shared_ptr<SharedNspi> nspi_;
  nspi::Stat start_, stat_;
  std::vector<PropTag> columns_;
  std::unique_ptr<Arena> arena_;
  const mapi::Restriction* condition_ = nullptr;  // in the arena
  bool fixed_ = false, is_picked_ = false;        // the rows are `picked_`, from `at_` on
  std::vector<u32> picked_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<Table> make_address_table(std::shared_ptr<SharedNspi> nspi, const nspi::Stat& stat,
                                          std::optional<std::vector<u32>> ids) {
  return std::make_unique<AddressTable>(std::move(nspi), stat, std::move(ids));
}

}  // namespace ropewalk::client::exchange
