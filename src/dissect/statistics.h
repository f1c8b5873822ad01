// Counts, sizes and latencies of operations and ROPs, for `ropewalk dissect --stats`.
#pragma once

#include <array>
#include <map>
#include <string>

#include "dissect/dissector.h"

namespace ropewalk::dissect {

// Durations in nanoseconds, kept as counts of a logarithmic scale: percentiles are right to 10 %.
class Latencies {
 public:
  void add(i64 nanoseconds);
  u64 count() const { return count_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  double percentile(double part) const;  // 0.5: the median
  i64 largest() const { return largest_; }

 private:
  std::array<u32, 256> counts_{};
  u64 count_ = 0;
  double sum_ = 0;
  i64 largest_ = 0;
};

class Statistics {
 public:
  // Names (of operations, ROPs, results, parties) beyond this many are counted together as "others".
  static constexpr std::size_t kMostNames = 4096;

  void add(const Operation& operation);
  std::string text(const DissectCounts& counts) const;

 private:
  struct Kind {
    u64 requests = 0, responses = 0, request_bytes = 0, response_bytes = 0, errors = 0;
    Latencies latencies;
  };
  struct Rop {
    u64 requests = 0, responses = 0, errors = 0;
    Latencies latencies;  // of the operations it came in
  };
  struct Talker {
    u64 operations = 0, bytes = 0;
  };
  std::map<std::string, Kind> kinds_;
  std::map<std::string, Rop> rops_;
  std::map<std::string, u64> errors_;
  std::map<std::string, Talker> talkers_;
};

}  // namespace ropewalk::dissect
