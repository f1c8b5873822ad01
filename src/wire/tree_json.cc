#include "wire/tree_json.h"

#include <boost/json/serialize.hpp>
#include <charconv>

namespace ropewalk::wire {
namespace {

namespace json = boost::json;

constexpr bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void append_escaped(char c, std::string& out) {
  constexpr std::string_view kShort = "\b\t\n\f\r\"\\", kLetters = "btnfr\"\\";
  constexpr char kDigits[] = "0123456789abcdef";
  out += '\\';
  if (auto at = kShort.find(c); at != kShort.npos) {
    out += kLetters[at];
    return;
  }
  out += "u00";
  out += kDigits[static_cast<unsigned char>(c) >> 4];
  out += kDigits[c & 0xF];
}

void append_string(std::string_view text, std::string& out) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_plain(text[end])) ++end;
    out.append(text, at, end - at);
    if (end < text.size()) append_escaped(text[end++], out);
    at = end;
  }
  out += '"';
}

template <class N>
void append_number(N number, std::string& out) {
  char digits[24];
  char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void append_value(const json::value& value, std::string& out) {
  switch (value.kind()) {
    case json::kind::null:
      out += "null";
      return;
    case json::kind::int64:
      return append_number(value.get_int64(), out);
    case json::kind::uint64:
      return append_number(value.get_uint64(), out);
    case json::kind::string:
      return append_string(value.get_string(), out);
    default:
      out += json::serialize(value);
  }
}

}  // namespace

void append_json(const Node& node, std::string& out) {
  out += "{\"name\":";
  append_string(node.name, out);
  out += ",\"type\":";
  append_string(node.type, out);
  out += ",\"offset\":";
  append_number(node.offset, out);
  out += ",\"length\":";
  append_number(node.length, out);
  out += ",\"value\":";
  if (node.has_fields)
    out += "null";
  else
    append_value(node.value, out);
  out += ",\"text\":";
  append_string(node.text, out);
  out += ",\"fields\":";
  if (!node.has_fields) {
    out += "null}";
    return;
  }
  out += '[';
  for (const Node& field : node.fields) {
    if (&field != node.fields.data()) out += ',';
    append_json(field, out);
  }
  out += "]}";
}

}  // namespace ropewalk::wire
