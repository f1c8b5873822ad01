#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/command.h"

namespace ropewalk::cli {

Progress::Progress(u64 total) : total_(std::max<u64>(total, 1)), shown_(is_error_terminal()) {}

void Progress::update(u64 done, std::string_view what) {
  if (!shown_) return;
  auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  constexpr u64 kWidth = 30;
  u64 filled = std::min(done, total_) * kWidth / total_;
  std::string line = fmt::format("\r[{:#<{}}{:.<{}}] {:3}%  {}\x1B[K", "", filled, "", kWidth - filled,
                                 std::min(done, total_) * 100 / total_, what);
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1B[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace ropewalk::cli
