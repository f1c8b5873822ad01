// Header text for the way out: RFC 2047 encoded words, RFC 2231 parameters, folding (RFC 5322 2.2.3).
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::mime {

// Unstructured text (a subject): as it is where ASCII may carry it, else UTF-8 encoded words.
std::string encode_text(std::string_view utf8);
// A display name: atoms, a quoted string, or encoded words.
std::string encode_phrase(std::string_view utf8);
// `; name=value`, quoted, or in the form of RFC 2231 (with continuations where it is long).
std::string encode_parameter(std::string_view name, std::string_view utf8);

// "Name: value" folded at white space to lines of 76 characters where that is possible, with its line end.
std::string fold_field(std::string_view name, std::string_view value);

}  // namespace ropewalk::mime
