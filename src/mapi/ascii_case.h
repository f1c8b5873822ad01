// Comparing names whose letters are ASCII and whose case does not matter.
#pragma once

#include <algorithm>
#include <compare>
#include <string>
#include <string_view>

namespace ropewalk::mapi {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string ascii_lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii_lower(c);
  return out;
}

constexpr std::strong_ordering compare_ignoring_ascii_case(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const auto x = static_cast<unsigned char>(ascii_lower(a[i]));
    const auto y = static_cast<unsigned char>(ascii_lower(b[i]));
    if (x != y) return x <=> y;
  }
  return a.size() <=> b.size();
}

constexpr bool equal_ignoring_ascii_case(std::string_view a, std::string_view b) {
  return compare_ignoring_ascii_case(a, b) == std::strong_ordering::equal;
}

}  // namespace ropewalk::mapi
