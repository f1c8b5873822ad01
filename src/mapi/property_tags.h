// Every catalogued property as a constant under its own name: tag::PidTagSubject, named::PidLidReminderSet.
#pragma once

#include "mapi/property_names.h"

namespace ropewalk::mapi {

/// How a named property is asked for: its set and its LID or its string.
struct NamedProperty {
  PropertySet set;
  u32 lid;                // 0 where `name` is set
  std::string_view name;  // empty where it is a LID
  u16 type;
};

#define ROPEWALK_SET(...)

namespace tag {
#define ROPEWALK_TAG(name, id, type, other_name, listed) inline constexpr u32 name = u32{id} << 16 | type;
#define ROPEWALK_LID(...)
#define ROPEWALK_NAME(...)
#include "mapi/property_table.inc"
#undef ROPEWALK_TAG
#undef ROPEWALK_LID
#undef ROPEWALK_NAME
}  // namespace tag

namespace named {
#define ROPEWALK_TAG(...)
#define ROPEWALK_LID(name, set, lid, type, other_name, listed) \
  inline constexpr NamedProperty name{PropertySet::set, lid, {}, type};
#define ROPEWALK_NAME(name, set, property_name, type, other_name, listed) \
  inline constexpr NamedProperty name{PropertySet::set, 0, property_name, type};
#include "mapi/property_table.inc"
#undef ROPEWALK_TAG
#undef ROPEWALK_LID
#undef ROPEWALK_NAME
}  // namespace named

#undef ROPEWALK_SET

}  // namespace ropewalk::mapi
