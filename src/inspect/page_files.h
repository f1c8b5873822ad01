// The page itself: src/inspect/page as it was when the program was built.
#pragma once

#include <span>
#include <string_view>

namespace ropewalk::inspect {

struct PageFile {
  std::string_view path;  // "index.html"
  std::string_view type;  // "text/html; charset=utf-8"
  std::string_view content;
};
std::span<const PageFile> page_files();
// Null where there is none of that name.
const PageFile* find_page_file(std::string_view path);

}  // namespace ropewalk::inspect
