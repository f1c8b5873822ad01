// Token buckets by key: so many at once, so many over time. Bounded memory: the least used keys are forgotten.
#pragma once

#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ropewalk::directory {

// Not thread-safe.
class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Rule {
    double burst;                      // tokens of a full bucket
    std::chrono::milliseconds refill;  // for one token
    std::size_t most_keys = 10'000;
  };

  explicit RateLimit(Rule rule) : rule_(rule) {}

  // Takes a token, where there is one.
  bool take(std::string_view key, Time now);
  // Puts one back that was not deserved.
  void give_back(std::string_view key);
  // How long until take() succeeds.
  std::chrono::milliseconds wait(std::string_view key, Time now);
  std::size_t keys() const { return buckets_.size(); }

 private:
  struct Bucket {
    std::string key;
    double tokens;
    Time at;
  };
  Bucket& bucket(std::string_view key, Time now);

  Rule rule_;
  std::list<Bucket> buckets_;                                                 // most lately used first
  std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_key_;  // keys live in the buckets
};

}  // namespace ropewalk::directory
