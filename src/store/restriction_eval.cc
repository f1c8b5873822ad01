#include "store/restriction_eval.h"

#include <algorithm>
#include <bit>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/property_tags.h"
#include "mapi/value_fields.h"
#include "store/packed.h"
#include "store/text_key.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::PropTag;
using mapi::PropType;
using mapi::RelOp;
using mapi::Restriction;
using mapi::RestrictType;
using mapi::Value;

bool is_text(PropType type) { return type == PropType::string || type == PropType::string8; }

// The value as UTF-16LE text: string8 of restrictions and properties is read in the Western code page.
ByteView as_utf16(PropType type, const Value& value, Arena& arena) {
  if (type == PropType::string) return value.bytes;
  return mapi::utf16_in(arena, mapi::string8_to_utf8(value.bytes, 1252));
}

int order(auto a, auto b) { return a < b ? -1 : b < a ? 1 : 0; }

int compare_bytes(ByteView a, ByteView b) {
  const std::size_t shared = std::min(a.size(), b.size());
  const int head = shared == 0 ? 0 : std::memcmp(a.data(), b.data(), shared);
  return head != 0 ? head : order(a.size(), b.size());
}

int compare_texts(ByteView a, ByteView b) {
  thread_local std::vector<u8> x, y;
  x.clear();
  y.clear();
  append_sort_key(a, x);
  append_sort_key(b, y);
  return compare_bytes(x, y);
}

// Text equality is exact but for case: it does not look through a sort key's shortened eyes.
bool equal_texts(ByteView a, ByteView b) {
  if (a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0)) return true;
  return fold_text(a) == fold_text(b);
}

bool holds(RelOp op, int order_of_left) {
  switch (op) {
    case RelOp::lt:
      return order_of_left < 0;
    case RelOp::le:
      return order_of_left <= 0;
    case RelOp::gt:
      return order_of_left > 0;
    case RelOp::ge:
      return order_of_left >= 0;
    case RelOp::eq:
      return order_of_left == 0;
    case RelOp::ne:
      return order_of_left != 0;
    default:
      return false;
  }
}

// Two values whose types may differ in width of text or of integers; false where they cannot be compared at all.
bool relate(RelOp op, PropType left_type, const Value& left, PropType right_type, const Value& right, Arena& arena) {
  if (is_text(left_type) && is_text(right_type)) {
    ByteView a = as_utf16(left_type, left, arena), b = as_utf16(right_type, right, arena);
    if (op == RelOp::eq || op == RelOp::ne) return equal_texts(a, b) == (op == RelOp::eq);
    return holds(op, compare_texts(a, b));
  }
  if (left_type != right_type) return op == RelOp::ne;
  return holds(op, compare_values(left_type, left, right));
}

// A multi-valued property satisfies a condition if one of its values does.
template <class F>
bool any_value(const mapi::Property& property, bool whole, F&& test) {
  if (whole || !mapi::is_multiple(property.tag.type())) return test(property.tag.type(), property.value);
  for (const Value& item : property.value.items)
    if (test(mapi::base_type(property.tag.type()), item)) return true;
  return false;
}

bool is_whole_list(PropType type) {
  return mapi::is_multiple(type) && (static_cast<u16>(type) & mapi::kMultiValueInstance) == 0;
}

bool satisfies_property(const PropertySource& object, const Restriction& node, Arena& arena) {
  const auto& wanted = node.values[0];
  auto there = object.property(node.tag, arena);
  if (!there) return node.relop == RelOp::ne;
  const bool whole = is_whole_list(wanted.tag.type());
  const PropType wanted_type = whole ? wanted.tag.type() : mapi::base_type(wanted.tag.type());
  return any_value(*there, whole, [&](PropType type, const Value& value) {
    return relate(node.relop, type, value, wanted_type, wanted.value, arena);
  });
}

bool matches_text(std::u16string text, std::u16string pattern, u16 low, u16 high) {
  if ((high & (mapi::kFuzzyIgnoreNonspace | mapi::kFuzzyLoose)) != 0) {
    text = strip_marks(text);
    pattern = strip_marks(pattern);
  }
  switch (low) {
    case mapi::kFuzzySubstring:
      return text.find(pattern) != text.npos;
    case mapi::kFuzzyPrefix:
      return text.starts_with(pattern);
    default:
      return text == pattern;
  }
}

bool matches_bytes(ByteView bytes, ByteView pattern, u16 low) {
  switch (low) {
    case mapi::kFuzzySubstring:
      return std::search(bytes.begin(), bytes.end(), pattern.begin(), pattern.end()) != bytes.end() || pattern.empty();
    case mapi::kFuzzyPrefix:
      return bytes.size() >= pattern.size() && std::equal(pattern.begin(), pattern.end(), bytes.begin());
    default:
      return std::ranges::equal(bytes, pattern);
  }
}

bool satisfies_content(const PropertySource& object, const Restriction& node, Arena& arena) {
  const auto& wanted = node.values[0];
  const PropType wanted_type = mapi::base_type(wanted.tag.type());
  auto there = object.property(node.tag, arena);
  if (!there || is_whole_list(wanted.tag.type())) return false;
  const bool fold = (node.fuzzy_level_high & (mapi::kFuzzyIgnoreCase | mapi::kFuzzyLoose)) != 0;
  return any_value(*there, false, [&](PropType type, const Value& value) {
    if (is_text(type) && is_text(wanted_type)) {
      ByteView text = as_utf16(type, value, arena), pattern = as_utf16(wanted_type, wanted.value, arena);
      return fold ? matches_text(fold_text(text), fold_text(pattern), node.fuzzy_level_low, node.fuzzy_level_high)
                  : matches_text(units_of(text), units_of(pattern), node.fuzzy_level_low, node.fuzzy_level_high);
    }
    if (type == PropType::binary && wanted_type == PropType::binary)
      return matches_bytes(value.bytes, wanted.value.bytes, node.fuzzy_level_low);
    return false;
  });
}

bool satisfies_compare(const PropertySource& object, const Restriction& node, Arena& arena) {
  auto left = object.property(node.tag, arena);
  auto right = object.property(node.tag2, arena);
  if (!left || !right) return node.relop == RelOp::ne && left.has_value() != right.has_value();
  return relate(node.relop, left->tag.type(), left->value, right->tag.type(), right->value, arena);
}

bool satisfies_bit_mask(const PropertySource& object, const Restriction& node, Arena& arena) {
  auto there = object.property(node.tag, arena);
  if (!there || there->tag.type() != PropType::integer32) return false;
  const bool any = (static_cast<u32>(there->value.number) & node.number) != 0;
  return any == (node.bit_mask_relop == mapi::BitMaskRelOp::nez);
}

bool satisfies_sub_object(const PropertySource& object, const Restriction& node, Arena& arena) {
  return object.any_sub_object(node.tag, arena,
                               [&](const PropertySource& part) { return satisfies(part, node.children[0], arena); });
}

Failure too_complex(const std::string& what) {
  return {ErrorCode::too_complex, "a restriction with " + what + " is not evaluated here"};
}
Failure malformed() { return {ErrorCode::invalid_param, "a restriction lacks a part that its kind needs"}; }

Outcome<void> check(const Restriction& node, int depth) {
  if (depth > kMostRestrictionLevels) return too_complex("more than 64 levels");
  switch (node.type) {
    case RestrictType::and_:
    case RestrictType::or_:
      break;
    case RestrictType::not_:
    case RestrictType::sub_object:
      if (node.children.size() != 1) return malformed();
      break;
    case RestrictType::count:
      return too_complex("a count");
    case RestrictType::content:
      if (node.values.size() != 1) return malformed();
      return {};
    case RestrictType::property:
      if (node.values.size() != 1) return malformed();
      if (node.relop == RelOp::re || node.relop == RelOp::member_of_dl)
        return too_complex("a regular expression or list membership");
      return {};
    case RestrictType::compare_properties:
    case RestrictType::size:
      if (node.relop == RelOp::re || node.relop == RelOp::member_of_dl)
        return too_complex("a regular expression or list membership");
      return {};
    case RestrictType::comment:
    case RestrictType::annotation:
      if (node.present != 0 && node.children.size() != 1) return malformed();
      break;
    default:
      return {};
  }
  for (const Restriction& child : node.children) ROPEWALK_CHECK(check(child, depth + 1));
  return {};
}

}  // namespace

std::optional<u64> PropertySource::property_size(PropTag tag, Arena& arena) const {
  auto there = property(tag, arena);
  if (!there) return std::nullopt;
  const PropType type = there->tag.type();
  if (mapi::fixed_width(type) != 0) return mapi::fixed_width(type);
  if (mapi::is_multiple(type)) return packed_size(type, there->value) - 4;
  return there->value.bytes.size();
}

bool PropertySource::any_sub_object(PropTag, Arena&, const std::function<bool(const PropertySource&)>&) const {
  return false;
}

Outcome<void> check_restriction(const Restriction& restriction) { return check(restriction, 0); }

bool satisfies(const PropertySource& object, const Restriction& node, Arena& arena) {
  switch (node.type) {
    case RestrictType::and_:
      return std::ranges::all_of(node.children, [&](const auto& child) { return satisfies(object, child, arena); });
    case RestrictType::or_:
      return std::ranges::any_of(node.children, [&](const auto& child) { return satisfies(object, child, arena); });
    case RestrictType::not_:
      return !satisfies(object, node.children[0], arena);
    case RestrictType::content:
      return satisfies_content(object, node, arena);
    case RestrictType::property:
      return satisfies_property(object, node, arena);
    case RestrictType::compare_properties:
      return satisfies_compare(object, node, arena);
    case RestrictType::bit_mask:
      return satisfies_bit_mask(object, node, arena);
    case RestrictType::size: {
      auto size = object.property_size(node.tag, arena);
      return size && holds(node.relop, order(*size, u64{node.number}));
    }
    case RestrictType::exist:
      return object.property(node.tag, arena).has_value();
    case RestrictType::sub_object:
      return satisfies_sub_object(object, node, arena);
    case RestrictType::comment:
    case RestrictType::annotation:
      return node.present == 0 || satisfies(object, node.children[0], arena);
    case RestrictType::null:
      return true;
    case RestrictType::count:
      return false;
  }
  return false;
}

int compare_values(PropType type, const Value& a, const Value& b) {
  if (mapi::is_multiple(type)) {
    for (std::size_t i = 0; i < a.items.size() && i < b.items.size(); ++i) {
      const int at = compare_values(mapi::base_type(type), a.items[i], b.items[i]);
      if (at != 0) return at;
    }
    return order(a.items.size(), b.items.size());
  }
  switch (type) {
    case PropType::string:
      return compare_texts(a.bytes, b.bytes);
    case PropType::string8: {
      Arena arena;
      return compare_texts(as_utf16(type, a, arena), as_utf16(type, b, arena));
    }
    case PropType::binary:
    case PropType::server_id:
    case PropType::object:
    case PropType::guid:
      return compare_bytes(a.bytes, b.bytes);
    case PropType::floating32:
      return order(std::bit_cast<float>(static_cast<u32>(a.number)), std::bit_cast<float>(static_cast<u32>(b.number)));
    case PropType::floating64:
    case PropType::floating_time:
      return order(std::bit_cast<double>(a.number), std::bit_cast<double>(b.number));
    case PropType::time:
      return order(a.number, b.number);
    default:
      return order(static_cast<i64>(a.number), static_cast<i64>(b.number));
  }
}

}  // namespace ropewalk::store
