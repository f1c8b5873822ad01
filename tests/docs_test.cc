// What the design notes say of tests is so.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// "Suite.Name" of every test in the sources.
std::set<std::string> tests_there_are() {
  static const std::regex kTest(R"(\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))");
  std::set<std::string> names;
  for (const char* folder : {"src", "tests"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::filesystem::path(ROPEWALK_SOURCE_DIR) / folder)) {
      if (!entry.path().string().ends_with("_test.cc")) continue;
      const std::string text = content_of(entry.path());
      for (std::sregex_iterator at(text.begin(), text.end(), kTest), end; at != end; ++at)
        names.insert((*at)[1].str() + "." + (*at)[2].str());
    }
  }
  return names;
}

// Tables with a column "test" name tests, each in backticks.
TEST(Docs, NameTestsThatExist) {
  const auto known = tests_there_are();
  static const std::regex kQuoted("`([^`]+)`");
  int named = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ROPEWALK_SOURCE_DIR "/docs/design")) {
    std::istringstream lines(content_of(entry.path()));
    bool in_table = false;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("|")) in_table = false;
      if (line.ends_with("| test |")) in_table = true;
      if (!in_table) continue;
      const std::string tests = line.substr(line.rfind('|', line.size() - 2));
      for (std::sregex_iterator at(tests.begin(), tests.end(), kQuoted), end; at != end; ++at, ++named)
        EXPECT_TRUE(known.contains((*at)[1].str())) << entry.path().filename() << ": there is no test " << (*at)[1];
    }
  }
  EXPECT_GT(named, 50) << "the tables are not where they were";
}

}  // namespace
