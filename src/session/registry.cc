#include "session/registry.h"

#include <fmt/format.h>

#include <algorithm>

namespace ropewalk::session {

Result<std::shared_ptr<Session>> Registry::add(std::shared_ptr<Session> session, Clock::time_point now) {
  touch(*session, now);
  std::lock_guard guard(lock_);
  if (by_id_.size() >= limits_.sessions)
    return Error{fmt::format("cannot open a session for {}: the server's {} sessions are in use", session->user.address,
                             limits_.sessions)};
  std::shared_ptr<Session> leaving;
  auto& mine = by_user_[session->user.id];
  if (mine.size() >= limits_.sessions_per_user) {
    Session* oldest = nullptr;
    for (Session* other : mine) {
      if (other->busy == 0 && (oldest == nullptr || other->last_used_ < oldest->last_used_)) oldest = other;
    }
    if (oldest == nullptr)
      return Error{fmt::format("cannot open a session for {}: all of the user's {} sessions are at work",
                               session->user.address, mine.size())};
    leaving = take(*oldest);
  }
  by_user_[session->user.id].push_back(session.get());  // take() may have dropped the entry
  std::string_view id = session->id();
  by_id_.emplace(id, std::move(session));
  return leaving;
}

std::shared_ptr<Session> Registry::find(std::string_view id, Clock::time_point now) {
  std::shared_ptr<Session> found;
  std::lock_guard guard(lock_);
  auto at = by_id_.find(id);
  if (at == by_id_.end() || is_expired(*at->second, now)) return nullptr;  // sweep() takes it out
  touch(*at->second, now);
  return at->second;
}

void Registry::touch(Session& session, Clock::time_point now) {
  session.last_used_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

std::shared_ptr<Session> Registry::remove(std::string_view id) {
  std::lock_guard guard(lock_);
  auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : take(*at->second);
}

std::vector<std::shared_ptr<Session>> Registry::sweep(Clock::time_point now) {
  std::vector<std::shared_ptr<Session>> expired;
  std::lock_guard guard(lock_);
  for (auto& [id, session] : by_id_) {
    if (is_expired(*session, now)) expired.push_back(session);
  }
  for (auto& session : expired) take(*session);
  return expired;
}

std::vector<std::shared_ptr<Session>> Registry::remove_user(i64 user_id) {
  std::vector<std::shared_ptr<Session>> gone;
  std::lock_guard guard(lock_);
  auto mine = by_user_.find(user_id);
  if (mine == by_user_.end()) return gone;
  for (Session* session : std::vector<Session*>(mine->second)) gone.push_back(take(*session));
  return gone;
}

std::vector<std::shared_ptr<Session>> Registry::clear() {
  std::vector<std::shared_ptr<Session>> all;
  std::lock_guard guard(lock_);
  for (auto& [id, session] : by_id_) all.push_back(session);
  by_id_.clear();
  by_user_.clear();
  return all;
}

std::size_t Registry::size() const {
  std::lock_guard guard(lock_);
  return by_id_.size();
}

bool Registry::is_expired(const Session& session, Clock::time_point now) const {
  Clock::time_point last{Clock::duration(session.last_used_.load(std::memory_order_relaxed))};
  return session.busy == 0 && now - last >= limits_.expiry;
}

std::shared_ptr<Session> Registry::take(Session& session) {
  auto mine = by_user_.find(session.user.id);
  std::erase(mine->second, &session);
  if (mine->second.empty()) by_user_.erase(mine);
  auto at = by_id_.find(session.id());
  auto taken = std::move(at->second);
  by_id_.erase(at);
  return taken;
}

}  // namespace ropewalk::session
