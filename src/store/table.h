// Tables as the protocol shows them, [MS-OXCTABL]: columns, an order, a restriction and a cursor over rows.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "mapi/restriction.h"
#include "mapi/value_fields.h"
#include "store/failure.h"

namespace ropewalk::store {

// [MS-OXCDATA] 2.13.1 SortOrder. The property type may carry the multi-valued instance bit; categories are not known
// here.
struct SortKey {
  mapi::PropTag tag;
  bool descending = false;
  bool operator==(const SortKey&) const = default;
};

// [MS-OXCTABL] 2.2.2.1: the bookmarks that every table has.
enum class Origin : u8 { beginning = 0, current = 1, end = 2 };

// Rows for one answer: everything in them lives in the arena that was given. `at` tells where the cursor stands.
struct Rows {
  std::span<mapi::PropertyRow> rows;
  Origin at = Origin::current;
};

struct Position {
  u32 numerator = 0;    // rows before the cursor
  u32 denominator = 0;  // rows in all
};

// How far a seek went. `row_gone`: the bookmarked row is no longer there, the next one was taken.
struct Moved {
  i32 rows = 0;
  bool row_gone = false;
};

// A row as it is now, and what stands before it.
struct RowNow {
  mapi::PropertyRow row;
  u64 previous = 0;  // the folder's or message's id; 0 where the row is the first one
};

// One client's table. It is live: it shows the mailbox as of each call, and its cursor stays at its row while others
// come and go. Used by one thread at a time; holds its MailboxStore.
//
// Cells are views into the arena. Texts are given in the width that the column asks for (string8 in the code page set);
// texts and bytes longer than 255 characters (510 bytes) are cut there, as [MS-OXCTABL] 2.2.2.5 lets a server do. A
// property that a row lacks is an ecNotFound cell.
class Table {
 public:
  virtual ~Table() = default;

  // The columns of query_rows() and find(). Tags may be of PtypUnspecified or a multi-valued instance.
  virtual Outcome<void> set_columns(std::span<const mapi::PropTag> columns) = 0;
  std::span<const mapi::PropTag> columns() const { return columns_; }
  void set_code_page(u32 code_page) { code_page_ = code_page; }
  // Every property that some row of the table may have.
  virtual Outcome<std::vector<mapi::PropTag>> all_columns() = 0;

  // Both take the cursor to the beginning. An empty order is the table's own; a null restriction is none. The
  // restriction is copied. Fails with ecTooComplex for what cannot be done (and leaves the table as it was).
  virtual Outcome<void> sort(std::span<const SortKey> keys) = 0;
  virtual Outcome<void> restrict(const mapi::Restriction* restriction) = 0;
  // No columns, no order, no restriction, cursor at the beginning, bookmarks gone: RopResetTable.
  virtual void reset() = 0;

  virtual Outcome<u32> row_count() = 0;
  virtual Outcome<Position> position() = 0;
  // Up to `count` rows from the cursor on, or (not `forward`) back from it, in the table's order read backwards. They
  // take at most `byte_limit` bytes as PropertyRows on the wire; the first row comes even if it is larger. The cursor
  // moves past what was returned, unless not `advance`.
  virtual Outcome<Rows> query_rows(u32 count, bool forward, bool advance, std::size_t byte_limit, Arena& arena) = 0;
  // Moves the cursor by `offset` rows from `origin`; as far as there are rows.
  virtual Outcome<Moved> seek(Origin origin, i32 offset) = 0;
  // To row denominator * numerator-th of all: RopSeekRowFractional.
  virtual Outcome<void> seek_fraction(u32 numerator, u32 denominator) = 0;
  // The first row from `origin` (or the bookmark) on, or back, that the restriction accepts: the cursor goes there and
  // the row is returned; nullopt where there is none (the cursor stays).
  virtual Outcome<std::optional<mapi::PropertyRow>> find(const mapi::Restriction& restriction, Origin origin,
                                                         bool forward, Arena& arena) = 0;
  virtual Outcome<std::optional<mapi::PropertyRow>> find(const mapi::Restriction& restriction, ByteView bookmark,
                                                         bool forward, Arena& arena) = 0;
  // Bookmarks: ecInvalidBookmark for one that this table did not make or that was freed. At most 1,000 at a time.
  virtual Outcome<std::vector<u8>> create_bookmark() = 0;
  virtual Outcome<Moved> seek_bookmark(ByteView bookmark, i32 offset) = 0;
  virtual Outcome<void> free_bookmark(ByteView bookmark) = 0;

  // Whether row_now() can tell at the cost of a few rows: not where the table shows a view of the folder.
  virtual bool tells_rows() const = 0;
  // The row of the folder or message with this id; nullopt where it is none of the table's. The cursor stays.
  virtual Outcome<std::optional<RowNow>> row_now(u64 object, Arena& arena) = 0;

 protected:
  std::vector<mapi::PropTag> columns_;
  u32 code_page_ = 1252;
};

}  // namespace ropewalk::store
