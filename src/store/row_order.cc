#include "store/row_order.h"

#include <algorithm>
#include <limits>

#include "mapi/property_tags.h"

namespace ropewalk::store {
namespace {

constexpr i64 kHighest = std::numeric_limits<i64>::max();
// How far the index is walked to skip rows; beyond, a view knows every place.
constexpr u32 kMostWalked = 4096;

// ---- by delivery ----

class DeliveryOrder final : public RowOrder {
 public:
  DeliveryOrder(std::shared_ptr<MailboxStore> store, i64 folder, bool associated, bool descending)
      : store_(std::move(store)), folder_(folder), associated_(associated), descending_(descending) {}

  Outcome<u32> count(sql::Database& database) override {
    ROPEWALK_TRY(auto count, database.integer(associated_ ? "SELECT associated_count FROM folders WHERE id = ?"
                                                          : "SELECT content_count FROM folders WHERE id = ?",
                                              folder_));
    if (!count) return Failure(mapi::ErrorCode::object_deleted, "the folder of the table was deleted");
    return static_cast<u32>(*count);
  }

  Outcome<std::vector<RowKey>> slice(sql::Database& database, Place& place, u32 most, bool forward) override {
    std::vector<RowKey> keys;
    if (place.at == (forward ? Place::At::end : Place::At::beginning)) return keys;
    const RowKey edge = edge_of(place, forward);
    ROPEWALK_TRY(auto row, database.prepare(query(forward)));
    row.bind_all(folder_, associated_, edge.delivered, edge.id, most);
    keys.reserve(std::min<u32>(most, 256));
    for (;;) {
      ROPEWALK_TRY(bool found, row.step());
      if (!found) return keys;
      keys.push_back({row.integer(0), row.integer(1)});
    }
  }

  Outcome<u32> number(sql::Database& database, Place& place) override {
    if (place.at == Place::At::beginning) return u32{0};
    if (place.at == Place::At::end) return count(database);
    const u64 now = changes();
    if (place.number_known && place.generation == now) return place.number;
    ROPEWALK_CHECK(renew_snapshot(database));
    ROPEWALK_TRY(auto before, database.integer(descending_ ? kCountAbove : kCountBelow, folder_, associated_,
                                               place.row.delivered, place.row.id));
    place.number = static_cast<u32>(before.value_or(0));
    place.number_known = true;
    place.generation = now;
    return place.number;
  }

  Outcome<Place> place_at(sql::Database& database, u32 wanted) override {
    Place place;
    if (wanted == 0) return place;
    place.generation = changes();
    ROPEWALK_CHECK(renew_snapshot(database));
    ROPEWALK_TRY(u32 all, count(database));
    if (wanted >= all) return end_of(all);
    place.number = wanted;
    std::optional<RowKey> key;
    if (wanted <= kMostWalked) {
      ROPEWALK_TRY(key, walk(database, wanted, true));
    } else if (all - wanted <= kMostWalked) {
      ROPEWALK_TRY(key, walk(database, all - wanted - 1, false));
    } else {
      ROPEWALK_TRY(key, look_up(database, wanted));
    }
    if (!key) return end_of(all);
    place.at = Place::At::row;
    place.row = *key;
    return place;
  }

  Outcome<bool> still_there(sql::Database& database, const Place& place) override {
    if (place.at != Place::At::row) return true;
    ROPEWALK_TRY(auto found, database.integer("SELECT id FROM messages WHERE id = ? AND folder = ? AND delivered = ?",
                                              place.row.id, folder_, place.row.delivered));
    return found.has_value();
  }

  bool knows_places() const override { return true; }
  Outcome<std::optional<Place>> place_of(sql::Database& database, i64 id) override {
    ROPEWALK_TRY(auto delivered,
                 database.integer("SELECT delivered FROM messages WHERE id = ? AND folder = ? AND associated = ?", id,
                                  folder_, associated_));
    if (!delivered) return std::optional<Place>();
    Place place;
    place.at = Place::At::row;
    place.row = {*delivered, id};
    place.number_known = false;
    return std::optional(place);
  }

 private:
  static constexpr std::string_view kUp =
      "SELECT delivered, id FROM messages INDEXED BY messages_view WHERE folder = ?1 AND associated = ?2 AND "
      "(delivered, id) >= (?3, ?4) ORDER BY delivered, id LIMIT ?5";
  static constexpr std::string_view kDown =
      "SELECT delivered, id FROM messages INDEXED BY messages_view WHERE folder = ?1 AND associated = ?2 AND "
      "(delivered, id) <= (?3, ?4) ORDER BY delivered DESC, id DESC LIMIT ?5";
  static constexpr std::string_view kCountBelow =
      "SELECT count(*) FROM messages INDEXED BY messages_view WHERE folder = ?1 AND associated = ?2 AND "
      "(delivered, id) < (?3, ?4)";
  static constexpr std::string_view kCountAbove =
      "SELECT count(*) FROM messages INDEXED BY messages_view WHERE folder = ?1 AND associated = ?2 AND "
      "(delivered, id) > (?3, ?4)";

  bool upwards(bool forward) const { return forward != descending_; }
  std::string_view query(bool forward) const { return upwards(forward) ? kUp : kDown; }
  u64 changes() const { return store_->core().views->changes_of(folder_, associated_); }
  static Place end_of(u32 all) {
    Place place;
    place.at = Place::At::end;
    place.number = all;
    return place;
  }

  // The key from which a slice starts, itself included. The row that follows a place belongs to what lies forward
  // alone.
  RowKey edge_of(const Place& place, bool forward) const {
    if (place.at != Place::At::row) return upwards(forward) ? RowKey{-1, -1} : RowKey{kHighest, kHighest};
    RowKey edge = place.row;
    if (!forward) edge.id += descending_ ? +1 : -1;
    return edge;
  }

  // The row after `skipped` others from the beginning, or (not forward) from the end.
  Outcome<std::optional<RowKey>> walk(sql::Database& database, u32 skipped, bool forward) {
    Place start;
    start.at = forward ? Place::At::beginning : Place::At::end;
    const RowKey edge = edge_of(start, forward);
    ROPEWALK_TRY(auto row, database.prepare(std::string(query(forward)) + " OFFSET ?6"));
    ROPEWALK_TRY(bool found, row.bind_all(folder_, associated_, edge.delivered, edge.id, 1, skipped).step());
    if (!found) return std::optional<RowKey>();
    return std::optional(RowKey{row.integer(0), row.integer(1)});
  }

  // Through the view of this order, built the first time that somebody goes deep into the folder.
  Outcome<std::optional<RowKey>> look_up(sql::Database& database, u32 wanted) {
    const SortKey key[] = {{mapi::PropTag(mapi::tag::PidTagMessageDeliveryTime), descending_}};
    const ViewSpec spec(folder_, associated_, key, nullptr);
    auto view = store_->core().views->get(spec.key());
    i64 id = 0;
    {
      std::lock_guard lock(view->mutex);
      ROPEWALK_CHECK(refresh_view(*view, spec, store_->core(), database));
      if (wanted >= view->rows.size()) return std::optional<RowKey>();
      id = view->rows[wanted];
    }
    ROPEWALK_TRY(auto delivered, database.integer("SELECT delivered FROM messages WHERE id = ?", id));
    if (!delivered) return std::optional<RowKey>();
    return std::optional(RowKey{*delivered, id});
  }

  std::shared_ptr<MailboxStore> store_;
  const i64 folder_;
  const bool associated_, descending_;
};

// ---- by a view ----

class ViewOrder final : public RowOrder {
 public:
  ViewOrder(std::shared_ptr<MailboxStore> store, ViewSpec spec) : store_(std::move(store)), spec_(std::move(spec)) {}

  Outcome<u32> count(sql::Database& database) override {
    ROPEWALK_TRY(auto held, hold(database));
    return static_cast<u32>(held.view->rows.size());
  }

  Outcome<std::vector<RowKey>> slice(sql::Database& database, Place& place, u32 most, bool forward) override {
    ROPEWALK_TRY(auto held, hold(database));
    const auto& rows = held.view->rows;
    const std::size_t at = find(*held.view, place);
    const std::size_t size = std::min<std::size_t>(most, forward ? rows.size() - at : at);
    std::vector<RowKey> keys(size);
    for (std::size_t i = 0; i < size; ++i) keys[i].id = forward ? rows[at + i] : rows[at - 1 - i];
    return keys;
  }

  Outcome<u32> number(sql::Database& database, Place& place) override {
    ROPEWALK_TRY(auto held, hold(database));
    return static_cast<u32>(find(*held.view, place));
  }

  Outcome<Place> place_at(sql::Database& database, u32 wanted) override {
    ROPEWALK_TRY(auto held, hold(database));
    const auto& rows = held.view->rows;
    Place place;
    place.generation = held.view->generation;
    place.number = std::min<u32>(wanted, static_cast<u32>(rows.size()));
    if (place.number == 0) return place;
    place.at = place.number < rows.size() ? Place::At::row : Place::At::end;
    if (place.at == Place::At::row) place.row.id = rows[place.number];
    return place;
  }

  Outcome<bool> still_there(sql::Database& database, const Place& place) override {
    if (place.at != Place::At::row) return true;
    ROPEWALK_TRY(auto held, hold(database));
    return std::ranges::find(held.view->rows, place.row.id) != held.view->rows.end();
  }

 private:
  struct Held {
    std::shared_ptr<View> view;
    std::unique_lock<std::mutex> lock;
  };

  Outcome<Held> hold(sql::Database& database) {
    Held held;
    held.view = store_->core().views->get(spec_.key());
    held.lock = std::unique_lock(held.view->mutex);
    ROPEWALK_CHECK(renew_snapshot(database));  // others may have brought the view further than this snapshot
    ROPEWALK_CHECK(refresh_view(*held.view, spec_, store_->core(), database));
    return held;
  }

  // The index of the row that follows the place; rows are looked for anew only after changes.
  static std::size_t find(const View& view, Place& place) {
    const auto& rows = view.rows;
    if (place.at == Place::At::beginning) return 0;
    if (place.at == Place::At::end) return rows.size();
    const bool same = place.number_known && place.number < rows.size() && rows[place.number] == place.row.id;
    if (!same) {
      auto at = std::ranges::find(rows, place.row.id);
      // Gone: what has taken its place counts.
      place.number = at != rows.end() ? static_cast<u32>(at - rows.begin())
                                      : std::min<u32>(place.number, static_cast<u32>(rows.size()));
      if (at == rows.end() && place.number < rows.size()) place.row.id = rows[place.number];
      place.number_known = true;
    }
    return place.number;
  }

  std::shared_ptr<MailboxStore> store_;
  ViewSpec spec_;
};

}  // namespace

Outcome<std::optional<Place>> RowOrder::place_of(sql::Database&, i64) { return std::optional<Place>(); }

std::unique_ptr<RowOrder> make_delivery_order(std::shared_ptr<MailboxStore> store, i64 folder, bool associated,
                                              bool descending) {
  return std::make_unique<DeliveryOrder>(std::move(store), folder, associated, descending);
}

std::unique_ptr<RowOrder> make_view_order(std::shared_ptr<MailboxStore> store, ViewSpec spec) {
  return std::make_unique<ViewOrder>(std::move(store), std::move(spec));
}

}  // namespace ropewalk::store
