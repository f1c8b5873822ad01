#include "server/addressbook/cells.h"

#include <algorithm>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/value_fields.h"
#include "protocol/nspi/types.h"

namespace ropewalk::server {
namespace {

using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;

constexpr u32 kWestern = 1252, kLatin1 = 28591, kUtf8 = 65001;

// ICU knows no CP_TELETEX; what is native to it here is ASCII, for which Latin 1 does as well.
u32 known_as(u32 code_page) { return code_page == 0 ? kWestern : code_page == kTeletexPage ? kLatin1 : code_page; }

ByteView until_nul(PropType type, ByteView text) {
  if (type == PropType::string8) {
    const auto nul = std::find(text.begin(), text.end(), u8{0});
    return text.first(static_cast<std::size_t>(nul - text.begin()));
  }
  text = text.first(text.size() & ~std::size_t{1});
  const u8* nul = find_utf16_zero(text.data(), text.data() + text.size());
  return nul == nullptr ? text : text.first(static_cast<std::size_t>(nul - text.data()));
}

Value text_as(PropType wanted, PropType type, const Value& value, u32 code_page, Arena& arena) {
  const ByteView text = until_nul(type, value.bytes);
  if (wanted == type) return Value::of(text);
  if (wanted == PropType::string)  // native 8-bit texts are in CP_TELETEX
    return Value::of(mapi::utf16_in(arena, from_code_page(text, kTeletexPage)));
  const auto converted = to_code_page(utf16_to_utf8(text), code_page);
  return Value::of(until_nul(wanted, arena.copy(ByteView(converted))));
}

// One value in another type.
std::optional<Value> single_as(PropType wanted, PropType type, const Value& value, u32 code_page, Arena& arena) {
  if (type == PropType::binary && value.bytes.size() > nspi::kMaxBinary) return std::nullopt;
  if (is_text_type(wanted) && is_text_type(type)) return text_as(wanted, type, value, code_page, arena);
  if (wanted == type) return value;
  return std::nullopt;
}

}  // namespace

bool serves_code_page(u32 code_page) {
  return code_page != kUnicodePage && mapi::is_known_code_page(known_as(code_page));
}

std::string from_code_page(ByteView text, u32 code_page) { return mapi::string8_to_utf8(text, known_as(code_page)); }

std::vector<u8> to_code_page(std::string_view utf8, u32 code_page) {
  if (code_page == kUtf8) return {utf8.begin(), utf8.end()};
  return mapi::utf8_to_string8(utf8, known_as(code_page));
}

bool is_text_type(PropType type) { return type == PropType::string || type == PropType::string8; }

PropTag with_text_width(PropTag tag, bool unicode) {
  if (!is_text_type(mapi::base_type(tag.type()))) return tag;
  const PropType single = unicode ? PropType::string : PropType::string8;
  return tag.with_type(mapi::is_multiple(tag.type()) ? mapi::multiple_of(single) : single);
}

bool is_nspi_type(PropType type) {
  switch (type) {
    case PropType::integer16:
    case PropType::integer32:
    case PropType::boolean:
    case PropType::string8:
    case PropType::string:
    case PropType::binary:
    case PropType::guid:
    case PropType::time:
    case PropType::error_code:
    case PropType::null:
    case PropType::object:
    case PropType::multiple_integer16:
    case PropType::multiple_integer32:
    case PropType::multiple_string8:
    case PropType::multiple_string:
    case PropType::multiple_binary:
    case PropType::multiple_guid:
    case PropType::multiple_time:
      return true;
    default:
      return false;
  }
}

std::optional<Property> cell_of(PropTag column, const Property& value, u32 code_page, Arena& arena) {
  const PropType type = value.tag.type();
  const PropType wanted = column.type() == PropType::unspecified ? type : column.type();
  if (!is_nspi_type(wanted)) return std::nullopt;
  const PropType wanted_single = mapi::base_type(wanted), single = mapi::base_type(type);
  const bool many = mapi::is_multiple(type);
  const Property cell{column.with_type(wanted), {}};
  if (!mapi::is_multiple(wanted)) {
    if (many && value.value.items.size() == 0) return std::nullopt;
    auto one = single_as(wanted, single, many ? value.value.items[0] : value.value, code_page, arena);
    return one ? std::optional(Property{cell.tag, *one}) : std::nullopt;
  }
  const std::size_t count = many ? value.value.items.size() : 1;
  auto items = arena.make<Value>(count);
  if (items.size() != count || count == 0 || count > nspi::kMaxCount) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    auto one = single_as(wanted_single, single, many ? value.value.items[i] : value.value, code_page, arena);
    if (!one) return std::nullopt;
    items[i] = *one;
  }
  return Property{cell.tag, Value::of(wire::List<Value>(items))};
}

mapi::Restriction with_unicode_texts(const mapi::Restriction& restriction, u32 code_page, Arena& arena) {
  mapi::Restriction copy = restriction;
  auto children = arena.make<mapi::Restriction>(restriction.children.size());
  for (std::size_t i = 0; i < children.size(); ++i)
    children[i] = with_unicode_texts(restriction.children[i], code_page, arena);
  copy.children = children;
  auto values = arena.make<mapi::TaggedPropertyValue>(restriction.values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = restriction.values[i];
    if (values[i].tag.type() != PropType::string8) continue;
    values[i].tag = values[i].tag.with_type(PropType::string);
    values[i].value = Value::of(mapi::utf16_in(arena, from_code_page(values[i].value.bytes, code_page)));
  }
  copy.values = values;
  return copy;
}

}  // namespace ropewalk::server
