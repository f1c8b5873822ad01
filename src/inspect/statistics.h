// What can be counted of operations, in memory that does not grow with them.
#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <vector>

#include "dissect/counting.h"
#include "dissect/operation.h"

namespace ropewalk::inspect {

class Statistics {
 public:
  static constexpr std::size_t kMaxNames = 2048;  // of each kind; what comes later is counted as "others"
  static constexpr std::size_t kMaxIntervals = 480;

  void add(const dissect::Operation& operation);
  u64 count() const { return total_.count; }
  boost::json::value to_json(i64 base_time) const;
  // The hosts that most operations come from and go to, at most `limit`.
  std::vector<std::string> hosts(std::size_t limit) const;

 private:
  struct Counter {
    u64 count = 0, errors = 0, bytes = 0;
  };
  struct Named : Counter {
    dissect::Latencies latencies;
  };
  struct Talkers : Counter {
    u64 there = 0, back = 0;  // bytes of requests, of responses
  };
  struct Interval {
    u32 count = 0, failed = 0;
    u64 bytes = 0;
    i64 slowest = 0;
  };

  void add_to_interval(const dissect::Operation& operation, bool failed);
  void widen();

  Counter total_;
  u64 requests_ = 0, responses_ = 0, noted_ = 0;
  std::map<std::string, Named> operations_, rops_;
  std::map<std::string, u64> results_, rop_errors_, hosts_, notes_;
  std::map<std::string, Talkers> talkers_;
  std::array<u64, 34> sizes_{};  // by the number of bits
  dissect::Latencies latencies_;
  std::vector<Interval> intervals_;
  i64 begin_ = 0, width_ = 1'000'000, first_ = 0, last_ = 0;  // nanoseconds
};

}  // namespace ropewalk::inspect
