// Property types and tags, [MS-OXCDATA] 2.9 and 2.11.1.
#pragma once

#include <compare>

#include "wire/scalar.h"

namespace ropewalk::mapi {

// [MS-OXCDATA] 2.11.1. A multi-valued type is its base type with bit 0x1000; a column may carry bit 0x2000 too (one row
// per value).
enum class PropType : u16 {
  unspecified = 0x0000,
  null = 0x0001,
  integer16 = 0x0002,
  integer32 = 0x0003,
  floating32 = 0x0004,
  floating64 = 0x0005,
  currency = 0x0006,
  floating_time = 0x0007,
  error_code = 0x000A,
  boolean = 0x000B,
  object = 0x000D,
  integer64 = 0x0014,
  string8 = 0x001E,
  string = 0x001F,
  time = 0x0040,
  guid = 0x0048,
  server_id = 0x00FB,
  restriction = 0x00FD,
  rule_action = 0x00FE,
  binary = 0x0102,
  multiple_integer16 = 0x1002,
  multiple_integer32 = 0x1003,
  multiple_floating32 = 0x1004,
  multiple_floating64 = 0x1005,
  multiple_currency = 0x1006,
  multiple_floating_time = 0x1007,
  multiple_integer64 = 0x1014,
  multiple_string8 = 0x101E,
  multiple_string = 0x101F,
  multiple_time = 0x1040,
  multiple_guid = 0x1048,
  multiple_binary = 0x1102,
};

inline constexpr u16 kMultiValue = 0x1000;
inline constexpr u16 kMultiValueInstance = 0x2000;

constexpr bool is_multiple(PropType type) { return (static_cast<u16>(type) & kMultiValue) != 0; }
// The type of one value of a multi-valued type; other types as they are.
constexpr PropType base_type(PropType type) {
  return static_cast<PropType>(static_cast<u16>(type) & ~(kMultiValue | kMultiValueInstance));
}
constexpr PropType multiple_of(PropType type) { return static_cast<PropType>(static_cast<u16>(type) | kMultiValue); }
// Bytes of one value on the wire where that is the same for all; 0 for types of variable length and unknown ones.
std::size_t fixed_width(PropType type);
// "PtypString", "PtypMultipleInteger32"; empty where unknown.
std::string_view type_name(PropType type);

// [MS-OXCDATA] 2.9: the property id in the high half, its type in the low one.
struct PropTag {
  u32 value = 0;

  constexpr PropTag() = default;
  constexpr explicit PropTag(u32 tag) : value(tag) {}
  constexpr PropTag(u16 id, PropType type) : value(u32{id} << 16 | static_cast<u16>(type)) {}
  constexpr u16 id() const { return static_cast<u16>(value >> 16); }
  constexpr PropType type() const { return static_cast<PropType>(value & 0xFFFF); }
  constexpr PropTag with_type(PropType type) const { return {id(), type}; }
  constexpr bool is_named() const { return value >= 0x80000000; }
  auto operator<=>(const PropTag&) const = default;

  // "PidTagSubject", or "0x80010003" where it has no name of its own.
  std::string to_string() const;
};

// A field named after the property it holds; makes its text only where somebody looks.
struct PropertyFieldName {
  PropTag tag;
  std::string field_name() const { return tag.to_string(); }
};

const wire::TypeInfo& wire_type(std::type_identity<PropType>);
const wire::TypeInfo& wire_type(std::type_identity<PropTag>);

}  // namespace ropewalk::mapi
