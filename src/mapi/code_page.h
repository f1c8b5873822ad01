// Text in Windows code pages, through ICU.
#pragma once

#include "base/types.h"

namespace ropewalk::mapi {

// UTF-8 of text in a code page; bytes that mean nothing there become U+FFFD. Unknown code pages are read as 1252.
std::string string8_to_utf8(ByteView text, u32 code_page);
// The inverse; what the code page cannot say becomes '?'.
std::vector<u8> utf8_to_string8(std::string_view utf8, u32 code_page);
// Straight to and from UTF-16LE.
std::vector<u8> string8_to_utf16(ByteView text, u32 code_page);
std::vector<u8> utf16_to_string8(ByteView utf16le, u32 code_page);
// True where ICU has a converter for the code page.
bool is_known_code_page(u32 code_page);

}  // namespace ropewalk::mapi
