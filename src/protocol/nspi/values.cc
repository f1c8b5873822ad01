#include "protocol/nspi/values.h"

#include "mapi/value_fields.h"

namespace ropewalk::nspi {
namespace {

using mapi::Property;
using mapi::PropType;
using mapi::RestrictType;
using mapi::Value;

constexpr int kMostLevels = 80;  // a few more than are evaluated

// ---- from NDR ----

template <class A, class F>
Value list_of(const A& counted, Arena& arena, F&& item) {
  auto items = arena.make<Value>(counted.size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = item(counted.array->items[i]);
  return Value::of(wire::List<Value>(items));
}

Value number_of(i64 number) { return Value::of(number); }
Value bytes_of_binary(const nspi::Binary& binary) { return Value::of(binary.array ? binary.array->bytes : ByteView()); }
Value text_of_pointer(const auto& text) { return Value::of(text ? text->text.bytes : ByteView()); }
Value guid_of_pointer(const ndr::Pointer<nspi::FlatUid>& uid) {
  return Value::of(uid ? ByteView(uid->uid.bytes) : ByteView());
}

Value value_of(const nspi::PropertyValue& from, Arena& arena) {
  auto number = [](auto n) { return number_of(n); };
  switch (from.tag.type()) {
    case PropType::error_code:
      return Value::of(from.error);
    case PropType::time:
      return Value::of(from.time.time());
    case PropType::string8:
      return text_of_pointer(from.text8);
    case PropType::string:
      return text_of_pointer(from.text);
    case PropType::binary:
      return bytes_of_binary(from.binary);
    case PropType::guid:
      return guid_of_pointer(from.guid);
    case PropType::multiple_integer16:
      return list_of(from.shorts, arena, number);
    case PropType::multiple_integer32:
      return list_of(from.longs, arena, number);
    case PropType::multiple_string8:
      return list_of(from.texts8, arena, [](const auto& text) { return text_of_pointer(text); });
    case PropType::multiple_string:
      return list_of(from.texts, arena, [](const auto& text) { return text_of_pointer(text); });
    case PropType::multiple_binary:
      return list_of(from.binaries, arena, bytes_of_binary);
    case PropType::multiple_guid:
      return list_of(from.guids, arena, guid_of_pointer);
    case PropType::multiple_time:
      return list_of(from.times, arena, [](const nspi::Time& time) { return Value::of(time.time()); });
    default:
      return number_of(from.number);
  }
}

bool copy_restriction(const nspi::Restriction& from, mapi::Restriction& to, int level, Arena& arena);

bool copy_children(std::span<const nspi::Restriction> from, mapi::Restriction& to, int level, Arena& arena) {
  auto children = arena.make<mapi::Restriction>(from.size());
  if (children.size() != from.size()) return false;
  for (std::size_t i = 0; i < from.size(); ++i)
    if (!copy_restriction(from[i], children[i], level + 1, arena)) return false;
  to.children = children;
  return true;
}

bool copy_restriction(const nspi::Restriction& from, mapi::Restriction& to, int level, Arena& arena) {
  if (level > kMostLevels) return false;
  to.type = static_cast<RestrictType>(from.type.value);
  to.tag = from.tag;
  to.tag2 = from.tag2;
  to.number = from.operand;
  to.relop = static_cast<mapi::RelOp>(from.number);
  switch (to.type) {
    case RestrictType::and_:
    case RestrictType::or_:
      return !from.children.array || copy_children(from.children.array->items.span(), to, level, arena);
    case RestrictType::sub_object:
      to.tag = mapi::PropTag(from.number);
      [[fallthrough]];
    case RestrictType::not_:
      return !from.child || copy_children({from.child.target, 1}, to, level, arena);
    case RestrictType::bit_mask:
      to.bit_mask_relop = static_cast<mapi::BitMaskRelOp>(from.number);
      return true;
    case RestrictType::content:
      to.fuzzy_level_low = static_cast<u16>(from.number);
      to.fuzzy_level_high = static_cast<u16>(from.number >> 16);
      break;
    case RestrictType::property:
      break;
    default:
      return true;
  }
  if (!from.value) return true;  // check_restriction() finds it missing
  auto value = arena.make<mapi::TaggedPropertyValue>(1);
  if (value.empty()) return false;
  static_cast<Property&>(value[0]) = property_of(*from.value, arena);
  to.values = value;
  return true;
}

// ---- to NDR ----

template <class T>
ndr::Pointer<T> pointer_to(const T& value, Arena& arena) {
  auto made = arena.make<T>(1);
  if (made.empty()) return {};
  made[0] = value;
  return ndr::Pointer<T>::to(made[0]);
}

nspi::Binary binary_of(ByteView bytes, Arena& arena) {
  nspi::Binary binary;
  binary.count = static_cast<u32>(bytes.size());
  if (!bytes.empty()) binary.array = pointer_to(ndr::Bytes{bytes}, arena);
  return binary;
}
ndr::Pointer<ndr::String> text8_of(ByteView text, Arena& arena) { return pointer_to(ndr::String{0, {text}}, arena); }
ndr::Pointer<ndr::WideString> text16_of(ByteView text, Arena& arena) {
  return pointer_to(ndr::WideString{0, {text}}, arena);
}
ndr::Pointer<nspi::FlatUid> uid_of(ByteView bytes, Arena& arena) {
  nspi::FlatUid uid;
  if (bytes.size() == 16) std::memcpy(uid.uid.bytes.data(), bytes.data(), 16);
  return pointer_to(uid, arena);
}

// `counted` gets an array of what `item` makes of the values.
template <class C, class F>
void fill(C& counted, const Value& value, Arena& arena, F&& item) {
  using Item = std::invoke_result_t<F, const Value&>;
  auto items = arena.make<Item>(value.items.size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = item(value.items[i]);
  counted = {};
  counted.count = static_cast<u32>(items.size());
  ndr::Array<Item> array;
  array.items = items;
  counted.array = pointer_to(array, arena);
}

void fill_many(nspi::PropertyValue& to, const Value& value, Arena& arena) {
  switch (to.tag.type()) {
    case PropType::multiple_integer16:
      return fill(to.shorts, value, arena, [](const Value& v) { return static_cast<i16>(v.number); });
    case PropType::multiple_integer32:
      return fill(to.longs, value, arena, [](const Value& v) { return v.integer32(); });
    case PropType::multiple_string8:
      return fill(to.texts8, value, arena, [&](const Value& v) { return text8_of(v.bytes, arena); });
    case PropType::multiple_string:
      return fill(to.texts, value, arena, [&](const Value& v) { return text16_of(v.bytes, arena); });
    case PropType::multiple_binary:
      return fill(to.binaries, value, arena, [&](const Value& v) { return binary_of(v.bytes, arena); });
    case PropType::multiple_guid:
      return fill(to.guids, value, arena, [&](const Value& v) { return uid_of(v.bytes, arena); });
    case PropType::multiple_time:
      return fill(to.times, value, arena, [](const Value& v) { return nspi::Time::of(v.time()); });
    default:
      return;
  }
}

void write_restriction(const mapi::Restriction& from, nspi::Restriction& to, Arena& arena) {
  to.type.value = static_cast<u32>(from.type);
  to.tag = from.tag;
  to.tag2 = from.tag2;
  to.operand = from.number;
  to.number = static_cast<u32>(from.relop);
  auto children = arena.make<nspi::Restriction>(from.children.size());
  for (std::size_t i = 0; i < children.size(); ++i) write_restriction(from.children[i], children[i], arena);
  switch (from.type) {
    case RestrictType::and_:
    case RestrictType::or_: {
      to.children.count = static_cast<u32>(children.size());
      ndr::Array<nspi::Restriction> array;
      array.items = children;
      to.children.array = pointer_to(array, arena);
      return;
    }
    case RestrictType::sub_object:
      to.number = from.tag.value;
      [[fallthrough]];
    case RestrictType::not_:
      if (!children.empty()) to.child = ndr::Pointer<nspi::Restriction>::to(children[0]);
      return;
    case RestrictType::bit_mask:
      to.number = static_cast<u32>(from.bit_mask_relop);
      return;
    case RestrictType::content:
      to.number = u32{from.fuzzy_level_high} << 16 | from.fuzzy_level_low;
      break;
    case RestrictType::exist:
      to.number = to.operand = 0;  // reserved
      return;
    default:
      break;
  }
  if (from.values.size() == 1) to.value = pointer_to(nspi_value(from.values[0], arena), arena);
}

template <class T>
ndr::Pointer<nspi::NumberArray<T>> numbers(std::span<const T> from, Arena& arena) {
  nspi::NumberArray<T> array;
  auto items = arena.make<T>(from.size());
  if (items.size() != from.size()) return {};
  std::ranges::copy(from, items.begin());
  array.items = items;
  return pointer_to(array, arena);
}

}  // namespace

Property property_of(const nspi::PropertyValue& value, Arena& arena) { return {value.tag, value_of(value, arena)}; }

std::vector<Property> properties_of(const nspi::PropertyRow& row, Arena& arena) {
  std::vector<Property> properties;
  if (!row.array) return properties;
  for (const nspi::PropertyValue& value : row.array->items) properties.push_back(property_of(value, arena));
  return properties;
}

std::optional<mapi::Restriction> restriction_of(const nspi::Restriction& restriction, Arena& arena) {
  mapi::Restriction made;
  return copy_restriction(restriction, made, 0, arena) ? std::optional(made) : std::nullopt;
}

std::optional<std::span<const mapi::PropTag>> columns_of(const ndr::Pointer<nspi::PropTagArray>& tags) {
  return tags ? std::optional(tags->items.span()) : std::nullopt;
}

nspi::PropertyValue nspi_value(const Property& property, Arena& arena) {
  nspi::PropertyValue to;
  to.tag = property.tag;
  const Value& value = property.value;
  switch (property.tag.type()) {
    case PropType::error_code:
      to.error = static_cast<mapi::ErrorCode>(value.number);
      break;
    case PropType::time:
      to.time = nspi::Time::of(value.time());
      break;
    case PropType::string8:
      to.text8 = text8_of(value.bytes, arena);
      break;
    case PropType::string:
      to.text = text16_of(value.bytes, arena);
      break;
    case PropType::binary:
      to.binary = binary_of(value.bytes, arena);
      break;
    case PropType::guid:
      to.guid = uid_of(value.bytes, arena);
      break;
    case PropType::null:
    case PropType::object:
      to.number = 0;  // [MS-OXNSPI] 2.2.2.11: lReserved
      break;
    default:
      if (mapi::is_multiple(property.tag.type()))
        fill_many(to, value, arena);
      else
        to.number = value.integer32();
  }
  return to;
}

nspi::PropertyRow nspi_row(std::span<const Property> cells, Arena& arena) {
  nspi::PropertyRow row;
  auto values = arena.make<nspi::PropertyValue>(cells.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = nspi_value(cells[i], arena);
  row.count = static_cast<u32>(values.size());
  ndr::Array<nspi::PropertyValue> array;
  array.items = values;
  if (!values.empty()) row.array = pointer_to(array, arena);
  return row;
}

ndr::Pointer<nspi::PropertyRowSet> nspi_rows(std::span<const std::span<const Property>> rows, Arena& arena) {
  nspi::PropertyRowSet set;
  auto made = arena.make<nspi::PropertyRow>(rows.size());
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = nspi_row(rows[i], arena);
  set.items = made;
  return pointer_to(set, arena);
}

ndr::Pointer<nspi::MinimalIds> nspi_ids(std::span<const u32> ids, Arena& arena) { return numbers(ids, arena); }
ndr::Pointer<nspi::PropTagArray> nspi_tags(std::span<const mapi::PropTag> tags, Arena& arena) {
  return numbers(tags, arena);
}

ndr::Pointer<nspi::Restriction> nspi_restriction(const mapi::Restriction& restriction, Arena& arena) {
  auto made = arena.make<nspi::Restriction>(1);
  if (made.empty()) return {};
  write_restriction(restriction, made[0], arena);
  return ndr::Pointer<nspi::Restriction>::to(made[0]);
}

}  // namespace ropewalk::nspi
