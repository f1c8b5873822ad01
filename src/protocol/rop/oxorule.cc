#include "protocol/rop/oxorule.h"

namespace ropewalk::rop {

std::span<const RopRow> oxorule_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::modify_rules, ModifyRulesRequest, ModifyRulesResponse>(),
      rop_row<RopId::get_rules_table, GetRulesTableRequest, GetRulesTableResponse>(),
      rop_row<RopId::update_deferred_action_messages, UpdateDeferredActionMessagesRequest,
              UpdateDeferredActionMessagesResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
