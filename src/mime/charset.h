// Charset names of the Internet and Windows code pages; text in them as UTF-16, through ICU.
#pragma once

#include <optional>

#include "base/types.h"

namespace ropewalk::mime {

// The code page of a charset name in any case ("iso-8859-1" is 28591); none where Windows has no number for it.
std::optional<u32> code_page_of_charset(std::string_view name);
// The preferred MIME name of a code page; empty where it has none.
std::string_view charset_of_code_page(u32 code_page);

struct Decoded {
  std::vector<u8> utf16;   // little-endian
  std::size_t errors = 0;  // byte sequences that mean nothing in the charset: U+FFFD in the text
  bool known = true;       // false: the charset has no converter, and nothing was converted
};

// Text in a charset as UTF-16. ISO-8859-1 and US-ASCII are read as code page 1252, GB2312 as GB18030 and so on, as
// every mail program does.
Decoded decode_charset(ByteView text, std::string_view charset);

struct Encoded {
  std::vector<u8> bytes;
  bool exact = true;  // every character could be said
};
// The inverse, for a code page.
Encoded encode_code_page(ByteView utf16, u32 code_page);

}  // namespace ropewalk::mime
