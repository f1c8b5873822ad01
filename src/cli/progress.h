// A progress bar on standard error, where that is a terminal.
#pragma once

#include <chrono>

#include "base/types.h"

namespace ropewalk::cli {

class Progress {
 public:
  // `total` in whatever unit update() counts; nothing is drawn where standard error is no terminal.
  explicit Progress(u64 total);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Redraws at most some ten times a second.
  void update(u64 done, std::string_view what);
  // Takes the bar away, for a line of text or for good.
  void clear();

 private:
  u64 total_;
  bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace ropewalk::cli
