// Hexadecimal text, both ways.
#pragma once

#include <optional>

#include "base/types.h"

namespace ropewalk {

// Upper-case digits, no separators.
std::string to_hex(ByteView bytes);

// "0x" and `digits` upper-case digits (zero-padded; more when the value needs them).
std::string hex_number(u64 value, int digits);

// Takes pairs of hex digits; skips white space and the separators `- : ,`, and a leading 0x. Nothing else: std::nullopt
// on a stray character or an odd number of digits.
std::optional<std::vector<u8>> from_hex(std::string_view text);

}  // namespace ropewalk
