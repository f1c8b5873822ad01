#include "protocol/rop/oxctabl.h"

namespace ropewalk::rop {

const wire::TypeInfo& wire_type(std::type_identity<TableStatus>) {
  static constexpr wire::TypeInfo info{"TableStatus", 1, wire::Form::unsigned_number, [](u64 raw, std::string& out) {
                                         switch (static_cast<TableStatus>(raw)) {
                                           case TableStatus::complete:
                                             out += "TBLSTAT_COMPLETE";
                                             break;
                                           case TableStatus::sorting:
                                             out += "TBLSTAT_SORTING";
                                             break;
                                           case TableStatus::sort_error:
                                             out += "TBLSTAT_SORT_ERROR";
                                             break;
                                           case TableStatus::setting_columns:
                                             out += "TBLSTAT_SETTING_COLS";
                                             break;
                                           case TableStatus::set_columns_error:
                                             out += "TBLSTAT_SETCOL_ERROR";
                                             break;
                                           case TableStatus::restricting:
                                             out += "TBLSTAT_RESTRICTING";
                                             break;
                                           case TableStatus::restriction_error:
                                             out += "TBLSTAT_RESTRICT_ERROR";
                                             break;
                                         }
                                       }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<BookmarkOrigin>) {
  static constexpr wire::TypeInfo info{"Origin", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) {
                                         static constexpr std::string_view kNames[] = {
                                             "BOOKMARK_BEGINNING", "BOOKMARK_CURRENT", "BOOKMARK_END",
                                             "BOOKMARK_CUSTOM"};
                                         if (raw < std::size(kNames)) out += kNames[raw];
                                       },
                                       [](wire::Random& random) -> u64 { return random.below(4); }};
  return info;
}

std::span<const RopRow> oxctabl_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::set_columns, SetColumnsRequest, SetColumnsResponse>(),
      rop_row<RopId::sort_table, SortTableRequest, SortTableResponse>(),
      rop_row<RopId::restrict, RestrictRequest, RestrictResponse>(),
      rop_row<RopId::query_rows, QueryRowsRequest, QueryRowsResponse>(),
      rop_row<RopId::abort, AbortRequest, AbortResponse>(),
      rop_row<RopId::get_status, GetStatusRequest, GetStatusResponse>(),
      rop_row<RopId::query_position, QueryPositionRequest, QueryPositionResponse>(),
      rop_row<RopId::seek_row, SeekRowRequest, SeekRowResponse>(),
      rop_row<RopId::seek_row_bookmark, SeekRowBookmarkRequest, SeekRowBookmarkResponse>(),
      rop_row<RopId::seek_row_fractional, SeekRowFractionalRequest, SeekRowFractionalResponse>(),
      rop_row<RopId::create_bookmark, CreateBookmarkRequest, CreateBookmarkResponse>(),
      rop_row<RopId::query_columns_all, QueryColumnsAllRequest, QueryColumnsAllResponse>(),
      rop_row<RopId::find_row, FindRowRequest, FindRowResponse>(),
      rop_row<RopId::free_bookmark, FreeBookmarkRequest, FreeBookmarkResponse>(),
      rop_row<RopId::reset_table, ResetTableRequest, ResetTableResponse>(),
      rop_row<RopId::expand_row, ExpandRowRequest, ExpandRowResponse>(),
      rop_row<RopId::collapse_row, CollapseRowRequest, CollapseRowResponse>(),
      rop_row<RopId::get_collapse_state, GetCollapseStateRequest, GetCollapseStateResponse>(),
      rop_row<RopId::set_collapse_state, SetCollapseStateRequest, SetCollapseStateResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
