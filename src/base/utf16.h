// UTF-8 and UTF-16LE, both ways. Wire strings are UTF-16LE bytes, not necessarily aligned.
#pragma once

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

}  // namespace ropewalk
