#include "cli/json_text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

bool is_plain(const json::value& value) {
  return !((value.is_object() && !value.as_object().empty()) || (value.is_array() && !value.as_array().empty()));
}

bool holds_plain_alone(const json::value& value) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object)
      if (!is_plain(member.value())) return false;
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array)
      if (!is_plain(item)) return false;
  }
  return true;
}

void append(const json::value& value, std::size_t indent, std::string& out) {
  if (is_plain(value)) {
    out += json::serialize(value);
    return;
  }
  if (holds_plain_alone(value)) {
    out += json::serialize(value);
    return;
  }
  std::string inner(indent + 2, ' ');
  bool first = true;
  auto next = [&] {
    out += first ? "\n" : ",\n";
    out += inner;
    first = false;
  };
  if (const auto* object = value.if_object()) {
    out += '{';
    for (const auto& member : *object) {
      next();
      out += json::serialize(json::string(member.key())) + ": ";
      append(member.value(), indent + 2, out);
    }
  } else {
    out += '[';
    for (const auto& item : value.as_array()) {
      next();
      append(item, indent + 2, out);
    }
  }
  out += "\n" + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
}

}  // namespace

std::string pretty_json(const json::value& value) {
  std::string out;
  append(value, 0, out);
  return out;
}

}  // namespace ropewalk::cli
