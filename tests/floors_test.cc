// The house of docs/architecture.md: a file includes only its own floor or a floor of a lower row.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const std::map<std::string, int>& floor_rows() {
  static const std::map<std::string, int> rows{
      {"base", 0},    {"wire", 1},   {"mapi", 2},   {"protocol", 3},  {"net", 4},  {"auth", 4},
      {"capture", 4}, {"sql", 4},    {"store", 5},  {"directory", 5}, {"mime", 5}, {"rpc", 5},
      {"session", 6}, {"server", 7}, {"client", 7}, {"dissect", 7},   {"inspect", 8}, {"cli", 9}};
  return rows;
}

/// Why a file of floor `from` may not include `path`; empty when it may. Paths that name no folder (standard and
/// system headers, a neighbour in the same folder) are nobody's floor.
std::string objection(const std::string& from, const std::string& path) {
  const auto slash = path.find('/');
  if (slash == std::string::npos) return {};
  const std::string to = path.substr(0, slash);
  const auto target = floor_rows().find(to);
  if (target == floor_rows().end() || to == from) return {};
  if (target->second < floor_rows().at(from)) return {};
  return "floor " + from + " includes \"" + path + "\", which is not below it";
}

std::vector<std::string> quoted_includes(const fs::path& file) {
  static const std::regex include(R"re(^\s*#\s*include\s*"([^"]+)")re");
  std::vector<std::string> found;
  std::ifstream in(file);
  std::smatch match;
  for (std::string line; std::getline(in, line);) {
    if (std::regex_search(line, match, include)) found.push_back(match[1]);
  }
  return found;
}

TEST(Floors, NoFileIncludesAFloorAboveItsOwn) {
  const fs::path root = fs::path(ROPEWALK_SOURCE_DIR) / "src";
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const auto extension = entry.path().extension();
    if (extension != ".cc" && extension != ".h" && extension != ".inc") continue;
    const fs::path relative = fs::relative(entry.path(), root);
    const std::string floor = relative.begin()->string();
    ASSERT_TRUE(floor_rows().contains(floor)) << relative << " stands in no floor of the house";
    for (const std::string& path : quoted_includes(entry.path())) {
      const std::string why = objection(floor, path);
      EXPECT_TRUE(why.empty()) << relative << ": " << why;
    }
    ++files;
  }
  EXPECT_GT(files, 0);
}

TEST(Floors, TheRuleItself) {
  EXPECT_EQ(objection("mapi", "base/guid.h"), "");
  EXPECT_EQ(objection("mapi", "mapi/prop_tag.h"), "");
  EXPECT_EQ(objection("server", "sqlite/sqlite3.h"), "");
  EXPECT_NE(objection("wire", "mapi/prop_tag.h"), "");
  EXPECT_NE(objection("net", "auth/ntlm.h"), "");
  EXPECT_NE(objection("store", "session/session.h"), "");
}

}  // namespace
