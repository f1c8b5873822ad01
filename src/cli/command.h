// What every command of the program shares. A command is one function `add_NAME_command(CLI::App& root, Outcome&
// outcome)`, declared in cli/commands.h: it defines the options and, in a callback, does the work. Results go to
// stdout; logs, progress and complaints go to stderr.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace CLI {
class App;
}

namespace ropewalk::cli {

// What became of a command: the process's exit code. Each complaint is one line on stderr, "ropewalk: ...".
class Outcome {
 public:
  int code() const { return code_; }
  // The operation failed: exit code 1.
  void fail(std::string_view text) { complain(text, 1); }
  void fail(const Error& error) { fail(error.text); }
  // The command line asks for something that cannot be (a file that is not there, a KIND nobody knows): exit code 2.
  void misuse(std::string_view text) { complain(text, 2); }
  // An exit code without a word, for commands that end as something else did.
  void end_with(int code) { code_ = code; }

 private:
  void complain(std::string_view text, int code);
  int code_ = 0;
};

// The bytes of a file, or of standard input where `path` is "-". The error names the file and the reason.
Result<std::vector<u8>> read_input(const std::string& path);

// Writes to standard output and tells whether that worked; a closed pipe is an error like any other.
bool write_output(std::string_view text);
// Whether a write_output() has failed in this process.
bool output_failed();

// True if standard output, or standard error, is a terminal.
bool is_output_terminal();
bool is_error_terminal();

}  // namespace ropewalk::cli
