#include "inspect/page_files.h"

#include <algorithm>

namespace ropewalk::inspect {
namespace {

using namespace std::string_view_literals;

constexpr PageFile kFiles[] = {
#include "page_files_generated.inc"
};

}  // namespace

std::span<const PageFile> page_files() { return kFiles; }

const PageFile* find_page_file(std::string_view path) {
  const auto* found =
      std::find_if(std::begin(kFiles), std::end(kFiles), [&](const PageFile& f) { return f.path == path; });
  return found == std::end(kFiles) ? nullptr : found;
}

}  // namespace ropewalk::inspect
