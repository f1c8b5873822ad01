// Small text helpers that the files of this floor share. Header names and MIME tokens are ASCII.
#pragma once

#include <string>
#include <string_view>

#include "mapi/ascii_case.h"

namespace ropewalk::mime {

using mapi::ascii_lower;
using mapi::ascii_lowered;
using mapi::equal_ignoring_ascii_case;

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool starts_ignoring_case(std::string_view text, std::string_view start);
// True where `needle` (given in lower case) occurs in any case.
bool contains_ignoring_case(std::string_view text, std::string_view needle);
// Without white space (line ends too) at both ends.
std::string_view trim(std::string_view text);
bool is_ascii(std::string_view text);

// Takes the first line off `text`: with its line end (LF or CRLF), or what is left.
std::string_view take_line(std::string_view& text);
// The line without its line end.
std::string_view without_line_end(std::string_view line);

}  // namespace ropewalk::mime
