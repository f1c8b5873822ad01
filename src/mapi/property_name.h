// The wire form of a named property's name. Its owned form is PropertyName in property_bag.h.
#pragma once

#include "base/guid.h"
#include "wire/scalar.h"
#include "wire/values.h"

namespace ropewalk::mapi {

// [MS-OXCDATA] 2.6.1: which of LID and Name follows.
enum class NameKind : u8 { lid = 0x00, name = 0x01, none = 0xFF };
const wire::TypeInfo& wire_type(std::type_identity<NameKind>);

// [MS-OXCDATA] 2.6.1 PropertyName. Named so that it is not taken for the owned form.
struct PropertyNameField {
  static constexpr std::string_view kName = "PropertyName";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.6.1";
  NameKind kind{};
  Guid guid;            // the property set
  u32 lid{};            // kind lid
  wire::String16 name;  // kind name; its size on the wire counts the terminator

  static void fields(auto& m, auto& v) {
    v("Kind", m.kind);
    v("GUID", m.guid);
    if (m.kind == NameKind::lid) {
      v("LID", m.lid);
    } else if (m.kind == NameKind::name) {
      v.sized("NameSize", u8{}, [&] { v("Name", m.name); });
    } else if (m.kind != NameKind::none) {
      v.fail("Kind is neither 0x00 (LID), 0x01 (name) nor 0xFF (no name)");
    }
  }
};

}  // namespace ropewalk::mapi
