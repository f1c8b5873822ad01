// What the tables of messages, folders and attachments share: the cursor, seeking, finding, bookmarks. Private to the
// store.
#pragma once

#include <map>
#include <memory>

#include "store/row_order.h"
#include "store/table.h"

namespace ropewalk::store {

// A table over a RowOrder. What rows look like is the subclass's affair.
class CursorTable : public Table {
 public:
  explicit CursorTable(std::shared_ptr<MailboxStore> store) : store_(std::move(store)) {}

  Outcome<void> set_columns(std::span<const mapi::PropTag> columns) override;
  Outcome<void> sort(std::span<const SortKey> keys) override;
  Outcome<void> restrict(const mapi::Restriction* restriction) override;
  void reset() override;
  Outcome<u32> row_count() override;
  Outcome<Position> position() override;
  Outcome<Rows> query_rows(u32 count, bool forward, bool advance, std::size_t byte_limit, Arena& arena) override;
  Outcome<Moved> seek(Origin origin, i32 offset) override;
  Outcome<void> seek_fraction(u32 numerator, u32 denominator) override;
  Outcome<std::optional<mapi::PropertyRow>> find(const mapi::Restriction& restriction, Origin origin, bool forward,
                                                 Arena& arena) override;
  Outcome<std::optional<mapi::PropertyRow>> find(const mapi::Restriction& restriction, ByteView bookmark, bool forward,
                                                 Arena& arena) override;
  Outcome<std::vector<u8>> create_bookmark() override;
  Outcome<Moved> seek_bookmark(ByteView bookmark, i32 offset) override;
  Outcome<void> free_bookmark(ByteView bookmark) override;
  bool tells_rows() const override { return order_->knows_places(); }
  Outcome<std::optional<RowNow>> row_now(u64 object, Arena& arena) override;

 protected:
  // Sees rows, each for as long as the call lasts.
  class RowVisitor {
   public:
    virtual ~RowVisitor() = default;
    // `index` is the row's among the keys asked for. False: no more.
    virtual Outcome<bool> visit(std::size_t index, const PropertySource& row, ByteView transient) = 0;
  };
  // Calls the visitor on the rows in turn; not on those that are gone.
  virtual Outcome<void> visit_rows(sql::Database& database, std::span<const RowKey> keys, RowVisitor& visitor) = 0;
  // The properties as a cell shows them.
  virtual std::optional<mapi::Property> cell(const PropertySource& row, mapi::PropTag tag, Arena& arena) = 0;
  virtual Outcome<std::unique_ptr<RowOrder>> make_order(std::span<const SortKey> keys,
                                                        const mapi::Restriction* restriction) = 0;

  Outcome<void> begin();  // with no order and no restriction

  std::shared_ptr<MailboxStore> store_;

 private:
  class RowsMaker;
  class Finder;
  Outcome<Place> place_of(sql::Database& database, Origin origin);
  Outcome<Moved> seek_from(sql::Database& database, Place from, i32 offset);
  Outcome<std::optional<mapi::PropertyRow>> find_from(sql::Database& database, Place from,
                                                      const mapi::Restriction& restriction, bool forward, Arena& arena);
  Outcome<Place> bookmarked(ByteView bookmark);
  Outcome<Origin> where(sql::Database& database);
  // The place before the row that a slice gave as its `index`th.
  Place place_before(const RowKey& key, u32 number, bool known) const;

  std::unique_ptr<RowOrder> order_;
  std::vector<SortKey> keys_;
  std::unique_ptr<Arena> restriction_arena_;
  const mapi::Restriction* restriction_ = nullptr;
  Place cursor_;
  std::map<u32, Place> bookmarks_;
  u32 next_bookmark_ = 1;
};

}  // namespace ropewalk::store
