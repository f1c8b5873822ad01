#include "mapi/value.h"

#include <algorithm>
#include <utility>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/value_fields.h"
#include "wire/describe.h"

namespace ropewalk::mapi {
namespace {

template <class E>
struct Named {
  E value;
  std::string_view name;
};

template <class E, std::size_t N>
void append_name(const Named<E> (&names)[N], u64 raw, std::string& out) {
  for (const auto& row : names)
    if (static_cast<u64>(row.value) == raw) out += row.name;
}

constexpr Named<RestrictType> kRestrictTypes[] = {
    {RestrictType::and_, "AndRestriction"},
    {RestrictType::or_, "OrRestriction"},
    {RestrictType::not_, "NotRestriction"},
    {RestrictType::sub_object, "SubObjectRestriction"},
    {RestrictType::comment, "CommentRestriction"},
    {RestrictType::count, "CountRestriction"},
    {RestrictType::annotation, "AnnotationRestriction"},
    {RestrictType::content, "ContentRestriction"},
    {RestrictType::property, "PropertyRestriction"},
    {RestrictType::compare_properties, "ComparePropertiesRestriction"},
    {RestrictType::bit_mask, "BitMaskRestriction"},
    {RestrictType::size, "SizeRestriction"},
    {RestrictType::exist, "ExistRestriction"},
    {RestrictType::null, "NullRestriction"},
};
constexpr std::size_t kBranching = 7;  // the first of them have children

constexpr Named<RelOp> kRelOps[] = {
    {RelOp::lt, "RelationalOperatorLessThan"},    {RelOp::le, "RelationalOperatorLessThanOrEqual"},
    {RelOp::gt, "RelationalOperatorGreaterThan"}, {RelOp::ge, "RelationalOperatorGreaterThanOrEqual"},
    {RelOp::eq, "RelationalOperatorEqual"},       {RelOp::ne, "RelationalOperatorNotEqual"},
    {RelOp::re, "RelationalOperatorRegEx"},       {RelOp::member_of_dl, "RelationalOperatorMemberOfDL"},
};

constexpr Named<BitMaskRelOp> kBitMaskRelOps[] = {{BitMaskRelOp::eqz, "BMR_EQZ"}, {BitMaskRelOp::nez, "BMR_NEZ"}};
constexpr Named<CellFlag> kCellFlags[] = {
    {CellFlag::value, "value"}, {CellFlag::absent, "absent"}, {CellFlag::error, "error"}};

wire::List<Value> copy_items(PropType type, const wire::List<Value>& items, Arena& arena) {
  auto copies = arena.make<Value>(items.size());
  for (std::size_t i = 0; i < copies.size(); ++i) copies[i] = copy_value(type, items[i], arena);
  return copies;
}

void copy_restriction_into(const Restriction& from, Restriction& to, Arena& arena) {
  to = from;
  auto children = arena.make<Restriction>(from.children.size());
  for (std::size_t i = 0; i < children.size(); ++i) copy_restriction_into(from.children[i], children[i], arena);
  to.children = children;
  auto values = arena.make<TaggedPropertyValue>(from.values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].tag = from.values[i].tag;
    values[i].value = copy_value(from.values[i].tag.type(), from.values[i].value, arena);
  }
  to.values = values;
}

Restriction* copy_restriction(const Restriction& from, Arena& arena) {
  auto made = arena.make<Restriction>(1);
  if (made.empty()) return nullptr;
  copy_restriction_into(from, made[0], arena);
  return made.data();
}

}  // namespace

RuleActions* copy_rule_actions(const RuleActions& from, Arena& arena) {
  auto made = arena.make<RuleActions>(1);
  auto blocks = arena.make<ActionBlock>(from.blocks.size());
  if (made.empty()) return nullptr;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    blocks[i] = from.blocks[i];
    blocks[i].action_data = arena.copy(from.blocks[i].action_data);
  }
  made[0].blocks = blocks;
  return made.data();
}

const wire::TypeInfo& wire_type(std::type_identity<RestrictType>) {
  static constexpr wire::TypeInfo info{"RestrictType", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { append_name(kRestrictTypes, raw, out); },
                                       [](wire::Random& random) -> u64 {
                                         std::size_t leaves = std::size(kRestrictTypes) - kBranching;
                                         std::size_t pick = random.depth > 3 ? kBranching + random.below(leaves)
                                                                             : random.below(std::size(kRestrictTypes));
                                         return static_cast<u8>(kRestrictTypes[pick].value);
                                       }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<RelOp>) {
  static constexpr wire::TypeInfo info{
      "RelOp", 1, wire::Form::unsigned_number, [](u64 raw, std::string& out) { append_name(kRelOps, raw, out); },
      [](wire::Random& random) -> u64 { return static_cast<u8>(kRelOps[random.below(std::size(kRelOps))].value); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<BitMaskRelOp>) {
  static constexpr wire::TypeInfo info{"BitmapRelOp", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { append_name(kBitMaskRelOps, raw, out); },
                                       [](wire::Random& random) -> u64 { return random.below(2); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<CellFlag>) {
  static constexpr wire::TypeInfo info{"Flag", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { append_name(kCellFlags, raw, out); },
                                       [](wire::Random& random) -> u64 {
                                         return static_cast<u8>(kCellFlags[random.below(std::size(kCellFlags))].value);
                                       }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<ErrorCode>) {
  static constexpr wire::TypeInfo info{
      "ErrorCode", 4, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) { out += name(static_cast<ErrorCode>(static_cast<u32>(raw))); },
      [](wire::Random& random) -> u64 { return random.chance(60) ? 0 : 0x8004010F; }};
  return info;
}

ByteView utf16_in(Arena& arena, std::string_view utf8) { return arena.copy(ByteView(utf8_to_utf16(utf8))); }

std::string text_of_value(PropType type, const Value& value, u32 code_page) {
  if (type == PropType::string) return utf16_to_utf8(value.bytes);
  if (type == PropType::string8) return string8_to_utf8(value.bytes, code_page);
  return {};
}

Value copy_value(PropType type, const Value& value, Arena& arena) {
  if (is_multiple(type)) return Value::of(copy_items(base_type(type), value.items, arena));
  switch (type) {
    case PropType::string8:
    case PropType::string:
    case PropType::binary:
    case PropType::server_id:
    case PropType::object:
    case PropType::guid:
      return Value::of(arena.copy(value.bytes));
    case PropType::restriction: {
      Value copy;
      copy.restriction = value.restriction == nullptr ? nullptr : copy_restriction(*value.restriction, arena);
      return copy;
    }
    case PropType::rule_action: {
      Value copy;
      copy.actions = value.actions == nullptr ? nullptr : copy_rule_actions(*value.actions, arena);
      return copy;
    }
    default:
      return value;
  }
}

bool equal_values(PropType type, const Value& a, const Value& b) {
  if (is_multiple(type)) {
    if (a.items.size() != b.items.size()) return false;
    for (std::size_t i = 0; i < a.items.size(); ++i)
      if (!equal_values(base_type(type), a.items[i], b.items[i])) return false;
    return true;
  }
  switch (type) {
    case PropType::string8:
    case PropType::string:
    case PropType::binary:
    case PropType::server_id:
    case PropType::object:
    case PropType::guid:
      return std::ranges::equal(a.bytes, b.bytes);
    case PropType::restriction:
    case PropType::rule_action: {
      wire::OutBuffer x, y;
      wire::encode(TypedPropertyValue{type, a}, x);
      wire::encode(TypedPropertyValue{type, b}, y);
      return std::ranges::equal(x.view(), y.view());
    }
    default:
      return a.number == b.number;
  }
}

}  // namespace ropewalk::mapi
