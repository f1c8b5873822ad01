#include "mapi/rule_action_data.h"

#include "wire/describe.h"
#include "wire/flag_text.h"

namespace ropewalk::mapi {

const wire::TypeInfo& wire_type(std::type_identity<ActionType>) {
  static constexpr wire::NamedValue kNames[] = {{0x01, "OP_MOVE"},      {0x02, "OP_COPY"},         {0x03, "OP_REPLY"},
                                                {0x04, "OP_OOF_REPLY"}, {0x05, "OP_DEFER_ACTION"}, {0x06, "OP_BOUNCE"},
                                                {0x07, "OP_FORWARD"},   {0x08, "OP_DELEGATE"},     {0x09, "OP_TAG"},
                                                {0x0A, "OP_DELETE"},    {0x0B, "OP_MARK_AS_READ"}};
  static constexpr wire::TypeInfo info{
      "ActionType", 1, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) { wire::append_value_name(raw, kNames, out); },
      [](wire::Random& random) { return kNames[random.below(std::size(kNames))].value; }};
  return info;
}

const wire::StructInfo* action_data_info(ActionType type) {
  switch (type) {
    case ActionType::move:
    case ActionType::copy:
      return &wire::struct_info<MoveCopyActionData>;
    case ActionType::reply:
    case ActionType::oof_reply:
      return &wire::struct_info<ReplyActionData>;
    case ActionType::bounce:
      return &wire::struct_info<BounceActionData>;
    case ActionType::forward:
    case ActionType::delegate:
      return &wire::struct_info<ForwardDelegateActionData>;
    case ActionType::tag:
      return &wire::struct_info<TaggedPropertyValue>;
    default:
      return nullptr;
  }
}

}  // namespace ropewalk::mapi
