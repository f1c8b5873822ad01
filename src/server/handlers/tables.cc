// [MS-OXCTABL]: columns, order, restriction, rows.
#include "protocol/rop/oxctabl.h"

#include <algorithm>

#include "server/handler_support.h"
#include "server/handlers/handlers.h"

namespace ropewalk::server {
namespace {

using namespace session;

// [MS-OXCTABL] 2.2.2.1.3 TableStatus, 2.2.2.5.1 QueryRowsFlags.
constexpr u8 kNoAdvance = 0x01;
constexpr std::size_t kQueryRowsHead = 9;  // RopId to RowCount
constexpr std::size_t kMostRoom = 0x8000;  // what a chained buffer of rows is worth opening for

// [MS-OXCTABL] 3.2.5.2: a column says of which type its values are.
bool can_be_column(mapi::PropTag tag) {
  auto type = static_cast<mapi::PropType>(static_cast<u16>(tag.type()) & ~mapi::kMultiValueInstance);
  return type != mapi::PropType::unspecified && type != mapi::PropType::error_code && !mapi::type_name(type).empty();
}

ErrorCode set_columns(RopContext& context, const rop::SetColumnsRequest& request, rop::SetColumnsResponse& response) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  // A request that fails takes the columns away that were set before.
  table->has_columns = false;
  if (request.property_tags.empty() || !std::ranges::all_of(request.property_tags, can_be_column))
    return ErrorCode::invalid_param;
  auto done = table->table->set_columns(request.property_tags.span());
  if (!done.ok()) return done.error().code;
  table->has_columns = true;
  response.table_status = rop::TableStatus::complete;
  return ErrorCode::none;
}

ErrorCode sort_table(RopContext& context, const rop::SortTableRequest& request, rop::SortTableResponse& response) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  if (table->table_kind != TableKind::contents) return ErrorCode::not_supported;
  if (request.sort.category_count != 0) return ErrorCode::too_complex;
  std::vector<store::SortKey> keys;
  for (const mapi::SortOrder& order : request.sort.orders) {
    if (order.order == mapi::SortDirection::maximum_category) return ErrorCode::too_complex;
    keys.push_back({order.tag, order.order == mapi::SortDirection::descending});
  }
  auto done = table->table->sort(keys);
  if (!done.ok()) return done.error().code;
  response.table_status = rop::TableStatus::complete;
  return ErrorCode::none;
}

ErrorCode restrict_table(RopContext& context, const rop::RestrictRequest& request, rop::RestrictResponse& response) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  if (table->table_kind == TableKind::attachments) return ErrorCode::not_supported;
  auto done = table->table->restrict(request.restriction.empty() ? nullptr : &request.restriction[0]);
  if (!done.ok()) return done.error().code;
  response.table_status = rop::TableStatus::complete;
  return ErrorCode::none;
}

ErrorCode query_rows(RopContext& context, const rop::QueryRowsRequest& request, rop::QueryRowsResponse& response) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  begin_view(context, request.input_handle_index, *table);
  if (!table->has_columns) return ErrorCode::null_object;
  std::size_t room = context.room > kQueryRowsHead ? context.room - kQueryRowsHead : 0;
  auto rows = table->table->query_rows(request.row_count, request.forward_read != 0,
                                       (request.query_rows_flags & kNoAdvance) == 0, room, context.arena);
  if (!rows.ok()) return rows.error().code;
  context.columns.tags = table->table->columns();
  response.origin = static_cast<rop::BookmarkOrigin>(rows->at);
  response.rows = wire::List<mapi::PropertyRow>(rows->rows);
  auto got = static_cast<u16>(rows->rows.size());
  if (got != 0 && got < request.row_count && rows->at == store::Origin::current && context.may_chain()) {
    rop::QueryRowsRequest rest = request;
    rest.row_count = static_cast<u16>(request.row_count - got);
    context.chain_on(rest, kMostRoom);
  }
  return ErrorCode::none;
}

ErrorCode query_position(RopContext& context, const rop::QueryPositionRequest& request,
                         rop::QueryPositionResponse& response) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  begin_view(context, request.input_handle_index, *table);
  auto position = table->table->position();
  if (!position.ok()) return position.error().code;
  response.numerator = position->numerator;
  response.denominator = position->denominator;
  return ErrorCode::none;
}

ErrorCode seek_row(RopContext& context, const rop::SeekRowRequest& request, rop::SeekRowResponse& response) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  begin_view(context, request.input_handle_index, *table);
  if (request.origin > rop::BookmarkOrigin::end) return ErrorCode::invalid_param;
  auto moved = table->table->seek(static_cast<store::Origin>(request.origin), request.row_count);
  if (!moved.ok()) return moved.error().code;
  bool wants = request.want_row_moved_count != 0;
  response.has_sought_less = wants && moved->rows != request.row_count;
  response.rows_sought = wants ? moved->rows : 0;
  return ErrorCode::none;
}

ErrorCode seek_row_fractional(RopContext& context, const rop::SeekRowFractionalRequest& request,
                              rop::SeekRowFractionalResponse&) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  begin_view(context, request.input_handle_index, *table);
  if (request.denominator == 0) return ErrorCode::invalid_bookmark;
  auto done = table->table->seek_fraction(request.numerator, request.denominator);
  return done.ok() ? ErrorCode::none : done.error().code;
}

ErrorCode find_row(RopContext& context, const rop::FindRowRequest& request, rop::FindRowResponse& response) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  begin_view(context, request.input_handle_index, *table);
  if (table->table_kind == TableKind::attachments) return ErrorCode::not_supported;
  if (!table->has_columns) return ErrorCode::null_object;
  if (request.restriction.empty() || request.origin > rop::BookmarkOrigin::custom) return ErrorCode::invalid_param;
  bool forward = (request.find_row_flags & 1) == 0;
  auto& rows = *table->table;
  const mapi::Restriction& wanted = request.restriction[0];
  auto found = request.origin == rop::BookmarkOrigin::custom
                   ? rows.find(wanted, request.bookmark, forward, context.arena)
                   : rows.find(wanted, static_cast<store::Origin>(request.origin), forward, context.arena);
  if (!found.ok()) return found.error().code;
  if (!*found) return ErrorCode::not_found;
  context.columns.tags = rows.columns();
  response.has_row_data = true;
  response.row = **found;
  return ErrorCode::none;
}

ErrorCode reset_table(RopContext& context, const rop::ResetTableRequest& request, rop::ResetTableResponse&) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  table->table->reset();
  table->has_columns = false;
  table->changes.reset();
  table->row_events.clear();
  table->has_changed = false;
  return ErrorCode::none;
}

ErrorCode get_status(RopContext& context, const rop::GetStatusRequest& request, rop::GetStatusResponse& response) {
  if (context.get<TableObject>(request.input_handle_index) == nullptr)
    return context.missing(request.input_handle_index);
  response.table_status = rop::TableStatus::complete;
  return ErrorCode::none;
}

ErrorCode query_columns_all(RopContext& context, const rop::QueryColumnsAllRequest& request,
                            rop::QueryColumnsAllResponse& response) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  begin_view(context, request.input_handle_index, *table);
  auto tags = table->table->all_columns();
  if (!tags.ok()) return tags.error().code;
  auto kept = context.arena.make<mapi::PropTag>(tags->size());
  std::ranges::copy(*tags, kept.begin());
  response.property_tags = kept;
  return ErrorCode::none;
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    brief(handler_row<RopId::set_columns, rop::SetColumnsRequest, rop::SetColumnsResponse, set_columns>()),
    handler_row<RopId::sort_table, rop::SortTableRequest, rop::SortTableResponse, sort_table>(),
    handler_row<RopId::restrict, rop::RestrictRequest, rop::RestrictResponse, restrict_table>(),
    handler_row<RopId::query_rows, rop::QueryRowsRequest, rop::QueryRowsResponse, query_rows>(),
    handler_row<RopId::query_position, rop::QueryPositionRequest, rop::QueryPositionResponse, query_position>(),
    handler_row<RopId::seek_row, rop::SeekRowRequest, rop::SeekRowResponse, seek_row>(),
    handler_row<RopId::seek_row_fractional, rop::SeekRowFractionalRequest, rop::SeekRowFractionalResponse,
                seek_row_fractional>(),
    handler_row<RopId::find_row, rop::FindRowRequest, rop::FindRowResponse, find_row>(),
    handler_row<RopId::reset_table, rop::ResetTableRequest, rop::ResetTableResponse, reset_table>(),
    handler_row<RopId::get_status, rop::GetStatusRequest, rop::GetStatusResponse, get_status>(),
    handler_row<RopId::query_columns_all, rop::QueryColumnsAllRequest, rop::QueryColumnsAllResponse,
                query_columns_all>(),
};

}  // namespace

std::span<const HandlerRow> table_handlers() { return kHandlers; }

}  // namespace ropewalk::server
