// For tests alone: where the shared reference data (specification tables, golden bytes, mail) lies.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace ropewalk {

// A path below the shared data, from the environment's ROPEWALK_SHARED or the build's default; empty where it is
// absent, and the test should skip with a message that says so.
inline std::filesystem::path shared_path(const std::string& below) {
  const char* set = std::getenv("ROPEWALK_SHARED");
#ifdef ROPEWALK_SHARED_DIR
  std::filesystem::path root = set != nullptr ? set : ROPEWALK_SHARED_DIR;
#else
  std::filesystem::path root = set != nullptr ? set : "";
#endif
  if (root.empty() || !std::filesystem::exists(root / below)) return {};
  return root / below;
}

}  // namespace ropewalk
