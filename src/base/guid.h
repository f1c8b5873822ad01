// GUIDs as [MS-DTYP] 2.3.4 lays them out: 16 bytes, the first three groups little-endian.
#pragma once

#include <array>
#include <compare>
#include <optional>

#include "base/types.h"

namespace ropewalk {

struct Guid {
  std::array<u8, 16> bytes{};  // as on the wire

  auto operator<=>(const Guid&) const = default;
  bool is_null() const { return *this == Guid{}; }

  // The curly-bracket-free text form, lower case: "00062008-0000-0000-c000-000000000046".
  std::string to_string() const;
  // Accepts the text form with or without curly brackets, any case.
  static std::optional<Guid> parse(std::string_view text);
  // A random version-4 GUID from the operating system's generator.
  static Guid random();
};

// A GUID constant written as its text; a malformed one does not compile.
consteval Guid guid_literal(std::string_view text) {
  Guid guid;
  constexpr int kOrder[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  int digits = 0;
  for (char c : text) {
    if (c == '-') continue;
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : throw "bad GUID";
    if (digits >= 32) throw "bad GUID";
    auto& byte = guid.bytes[kOrder[digits / 2]];
    byte = static_cast<u8>(byte << 4 | value);
    ++digits;
  }
  if (digits != 32) throw "bad GUID";
  return guid;
}

}  // namespace ropewalk
