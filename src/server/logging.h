// The server's log: one line per event, on standard error.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::server {

enum class LogLevel { debug, info, warning, error, off };
std::string_view name(LogLevel level);  // "warning"
std::optional<LogLevel> parse_log_level(std::string_view text);

// Any thread. Refusals are warnings; comings and goings are info. More than 500 lines in a second are counted instead
// of written, so that nobody fills the disk by being refused.
class Log {
 public:
  explicit Log(LogLevel level);
  ~Log();

  bool writes(LogLevel level) const { return level >= level_; }
  // Control characters in the line (they may come from the network) become '?'.
  void write(LogLevel level, std::string_view line);
  void debug(std::string_view line) { write(LogLevel::debug, line); }
  void info(std::string_view line) { write(LogLevel::info, line); }
  void warning(std::string_view line) { write(LogLevel::warning, line); }
  void error(std::string_view line) { write(LogLevel::error, line); }

 private:
  struct State;
  LogLevel level_;
  std::unique_ptr<State> state_;
};

}  // namespace ropewalk::server
