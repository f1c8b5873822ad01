#include "protocol/nspi/templates.h"

namespace ropewalk::nspi {
namespace {

constexpr struct {
  ControlType value;
  std::string_view name;
} kControls[] = {
    {ControlType::label, "label"},         {ControlType::edit, "edit text box"},
    {ControlType::list_box, "list box"},   {ControlType::check_box, "check box"},
    {ControlType::group_box, "group box"}, {ControlType::button, "button"},
    {ControlType::page, "tabbed page"},    {ControlType::multi_valued_list_box, "multi-valued list box"},
};

void control_text(u64 raw, std::string& text) {
  for (const auto& control : kControls)
    if (static_cast<u64>(control.value) == raw) text += control.name;
}

}  // namespace

const wire::TypeInfo& wire_type(std::type_identity<ControlType>) {
  static constexpr wire::TypeInfo info{"ControlType", 4, wire::Form::unsigned_number, control_text,
                                       [](wire::Random& random) -> u64 {
                                         return static_cast<u64>(kControls[random.below(std::size(kControls))].value);
                                       }};
  return info;
}

}  // namespace ropewalk::nspi
