// How values, restrictions and rows stand on the wire: [MS-OXCDATA] 2.8, 2.11 and 2.12.
#pragma once

#include "mapi/restriction.h"
#include "mapi/rule_actions.h"
#include "mapi/value.h"

namespace ropewalk::mapi {

// "[3]": the name of an element, made only where somebody looks.
struct ElementName {
  std::size_t index;
  std::string field_name() const { return "[" + std::to_string(index) + "]"; }
};

namespace detail {

inline u64 wire_number(FileTime time) { return time.value; }
inline u64 wire_number(float x) { return std::bit_cast<u32>(x); }
inline u64 wire_number(double x) { return std::bit_cast<u64>(x); }
inline u64 wire_number(ErrorCode x) { return static_cast<u32>(x); }
template <class T>
requires std::is_integral_v<T> u64 wire_number(T x) { return static_cast<u64>(static_cast<i64>(x)); }

// Reads or writes m.number as a T.
template <class T>
[[gnu::always_inline]] inline void number_field(const auto& name, auto& m, auto& v) {
  T x;
  if constexpr (std::is_same_v<T, FileTime>)
    x.value = m.number;
  else if constexpr (std::is_floating_point_v<T>)
    x = std::bit_cast<T>(static_cast<wire::Raw<T>>(m.number));
  else
    x = static_cast<T>(m.number);
  v(name, x);
  v.set(m.number, wire_number(x));
}

template <class T>
[[gnu::always_inline]] inline void text_field(const auto& name, auto& m, auto& v) {
  T text{m.bytes};
  v(name, text);
  v.set(m.bytes, text.bytes);
}

void bytes_field(const auto& name, auto& m, auto& v) {
  v.group(name, "counted bytes", [&] {
    auto bytes = m.bytes;
    if (wire::context<WideCounts>(v) != nullptr)
      v("COUNT", wire::count_of<u32>(bytes));
    else
      v("COUNT", wire::count_of<u16>(bytes));
    v("Bytes", bytes);
    v.set(m.bytes, bytes);
  });
}

void guid_field(const auto& name, auto& m, auto& v) {
  Guid guid;
  if (m.bytes.size() == 16) std::memcpy(guid.bytes.data(), m.bytes.data(), 16);
  v(name, guid);
  v.keep_guid(m.bytes, guid);
}

}  // namespace detail

void rare_value_fields(const auto& name, PropType type, auto& m, auto& v);

// The value of a property of type `type`. Empty types (PtypNull, PtypObject, PtypUnspecified) take no bytes. Inlined,
// for it is the inner loop of every table's rows.
[[gnu::always_inline]] inline void value_fields(const auto& name, PropType type, auto& m, auto& v) {
  switch (type) {
    case PropType::string:
      return detail::text_field<wire::String16>(name, m, v);
    case PropType::integer32:
      return detail::number_field<i32>(name, m, v);
    case PropType::integer64:
      return detail::number_field<i64>(name, m, v);
    case PropType::time:
      return detail::number_field<FileTime>(name, m, v);
    case PropType::boolean:
      return detail::number_field<u8>(name, m, v);
    case PropType::binary:
      return detail::bytes_field(name, m, v);
    case PropType::error_code:
      return detail::number_field<ErrorCode>(name, m, v);
    default:
      return rare_value_fields(name, type, m, v);
  }
}

// The types that value_fields() leaves.
void rare_value_fields(const auto& name, PropType type, auto& m, auto& v) {
  switch (type) {
    case PropType::currency:
      return detail::number_field<i64>(name, m, v);
    case PropType::server_id:
      return detail::bytes_field(name, m, v);
    case PropType::string8:
      return detail::text_field<wire::String8>(name, m, v);
    case PropType::integer16:
      return detail::number_field<i16>(name, m, v);
    case PropType::floating32:
      return detail::number_field<float>(name, m, v);
    case PropType::floating64:
    case PropType::floating_time:
      return detail::number_field<double>(name, m, v);
    case PropType::guid:
      return detail::guid_field(name, m, v);
    case PropType::unspecified:
    case PropType::null:
    case PropType::object:
      return;
    case PropType::restriction:
      v.make(m.restriction);
      if (v.ok()) v(name, *m.restriction);
      return;
    case PropType::rule_action:
      v.make(m.actions);
      if (v.ok()) v(name, *m.actions);
      return;
    default:
      break;
  }
  auto plain = static_cast<PropType>(static_cast<u16>(type) & ~kMultiValueInstance);
  if (plain != type && !is_multiple(plain)) return value_fields(name, plain, m, v);
  if (plain != type) return value_fields(name, base_type(type), m, v);  // a column's single value of many
  if (!is_multiple(type) || type_name(type).empty()) return v.fail("a property type that no specification defines");
  v.group(name, type_name(type), [&] {
    auto items = m.items;
    v("COUNT", wire::count_of<u32>(items));
    v.set(m.items, items);
    for (std::size_t i = 0; i < items.size() && v.ok(); ++i) value_fields(ElementName{i}, base_type(type), items[i], v);
  });
}

// [MS-OXCDATA] 2.11.4 TaggedPropertyValue.
struct TaggedPropertyValue : Property {
  static constexpr std::string_view kName = "TaggedPropertyValue";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.11.4";
  static void fields(auto& m, auto& v) {
    v("PropertyTag", m.tag);
    value_fields("PropertyValue", m.tag.type(), m.value, v);
  }
};

// [MS-OXCDATA] 2.11.3 TypedPropertyValue.
struct TypedPropertyValue {
  static constexpr std::string_view kName = "TypedPropertyValue";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.11.3";
  PropType type{};
  Value value;
  static void fields(auto& m, auto& v) {
    v("PropertyType", m.type);
    value_fields("PropertyValue", m.type, m.value, v);
  }
};

// The columns that shape rows: what an earlier RopSetColumns, or the request, named.
struct RowColumns {
  std::span<const PropTag> tags;
};

// [MS-OXCDATA] 2.11.5: what a cell of a flagged row holds.
enum class CellFlag : u8 { value = 0x00, absent = 0x01, error = 0x0A };
const wire::TypeInfo& wire_type(std::type_identity<CellFlag>);

// One cell of a row. `type` is the column's, or for a column of PtypUnspecified the value's own.
struct PropertyCell {
  PropTag column;
  PropType type{};
  CellFlag flag{};
  Value value;
  static PropertyCell of(PropTag column, const Value& value) { return {column, column.type(), CellFlag::value, value}; }
  static PropertyCell error(PropTag column, ErrorCode code) {
    return {column, column.type(), CellFlag::error, Value::of(code)};
  }
};

// [MS-OXCDATA] 2.8.1 PropertyRow: StandardPropertyRow (Flag 0x00) or FlaggedPropertyRow (Flag 0x01). Needs RowColumns.
struct PropertyRow {
  static constexpr std::string_view kName = "PropertyRow";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.8.1";
  u8 flag{};
  wire::List<PropertyCell> cells;

  // The flag that `cells` need: 1 if any of them holds no value.
  static PropertyRow of(std::span<PropertyCell> cells) {
    u8 flag = 0;
    for (const PropertyCell& cell : cells) flag |= cell.flag != CellFlag::value;
    return {flag, cells};
  }

  [[gnu::always_inline]] static void fields(auto& m, auto& v) {
    auto* columns = wire::context<RowColumns>(v);
    if (columns == nullptr) return v.fail("the columns of this row are not known");
    v("Flag", m.flag);
    v.resize(m.cells, columns->tags.size());
    for (std::size_t i = 0; i < m.cells.size() && v.ok(); ++i) {
      auto& cell = m.cells[i];
      v.set(cell.column, columns->tags[i]);
      v.set(cell.type, columns->tags[i].type());
      if (columns->tags[i].type() == PropType::unspecified) v("PropertyType", cell.type);
      if (m.flag != 0) v("Flag", cell.flag);
      PropertyFieldName name{columns->tags[i]};
      if (cell.flag == CellFlag::value)
        value_fields(name, cell.type, cell.value, v);
      else if (cell.flag == CellFlag::error)
        value_fields(name, PropType::error_code, cell.value, v);
      else if (cell.flag != CellFlag::absent)
        v.fail("a cell's flag is neither value, absent nor error");
    }
  }
};

// [MS-OXCDATA] 2.12 restrictions.
void Restriction::fields(auto& m, auto& v) {
  v("RestrictType", m.type);
  v.nest([&] {
    switch (m.type) {
      case RestrictType::and_:
      case RestrictType::or_:
        if (wire::context<WideCounts>(v) != nullptr)
          v("RestrictCount", wire::count_of<u32>(m.children));
        else
          v("RestrictCount", wire::count_of<u16>(m.children));
        v("Restricts", m.children);
        return;
      case RestrictType::not_:
        v.one("Restriction", m.children);
        return;
      case RestrictType::content:
        v("FuzzyLevelLow", m.fuzzy_level_low);
        v("FuzzyLevelHigh", m.fuzzy_level_high);
        v("PropertyTag", m.tag);
        v.one("TaggedValue", m.values);
        return;
      case RestrictType::property:
        v("RelOp", m.relop);
        v("PropTag", m.tag);
        v.one("TaggedValue", m.values);
        return;
      case RestrictType::compare_properties:
        v("RelOp", m.relop);
        v("PropTag1", m.tag);
        v("PropTag2", m.tag2);
        return;
      case RestrictType::bit_mask:
        v("BitmapRelOp", m.bit_mask_relop);
        v("PropTag", m.tag);
        v("Mask", m.number);
        return;
      case RestrictType::size:
        v("RelOp", m.relop);
        v("PropTag", m.tag);
        v("Size", m.number);
        return;
      case RestrictType::exist:
        v("PropTag", m.tag);
        return;
      case RestrictType::sub_object:
        v("Subobject", m.tag);
        v.one("Restriction", m.children);
        return;
      case RestrictType::comment:
      case RestrictType::annotation:
        v("TaggedValuesCount", wire::count_of<u8>(m.values));
        v("TaggedValues", m.values);
        v("RestrictionPresent", m.present);
        if (m.present != 0) v.one("Restriction", m.children);
        return;
      case RestrictType::count:
        v("Count", m.number);
        v.one("SubRestriction", m.children);
        return;
      case RestrictType::null:
        return;
    }
    v.fail("RestrictType is none of the 14 kinds");
  });
}

}  // namespace ropewalk::mapi
