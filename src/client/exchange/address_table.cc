#include "client/exchange/address_table.h"

#include <algorithm>
#include <map>

#include "mapi/value_fields.h"

namespace ropewalk::client::exchange {
namespace {

using mapi::ErrorCode;
namespace tag = mapi::tag;

// [MS-OXNSPI] 2.2.1.5 table sort orders
constexpr u32 kByDisplayName = 0, kByPhoneticName = 3;
constexpr u32 kMostMatches = 50'000;
constexpr u32 kMostAtOnce = 1000;
const PropTag kDnColumn(tag::PidTagEmailAddress);

Failure unsupported(const std::string& what) { return {ErrorCode::not_supported, "an address book " + what}; }

class AddressTable final : public Table {
 public:
  AddressTable(std::shared_ptr<SharedNspi> nspi, ContainerPlace place, std::optional<std::vector<Picked>> picked,
               u64 epoch)
      : nspi_(std::move(nspi)),
        place_(std::move(place)),
        epoch_(epoch),
        start_(nspi_->first()),
        stat_(start_),
        fixed_(picked.has_value()),
        is_picked_(fixed_) {
    if (picked) picked_ = std::move(*picked);
  }

  Outcome<void> set_columns(std::span<const PropTag> columns) override {
    columns_.assign(columns.begin(), columns.end());
    return {};
  }

  Outcome<std::vector<PropTag>> query_columns() override {
    return nspi_->read([](NspiSession& session) { return session.query_columns(); });
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
    is_unsorted_ = true;
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
    return nspi_->read([this](NspiSession& session) -> Outcome<Position> {
      ROPEWALK_CHECK(prepare(session));
      if (is_picked_) return Position{static_cast<u32>(at_), static_cast<u32>(picked_.size())};
      ROPEWALK_TRY(stat_, session.update_stat(stat_));
      return Position{stat_.position, stat_.total_records};
    });
  }

  Outcome<i32> seek(Origin origin, i32 rows) override {
    return nspi_->read([&](NspiSession& session) -> Outcome<i32> {
      ROPEWALK_CHECK(prepare(session));
      return move(session, origin, rows);
    });
  }

  Outcome<Rows> query(u32 most, bool forward) override {
    if (columns_.empty()) return Failure{ErrorCode::invalid_param, "no columns were asked for"};
    return nspi_->read([&](NspiSession& session) -> Outcome<Rows> {
      ROPEWALK_CHECK(prepare(session));
      if (forward) return next(session, most);
      const i32 back = -static_cast<i32>(std::min<u32>(most, kMostAtOnce));
      ROPEWALK_TRY(i32 moved, move(session, Origin::current, back));
      const nspi::Stat there = stat_;
      const std::size_t place = at_;
      auto rows = next(session, static_cast<u32>(-moved));
      stat_ = there;
      at_ = place;
      anchor_ = {};
      return rows;
    });
  }

  Outcome<Rows> find(const mapi::Restriction& condition, Origin origin, bool forward) override {
    const bool is_name = condition.type == mapi::RestrictType::property && condition.relop == mapi::RelOp::ge &&
                         condition.values.size() == 1 &&
                         condition.values[0].tag.id() == PropTag(tag::PidTagDisplayName).id();
    return nspi_->read([&](NspiSession& session) -> Outcome<Rows> {
      ROPEWALK_CHECK(prepare(session));
      if (!is_name || !forward || origin != Origin::beginning || is_picked_)
        return unsupported("is searched, from its beginning, for a display name from some text on");
      auto found = session.seek_entries(start_, condition.values[0], columns_);
      if (!found.ok() && found.error().code == ErrorCode::not_found) return Rows(columns_);
      if (!found.ok()) return std::move(found).error();
      stat_ = found->stat;
      anchor_ = {};
      ROPEWALK_TRY(auto answer, session.query_rows(stat_, {}, 1, columns_));
      return std::move(answer.rows);
    });
  }

 private:
  void rewind() {
    stat_ = start_;
    at_ = 0;
    anchor_ = {};
  }

  // What calls need first: numbers that are good in this session, and what the condition picks.
  Outcome<void> prepare(NspiSession& session) {
    if (epoch_ != nspi_->epoch()) {
      ROPEWALK_CHECK(renew(session));
      epoch_ = nspi_->epoch();
    }
    return pick(session);
  }

  // Where the table was, in another session: behind the row that was read last, or else at the same row number.
  Outcome<void> renew(NspiSession& session) {
    ROPEWALK_TRY(start_.container_id, place_.id_in(session));
    stat_.container_id = start_.container_id;
    ROPEWALK_CHECK(find_again(session, picked_));
    if (is_picked_ || stat_.current_record <= kEndOfTable) return {};
    nspi::Stat wanted = start_;
    if (!anchor_.empty()) {
      ROPEWALK_TRY(auto ids, session.dn_to_mid(std::span(&anchor_, 1)));
      wanted.current_record = ids.empty() ? kBeginningOfTable : ids[0];
      wanted.delta = 1;
      auto behind = session.update_stat(wanted);
      if (behind.ok() && wanted.current_record != kBeginningOfTable) {
        stat_ = *behind;
        return {};
      }
    }
    wanted.current_record = kBeginningOfTable;
    wanted.delta = static_cast<i32>(stat_.position);
    ROPEWALK_TRY(stat_, session.update_stat(wanted));
    return {};
  }

  Outcome<void> pick(NspiSession& session) {
    if (!is_picked_ && condition_ != nullptr) {
      nspi::Stat by_name = start_;
      by_name.sort_type = kByDisplayName;
      auto found = session.get_matches(by_name, condition_, kMostMatches, std::span(&kDnColumn, 1));
      if (!found.ok() && found.error().code != ErrorCode::not_found) return std::move(found).error();
      picked_ = found.ok() ? picked_of(*found) : std::vector<Picked>();
      is_picked_ = true;
      is_unsorted_ = start_.sort_type != kByDisplayName;
    }
    if (!is_picked_ || !is_unsorted_) return {};
    std::vector<u32> ids;
    std::map<u32, Picked> known;
    for (Picked& one : picked_) {
      ids.push_back(one.id);
      known[one.id] = std::move(one);
    }
    picked_.clear();
    if (!ids.empty()) {
      ROPEWALK_TRY(ids, session.resort_restriction(start_, ids));
    }
    for (u32 id : ids)
      if (auto one = known.find(id); one != known.end()) picked_.push_back(one->second);
    is_unsorted_ = false;
    return {};
  }

  Outcome<i32> move(NspiSession& session, Origin origin, i32 rows) {
    if (is_picked_) {
      const i64 from = origin == Origin::beginning ? 0 : static_cast<i64>(origin == Origin::end ? picked_.size() : at_);
      const i64 to = std::clamp<i64>(from + rows, 0, static_cast<i64>(picked_.size()));
      at_ = static_cast<std::size_t>(to);
      return static_cast<i32>(to - from);
    }
    nspi::Stat wanted = stat_;
    if (origin != Origin::current) wanted.current_record = origin == Origin::end ? kEndOfTable : kBeginningOfTable;
    wanted.delta = 0;
    ROPEWALK_TRY(nspi::Stat from, session.update_stat(wanted));
    nspi::Stat to = from;
    wanted.delta = rows;
    if (rows != 0) {
      ROPEWALK_TRY(to, session.update_stat(wanted));
    }
    stat_ = to;
    anchor_ = {};
    return static_cast<i32>(i64{to.position} - i64{from.position});
  }

  Outcome<Rows> next(NspiSession& session, u32 most) {
    most = std::min(most, kMostAtOnce);
    return is_picked_ ? next_picked(session, most) : next_of_list(session, most);
  }

  Outcome<Rows> next_picked(NspiSession& session, u32 most) {
    std::vector<u32> table;
    for (std::size_t i = at_; i < picked_.size() && table.size() < most; ++i) table.push_back(picked_[i].id);
    Rows rows(columns_);
    if (!table.empty()) {
      ROPEWALK_TRY(auto answer, session.query_rows(stat_, table, static_cast<u32>(table.size()), columns_));
      rows = std::move(answer.rows);
    }
    at_ += rows.size();
    rows.at_end = at_ == picked_.size();
    return rows;
  }

  // The DN of the last row is remembered: in another session the table goes on behind it.
  Outcome<Rows> next_of_list(NspiSession& session, u32 most) {
    if (most == 0 || stat_.current_record == kEndOfTable) {
      Rows none(columns_);
      none.at_end = most != 0;
      return none;
    }
    const bool is_told = std::ranges::find(columns_, kDnColumn) != columns_.end();
    std::vector<PropTag> columns = columns_;
    if (!is_told) columns.push_back(kDnColumn);
    ROPEWALK_TRY(auto answer, session.query_rows(stat_, {}, most, columns));
    stat_ = answer.stat;
    anchor_ = answer.rows.empty() ? std::string() : text_of(answer.rows[answer.rows.size() - 1], kDnColumn);
    if (!is_told) answer.rows.drop_last_column();
    answer.rows.at_end = stat_.current_record == kEndOfTable;
    return std::move(answer.rows);
  }

  std::shared_ptr<SharedNspi> nspi_;
  ContainerPlace place_;
  u64 epoch_;  // of all Minimal Entry IDs here
  nspi::Stat start_, stat_;
  std::string anchor_;  // the DN of the row before the cursor, where that is known
  std::vector<PropTag> columns_;
  std::unique_ptr<Arena> arena_;
  const mapi::Restriction* condition_ = nullptr;  // in the arena
  bool fixed_ = false, is_picked_ = false;        // the rows are `picked_`, from `at_` on
  bool is_unsorted_ = false;
  std::vector<Picked> picked_;
  std::size_t at_ = 0;
};

}  // namespace

Outcome<u32> ContainerPlace::id_in(NspiSession& session) const {
  if (entry_id_.empty()) return 0;
  ROPEWALK_TRY(auto containers, session.special_table());
  for (const mapi::PropertyBag& bag : containers) {
    const mapi::Value* id = bag.find(PropTag(tag::PidTagEntryId));
    if (id != nullptr && std::ranges::equal(id->bytes, entry_id_))
      return static_cast<u32>(number_of(bag.all(), tag::PidTagAddressBookContainerId));
  }
  return Failure{ErrorCode::not_found, "the address book has no such container"};
}

std::vector<Picked> picked_of(const NspiSession::Matches& matches) {
  std::vector<Picked> picked;
  for (std::size_t i = 0; i < matches.ids.size(); ++i)
    picked.push_back({matches.ids[i], i < matches.rows.size() ? text_of(matches.rows[i], kDnColumn) : std::string()});
  return picked;
}

Outcome<void> find_again(NspiSession& session, std::vector<Picked>& picked) {
  std::vector<u32> all;
  for (std::size_t at = 0; at < picked.size(); at += kMostAtOnce) {
    std::vector<std::string> dns;
    for (std::size_t i = at; i < std::min<std::size_t>(at + kMostAtOnce, picked.size()); ++i)
      dns.push_back(picked[i].dn);
    ROPEWALK_TRY(auto ids, session.dn_to_mid(dns));
    ids.resize(dns.size());
    all.insert(all.end(), ids.begin(), ids.end());
  }
  for (std::size_t i = 0; i < picked.size(); ++i) picked[i].id = all[i];
  return {};
}

std::unique_ptr<Table> make_address_table(std::shared_ptr<SharedNspi> nspi, ContainerPlace place) {
  constexpr u64 kUnknown = 0;  // the container's number is looked up when it is needed
  return std::make_unique<AddressTable>(std::move(nspi), std::move(place), std::nullopt, kUnknown);
}

std::unique_ptr<Table> make_address_table(std::shared_ptr<SharedNspi> nspi, std::vector<Picked> picked, u64 epoch) {
  return std::make_unique<AddressTable>(std::move(nspi), ContainerPlace(), std::move(picked), epoch);
}

}  // namespace ropewalk::client::exchange
