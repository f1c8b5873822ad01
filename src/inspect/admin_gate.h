// The administrator's password and who is signed in by it.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <string>

#include "base/result.h"
#include "directory/rate_limit.h"

namespace ropewalk::inspect {

// DATA/admin-password: the hash, readable by its owner alone.
std::string admin_password_path(const std::string& data);
// Empty where none is set. An error where the file cannot be read.
Result<std::string> read_admin_password(const std::string& data);
Status write_admin_password(const std::string& data, std::string_view password);

// Thread-safe.
class AdminGate {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::hours kLongest{12};
  static constexpr std::chrono::minutes kIdle{60};
  static constexpr std::size_t kMostSessions = 32;

  // `hash` gives the password's hash as it is now; empty: nobody can sign in. Sessions end when it changes.
  explicit AdminGate(std::function<std::string()> hash, std::function<Clock::time_point()> now = Clock::now);

  struct Verdict {
    std::string session;                    // empty: refused
    std::string reason;                     // in words, where refused
    std::chrono::milliseconds retry_in{0};  // where too many have failed
  };
  // Takes some 20 ms.
  Verdict sign_in(std::string_view password, const std::string& peer);
  bool is_signed_in(std::string_view session);
  void sign_out(std::string_view session);

 private:
  struct Session {
    std::string name, hash;
    Clock::time_point begin, used;
  };
  std::chrono::milliseconds wait(const std::string& peer);

  std::function<std::string()> hash_;
  std::function<Clock::time_point()> now_;
  std::mutex lock_;
  directory::RateLimit peers_, all_;
  std::list<Session> sessions_;
};

// 32 random bytes as text for URLs and cookies.
std::string random_token();
// Takes the same time wherever they differ.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace ropewalk::inspect
