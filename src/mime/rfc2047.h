// Encoded words on the way in, RFC 2047. (GMime drops what follows a padded base64 word next to another one.)
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::mime {

// UTF-8 text with its encoded words decoded; the white space between two of them goes. Words next to each other in one
// charset are decoded as one text, so that a character may be cut in two. What is no encoded word stays as it is.
std::string decode_encoded_words(std::string_view text);

// The same, but with every run of encoded words made one encoded word in UTF-8: for parsers of structured fields.
std::string join_encoded_words(std::string_view text);

}  // namespace ropewalk::mime
