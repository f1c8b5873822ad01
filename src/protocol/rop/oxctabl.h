// [MS-OXCROPS] 2.2.5: table ROPs. What they do: [MS-OXCTABL].
#pragma once

#include "mapi/sort_order.h"
#include "protocol/rop/context.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

// [MS-OXCTABL] 2.2.2.1.3
enum class TableStatus : u8 {
  complete = 0x00,
  sorting = 0x09,
  sort_error = 0x0A,
  setting_columns = 0x0B,
  set_columns_error = 0x0D,
  restricting = 0x0E,
  restriction_error = 0x0F,
};
const wire::TypeInfo& wire_type(std::type_identity<TableStatus>);

// [MS-OXCTABL] 2.2.2.1.1: where a bookmark stands.
enum class BookmarkOrigin : u8 { beginning = 0x00, current = 0x01, end = 0x02, custom = 0x03 };
const wire::TypeInfo& wire_type(std::type_identity<BookmarkOrigin>);

struct SetColumnsRequest : Request<RopId::set_columns> {
  static constexpr std::string_view kName = "RopSetColumnsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.1.1";
  u8 set_columns_flags{};
  wire::List<mapi::PropTag> property_tags;

  [[gnu::always_inline]] static void fields(auto& m, auto& v) {
    header(m, v);
    v("SetColumnsFlags", m.set_columns_flags);
    v("PropertyTagCount", wire::count_of<u16>(m.property_tags));
    v("PropertyTags", m.property_tags);
  }
};

// A response that says no more than the table's status.
template <RopId id>
struct TableStatusResponse : Response<id> {
  TableStatus table_status{};

  static void fields(auto& m, auto& v) {
    Response<id>::header(m, v);
    if (m.ok()) v("TableStatus", m.table_status);
  }
};

struct SetColumnsResponse : TableStatusResponse<RopId::set_columns> {
  static constexpr std::string_view kName = "RopSetColumnsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.1.2, 2.2.5.1.3";
};

struct SortTableRequest : Request<RopId::sort_table> {
  static constexpr std::string_view kName = "RopSortTableRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.2.1";
  u8 sort_table_flags{};
  mapi::SortOrderSet sort;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("SortTableFlags", m.sort_table_flags);
    mapi::SortOrderSet::fields(m.sort, v);
  }
};

struct SortTableResponse : TableStatusResponse<RopId::sort_table> {
  static constexpr std::string_view kName = "RopSortTableResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.2.2, 2.2.5.2.3";
};

struct RestrictRequest : Request<RopId::restrict> {
  static constexpr std::string_view kName = "RopRestrictRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.3.1";
  u8 restrict_flags{};
  wire::List<mapi::Restriction> restriction;  // none, or one

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("RestrictFlags", m.restrict_flags);
    restriction_fields(m.restriction, v);
  }
};

struct RestrictResponse : TableStatusResponse<RopId::restrict> {
  static constexpr std::string_view kName = "RopRestrictResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.3.2, 2.2.5.3.3";
};

struct QueryRowsRequest : Request<RopId::query_rows> {
  static constexpr std::string_view kName = "RopQueryRowsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.4.1";
  u8 query_rows_flags{};
  u8 forward_read{};
  u16 row_count{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("QueryRowsFlags", m.query_rows_flags);
    v("ForwardRead", m.forward_read);
    v("RowCount", m.row_count);
  }
};

// Rows need mapi::RowColumns in the context, see rows_fields().
struct QueryRowsResponse : Response<RopId::query_rows> {
  static constexpr std::string_view kName = "RopQueryRowsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.4.2, 2.2.5.4.3";
  BookmarkOrigin origin{};
  u16 row_count{};
  wire::List<mapi::PropertyRow> rows;
  ByteView row_data;

  [[gnu::always_inline]] static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("Origin", m.origin);
    rows_fields<u16>("RowCount", m.rows, m.row_data, m.row_count, v);
  }
};

struct AbortRequest : Request<RopId::abort> {
  static constexpr std::string_view kName = "RopAbortRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.5.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct AbortResponse : TableStatusResponse<RopId::abort> {
  static constexpr std::string_view kName = "RopAbortResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.5.2, 2.2.5.5.3";
};

struct GetStatusRequest : Request<RopId::get_status> {
  static constexpr std::string_view kName = "RopGetStatusRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.6.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetStatusResponse : TableStatusResponse<RopId::get_status> {
  static constexpr std::string_view kName = "RopGetStatusResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.6.2, 2.2.5.6.3";
};

struct QueryPositionRequest : Request<RopId::query_position> {
  static constexpr std::string_view kName = "RopQueryPositionRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.7.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct QueryPositionResponse : Response<RopId::query_position> {
  static constexpr std::string_view kName = "RopQueryPositionResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.7.2, 2.2.5.7.3";
  u32 numerator{};
  u32 denominator{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("Numerator", m.numerator);
    v("Denominator", m.denominator);
  }
};

struct SeekRowRequest : Request<RopId::seek_row> {
  static constexpr std::string_view kName = "RopSeekRowRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.8.1";
  BookmarkOrigin origin{};
  i32 row_count{};  // negative: backwards
  u8 want_row_moved_count{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("Origin", m.origin);
    v("RowCount", m.row_count);
    v("WantRowMovedCount", m.want_row_moved_count);
  }
};

struct SeekRowResponse : Response<RopId::seek_row> {
  static constexpr std::string_view kName = "RopSeekRowResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.8.2, 2.2.5.8.3";
  u8 has_sought_less{};
  i32 rows_sought{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("HasSoughtLess", m.has_sought_less);
    v("RowsSought", m.rows_sought);
  }
};

struct SeekRowBookmarkRequest : Request<RopId::seek_row_bookmark> {
  static constexpr std::string_view kName = "RopSeekRowBookmarkRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.9.1";
  ByteView bookmark;
  i32 row_count{};
  u8 want_row_moved_count{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    sized_bytes("BookmarkSize", "Bookmark", m.bookmark, v);
    v("RowCount", m.row_count);
    v("WantRowMovedCount", m.want_row_moved_count);
  }
};

struct SeekRowBookmarkResponse : Response<RopId::seek_row_bookmark> {
  static constexpr std::string_view kName = "RopSeekRowBookmarkResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.9.2, 2.2.5.9.3";
  u8 row_no_longer_visible{};
  u8 has_sought_less{};
  i32 rows_sought{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("RowNoLongerVisible", m.row_no_longer_visible);
    v("HasSoughtLess", m.has_sought_less);
    v("RowsSought", m.rows_sought);
  }
};

struct SeekRowFractionalRequest : Request<RopId::seek_row_fractional> {
  static constexpr std::string_view kName = "RopSeekRowFractionalRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.10.1";
  u32 numerator{};
  u32 denominator{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("Numerator", m.numerator);
    v("Denominator", m.denominator);
  }
};

struct SeekRowFractionalResponse : Response<RopId::seek_row_fractional> {
  static constexpr std::string_view kName = "RopSeekRowFractionalResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.10.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct CreateBookmarkRequest : Request<RopId::create_bookmark> {
  static constexpr std::string_view kName = "RopCreateBookmarkRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.11.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct CreateBookmarkResponse : Response<RopId::create_bookmark> {
  static constexpr std::string_view kName = "RopCreateBookmarkResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.11.2, 2.2.5.11.3";
  ByteView bookmark;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) sized_bytes("BookmarkSize", "Bookmark", m.bookmark, v);
  }
};

struct QueryColumnsAllRequest : Request<RopId::query_columns_all> {
  static constexpr std::string_view kName = "RopQueryColumnsAllRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.12.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct QueryColumnsAllResponse : Response<RopId::query_columns_all> {
  static constexpr std::string_view kName = "RopQueryColumnsAllResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.12.2, 2.2.5.12.3";
  wire::List<mapi::PropTag> property_tags;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("PropertyTagCount", wire::count_of<u16>(m.property_tags));
    v("PropertyTags", m.property_tags);
  }
};

struct FindRowRequest : Request<RopId::find_row> {
  static constexpr std::string_view kName = "RopFindRowRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.13.1";
  u8 find_row_flags{};
  wire::List<mapi::Restriction> restriction;  // none, or one
  BookmarkOrigin origin{};
  ByteView bookmark;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("FindRowFlags", m.find_row_flags);
    restriction_fields(m.restriction, v);
    v("Origin", m.origin);
    sized_bytes("BookmarkSize", "Bookmark", m.bookmark, v);
  }
};

// The row needs mapi::RowColumns in the context; without, it is kept in row_data with all that follows.
struct FindRowResponse : Response<RopId::find_row> {
  static constexpr std::string_view kName = "RopFindRowResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.13.2, 2.2.5.13.3";
  u8 row_no_longer_visible{};
  u8 has_row_data{};
  mapi::PropertyRow row;
  ByteView row_data;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("RowNoLongerVisible", m.row_no_longer_visible);
    v("HasRowData", m.has_row_data);
    if (m.has_row_data != 0) row_field(m.row, m.row_data, v);
  }
};

struct FreeBookmarkRequest : Request<RopId::free_bookmark> {
  static constexpr std::string_view kName = "RopFreeBookmarkRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.14.1";
  ByteView bookmark;

  static void fields(auto& m, auto& v) {
    header(m, v);
    sized_bytes("BookmarkSize", "Bookmark", m.bookmark, v);
  }
};

struct FreeBookmarkResponse : Response<RopId::free_bookmark> {
  static constexpr std::string_view kName = "RopFreeBookmarkResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.14.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct ResetTableRequest : Request<RopId::reset_table> {
  static constexpr std::string_view kName = "RopResetTableRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.15.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct ResetTableResponse : Response<RopId::reset_table> {
  static constexpr std::string_view kName = "RopResetTableResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.15.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct ExpandRowRequest : Request<RopId::expand_row> {
  static constexpr std::string_view kName = "RopExpandRowRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.16.1";
  u16 max_row_count{};
  u64 category_id{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("MaxRowCount", m.max_row_count);
    v("CategoryId", m.category_id);
  }
};

// Rows need mapi::RowColumns in the context, see rows_fields().
struct ExpandRowResponse : Response<RopId::expand_row> {
  static constexpr std::string_view kName = "RopExpandRowResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.16.2, 2.2.5.16.3";
  u32 expanded_row_count{};
  u16 row_count{};
  wire::List<mapi::PropertyRow> rows;
  ByteView row_data;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("ExpandedRowCount", m.expanded_row_count);
    rows_fields<u16>("RowCount", m.rows, m.row_data, m.row_count, v);
  }
};

struct CollapseRowRequest : Request<RopId::collapse_row> {
  static constexpr std::string_view kName = "RopCollapseRowRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.17.1";
  u64 category_id{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("CategoryId", m.category_id);
  }
};

struct CollapseRowResponse : Response<RopId::collapse_row> {
  static constexpr std::string_view kName = "RopCollapseRowResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.17.2, 2.2.5.17.3";
  u32 collapsed_row_count{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("CollapsedRowCount", m.collapsed_row_count);
  }
};

struct GetCollapseStateRequest : Request<RopId::get_collapse_state> {
  static constexpr std::string_view kName = "RopGetCollapseStateRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.18.1";
  u64 row_id{};
  u32 row_instance_number{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("RowId", m.row_id);
    v("RowInstanceNumber", m.row_instance_number);
  }
};

struct GetCollapseStateResponse : Response<RopId::get_collapse_state> {
  static constexpr std::string_view kName = "RopGetCollapseStateResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.18.2, 2.2.5.18.3";
  ByteView collapse_state;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) sized_bytes("CollapseStateSize", "CollapseState", m.collapse_state, v);
  }
};

struct SetCollapseStateRequest : Request<RopId::set_collapse_state> {
  static constexpr std::string_view kName = "RopSetCollapseStateRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.19.1";
  ByteView collapse_state;

  static void fields(auto& m, auto& v) {
    header(m, v);
    sized_bytes("CollapseStateSize", "CollapseState", m.collapse_state, v);
  }
};

struct SetCollapseStateResponse : Response<RopId::set_collapse_state> {
  static constexpr std::string_view kName = "RopSetCollapseStateResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.5.19.2, 2.2.5.19.3";
  ByteView bookmark;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) sized_bytes("BookmarkSize", "Bookmark", m.bookmark, v);
  }
};

std::span<const RopRow> oxctabl_rops();

}  // namespace ropewalk::rop
