// Restrictions: conditions on rows, [MS-OXCDATA] 2.12. Their wire form: value_fields.h.
#pragma once

#include "mapi/value.h"

namespace ropewalk::mapi {

struct TaggedPropertyValue;

enum class RestrictType : u8 {
  and_ = 0x00,
  or_ = 0x01,
  not_ = 0x02,
  content = 0x03,
  property = 0x04,
  compare_properties = 0x05,
  bit_mask = 0x06,
  size = 0x07,
  exist = 0x08,
  sub_object = 0x09,
  comment = 0x0A,
  count = 0x0B,
  annotation = 0x0C,
  null = 0xFF,
};

// [MS-OXCDATA] 2.12.5.1
enum class RelOp : u8 { lt = 0, le = 1, gt = 2, ge = 3, eq = 4, ne = 5, re = 6, member_of_dl = 0x64 };
enum class BitMaskRelOp : u8 { eqz = 0, nez = 1 };

// [MS-OXCDATA] 2.12.4.1
inline constexpr u16 kFuzzyFullString = 0, kFuzzySubstring = 1, kFuzzyPrefix = 2;
inline constexpr u16 kFuzzyIgnoreCase = 1, kFuzzyIgnoreNonspace = 2, kFuzzyLoose = 4;

const wire::TypeInfo& wire_type(std::type_identity<RestrictType>);
const wire::TypeInfo& wire_type(std::type_identity<RelOp>);
const wire::TypeInfo& wire_type(std::type_identity<BitMaskRelOp>);

// One node of a restriction tree; which members count depends on `type`.
struct Restriction {
  static constexpr std::string_view kName = "Restriction";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.12";
  RestrictType type{};
  RelOp relop{};                           // property, compare_properties, size
  BitMaskRelOp bit_mask_relop{};           // bit_mask
  u8 present{};                            // comment, annotation: 1 if there is a child
  u16 fuzzy_level_low{};                   // content
  u16 fuzzy_level_high{};                  // content
  PropTag tag;                             // all that name a property; sub_object: the sub-object's property
  PropTag tag2;                            // compare_properties
  u32 number{};                            // Mask, Size, Count
  wire::List<Restriction> children;        // and, or: any number; not, sub_object, count, comment: one
  wire::List<TaggedPropertyValue> values;  // property, content: one; comment: any number

  static void fields(auto& m, auto& v);
};

}  // namespace ropewalk::mapi
