// [MS-OXCROPS] 2.2.10: permission ROPs. What they do: [MS-OXCPERM].
#pragma once

#include "mapi/value_fields.h"
#include "protocol/rop/context.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

// One change in a list of permissions or rules: how, and the properties of the row.
//   change: 0x01 adds, 0x02 modifies, 0x04 removes.
struct RowChange {
  u8 change{};
  wire::List<mapi::TaggedPropertyValue> property_values;

  static void fields_as(std::string_view change_name, auto& m, auto& v) {
    v(change_name, m.change);
    v("PropertyValueCount", wire::count_of<u16>(m.property_values));
    v("PropertyValues", m.property_values);
  }
};

struct PermissionData : RowChange {
  static constexpr std::string_view kName = "PermissionData";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.10.1.1.1";
  static void fields(auto& m, auto& v) { fields_as("PermissionDataFlags", m, v); }
};

struct ModifyPermissionsRequest : Request<RopId::modify_permissions> {
  static constexpr std::string_view kName = "RopModifyPermissionsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.10.1.1";
  u8 modify_flags{};  // [MS-OXCPERM] 2.2.2.1: 0x01 replaces all rows, 0x02 includes free/busy rights
  wire::List<PermissionData> permissions_data;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("ModifyFlags", m.modify_flags);
    v("ModifyCount", wire::count_of<u16>(m.permissions_data));
    v("PermissionsData", m.permissions_data);
  }
};

struct ModifyPermissionsResponse : Response<RopId::modify_permissions> {
  static constexpr std::string_view kName = "RopModifyPermissionsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.10.1.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetPermissionsTableRequest : OpeningRequest<RopId::get_permissions_table> {
  static constexpr std::string_view kName = "RopGetPermissionsTableRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.10.2.1";
  u8 table_flags{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("TableFlags", m.table_flags);
  }
};

struct GetPermissionsTableResponse : OpeningResponse<RopId::get_permissions_table> {
  static constexpr std::string_view kName = "RopGetPermissionsTableResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.10.2.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

std::span<const RopRow> oxcperm_rops();

}  // namespace ropewalk::rop
