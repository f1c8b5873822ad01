// [MS-OXCROPS] 2.2.11: rule ROPs. What they do: [MS-OXORULE].
#pragma once

#include "protocol/rop/oxcperm.h"

namespace ropewalk::rop {

struct RuleData : RowChange {
  static constexpr std::string_view kName = "RuleData";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.11.1.1.1";
  static void fields(auto& m, auto& v) { fields_as("RuleDataFlags", m, v); }
};

struct ModifyRulesRequest : Request<RopId::modify_rules> {
  static constexpr std::string_view kName = "RopModifyRulesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.11.1.1";
  u8 modify_rules_flags{};  // [MS-OXORULE] 2.2.1.1: 0x01 replaces all rules
  wire::List<RuleData> rules_data;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("ModifyRulesFlags", m.modify_rules_flags);
    v("RulesCount", wire::count_of<u16>(m.rules_data));
    v("RulesData", m.rules_data);
  }
};

struct ModifyRulesResponse : Response<RopId::modify_rules> {
  static constexpr std::string_view kName = "RopModifyRulesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.11.1.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetRulesTableRequest : OpeningRequest<RopId::get_rules_table> {
  static constexpr std::string_view kName = "RopGetRulesTableRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.11.2.1";
  u8 table_flags{};  // [MS-OXORULE] 2.2.2.1: 0x40 means Unicode

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("TableFlags", m.table_flags);
  }
};

struct GetRulesTableResponse : OpeningResponse<RopId::get_rules_table> {
  static constexpr std::string_view kName = "RopGetRulesTableResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.11.2.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct UpdateDeferredActionMessagesRequest : Request<RopId::update_deferred_action_messages> {
  static constexpr std::string_view kName = "RopUpdateDeferredActionMessagesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.11.3.1";
  ByteView server_entry_id, client_entry_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    sized_bytes("ServerEntryIdSize", "ServerEntryId", m.server_entry_id, v);
    sized_bytes("ClientEntryIdSize", "ClientEntryId", m.client_entry_id, v);
  }
};

struct UpdateDeferredActionMessagesResponse : Response<RopId::update_deferred_action_messages> {
  static constexpr std::string_view kName = "RopUpdateDeferredActionMessagesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.11.3.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

std::span<const RopRow> oxorule_rops();

}  // namespace ropewalk::rop
