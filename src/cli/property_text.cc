#include "cli/property_text.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "base/hex.h"
#include "base/utf16.h"
#include "mapi/error_code.h"

namespace ropewalk::cli {

using mapi::PropType;
using mapi::Value;

namespace {

constexpr std::size_t kBytesShown = 32;

std::string guid_text(ByteView bytes) {
  Guid guid;
  if (bytes.size() == guid.bytes.size()) std::memcpy(guid.bytes.data(), bytes.data(), bytes.size());
  return guid.to_string();
}

std::string bytes_text(ByteView bytes) {
  std::string text = to_hex(bytes.first(std::min(bytes.size(), kBytesShown)));
  if (bytes.size() > kBytesShown) text += fmt::format("… ({} bytes)", bytes.size());
  return text.empty() ? "(0 bytes)" : text;
}

float as_float(u64 bits) { return std::bit_cast<float>(static_cast<u32>(bits)); }

std::string list_text(PropType type, const Value& value) {
  std::string text = "[";
  for (std::size_t i = 0; i < value.items.size(); ++i)
    text += (i > 0 ? ", " : "") + value_text(mapi::base_type(type), value.items[i]);
  return text + "]";
}

boost::json::value value_json(PropType type, const Value& value) {
  if (mapi::is_multiple(type)) {
    boost::json::array items;
    for (const Value& item : value.items) items.push_back(value_json(mapi::base_type(type), item));
    return items;
  }
  switch (type) {
    case PropType::integer16:
    case PropType::integer32:
      return static_cast<i64>(value.integer32());
    case PropType::integer64:
    case PropType::currency:
      return boost::json::string(hex_number(value.number, 16));
    case PropType::boolean:
      return value.boolean();
    case PropType::floating32:
      return as_float(value.number);
    case PropType::floating64:
    case PropType::floating_time:
      return std::bit_cast<double>(value.number);
    case PropType::time:
      return boost::json::string(value.time().to_string());
    case PropType::guid:
      return boost::json::string(guid_text(value.bytes));
    case PropType::string:
    case PropType::string8:
      return boost::json::string(mapi::text_of_value(type, value, 1252));
    case PropType::binary:
    case PropType::server_id:
      return boost::json::string(to_hex(value.bytes));
    default:
      return nullptr;
  }
}

}  // namespace

std::string value_text(PropType type, const Value& value) {
  if (mapi::is_multiple(type)) return list_text(type, value);
  switch (type) {
    case PropType::integer16:
    case PropType::integer32:
      return fmt::format("{} (0x{:X})", value.integer32(), static_cast<u32>(value.number));
    case PropType::integer64:
    case PropType::currency:
      return fmt::format("{} (0x{:X})", static_cast<i64>(value.number), value.number);
    case PropType::boolean:
      return value.boolean() ? "true" : "false";
    case PropType::floating32:
      return fmt::format("{}", as_float(value.number));
    case PropType::floating64:
    case PropType::floating_time:
      return fmt::format("{}", std::bit_cast<double>(value.number));
    case PropType::time:
      return value.time().to_string();
    case PropType::guid:
      return guid_text(value.bytes);
    case PropType::string:
    case PropType::string8:
      return "\"" + mapi::text_of_value(type, value, 1252) + "\"";
    case PropType::binary:
    case PropType::server_id:
      return bytes_text(value.bytes);
    case PropType::error_code:
      return mapi::name(static_cast<mapi::ErrorCode>(value.number));
    default:
      return "(" + std::string(mapi::type_name(type)) + ")";
  }
}

boost::json::object property_json(const mapi::Property& property, const std::string& name) {
  boost::json::object made;
  made["tag"] = hex_number(property.tag.value, 8);
  made["name"] = name.empty() ? property.tag.to_string() : name;
  made["type"] = mapi::type_name(property.tag.type());
  if (property.tag.type() == PropType::error_code)
    made["error"] = mapi::name(static_cast<mapi::ErrorCode>(property.value.number));
  else
    made["value"] = value_json(property.tag.type(), property.value);
  return made;
}

}  // namespace ropewalk::cli
