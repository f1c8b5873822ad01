// What the README shows is what the program says.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace {

std::string output_of(const std::string& command) {
  std::string out;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char block[4096];
  while (std::size_t n = std::fread(block, 1, sizeof block, pipe)) out.append(block, n);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

std::string readme() {
  std::ifstream in(ROPEWALK_SOURCE_DIR "/README.md");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// What stands between `<!-- NAME -->` and `<!-- /NAME -->`.
std::string part(const std::string& text, const std::string& name) {
  const std::string begin = "<!-- " + name + " -->\n", end = "<!-- /" + name + " -->";
  const auto from = text.find(begin), to = text.find(end);
  if (from == std::string::npos || to == std::string::npos) return "no part " + name;
  return text.substr(from + begin.size(), to - from - begin.size());
}

TEST(Readme, ShowsTheCoverageOfThisProgram) {
  EXPECT_EQ(part(readme(), "coverage"), output_of(ROPEWALK_PROGRAM " coverage --markdown"))
      << "run tools/update_readme.py and commit the result";
}

TEST(Coverage, CountsRequirementsOrSaysWhatIsMissing) {
  const std::string failed = output_of(ROPEWALK_PROGRAM " coverage --requirements --shared /nonexistent 2>&1 || true");
  EXPECT_NE(failed.find("--shared DIR"), std::string::npos) << failed;
}

}  // namespace
