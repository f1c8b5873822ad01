// UTF-8 and UTF-16LE, both ways. Wire strings are UTF-16LE bytes, not necessarily aligned.
#pragma once

#include <bit>
#include <optional>

#include "base/types.h"

namespace ropewalk {

// UTF-8 of UTF-16LE bytes; unpaired surrogates become U+FFFD and a trailing odd byte is ignored.
std::string utf16_to_utf8(ByteView utf16le);
// As above, but std::nullopt where the text could not be got back: unpaired surrogates or an odd number of bytes.
std::optional<std::string> utf16_to_utf8_exact(ByteView utf16le);
// Appends the UTF-16LE bytes of UTF-8 text; ill-formed sequences become U+FFFD.
void append_utf16(std::string_view utf8, std::vector<u8>& out);
std::vector<u8> utf8_to_utf16(std::string_view utf8);
// True if every byte sequence is well-formed UTF-8.
bool is_utf8(std::string_view text);

// Where the first zero unit of UTF-16 text that begins at `at` stands; null where there is none before `end`. Four
// units at a time: every string of every row goes through here.
inline const u8* find_utf16_zero(const u8* at, const u8* end) {
  constexpr u64 kOnes = 0x0001000100010001, kTops = 0x8000800080008000;
  for (; end - at >= 8; at += 8) {
    u64 units = load_le<u64>(at);
    u64 zeros = (units - kOnes) & ~units & kTops;  // the lowest bit set is exact
    if (zeros != 0) return at + std::ptrdiff_t{std::countr_zero(zeros) / 16} * 2;
  }
  for (; end - at >= 2; at += 2)
    if (load_le<u16>(at) == 0) return at;
  return nullptr;
}

}  // namespace ropewalk
