// The property catalogue of [MS-OXPROPS]: names to numbers and back. The numbers as constants: property_tags.h.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/guid.h"
#include "base/types.h"

namespace ropewalk::mapi {

enum class PropertyKind : u8 {
  tag,   // PidTag: a fixed property id
  lid,   // PidLid: a number in a property set
  name,  // PidName: a string in a property set
};

/// The property sets of [MS-OXPROPS] 1.3.2; `none` stands for fixed ids and for sets whose GUID is not known.
enum class PropertySet : u8 {
  none,
#define ROPEWALK_SET(name, guid) name,
#define ROPEWALK_TAG(...)
#define ROPEWALK_LID(...)
#define ROPEWALK_NAME(...)
#include "mapi/property_table.inc"
#undef ROPEWALK_SET
#undef ROPEWALK_TAG
#undef ROPEWALK_LID
#undef ROPEWALK_NAME
};

struct PropertySetInfo {
  PropertySet set;
  std::string_view name;  // "PSETID_Common"
  Guid guid;
};

struct PropertyInfo {
  std::string_view name;           // "PidTagSubject"
  std::string_view other_name;     // "PR_SUBJECT", "dispidReminderSet"; may be empty
  std::string_view property_name;  // of a PidName: the string on the wire; empty where unknown
  u32 id;                          // PidTag: property id; PidLid: LID; PidName: 0
  u16 type;                        // PtypXxx code; 0 where unknown
  PropertyKind kind;
  PropertySet set;
  bool listed;  // in the current [MS-OXPROPS]; the others come from earlier revisions and deserve less trust

  /// PidTag: the property tag, id in the high half and type in the low one.
  constexpr u32 tag() const { return id << 16 | type; }
};

/// Every property: tags by id, then LIDs by set and number, then names by set and text.
std::span<const PropertyInfo> property_catalogue();
std::span<const PropertySetInfo> property_sets();

/// The GUID of a set; all zero for `PropertySet::none`.
const Guid& guid_of(PropertySet set);
std::optional<PropertySet> property_set_of(const Guid& guid);

/// The PidTag with this id and type. A string type finds its other width, a multi-valued instance (type bit 0x2000) its
/// column's type, and PtypErrorCode, PtypUnspecified and PtypNull whatever has that id. Null where there is none: ids
/// from 0x8000 on are named properties in a mailbox, and mean something here in the address book alone.
const PropertyInfo* find_property_tag(u32 tag);
/// The best known PidTag with this id, whatever its type; null where there is none.
const PropertyInfo* find_property_id(u16 id);
const PropertyInfo* find_property_lid(const Guid& set, u32 lid);
/// The string name's case does not matter in ASCII.
const PropertyInfo* find_property_string_name(const Guid& set, std::string_view name);
/// By canonical name ("PidTagSubject") or by the other one ("PR_SUBJECT"), in any case; null where neither is known.
const PropertyInfo* find_property(std::string_view name);

}  // namespace ropewalk::mapi
