// Tables: [MS-OXCTABL]. Opening, columns, order and restriction travel with the first request that wants rows.
#include "client/exchange/exchange_objects.h"
#include "mapi/value_fields.h"
#include "protocol/rop/oxcfold.h"
#include "protocol/rop/oxcmsg.h"
#include "protocol/rop/oxctabl.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;
using mapi::Restriction;

namespace {

// [MS-OXCFOLD] 2.2.1.13.1, 2.2.1.14.1 TableFlags
constexpr u8 kTableAssociated = 0x02, kTableDepth = 0x04, kTableNoNotifications = 0x10, kTableUnicode = 0x40;
constexpr u8 kTableAlways = kTableNoNotifications | kTableUnicode;

// A restriction and everything it points at, in an arena.
Restriction copy_of(const Restriction& from, Arena& arena) {
  Restriction to = from;
  auto children = arena.make<Restriction>(from.children.size());
  for (std::size_t i = 0; i < children.size(); ++i) children[i] = copy_of(from.children[i], arena);
  to.children = wire::List<Restriction>(children);
  auto values = arena.make<mapi::TaggedPropertyValue>(from.values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].tag = from.values[i].tag;
    values[i].value = mapi::copy_value(from.values[i].tag.type(), from.values[i].value, arena);
  }
  to.values = wire::List<mapi::TaggedPropertyValue>(values);
  return to;
}

class RemoteTable : public Table {
 public:
  RemoteTable(std::shared_ptr<ServerObject> parent, TableKind kind)
      : session_(parent->shared_session()), parent_(std::move(parent)), kind_(kind) {}
  ~RemoteTable() override { session_->release(handle_); }

  Outcome<void> set_columns(std::span<const PropTag> columns) override {
    columns_.assign(columns.begin(), columns.end());
    columns_pending_ = true;
    return {};
  }
  Outcome<void> sort(std::span<const SortOrder> orders) override {
    orders_.clear();
    for (const SortOrder& order : orders) {
      mapi::SortOrder one;
      one.tag = order.column;
      one.order = order.descending ? mapi::SortDirection::descending : mapi::SortDirection::ascending;
      orders_.push_back(one);
    }
    sort_pending_ = true;
    return {};
  }
  Outcome<void> restrict(const Restriction* condition) override {
    arena_.reset();
    has_restriction_ = condition != nullptr;
    if (has_restriction_) restriction_ = copy_of(*condition, arena_);
    restrict_pending_ = true;
    return {};
  }

  Outcome<Position> position() override {
    return call<rop::QueryPositionResponse, Position>("cannot tell the position in the table",
                                                      rop::QueryPositionRequest{}, [](const auto& response) {
                                                        return Position{response.numerator, response.denominator};
                                                      });
  }
  Outcome<i32> seek(Origin origin, i32 rows) override {
    rop::SeekRowRequest request;
    request.origin = static_cast<rop::BookmarkOrigin>(origin);
    request.row_count = rows;
    request.want_row_moved_count = 1;
    return call<rop::SeekRowResponse, i32>("cannot move in the table", request,
                                           [](const auto& response) { return response.rows_sought; });
  }
  Outcome<Rows> query(u32 most, bool forward) override {
    ROPEWALK_CHECK(need_columns());
    Setup setup;
    u8 table = begin(setup);
    rop::QueryRowsRequest request;
    request.input_handle_index = table;
    request.forward_read = forward ? 1 : 0;
    request.row_count = static_cast<u16>(std::min<u32>(most, 0xFFFF));
    std::vector<rop::QueryRowsResponse> responses;
    responses.reserve(16);
    setup.batch.add_chained(request, responses, columns_);
    ROPEWALK_CHECK(finish(setup));
    Rows rows(columns_);
    for (const auto& response : responses) {
      if (&response != &responses.front() && response.return_value == ErrorCode::not_found) break;
      ROPEWALK_ROP_CHECK("cannot read rows", response);
      for (const mapi::PropertyRow& row : response.rows) add(rows, row);
      rows.at_end = forward && response.origin == rop::BookmarkOrigin::end;
    }
    return rows;
  }
  Outcome<Rows> find(const Restriction& condition, Origin origin, bool forward) override {
    ROPEWALK_CHECK(need_columns());
    Setup setup;
    u8 table = begin(setup);
    Restriction copy = condition;
    rop::FindRowRequest request;
    request.input_handle_index = table;
    request.find_row_flags = forward ? 0x00 : 0x01;  // [MS-OXCTABL] 2.2.2.13.1
    request.restriction = wire::List<Restriction>(std::span(&copy, 1));
    request.origin = static_cast<rop::BookmarkOrigin>(origin);
    rop::FindRowResponse response;
    setup.batch.add(request, response, columns_);
    ROPEWALK_CHECK(finish(setup));
    Rows rows(columns_);
    if (response.return_value == ErrorCode::not_found) return rows;
    ROPEWALK_ROP_CHECK("cannot find a row", response);
    if (response.has_row_data != 0) add(rows, response.row);
    return rows;
  }

 private:
  // A request under way: first what is pending, then what the caller adds.
  struct Setup {
    Batch batch;
    bool opens = false, has_columns = false, sorts = false, restricts = false;
    u8 table = 0;
    rop::GetHierarchyTableResponse hierarchy;
    rop::GetContentsTableResponse contents;
    rop::GetAttachmentTableResponse attachments;
    rop::SetColumnsResponse columns;
    rop::SortTableResponse sorted;
    rop::RestrictResponse restricted;
  };

  Outcome<void> need_columns() const {
    if (!columns_.empty()) return {};
    return failure(ErrorCode::null_object, "cannot read rows of a table before its columns are set");
  }

  u8 begin(Setup& setup) {
    setup.opens = handle_.value == rop::kNoHandle;
    if (setup.opens)
      open(setup);
    else
      setup.table = setup.batch.place(handle_);
    if (columns_pending_ && !columns_.empty()) {
      setup.has_columns = true;
      rop::SetColumnsRequest request;
      request.input_handle_index = setup.table;
      request.property_tags = wire::List<PropTag>::view(columns_);
      setup.batch.add(request, setup.columns);
    }
    if (sort_pending_ && (!orders_.empty() || !setup.opens)) {
      setup.sorts = true;
      rop::SortTableRequest request;
      request.input_handle_index = setup.table;
      request.sort.orders = wire::List<mapi::SortOrder>(std::span(orders_));
      setup.batch.add(request, setup.sorted);
    }
    if (restrict_pending_ && (has_restriction_ || !setup.opens)) {
      setup.restricts = true;
      rop::RestrictRequest request;
      request.input_handle_index = setup.table;
      if (has_restriction_) request.restriction = wire::List<Restriction>(std::span(&restriction_, 1));
      setup.batch.add(request, setup.restricted);
    }
    return setup.table;
  }

  void open(Setup& setup) {
    u8 parent = setup.batch.place(parent_->handle());
    setup.table = setup.batch.new_place();
    auto send = [&](auto request, auto& response, u8 flags) {
      request.input_handle_index = parent;
      request.output_handle_index = setup.table;
      request.table_flags = flags;
      setup.batch.add(request, response);
    };
    switch (kind_) {
      case TableKind::hierarchy:
        return send(rop::GetHierarchyTableRequest{}, setup.hierarchy, kTableAlways);
      case TableKind::deep_hierarchy:
        return send(rop::GetHierarchyTableRequest{}, setup.hierarchy, kTableAlways | kTableDepth);
      case TableKind::contents:
        return send(rop::GetContentsTableRequest{}, setup.contents, kTableAlways);
      case TableKind::associated:
        return send(rop::GetContentsTableRequest{}, setup.contents, kTableAlways | kTableAssociated);
      case TableKind::attachments:
        return send(rop::GetAttachmentTableRequest{}, setup.attachments, kTableUnicode);
    }
  }

  Outcome<void> finish(Setup& setup) {
    ROPEWALK_CHECK(session_->execute(setup.batch));
    if (setup.opens) {
      ROPEWALK_ROP_CHECK("cannot open the table", setup.hierarchy);
      ROPEWALK_ROP_CHECK("cannot open the table", setup.contents);
      ROPEWALK_ROP_CHECK("cannot open the table", setup.attachments);
      handle_ = {setup.batch.handle_at(setup.table), parent_->handle().epoch};
      parent_.reset();
    }
    ROPEWALK_ROP_CHECK("cannot set the columns of the table", setup.columns);
    if (setup.has_columns) columns_pending_ = false;
    ROPEWALK_ROP_CHECK("cannot sort the table", setup.sorted);
    if (setup.sorts) sort_pending_ = false;
    ROPEWALK_ROP_CHECK("cannot restrict the table", setup.restricted);
    if (setup.restricts) restrict_pending_ = false;
    return {};
  }

  template <class Response, class Value, class Request, class Read>
  Outcome<Value> call(std::string_view attempted, Request request, Read read) {
    Setup setup;
    request.input_handle_index = begin(setup);
    Response response;
    setup.batch.add(request, response);
    ROPEWALK_CHECK(finish(setup));
    ROPEWALK_ROP_CHECK(attempted, response);
    return Value(read(response));
  }

  static void add(Rows& rows, const mapi::PropertyRow& row) {
    for (const mapi::PropertyCell& cell : row.cells)
      hand_on(cell, [&](PropTag tag, const mapi::Value& value) { rows.add(tag, value); });
  }

  Session session_;
  std::shared_ptr<ServerObject> parent_;  // until the table is open
  Handle handle_;
  TableKind kind_;
  std::vector<PropTag> columns_;
  std::vector<mapi::SortOrder> orders_;
  Arena arena_;
  Restriction restriction_;
  bool has_restriction_ = false;
  bool columns_pending_ = false, sort_pending_ = false, restrict_pending_ = false;
};

}  // namespace

std::unique_ptr<Table> make_table(std::shared_ptr<ServerObject> parent, TableKind kind) {
  return std::make_unique<RemoteTable>(std::move(parent), kind);
}

}  // namespace ropewalk::client::exchange
