#include <gtest/gtest.h>

#include "cli/command.h"
#include "cli/program.h"

namespace ropewalk::cli {
namespace {

struct Ran {
  int code;
  std::string out;
  std::string err;
};

Ran run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ropewalk");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  int code = run_program(static_cast<int>(arguments.size()), arguments.data());
  std::string out = testing::internal::GetCapturedStdout();
  return {code, out, testing::internal::GetCapturedStderr()};
}

TEST(Program, SaysItsVersion) {
  Ran ran = run({"--version"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "ropewalk " ROPEWALK_VERSION "\n");
}

TEST(Program, AnswersWrongUsageWithOneLineAndTwo) {
  for (auto& arguments : std::vector<std::vector<const char*>>{
           {}, {"no-such-command"}, {"completion"}, {"completion", "csh"}, {"--no-such-option"}, {"man", "nothing"}}) {
    Ran ran = run(arguments);
    EXPECT_EQ(ran.code, 2);
    EXPECT_TRUE(ran.err.starts_with("ropewalk: ")) << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    EXPECT_EQ(ran.out, "");
  }
}

TEST(Program, CompletesFromItsOwnDefinitions) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    Ran ran = run({"completion", shell});
    EXPECT_EQ(ran.code, 0);
    EXPECT_NE(ran.out.find("completion"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("man"), std::string::npos);
  }
}

TEST(Program, HasAManualPagePerCommand) {
  EXPECT_TRUE(run({"man"}).out.starts_with(".TH ROPEWALK 1"));
  Ran ran = run({"man", "completion"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(ran.out.starts_with(".TH ROPEWALK\\-COMPLETION 1")) << ran.out;
  EXPECT_NE(ran.out.find("bash, zsh or fish"), std::string::npos);
}

}  // namespace
}  // namespace ropewalk::cli
