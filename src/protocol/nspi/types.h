// The structures that NSPI's methods carry, in NDR: [MS-OXNSPI] 2.2, with the names of its IDL (section 6).
#pragma once

#include "mapi/error_code.h"
#include "mapi/restriction.h"
#include "mapi/value.h"
#include "protocol/ndr/ndr.h"

namespace ropewalk::nspi {

inline constexpr u32 kMaxCount = 100'000;     // of values, rows and restrictions: the IDL's range()
inline constexpr u32 kMaxBinary = 2'097'152;  // bytes of one Binary_r

// Numbers of 32 bits that have names: [MS-OXNSPI] 2.2.1.4, 2.2.1.5, 2.2.1.8, 2.2.1.10; mapi::RelOp and
// mapi::BitMaskRelOp in 32 bits.
struct SortType {
  u32 value = 0;
};
struct ContainerId {
  u32 value = 0;
};
struct CurrentRecord {
  u32 value = 0;
};
struct CodePage {
  u32 value = 0;
};
struct Locale {
  u32 value = 0;
};
struct RelationalOperator {
  u32 value = 0;
};
struct BitMaskOperator {
  u32 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<SortType>);
const wire::TypeInfo& wire_type(std::type_identity<ContainerId>);
const wire::TypeInfo& wire_type(std::type_identity<CurrentRecord>);
const wire::TypeInfo& wire_type(std::type_identity<CodePage>);
const wire::TypeInfo& wire_type(std::type_identity<Locale>);
const wire::TypeInfo& wire_type(std::type_identity<RelationalOperator>);
const wire::TypeInfo& wire_type(std::type_identity<BitMaskOperator>);

// A number as one of those.
template <class T>
void named(std::string_view name, auto& number, auto& n) {
  T typed{number};
  n(name, typed);
  n.set(number, typed.value);
}

// FlatUID_r
struct FlatUid {
  static constexpr std::string_view kName = "FlatUID_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.2.1";
  static constexpr ndr::Alignment kAlignment = {1, 1};
  Guid uid;
  static void ndr(auto& m, auto& n) { n.plain("ab", m.uid); }
};

// FILETIME as NDR has it: two numbers.
struct Time {
  static constexpr std::string_view kName = "FILETIME";
  static constexpr std::string_view kSource = "[MS-DTYP] 2.3.3";
  static constexpr ndr::Alignment kAlignment = {4, 4};
  u32 low{}, high{};
  static Time of(FileTime time) { return {static_cast<u32>(time.value), static_cast<u32>(time.value >> 32)}; }
  FileTime time() const { return {u64{high} << 32 | low}; }
  static void ndr(auto& m, auto& n) {
    n("dwLowDateTime", m.low);
    n("dwHighDateTime", m.high);
  }
};

// PropertyTagArray_r: of property tags, or of Minimal Entry IDs.
template <class T>
struct NumberArray {
  static constexpr std::string_view kName = "PropertyTagArray_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.2.2";
  static constexpr ndr::Alignment kAlignment = {4, 4};
  u64 max_count = 0;
  wire::List<T> items;
  std::size_t size() const { return items.size(); }
  static void conformance(auto& m, auto& n) {
    std::size_t most = std::max<std::size_t>(m.max_count, m.items.size() + 1);
    n.number("max_count", most);
    n.set(m.max_count, most);
  }
  static void ndr(auto& m, auto& n) {
    std::size_t said = m.items.size();
    n.announced("cValues", u32{}, said);
    n.range(said, 0, kMaxCount + 1);
    n.varying(m.items, std::max<std::size_t>(m.max_count, m.items.size()));
    n.expect_length(said, m.items.size());
    n.elements("aulPropTag", m.items);
  }
};
using PropTagArray = NumberArray<mapi::PropTag>;
using MinimalIds = NumberArray<u32>;

// A count, and a pointer to that many.
template <class A>
struct Counted {
  static constexpr std::string_view kName = "counted array";
  static constexpr ndr::Alignment kAlignment = {4, 8};
  static constexpr bool kHasPointers = true;
  u32 count{};  // as it was announced; what is written is what the array has
  ndr::Pointer<A> array;
  std::size_t size() const { return array ? array->size() : 0; }
  static void fields(std::string_view count_name, std::string_view name, u32 most, auto& m, auto& n) {
    std::size_t said = m.array ? m.array->size() : m.count;
    n.announced(count_name, u32{}, said);
    n.range(said, 0, most);
    n(name, m.array);
    if (!n.is_following())
      n.set(m.count, said);
    else if (m.array)
      n.v().expect(m.count == m.array->size(), "a count that is not what its array says");
  }
  static void ndr(auto& m, auto& n) { fields("cValues", "lp", kMaxCount, m, n); }
};

struct Binary : Counted<ndr::Bytes> {
  static constexpr std::string_view kName = "Binary_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.2.3";
  static void ndr(auto& m, auto& n) { fields("cb", "lpb", kMaxBinary, m, n); }
};
struct BinaryArray : Counted<ndr::Array<Binary>> {
  static constexpr std::string_view kName = "BinaryArray_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.2.7";
  static void ndr(auto& m, auto& n) { fields("cValues", "lpbin", kMaxCount, m, n); }
};

// PropertyValue_r with its PROP_VAL_UNION. Which member counts depends on the tag's type.
struct PropertyValue {
  static constexpr std::string_view kName = "PropertyValue_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.2.12";
  static constexpr ndr::Alignment kAlignment = {4, 8};
  static constexpr bool kHasPointers = true;
  mapi::PropTag tag;
  u32 reserved{};
  union {
    Binary binary;
    i32 number;  // of PtypInteger16, PtypInteger32, PtypBoolean, and lReserved
    mapi::ErrorCode error;
    Time time;
    ndr::Pointer<ndr::String> text8;
    ndr::Pointer<ndr::WideString> text;
    ndr::Pointer<FlatUid> guid;
    Counted<ndr::Array<i16>> shorts;
    Counted<ndr::Array<i32>> longs;
    Counted<ndr::Array<ndr::Pointer<ndr::String>>> texts8;
    Counted<ndr::Array<ndr::Pointer<ndr::WideString>>> texts;
    Counted<ndr::Array<ndr::Pointer<FlatUid>>> guids;
    Counted<ndr::Array<Time>> times;
    BinaryArray binaries;
  };

  PropertyValue() : binary() {}
  static void ndr(auto& m, auto& n) {
    n("ulPropTag", m.tag);
    n("ulReserved", m.reserved);
    auto selector = static_cast<i32>(m.tag.type());
    n("switch", selector);
    n.expect(selector == static_cast<i32>(m.tag.type()), "a union whose switch is not the tag's type");
    n.union_arm(8);
    arm(m, n);
  }

 private:
  static void short_number(std::string_view name, auto& m, auto& n) {
    auto narrow = static_cast<i16>(m.number);
    n(name, narrow);
    n.set(m.number, i32{narrow});
  }
  static void arm(auto& m, auto& n) {
    using enum mapi::PropType;
    switch (m.tag.type()) {
      case integer16:
        return short_number("i", m, n);
      case boolean:
        return short_number("b", m, n);
      case integer32:
        return n("l", m.number);
      case null:
      case object:
        return n("lReserved", m.number);
      case error_code:
        return n("err", m.error);
      case time:
        return n("ft", m.time);
      case string8:
        return n("lpszA", m.text8);
      case string:
        return n("lpszW", m.text);
      case binary:
        return n("bin", m.binary);
      case guid:
        return n("lpguid", m.guid);
      case multiple_integer16:
        return n("MVi", m.shorts);
      case multiple_integer32:
        return n("MVl", m.longs);
      case multiple_string8:
        return n("MVszA", m.texts8);
      case multiple_string:
        return n("MVszW", m.texts);
      case multiple_binary:
        return n("MVbin", m.binaries);
      case multiple_guid:
        return n("MVguid", m.guids);
      case multiple_time:
        return n("MVft", m.times);
      default:
        return n.fail("a property type that PROP_VAL_UNION does not have");
    }
  }
};

struct PropertyRow : Counted<ndr::Array<PropertyValue>> {
  static constexpr std::string_view kName = "PropertyRow_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.3";
  u32 reserved{};
  static void ndr(auto& m, auto& n) {
    n("Reserved", m.reserved);
    fields("cValues", "lpProps", kMaxCount, m, n);
  }
};

// A count and, in the structure itself, that many.
template <class T>
struct Conformant {
  static constexpr bool kHasPointers = ndr::has_pointers<T>();
  static constexpr ndr::Alignment kAlignment = {4, 8};
  wire::List<T> items;
  std::size_t size() const { return items.size(); }
  static void conformance(auto& m, auto& n) { n.count("max_count", m.items); }
  static void fields(std::string_view count_name, std::string_view name, auto& m, auto& n) {
    n.length_of(count_name, u32{}, m.items.size());
    n.range(m.items.size(), 0, kMaxCount);
    n.elements(name, m.items);
  }
};

struct PropertyRowSet : Conformant<PropertyRow> {
  static constexpr std::string_view kName = "PropertyRowSet_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.4";
  static void ndr(auto& m, auto& n) { fields("cRows", "aRow", m, n); }
};
struct StringsArray : Conformant<ndr::Pointer<ndr::String>> {
  static constexpr std::string_view kName = "StringsArray_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.7.1";
  static void ndr(auto& m, auto& n) { fields("Count", "Strings", m, n); }
};
struct WStringsArray : Conformant<ndr::Pointer<ndr::WideString>> {
  static constexpr std::string_view kName = "WStringsArray_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.7.2";
  static void ndr(auto& m, auto& n) { fields("Count", "Strings", m, n); }
};

// PropertyName_r: a property by its set and number.
struct PropertyName {
  static constexpr std::string_view kName = "PropertyName_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.6.1";
  static constexpr ndr::Alignment kAlignment = {4, 8};
  static constexpr bool kHasPointers = true;
  ndr::Pointer<FlatUid> guid;
  u32 reserved{};
  i32 id{};
  static void ndr(auto& m, auto& n) {
    n("lpguid", m.guid);
    n("ulReserved", m.reserved);
    n("lID", m.id);
  }
};
struct PropertyNameSet : Conformant<PropertyName> {
  static constexpr std::string_view kName = "PropertyNameSet_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.6.2";
  static void ndr(auto& m, auto& n) { fields("cNames", "aNames", m, n); }
};

// mapi::RestrictType in 32 bits
struct RestrictionType {
  u32 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<RestrictionType>);

// Restriction_r with its RestrictionUnion_r. Which members count depends on `type`.
struct Restriction {
  static constexpr std::string_view kName = "Restriction_r";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.5";
  static constexpr ndr::Alignment kAlignment = {4, 8};
  static constexpr bool kHasPointers = true;
  RestrictionType type;
  u32 number{};                               // ulFuzzyLevel, relop, relBMR, ulReserved1, ulSubObject
  mapi::PropTag tag, tag2;                    // ulPropTag, ulPropTag1; ulPropTag2
  u32 operand{};                              // ulMask, cb, ulReserved2
  ndr::Pointer<PropertyValue> value;          // of content and property restrictions
  ndr::Pointer<Restriction> child;            // of not and sub-restrictions
  Counted<ndr::Array<Restriction>> children;  // of and, or

  static void ndr(auto& m, auto& n) {
    n("rt", m.type);
    u32 selector = m.type.value;
    n("switch", selector);
    n.expect(selector == m.type.value, "a union whose switch is not the restriction's type");
    n.union_arm(8);
    arm(m, n);
  }

 private:
  static void with_value(auto& m, auto& n) {
    n("ulPropTag", m.tag);
    n("lpProp", m.value);
  }
  static void with_operand(std::string_view last, auto& m, auto& n) {
    n("ulPropTag", m.tag);
    n(last, m.operand);
  }
  static void arm(auto& m, auto& n) {
    using enum mapi::RestrictType;
    switch (static_cast<mapi::RestrictType>(m.type.value)) {
      case and_:
      case or_:
        return decltype(children)::fields("cRes", "lpRes", kMaxCount, m.children, n);
      case not_:
        return n("lpRes", m.child);
      case content:
        n("ulFuzzyLevel", m.number);
        return with_value(m, n);
      case property:
        named<RelationalOperator>("relop", m.number, n);
        return with_value(m, n);
      case compare_properties:
        named<RelationalOperator>("relop", m.number, n);
        n("ulPropTag1", m.tag);
        return n("ulPropTag2", m.tag2);
      case bit_mask:
        named<BitMaskOperator>("relBMR", m.number, n);
        return with_operand("ulMask", m, n);
      case size:
        named<RelationalOperator>("relop", m.number, n);
        return with_operand("cb", m, n);
      case exist:
        n("ulReserved1", m.number);
        return with_operand("ulReserved2", m, n);
      case sub_object:
        n("ulSubObject", m.number);
        return n("lpRes", m.child);
      default:
        return n.fail("a restriction that RestrictionUnion_r does not have");
    }
  }
};

// STAT: where in which table, and how it is sorted. The same 36 bytes in NDR and in MAPI over HTTP.
struct Stat {
  static constexpr std::string_view kName = "STAT";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.8";
  static constexpr ndr::Alignment kAlignment = {4, 4};
  u32 sort_type{}, container_id{}, current_record{};
  i32 delta{};
  u32 position{}, total_records{};  // NumPos, TotalRecs
  u32 code_page{}, template_locale{}, sort_locale{};
  static void ndr(auto& m, auto& n) {
    named<SortType>("SortType", m.sort_type, n);
    named<ContainerId>("ContainerID", m.container_id, n);
    named<CurrentRecord>("CurrentRec", m.current_record, n);
    n("Delta", m.delta);
    n("NumPos", m.position);
    n("TotalRecs", m.total_records);
    named<CodePage>("CodePage", m.code_page, n);
    named<Locale>("TemplateLocale", m.template_locale, n);
    named<Locale>("SortLocale", m.sort_locale, n);
  }
  static void fields(auto& m, auto& v) { ndr(m, v); }
};

}  // namespace ropewalk::nspi
