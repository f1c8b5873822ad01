// Tables and streams of a local store.
#include <limits>

#include "client/local/local_objects.h"

namespace ropewalk::client::local {

namespace {

class LocalTable : public Table {
 public:
  explicit LocalTable(std::unique_ptr<store::Table> table) : table_(std::move(table)) {}

  Outcome<void> set_columns(std::span<const PropTag> columns) override {
    ROPEWALK_LOCAL_CHECK(table_->set_columns(columns));
    columns_.assign(columns.begin(), columns.end());
    return {};
  }
  Outcome<void> sort(std::span<const SortOrder> orders) override {
    std::vector<store::SortKey> keys;
    for (const SortOrder& order : orders) keys.push_back({order.column, order.descending});
    ROPEWALK_LOCAL_CHECK(table_->sort(keys));
    return {};
  }
  Outcome<void> restrict(const mapi::Restriction* condition) override {
    ROPEWALK_LOCAL_CHECK(table_->restrict(condition));
    return {};
  }
  Outcome<Position> position() override {
    ROPEWALK_LOCAL_TRY(auto at, table_->position());
    return Position{at.numerator, at.denominator};
  }
  Outcome<i32> seek(Origin origin, i32 rows) override {
    ROPEWALK_LOCAL_TRY(auto moved, table_->seek(static_cast<store::Origin>(origin), rows));
    return moved.rows;
  }
  Outcome<Rows> query(u32 most, bool forward) override {
    ROPEWALK_CHECK(need_columns());
    Arena arena(std::size_t{1} << 30);
    ROPEWALK_LOCAL_TRY(auto found, table_->query_rows(most, forward, true, kMostBytes, arena));
    Rows rows(columns_);
    for (const mapi::PropertyRow& row : found.rows) add(rows, row);
    rows.at_end = forward && found.at == store::Origin::end;
    return rows;
  }
  Outcome<Rows> find(const mapi::Restriction& condition, Origin origin, bool forward) override {
    ROPEWALK_CHECK(need_columns());
    Arena arena;
    ROPEWALK_LOCAL_TRY(auto found, table_->find(condition, static_cast<store::Origin>(origin), forward, arena));
    Rows rows(columns_);
    if (found) add(rows, *found);
    return rows;
  }

 private:
  static constexpr std::size_t kMostBytes = 16u << 20;

  Outcome<void> need_columns() const {
    if (!columns_.empty()) return {};
    return failure(mapi::ErrorCode::null_object, "cannot read rows of a table before its columns are set");
  }
  static void add(Rows& rows, const mapi::PropertyRow& row) {
    for (const mapi::PropertyCell& cell : row.cells) {
      if (cell.flag == mapi::CellFlag::value)
        rows.add(cell.column.with_type(cell.type), cell.value);
      else if (cell.flag == mapi::CellFlag::error)
        rows.add_error(cell.column, static_cast<mapi::ErrorCode>(cell.value.number));
      else
        rows.add_error(cell.column, mapi::ErrorCode::not_found);
    }
  }

  std::unique_ptr<store::Table> table_;
  std::vector<PropTag> columns_;
};

class LocalStream : public Stream {
 public:
  explicit LocalStream(std::unique_ptr<store::PropertyStream> stream) : stream_(std::move(stream)) {}

  Outcome<std::size_t> read(std::span<u8> buffer) override {
    ROPEWALK_LOCAL_TRY(std::size_t n, stream_->read(at_, buffer));
    at_ += n;
    return n;
  }
  Outcome<void> write(ByteView bytes) override {
    ROPEWALK_LOCAL_CHECK(stream_->write(at_, bytes));
    at_ += bytes.size();
    return {};
  }
  Outcome<u64> seek(Origin origin, i64 offset) override {
    i64 from = origin == Origin::beginning ? 0 : static_cast<i64>(origin == Origin::current ? at_ : stream_->size());
    bool overflows = offset > 0 && from > std::numeric_limits<i64>::max() - offset;
    if (overflows || from + offset < 0)
      return failure(mapi::ErrorCode::invalid_param, "cannot seek in a stream to " + std::to_string(offset));
    at_ = static_cast<u64>(from + offset);
    return at_;
  }
  Outcome<u64> size() override { return stream_->size(); }
  Outcome<void> set_size(u64 bytes) override {
    ROPEWALK_LOCAL_CHECK(stream_->resize(bytes));
    return {};
  }
  Outcome<void> commit() override {
    ROPEWALK_LOCAL_CHECK(stream_->commit());
    return {};
  }

 private:
  std::unique_ptr<store::PropertyStream> stream_;
  u64 at_ = 0;
};

}  // namespace

std::unique_ptr<Table> make_table(std::unique_ptr<store::Table> table) {
  return std::make_unique<LocalTable>(std::move(table));
}

std::unique_ptr<Stream> make_stream(std::unique_ptr<store::PropertyStream> stream) {
  return std::make_unique<LocalStream>(std::move(stream));
}

}  // namespace ropewalk::client::local
