// Text parts as MAPI holds bodies.
#pragma once

#include <optional>

#include "mime/part_tree.h"

namespace ropewalk::mime {

// A text part with its transfer encoding undone.
struct PartBytes {
  std::string owned;
  std::string_view bytes;  // of `owned`, or of the message itself
  bool clean = true;       // false: the encoded text holds something that `bytes` does not
};
PartBytes decode_part(const Part& part);

// What a text part's bytes are read as.
struct TextCharset {
  std::string name;
  u32 code_page = 65001;  // for PidTagInternetCodepage
};
// The declared charset where there is a converter for it; for undeclared and wrong ones (8-bit text said to be
// US-ASCII) UTF-8 where the bytes are that, else windows-1252. `hint` is what else names one (a META element); may be
// empty.
TextCharset text_charset(std::string_view bytes, std::string_view declared, std::string_view hint);
// The charset an HTML document declares for itself in its first bytes; empty where none.
std::string html_charset(std::string_view html);

// RFC 3676 format=flowed: soft line breaks undone, space stuffing removed.
std::string unflow(std::string_view text, bool delete_space);
// UTF-16LE with every lone LF made CRLF.
std::vector<u8> with_crlf(std::vector<u8> utf16);

}  // namespace ropewalk::mime
