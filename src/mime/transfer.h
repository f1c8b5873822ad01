// Content transfer encodings, RFC 2045 6, both ways, and uuencode.
#pragma once

#include <string>

#include "base/types.h"

namespace ropewalk::mime {

enum class TransferEncoding : u8 { identity, base64, quoted_printable, uuencode };

struct NamedEncoding {
  TransferEncoding encoding = TransferEncoding::identity;
  bool known = true;  // false: a name nobody knows, to be read as it stands
};
NamedEncoding parse_encoding(std::string_view name);

// Appends the decoded bytes to `out`. False where the text holds something the encoding does not allow and that is not
// in `out` in some form: the encoded text has to be kept too.
bool decode_base64(std::string_view text, std::string& out);
void decode_quoted_printable(std::string_view text, std::string& out);  // what cannot be decoded stays as it is
bool decode_uuencode(std::string_view text, std::string& out);
bool decode_transfer(std::string_view text, TransferEncoding encoding, std::string& out);

// Lines of 76 characters, CRLF after each.
void encode_base64(ByteView bytes, std::string& out);
// Without line breaks, for encoded words and Thread-Index.
std::string base64_line(ByteView bytes);
// CRLF becomes a line break; everything else that would not survive is encoded, so that decoding gives the same bytes.
void encode_quoted_printable(std::string_view text, std::string& out);

}  // namespace ropewalk::mime
