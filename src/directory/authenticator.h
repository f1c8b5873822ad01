// Who is it? Checks a login and a password against the directory. HTTP Basic sends them with every request, so what was
// found right is remembered for some minutes; guessing is slowed down.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "directory/directory.h"

namespace ropewalk::directory {

enum class Refusal { none, unknown_user, wrong_password, no_password, rate_limited, unavailable };

struct Verdict {
  std::shared_ptr<const User> user;  // null: refused
  Refusal refusal = Refusal::none;
  std::string reason;                     // for the log, never for the client: it tells whether the user exists
  std::chrono::milliseconds retry_in{0};  // where rate limited

  explicit operator bool() const { return user != nullptr; }
};

struct AuthenticatorOptions {
  std::chrono::milliseconds remember{5 * 60'000};
  std::size_t most_remembered = 20'000;
  double account_burst = 20;  // failures in a row for one login, then one per account_refill
  std::chrono::milliseconds account_refill{15'000};
  double peer_burst = 40;  // the same for one client address (one /64 of IPv6)
  std::chrono::milliseconds peer_refill{3'000};
  std::size_t most_tracked = 10'000;                             // logins, and addresses
  std::function<std::chrono::steady_clock::time_point()> now{};  // for tests
  // Whether it is the user's password, for users who have theirs elsewhere; nullopt: not one of those. Error: it cannot
  // be found out now.
  std::function<std::optional<Result<bool>>(const User& user, std::string_view password)> elsewhere{};
};

// Thread-safe.
class Authenticator {
 public:
  explicit Authenticator(Directory& directory, AuthenticatorOptions options = {});
  ~Authenticator();

  // The user, if these very credentials were verified a moment ago and the password has not changed since; else null.
  // About a microsecond: fit for an I/O thread.
  std::shared_ptr<const User> recall(std::string_view login, std::string_view password);
  // recall(), else the full check, some 20 ms: for a worker. `peer` is the client's address, without a port.
  Verdict verify(std::string_view login, std::string_view password, std::string_view peer);
  void forget_all();

  // For passwords that are checked elsewhere, as NTLM's are: guesses there and here are counted together. An attempt is
  // paid for in advance; was_right() gives that back.
  struct Attempt {
    bool admitted = false;
    std::string reason;  // for the log, where it is not
    std::chrono::milliseconds retry_in{0};
    std::string account, network;  // what it is counted against
  };
  Attempt begin_attempt(std::string_view login, std::string_view peer);
  void was_right(const Attempt& attempt);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ropewalk::directory
