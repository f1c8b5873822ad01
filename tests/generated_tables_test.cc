// The committed tables are what tools/make_tables.py makes of the specification tables.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

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

const std::regex& requirement_id() {
  static const std::regex id("MS-OX[A-Z]+_R[0-9]+");
  return id;
}

// The requirements that a file names, each as often as it does.
std::vector<std::string> named_in(const fs::path& path) {
  std::ifstream in(path);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  return {std::sregex_token_iterator(text.begin(), text.end(), requirement_id()), {}};
}

// The files whose naming of a requirement counts, with what each names.
std::vector<std::pair<std::string, std::vector<std::string>>> named_by_tests() {
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  for (const char* folder : {"src", "tests"}) {
    for (const auto& file : fs::recursive_directory_iterator(fs::path(ROPEWALK_SOURCE_DIR) / folder)) {
      const std::string name = file.path().filename().string();
      if (name.ends_with("_test.cc") || name.ends_with(".tsv") || name.ends_with("_fixture.h"))
        found.emplace_back(name, named_in(file.path()));
    }
  }
  return found;
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
  std::size_t named = 0;
  for (const auto& [name, ids] : named_by_tests()) {
    for (const std::string& id : ids) EXPECT_TRUE(known.contains(id)) << name << " names " << id;
    named += ids.size();
  }
  EXPECT_GT(named, 2000u);
}

// Of the address book's specifications every requirement that a test can show of a server is named by one, or the page
// of exceptions says why not; and that page lists none that a test names.
TEST(GeneratedTables, TheAddressBooksRequirementsAreNamedOrExcepted) {
  const auto requirements = ropewalk::shared_path("spec/requirements");
  if (requirements.empty()) GTEST_SKIP() << "no requirement tables beside the project (ROPEWALK_SHARED)";
  std::set<std::string> named, excepted;
  for (const auto& [name, ids] : named_by_tests()) named.insert(ids.begin(), ids.end());
  // The first cell of each row; the second may name others that a test does show.
  std::ifstream page(ROPEWALK_SOURCE_DIR "/docs/requirements-exceptions.md");
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| ")) continue;
    const std::string cell = line.substr(2, line.find('|', 2) - 2);
    excepted.insert(std::sregex_token_iterator(cell.begin(), cell.end(), requirement_id()), {});
  }
  std::size_t seen = 0;
  for (const char* document : {"MS-OXNSPI.tsv", "MS-OXCMAPIHTTP.tsv"}) {
    std::ifstream in(requirements / document);
    for (std::string line; std::getline(in, line);) {
      std::vector<std::string> cells;
      for (std::size_t at = 0; at <= line.size(); at = std::min(line.find('\t', at), line.size()) + 1)
        cells.push_back(line.substr(at, line.find('\t', at) - at));
      if (cells.size() < 8 || (cells[5] != "Server" && cells[5] != "Both")) continue;
      if (cells[7] != "Test Case" && cells[7] != "Adapter") continue;
      ++seen;
      EXPECT_NE(named.contains(cells[0]), excepted.contains(cells[0])) << cells[0] << ": " << cells[2];
    }
  }
  EXPECT_GT(seen, 1000u);
}

}  // namespace
