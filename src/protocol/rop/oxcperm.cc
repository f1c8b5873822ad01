#include "protocol/rop/oxcperm.h"

namespace ropewalk::rop {

std::span<const RopRow> oxcperm_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::modify_permissions, ModifyPermissionsRequest, ModifyPermissionsResponse>(),
      rop_row<RopId::get_permissions_table, GetPermissionsTableRequest, GetPermissionsTableResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
