// For tests alone: the built program as a process of its own.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace ropewalk {

// A folder of its own for one test, gone with it.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::string path(const std::string& below = "") const { return below.empty() ? path_ : path_ + "/" + below; }

 private:
  std::string path_;
};

class Program {
 public:
  // Starts `ropewalk ARGUMENTS` with `input` on its standard input.
  explicit Program(const std::vector<std::string>& arguments, const std::string& input = {});
  ~Program();  // kills it where it still runs
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The next line of its standard output, without the newline; empty where none comes in time or it has ended.
  std::string read_line(std::chrono::milliseconds patience = std::chrono::seconds(20));
  void signal(int number);
  int pid() const { return process_; }
  // Its exit code once it has ended: minus the signal that killed it, -1000 where it does not end in time.
  int wait(std::chrono::milliseconds patience = std::chrono::seconds(20));
  // All it said, after wait().
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

 private:
  bool read_more(std::chrono::milliseconds patience);

  int process_ = -1, out_file_ = -1, err_file_ = -1;
  std::string out_, err_;
  std::size_t lines_read_ = 0;  // bytes of out_ that read_line() has given
};

// The whole run of a command that ends by itself.
struct Ran {
  int code;
  std::string out, err;
};
Ran run_program(const std::vector<std::string>& arguments, const std::string& input = {});

}  // namespace ropewalk
