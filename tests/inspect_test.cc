// `ropewalk inspect --live` at a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

namespace ropewalk {
namespace {

using testing::HasSubstr;
using testing::Not;

// What the program says at a terminal of its own, where `answer` is typed when `question` stands there.
std::string at_terminal(std::vector<std::string> words, const std::string& question, const std::string& answer,
                        int& code) {
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  std::string said;
  bool answered = false;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < until) {
    pollfd file{terminal, POLLIN, 0};
    if (poll(&file, 1, 200) <= 0) continue;
    char block[4096];
    const ssize_t count = read(terminal, block, sizeof block);
    if (count <= 0) break;
    said.append(block, static_cast<std::size_t>(count));
    if (answered || said.find(question) == std::string::npos) continue;
    answered = write(terminal, answer.data(), answer.size()) == static_cast<ssize_t>(answer.size());
  }
  if (std::chrono::steady_clock::now() >= until) kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  close(terminal);
  return said;
}

TEST(Inspect, LiveAsksForThePasswordAtTheTerminal) {
  int code = 0;
  const std::string said =
      at_terminal({ROPEWALK_PROGRAM, "inspect", "--live", "https://127.0.0.1:1/"},
                  "Password of the administrator of https://127.0.0.1:1/: ", "correct horse\n", code);
  EXPECT_EQ(code, 1) << said;
  EXPECT_THAT(said, HasSubstr("cannot connect to 127.0.0.1:1"));
  EXPECT_THAT(said, Not(HasSubstr("correct horse")));
}

TEST(Inspect, LiveWithoutAPasswordIsMisuse) {
  int code = 0;
  const std::string said = at_terminal({ROPEWALK_PROGRAM, "inspect", "--live", "https://127.0.0.1:1/"},
                                       "Password of the administrator", "\n", code);
  EXPECT_EQ(code, 2) << said;
  EXPECT_THAT(said, HasSubstr("--live needs the administrator's password"));
}

}  // namespace
}  // namespace ropewalk
