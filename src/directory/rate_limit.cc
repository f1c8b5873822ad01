#include "directory/rate_limit.h"

#include <algorithm>

namespace ropewalk::directory {

RateLimit::Bucket& RateLimit::bucket(std::string_view key, Time now) {
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (buckets_.size() >= rule_.most_keys) {
      by_key_.erase(buckets_.back().key);
      buckets_.pop_back();
    }
    buckets_.push_front({std::string(key), rule_.burst, now});
    by_key_.emplace(buckets_.front().key, buckets_.begin());
    return buckets_.front();
  }
  buckets_.splice(buckets_.begin(), buckets_, found->second);
  Bucket& it = buckets_.front();
  const double passed = std::chrono::duration<double, std::milli>(now - it.at).count();
  it.tokens = std::min(rule_.burst, it.tokens + std::max(0.0, passed) / static_cast<double>(rule_.refill.count()));
  it.at = now;
  return it;
}

bool RateLimit::take(std::string_view key, Time now) {
  Bucket& it = bucket(key, now);
  if (it.tokens < 1) return false;
  it.tokens -= 1;
  return true;
}

void RateLimit::give_back(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) found->second->tokens = std::min(rule_.burst, found->second->tokens + 1);
}

std::chrono::milliseconds RateLimit::wait(std::string_view key, Time now) {
  const double missing = 1 - bucket(key, now).tokens;
  if (missing <= 0) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(static_cast<long>(missing * static_cast<double>(rule_.refill.count())) + 1);
}

}  // namespace ropewalk::directory
