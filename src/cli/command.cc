#include "cli/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace ropewalk::cli {

void Outcome::complain(std::string_view text, int code) {
  std::fflush(stdout);
  std::string line = fmt::format("ropewalk: {}\n", text);
  std::fwrite(line.data(), 1, line.size(), stderr);
  code_ = code;
}

Result<std::vector<u8>> read_input(const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> opened;
  std::FILE* file = stdin;
  if (path != "-") {
    opened.reset(std::fopen(path.c_str(), "rb"));
    file = opened.get();
  }
  if (file == nullptr) return Error{fmt::format("cannot open {}: {}", path, std::strerror(errno))};
  std::vector<u8> bytes;
  u8 block[16384];
  while (std::size_t n = std::fread(block, 1, sizeof block, file)) bytes.insert(bytes.end(), block, block + n);
  if (std::ferror(file) != 0)
    return Error{fmt::format("cannot read {}: {}", path == "-" ? "standard input" : path, std::strerror(errno))};
  return bytes;
}

namespace {
std::atomic<bool> failed_output{false};
}

bool write_output(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) failed_output = true;
  return written;
}
bool output_failed() { return failed_output; }

bool is_output_terminal() { return isatty(STDOUT_FILENO) != 0; }
bool is_error_terminal() { return isatty(STDERR_FILENO) != 0; }

}  // namespace ropewalk::cli
