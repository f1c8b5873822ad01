// Properties of extended rules, [MS-OXORULE] 2.2.4: their named properties, their actions and their condition. Counts
// in them have 32 bits.
#pragma once

#include "mapi/property_name.h"
#include "mapi/value_fields.h"

namespace ropewalk::mapi {

// [MS-OXORULE] 2.2.4.2 NamedPropertyInformation.
struct NamedPropertyInformation {
  static constexpr std::string_view kName = "NamedPropertyInformation";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.4.2";
  wire::List<u16> prop_ids;
  wire::List<PropertyNameField> named_properties;  // as many
  static void fields(auto& m, auto& v) {
    v("NoOfNamedProps", wire::count_of<u16>(m.prop_ids));
    if (m.prop_ids.empty()) return;
    v("PropId", m.prop_ids);
    v.sized("NamedPropertiesSize", u32{}, [&] {
      v.resize(m.named_properties, m.prop_ids.size());
      v("NamedProperties", m.named_properties);
    });
  }
};

// PidTagExtendedRuleMessageActions.
struct ExtendedRuleActions {
  static constexpr std::string_view kName = "ExtendedRuleMessageActions";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.4.1.9";
  NamedPropertyInformation named_property_information;
  u32 rule_version = 1;
  RuleActions rule_actions;
  static void fields(auto& m, auto& v) {
    v("NamedPropertyInformation", m.named_property_information);
    v("RuleVersion", m.rule_version);
    v.with(WideCounts{}, [&] { v("RuleActionsBuffer", m.rule_actions); });
  }
};

// PidTagExtendedRuleMessageCondition.
struct ExtendedRuleCondition {
  static constexpr std::string_view kName = "ExtendedRuleMessageCondition";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.4.1.10";
  NamedPropertyInformation named_property_information;
  Restriction rule_restriction;
  static void fields(auto& m, auto& v) {
    v("NamedPropertyInformation", m.named_property_information);
    v.with(WideCounts{}, [&] { v("RuleRestriction", m.rule_restriction); });
  }
};

}  // namespace ropewalk::mapi
