#include "mapi/property_names.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "mapi/ascii_case.h"

namespace ropewalk::mapi {
namespace {

constexpr PropertySetInfo kSets[] = {
    {PropertySet::none, "", Guid{}},
#define ROPEWALK_SET(name, guid) {PropertySet::name, #name, guid_literal(guid)},
#define ROPEWALK_TAG(...)
#define ROPEWALK_LID(...)
#define ROPEWALK_NAME(...)
#include "mapi/property_table.inc"
#undef ROPEWALK_SET
#undef ROPEWALK_TAG
#undef ROPEWALK_LID
#undef ROPEWALK_NAME
};

constexpr PropertyInfo kProperties[] = {
#define ROPEWALK_SET(...)
#define ROPEWALK_TAG(canonical, id, type, other, listed) \
  {#canonical, other, "", id, type, PropertyKind::tag, PropertySet::none, listed},
#define ROPEWALK_LID(canonical, set, id, type, other, listed) \
  {#canonical, other, "", id, type, PropertyKind::lid, PropertySet::set, listed},
#define ROPEWALK_NAME(canonical, set, text, type, other, listed) \
  {#canonical, other, text, 0, type, PropertyKind::name, PropertySet::set, listed},
#include "mapi/property_table.inc"
#undef ROPEWALK_SET
#undef ROPEWALK_TAG
#undef ROPEWALK_LID
#undef ROPEWALK_NAME
};

/// The run of one kind; the table has the kinds one after the other.
constexpr std::span<const PropertyInfo> of_kind(PropertyKind kind) {
  std::size_t begin = 0;
  while (begin < std::size(kProperties) && kProperties[begin].kind != kind) ++begin;
  std::size_t end = begin;
  while (end < std::size(kProperties) && kProperties[end].kind == kind) ++end;
  return {kProperties + begin, end - begin};
}

constexpr auto kTags = of_kind(PropertyKind::tag);
constexpr auto kLids = of_kind(PropertyKind::lid);
constexpr auto kNames = of_kind(PropertyKind::name);

constexpr auto lid_key = [](const PropertyInfo& property) { return std::tuple(property.set, property.id); };
constexpr bool name_less(const PropertyInfo& a, const PropertyInfo& b) {
  if (a.set != b.set) return a.set < b.set;
  return compare_ignoring_ascii_case(a.property_name, b.property_name) < 0;
}

// The searches below rely on the generator's order.
static_assert(kTags.size() + kLids.size() + kNames.size() == std::size(kProperties));
static_assert(std::ranges::is_sorted(kTags, {}, &PropertyInfo::id));
static_assert(std::ranges::is_sorted(kLids, {}, lid_key));
static_assert(std::ranges::is_sorted(kNames, name_less));

constexpr u16 kMultiValue = 0x1000;
constexpr u16 kInstance = 0x2000;
constexpr u16 kString8 = 0x001E;
constexpr u16 kString = 0x001F;

/// The type under which the catalogue lists a string of either width.
constexpr u16 unicode_form(u16 type) {
  return (type & ~kMultiValue) == kString8 ? static_cast<u16>((type & kMultiValue) | kString) : type;
}

/// PtypUnspecified, PtypNull and PtypErrorCode say nothing about the property itself.
constexpr bool says_nothing(u16 type) { return type == 0x0000 || type == 0x0001 || type == 0x000A; }

/// Indexes into kProperties by name in any case: canonical names and the other ones, made at the first question.
const auto& by_name() {
  struct Entry {
    std::string_view name;
    const PropertyInfo* property;
  };
  static const std::vector<Entry> entries = [] {
    std::vector<Entry> all;
    for (const PropertyInfo& property : kProperties) {
      all.push_back({property.name, &property});
      if (!property.other_name.empty()) all.push_back({property.other_name, &property});
    }
    // Where two properties have one name, the listed one comes first.
    std::ranges::stable_sort(all, [](const Entry& a, const Entry& b) {
      const auto order = compare_ignoring_ascii_case(a.name, b.name);
      return order != 0 ? order < 0 : a.property->listed > b.property->listed;
    });
    return all;
  }();
  return entries;
}

}  // namespace

std::span<const PropertyInfo> property_catalogue() { return kProperties; }
std::span<const PropertySetInfo> property_sets() { return std::span(kSets).subspan(1); }

const Guid& guid_of(PropertySet set) { return kSets[static_cast<std::size_t>(set)].guid; }

std::optional<PropertySet> property_set_of(const Guid& guid) {
  for (const PropertySetInfo& info : property_sets()) {
    if (info.guid == guid) return info.set;
  }
  return std::nullopt;
}

const PropertyInfo* find_property_tag(u32 tag) {
  const u16 asked = static_cast<u16>(tag);
  const bool instance = (asked & (kInstance | kMultiValue)) == (kInstance | kMultiValue);
  const u16 type = unicode_form(instance ? static_cast<u16>(asked & ~kInstance) : asked);
  for (const PropertyInfo& property : std::ranges::equal_range(kTags, tag >> 16, {}, &PropertyInfo::id)) {
    if (says_nothing(type) || unicode_form(property.type) == type) return &property;
  }
  return nullptr;
}

const PropertyInfo* find_property_id(u16 id) { return find_property_tag(u32{id} << 16); }

const PropertyInfo* find_property_lid(const Guid& set, u32 lid) {
  const auto known = property_set_of(set);
  if (!known) return nullptr;
  const auto found = std::ranges::equal_range(kLids, std::tuple(*known, lid), {}, lid_key);
  return found.empty() ? nullptr : &found.front();
}

const PropertyInfo* find_property_string_name(const Guid& set, std::string_view name) {
  const auto known = property_set_of(set);
  if (!known || name.empty()) return nullptr;
  PropertyInfo wanted{};
  wanted.set = *known;
  wanted.property_name = name;
  const auto found = std::ranges::equal_range(kNames, wanted, name_less);
  return found.empty() ? nullptr : &found.front();
}

const PropertyInfo* find_property(std::string_view name) {
  const auto less = [](std::string_view a, std::string_view b) { return compare_ignoring_ascii_case(a, b) < 0; };
  const auto found = std::ranges::equal_range(by_name(), name, less, [](const auto& entry) { return entry.name; });
  if (found.empty()) return nullptr;
  // A few catalogued names differ in nothing but case; an exact spelling decides.
  for (const auto& entry : found) {
    if (entry.name == name) return entry.property;
  }
  return found.front().property;
}

}  // namespace ropewalk::mapi
