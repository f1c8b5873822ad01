// The order in which a contents table shows its rows, with a cursor in it. Private to the store.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "store/view_builder.h"

namespace ropewalk::store {

// Where a row stands in an order; which of the two counts is the order's affair.
struct RowKey {
  i64 delivered = 0;
  i64 id = 0;
};

// A place between rows, kept by the row that follows it.
struct Place {
  u32 number = 0;  // rows before it, where known
  bool number_known = true;
  u64 generation = 0;  // of the rows when number was found
  enum class At : u8 { beginning, row, end } at = At::beginning;
  RowKey row;  // At::row: the row that follows
};

// One order on one folder. `database` is a reader that the caller holds for the call.
class RowOrder {
 public:
  virtual ~RowOrder() = default;
  virtual Outcome<u32> count(sql::Database& database) = 0;
  // Up to `most` rows from the place on, or those before it, the nearest first.
  virtual Outcome<std::vector<RowKey>> slice(sql::Database& database, Place& place, u32 most, bool forward) = 0;
  // Rows before the place.
  virtual Outcome<u32> number(sql::Database& database, Place& place) = 0;
  // The place before the row that has `number` rows before it; the end where there are no more.
  virtual Outcome<Place> place_at(sql::Database& database, u32 number) = 0;
  // False where the row that the place was kept by is no longer there.
  virtual Outcome<bool> still_there(sql::Database& database, const Place& place) = 0;
  // Whether place_of() can tell at the cost of a few rows.
  virtual bool knows_places() const { return false; }
  // The place before this row; nullopt where it is none of the order's.
  virtual Outcome<std::optional<Place>> place_of(sql::Database& database, i64 id);
};

// By delivery time (and id), through messages_view.
std::unique_ptr<RowOrder> make_delivery_order(std::shared_ptr<MailboxStore> store, i64 folder, bool associated,
                                              bool descending);
// Any other order or restriction, through a view that all tables with the same share.
std::unique_ptr<RowOrder> make_view_order(std::shared_ptr<MailboxStore> store, ViewSpec spec);

}  // namespace ropewalk::store
