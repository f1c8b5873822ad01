// Rule actions, [MS-OXORULE] 2.2.5, as a property value of type PtypRuleAction.
#pragma once

#include "mapi/value.h"

namespace ropewalk::mapi {

// One ActionBlock, [MS-OXORULE] 2.2.5.1: its type and flavor, and its data as bytes.
struct ActionBlock {
  static constexpr std::string_view kName = "ActionBlock";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.5.1";
  u8 action_type{};
  u32 action_flavor{};
  u32 action_flags{};
  ByteView action_data;

  static void fields(auto& m, auto& v) {
    auto content = [&] {
      v("ActionType", m.action_type);
      v("ActionFlavor", m.action_flavor);
      v("ActionFlags", m.action_flags);
      v.rest("ActionData", m.action_data);
    };
    if (wire::context<WideCounts>(v) != nullptr)
      v.sized("ActionLength", u32{}, content);
    else
      v.sized("ActionLength", u16{}, content);
  }
};

struct RuleActions {
  static constexpr std::string_view kName = "RuleAction";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.5";
  wire::List<ActionBlock> blocks;

  static void fields(auto& m, auto& v) {
    if (wire::context<WideCounts>(v) != nullptr)
      v("NoOfActions", wire::count_of<u32>(m.blocks));
    else
      v("NoOfActions", wire::count_of<u16>(m.blocks));
    v("ActionBlocks", m.blocks);
  }
};

RuleActions* copy_rule_actions(const RuleActions& from, Arena& arena);

}  // namespace ropewalk::mapi
