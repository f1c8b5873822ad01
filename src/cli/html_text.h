// What an HTML body says, for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace ropewalk::cli {

// The text of UTF-8 HTML: blocks on lines of their own, lists with dashes, links with their addresses, the common
// character references resolved; scripts, styles and comments left out. No layout, never an error.
std::string html_to_text(std::string_view html);

}  // namespace ropewalk::cli
