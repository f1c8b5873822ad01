#include "mime/text.h"

#include <algorithm>

namespace ropewalk::mime {

bool starts_ignoring_case(std::string_view text, std::string_view start) {
  return equal_ignoring_ascii_case(text.substr(0, start.size()), start);
}

bool contains_ignoring_case(std::string_view text, std::string_view needle) {
  return !std::ranges::search(text, needle, {}, ascii_lower).empty() || needle.empty();
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string_view take_line(std::string_view& text) {
  auto end = text.find('\n');
  std::string_view line = text.substr(0, end == text.npos ? text.size() : end + 1);
  text.remove_prefix(line.size());
  return line;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace ropewalk::mime
