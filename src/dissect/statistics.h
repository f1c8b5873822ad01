// Counts, sizes and latencies of operations and ROPs, for `ropewalk dissect --stats`.
#pragma once

#include <map>
#include <string>

#include "dissect/counting.h"
#include "dissect/dissector.h"

namespace ropewalk::dissect {

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
