// Every Session Context of the server, by its id.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "session/session.h"

namespace ropewalk::session {

struct RegistryLimits {
  std::chrono::seconds expiry{900};  // a session nobody uses for so long ends
  std::size_t sessions_per_user = 100;
  std::size_t sessions = 100'000;
};

// Shares its sessions with the requests under way. Any thread. A session that leaves the registry is handed to the
// caller, so that its end (which may touch the store) happens outside of the lock and on a thread of his choice.
class Registry {
 public:
  using Clock = Session::Clock;

  explicit Registry(RegistryLimits limits) : limits_(limits) {}

  // Takes the session in. Past the user's limit his longest unused one has to go: it is returned (else null). An error
  // where the server's limit is reached, or all of the user's are in the middle of a request.
  Result<std::shared_ptr<Session>> add(std::shared_ptr<Session> session, Clock::time_point now);
  // The session, its idle time starting anew; null where there is none, or no more.
  std::shared_ptr<Session> find(std::string_view id, Clock::time_point now);
  // Starts the idle time anew, at the end of a request.
  static void touch(Session& session, Clock::time_point now);
  // Null where there was none.
  std::shared_ptr<Session> remove(std::string_view id);
  // Takes out what has expired.
  std::vector<std::shared_ptr<Session>> sweep(Clock::time_point now);
  // Takes out every session of a user, when his password changed or he is gone.
  std::vector<std::shared_ptr<Session>> remove_user(i64 user_id);
  std::vector<std::shared_ptr<Session>> clear();
  std::size_t size() const;
  const RegistryLimits& limits() const { return limits_; }

 private:
  bool is_expired(const Session& session, Clock::time_point now) const;
  std::shared_ptr<Session> take(Session& session);  // under the lock

  const RegistryLimits limits_;
  mutable std::mutex lock_;
  std::unordered_map<std::string_view, std::shared_ptr<Session>> by_id_;  // keys: the sessions' own ids
  std::unordered_map<i64, std::vector<Session*>> by_user_;
};

}  // namespace ropewalk::session
