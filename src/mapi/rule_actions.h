// Rule actions, [MS-OXORULE] 2.2.5, as a property value of type PtypRuleAction. What is in a block's data:
// rule_action_data.h.
#pragma once

#include "mapi/value.h"
#include "wire/struct_info.h"

namespace ropewalk::mapi {

// [MS-OXORULE] 2.2.5.1.1
enum class ActionType : u8 {
  move = 0x01,
  copy = 0x02,
  reply = 0x03,
  oof_reply = 0x04,
  defer_action = 0x05,
  bounce = 0x06,
  forward = 0x07,
  delegate = 0x08,
  tag = 0x09,
  delete_ = 0x0A,
  mark_as_read = 0x0B,
};
const wire::TypeInfo& wire_type(std::type_identity<ActionType>);

// The structure of an action's data; null where it has none, or one that is the client's alone.
const wire::StructInfo* action_data_info(ActionType type);

// One ActionBlock, [MS-OXORULE] 2.2.5.1. Its data is kept as bytes, so that a rule with data that makes no sense is
// still a rule; a tree shows what is in it.
struct ActionBlock {
  static constexpr std::string_view kName = "ActionBlock";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.5.1";
  ActionType action_type{};
  u32 action_flavor{};
  u32 action_flags{};
  ByteView action_data;

  static void fields(auto& m, auto& v) {
    auto content = [&] {
      v("ActionType", m.action_type);
      v("ActionFlavor", m.action_flavor);
      v("ActionFlags", m.action_flags);
      v.rest("ActionData", m.action_data);
      if (!v.ok()) return;
      if (const wire::StructInfo* info = action_data_info(m.action_type))
        v.inside("Data", *info, [&](Arena&) { return std::optional<ByteView>(m.action_data); });
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
