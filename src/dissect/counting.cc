#include "dissect/counting.h"

#include <algorithm>
#include <bit>
#include <boost/json/array.hpp>

namespace ropewalk::dissect {
namespace {

namespace json = boost::json;

// Eight buckets for each power of two.
unsigned bucket_of(u64 value) {
  if (value < 8) return static_cast<unsigned>(value);
  const unsigned bits = static_cast<unsigned>(std::bit_width(value));
  return (bits - 3) * 8 + static_cast<unsigned>((value >> (bits - 4)) & 7);
}
// The least value that is beyond a bucket.
u64 bound_of(unsigned bucket) {
  if (bucket < 8) return bucket + 1;
  const unsigned shift = bucket / 8 - 1;
  const u64 bound = u64{bucket % 8 + 9} << shift;
  return bound == 0 ? ~u64{0} : bound;
}

}  // namespace

void Latencies::add(i64 nanoseconds) {
  const i64 time = std::max<i64>(nanoseconds, 0);
  ++buckets_[bucket_of(static_cast<u64>(time))];
  ++count_;
  most_ = std::max(most_, time);
  sum_ += static_cast<double>(time);
}

i64 Latencies::quantile(double share) const {
  const double wanted = share * static_cast<double>(count_);
  u64 seen = 0;
  for (const auto& [bucket, count] : buckets_) {
    seen += count;
    if (static_cast<double>(seen) >= wanted) return std::min(most_, static_cast<i64>(bound_of(bucket)));
  }
  return most_;
}

json::value Latencies::histogram() const {
  json::array list;
  for (const auto& [bucket, count] : buckets_) list.push_back(json::array{bound_of(bucket), count});
  return list;
}

std::string_view host_of(std::string_view endpoint) {
  if (endpoint.starts_with('[')) {
    const auto end = endpoint.find(']');
    return end == std::string_view::npos ? endpoint : endpoint.substr(1, end - 1);
  }
  return endpoint.substr(0, endpoint.rfind(':'));
}

}  // namespace ropewalk::dissect
