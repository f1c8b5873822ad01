#include "mapi/prop_tag.h"

#include <array>

#include "base/hex.h"
#include "mapi/property_names.h"

namespace ropewalk::mapi {
namespace {

struct TypeRow {
  PropType type;
  u8 width;  // 0: variable
  std::string_view name;
};

constexpr TypeRow kTypes[] = {
    {PropType::unspecified, 0, "PtypUnspecified"},
    {PropType::null, 0, "PtypNull"},
    {PropType::integer16, 2, "PtypInteger16"},
    {PropType::integer32, 4, "PtypInteger32"},
    {PropType::floating32, 4, "PtypFloating32"},
    {PropType::floating64, 8, "PtypFloating64"},
    {PropType::currency, 8, "PtypCurrency"},
    {PropType::floating_time, 8, "PtypFloatingTime"},
    {PropType::error_code, 4, "PtypErrorCode"},
    {PropType::boolean, 1, "PtypBoolean"},
    {PropType::object, 0, "PtypObject"},
    {PropType::integer64, 8, "PtypInteger64"},
    {PropType::string8, 0, "PtypString8"},
    {PropType::string, 0, "PtypString"},
    {PropType::time, 8, "PtypTime"},
    {PropType::guid, 16, "PtypGuid"},
    {PropType::server_id, 0, "PtypServerId"},
    {PropType::restriction, 0, "PtypRestriction"},
    {PropType::rule_action, 0, "PtypRuleAction"},
    {PropType::binary, 0, "PtypBinary"},
    {PropType::multiple_integer16, 0, "PtypMultipleInteger16"},
    {PropType::multiple_integer32, 0, "PtypMultipleInteger32"},
    {PropType::multiple_floating32, 0, "PtypMultipleFloating32"},
    {PropType::multiple_floating64, 0, "PtypMultipleFloating64"},
    {PropType::multiple_currency, 0, "PtypMultipleCurrency"},
    {PropType::multiple_floating_time, 0, "PtypMultipleFloatingTime"},
    {PropType::multiple_integer64, 0, "PtypMultipleInteger64"},
    {PropType::multiple_string8, 0, "PtypMultipleString8"},
    {PropType::multiple_string, 0, "PtypMultipleString"},
    {PropType::multiple_time, 0, "PtypMultipleTime"},
    {PropType::multiple_guid, 0, "PtypMultipleGuid"},
    {PropType::multiple_binary, 0, "PtypMultipleBinary"},
};

const TypeRow* find_type(PropType type) {
  auto plain = static_cast<PropType>(static_cast<u16>(type) & ~kMultiValueInstance);
  for (const TypeRow& row : kTypes)
    if (row.type == plain) return &row;
  return nullptr;
}

}  // namespace

std::size_t fixed_width(PropType type) {
  const TypeRow* row = find_type(type);
  return row == nullptr ? 0 : row->width;
}

std::string_view type_name(PropType type) {
  const TypeRow* row = find_type(type);
  return row == nullptr ? std::string_view{} : row->name;
}

std::string PropTag::to_string() const {
  const PropertyInfo* info = is_named() ? nullptr : find_property_tag(value);
  return info != nullptr ? std::string(info->name) : hex_number(value, 8);
}

const wire::TypeInfo& wire_type(std::type_identity<PropType>) {
  static constexpr wire::TypeInfo info{
      "PropertyType", 2, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) { out += type_name(static_cast<PropType>(raw)); },
      [](wire::Random& random) -> u64 { return static_cast<u16>(kTypes[random.below(std::size(kTypes))].type); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<PropTag>) {
  static constexpr wire::TypeInfo info{
      "PropertyTag", 4, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) {
        PropTag tag(static_cast<u32>(raw));
        out += tag.to_string();
        out += ", ";
        out += type_name(tag.type());
      },
      [](wire::Random& random) -> u64 {
        auto properties = property_catalogue();
        for (;;) {
          const PropertyInfo& property = properties[random.below(properties.size())];
          auto type = static_cast<PropType>(property.type);
          if (property.kind == PropertyKind::tag && find_type(type) != nullptr && type != PropType::unspecified)
            return property.tag();
        }
      }};
  return info;
}

}  // namespace ropewalk::mapi
