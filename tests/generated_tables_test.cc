// The committed tables are what tools/make_tables.py makes of the specification tables.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/test_support.h"

namespace {

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

}  // namespace
