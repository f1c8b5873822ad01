// The committed tables are what tools/make_tables.py makes of the specification tables.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "base/test_support.h"

namespace {

namespace fs = std::filesystem;

TEST(GeneratedTables, AreUpToDate) {
  const auto spec = ropewalk::shared_path("spec");
  if (spec.empty()) GTEST_SKIP() << "no specification tables beside the project (ROPEWALK_SHARED)";
  const std::string command =
      "python3 '" ROPEWALK_SOURCE_DIR "/tools/make_tables.py' --check --spec '" + spec.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << "run tools/make_tables.py and commit the result";
}

TEST(GeneratedTables, RequirementsAreUpToDate) {
  const auto requirements = ropewalk::shared_path("spec/requirements");
  if (requirements.empty()) GTEST_SKIP() << "no requirement tables beside the project (ROPEWALK_SHARED)";
  const std::string command = "python3 '" ROPEWALK_SOURCE_DIR "/tools/make_requirements.py' --check --requirements '" +
                              requirements.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << "run tools/make_requirements.py and commit the result";
}

// A requirement that a test names is one of the tables'.
TEST(GeneratedTables, TestsNameRequirementsThatThereAre) {
  const auto requirements = ropewalk::shared_path("spec/requirements");
  if (requirements.empty()) GTEST_SKIP() << "no requirement tables beside the project (ROPEWALK_SHARED)";
  std::set<std::string> known;
  for (const auto& file : fs::directory_iterator(requirements)) {
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);) known.insert(line.substr(0, line.find('\t')));
  }
  ASSERT_GT(known.size(), 10'000u);
  const std::regex id("MS-OX[A-Z]+_R[0-9]+");
  int named = 0;
  for (const char* folder : {"src", "tests"}) {
    for (const auto& file : fs::recursive_directory_iterator(fs::path(ROPEWALK_SOURCE_DIR) / folder)) {
      const std::string name = file.path().filename().string();
      if (!name.ends_with("_test.cc") && !name.ends_with(".tsv") && !name.ends_with("_fixture.h")) continue;
      std::ifstream in(file.path());
      const std::string text(std::istreambuf_iterator<char>(in), {});
      for (std::sregex_iterator at(text.begin(), text.end(), id), end; at != end; ++at, ++named)
        EXPECT_TRUE(known.contains(at->str())) << name << " names " << at->str();
    }
  }
  EXPECT_GT(named, 2000);
}

}  // namespace
