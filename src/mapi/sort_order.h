// Sort keys of tables, [MS-OXCDATA] 2.13.
#pragma once

#include "mapi/prop_tag.h"
#include "wire/values.h"

namespace ropewalk::mapi {

// [MS-OXCDATA] 2.13.1
enum class SortDirection : u8 { ascending = 0x00, descending = 0x01, maximum_category = 0x04 };
const wire::TypeInfo& wire_type(std::type_identity<SortDirection>);

// One column of a sort key. A multi-valued column carries the multi-value instance bit: one row per value.
struct SortOrder {
  static constexpr std::string_view kName = "SortOrder";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.13.1";
  PropTag tag;  // PropertyType and PropertyId
  SortDirection order{};
  static void fields(auto& m, auto& v) {
    v("PropertyTag", m.tag);
    v("Order", m.order);
  }
};

// [MS-OXCDATA] 2.13.2 SortOrderSet. The first category_count keys are categories, the first expanded_count of those
// start expanded.
struct SortOrderSet {
  static constexpr std::string_view kName = "SortOrderSet";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.13.2";
  u16 category_count{};
  u16 expanded_count{};
  wire::List<SortOrder> orders;
  // The counts stand before the keys themselves.
  static void fields(auto& m, auto& v) {
    v("SortOrderCount", wire::count_of<u16>(m.orders));
    v("CategoryCount", m.category_count);
    v("ExpandedCount", m.expanded_count);
    v("SortOrders", m.orders);
  }
};

}  // namespace ropewalk::mapi
