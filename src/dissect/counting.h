// What statistics of operations are made of.
#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>

#include "base/types.h"

namespace ropewalk::dissect {

// A distribution of times, exact to an eighth; below zero counts as zero.
class Latencies {
 public:
  void add(i64 nanoseconds);
  u64 count() const { return count_; }
  i64 most() const { return most_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  // The time that a share of them (0 to 1) does not exceed.
  i64 quantile(double share) const;
  // [[upper bound in nanoseconds, count], ...] of what is not empty.
  boost::json::value histogram() const;

 private:
  std::map<unsigned, u32> buckets_;
  u64 count_ = 0;
  i64 most_ = 0;
  double sum_ = 0;
};

// The host of "192.0.2.1:6001" and "[2001:db8::1]:6001".
std::string_view host_of(std::string_view endpoint);

// The entry of that name; of "others" where there are `most` of them.
template <class Map>
typename Map::mapped_type& entry_of(Map& map, const std::string& name, std::size_t most) {
  if (map.size() >= most && !map.contains(name)) return map["others"];
  return map[name];
}

}  // namespace ropewalk::dissect
