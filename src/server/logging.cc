#include "server/logging.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <mutex>

namespace ropewalk::server {
namespace {

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error", "off"};
constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                 spdlog::level::err, spdlog::level::off};
constexpr int kMostPerSecond = 500;

}  // namespace

std::string_view name(LogLevel level) { return kNames[static_cast<std::size_t>(level)]; }

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (text == kNames[i]) return static_cast<LogLevel>(i);
  return std::nullopt;
}

struct Log::State {
  spdlog::logger logger{"ropewalk", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  std::mutex lock;
  std::chrono::steady_clock::time_point second{};
  int lines = 0, left_out = 0;

  // Whether one more line may be written now; `missed` lines were not since the last one.
  bool may_write(int& missed) {
    std::lock_guard guard(lock);
    auto now = std::chrono::steady_clock::now();
    if (now - second >= std::chrono::seconds(1)) {
      second = now;
      lines = 0;
      missed = std::exchange(left_out, 0);
    }
    if (++lines <= kMostPerSecond) return true;
    ++left_out;
    return false;
  }
};

Log::Log(LogLevel level) : level_(level), state_(std::make_unique<State>()) {
  state_->logger.set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  state_->logger.set_level(kLevels[static_cast<std::size_t>(level)]);
  state_->logger.flush_on(spdlog::level::debug);
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view line) {
  if (!writes(level) || level == LogLevel::off) return;
  int missed = 0;
  if (!state_->may_write(missed)) return;
  if (missed > 0) state_->logger.warn(fmt::format("{} lines were left out", missed));
  std::string clean(line);
  for (char& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  state_->logger.log(kLevels[static_cast<std::size_t>(level)], spdlog::string_view_t(clean.data(), clean.size()));
}

}  // namespace ropewalk::server
