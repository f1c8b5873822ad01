#include "program.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/guid.h"

namespace ropewalk {

using Clock = std::chrono::steady_clock;

TestFolder::TestFolder()
    : path_(std::filesystem::temp_directory_path() / ("ropewalk-test-" + Guid::random().to_string())) {
  std::filesystem::create_directory(path_);
}

TestFolder::~TestFolder() { std::filesystem::remove_all(path_); }

Program::Program(const std::vector<std::string>& arguments, const std::string& input) {
  int in[2], out[2], err[2];
  if (pipe(in) != 0 || pipe(out) != 0 || pipe(err) != 0) throw std::runtime_error("no pipes");
  process_ = fork();
  if (process_ == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    for (int file : {in[0], in[1], out[0], out[1], err[0], err[1]}) ::close(file);
    std::vector<char*> argv = {const_cast<char*>(ROPEWALK_PROGRAM)};
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(ROPEWALK_PROGRAM, argv.data());
    _exit(127);
  }
  for (int file : {in[0], out[1], err[1]}) ::close(file);
  (void)!::write(in[1], input.data(), input.size());
  ::close(in[1]);
  out_file_ = out[0];
  err_file_ = err[0];
}

Program::~Program() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  ::close(out_file_);
  ::close(err_file_);
}

// False where nothing came in time, or nothing will any more.
bool Program::read_more(std::chrono::milliseconds patience) {
  pollfd files[] = {{out_file_, POLLIN, 0}, {err_file_, POLLIN, 0}};
  if (poll(files, 2, static_cast<int>(std::max<i64>(0, patience.count()))) <= 0) return false;
  bool got = false;
  for (pollfd& file : files) {
    if (file.revents == 0) continue;
    char buffer[4096];
    ssize_t count = ::read(file.fd, buffer, sizeof buffer);
    if (count <= 0) continue;
    got = true;
    (file.fd == out_file_ ? out_ : err_).append(buffer, static_cast<std::size_t>(count));
  }
  return got;
}

std::string Program::read_line(std::chrono::milliseconds patience) {
  auto until = Clock::now() + patience;
  for (;;) {
    std::size_t end = out_.find('\n', lines_read_);
    if (end != std::string::npos) {
      std::string line = out_.substr(lines_read_, end - lines_read_);
      lines_read_ = end + 1;
      return line;
    }
    if (!read_more(std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()))) return {};
  }
}

void Program::signal(int number) { kill(process_, number); }

int Program::wait(std::chrono::milliseconds patience) {
  auto until = Clock::now() + patience;
  while (read_more(std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()))) {
  }
  int status = 0;
  while (waitpid(process_, &status, WNOHANG) == 0) {
    if (Clock::now() > until) return -1000;
    usleep(2000);
  }
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Ran run_program(const std::vector<std::string>& arguments, const std::string& input) {
  Program program(arguments, input);
  int code = program.wait(std::chrono::seconds(60));
  return {code, program.out(), program.err()};
}

TEST(Program, IsBuilt) {
  Ran ran = run_program({"--version"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "ropewalk " ROPEWALK_VERSION "\n");
  EXPECT_EQ(run_program({"no-such-command"}).code, 2);
}

}  // namespace ropewalk
