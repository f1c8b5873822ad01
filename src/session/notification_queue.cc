#include "session/notification_queue.h"

#include <utility>

namespace ropewalk::session {

bool NotificationQueue::push(std::unique_ptr<Notification> event) {
  std::lock_guard guard(lock_);
  if (closed_) return false;
  bool has_room = events_.size() < kMax;
  if (has_room)
    events_.push_back(std::move(event));
  else
    lost_ = true;
  if (wake_) wake_();
  return has_room;
}

std::unique_ptr<Notification> NotificationQueue::take() {
  std::lock_guard guard(lock_);
  if (events_.empty()) return nullptr;
  auto event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void NotificationQueue::put_back(std::unique_ptr<Notification> event) {
  std::lock_guard guard(lock_);
  events_.push_front(std::move(event));
}

bool NotificationQueue::take_lost() {
  std::lock_guard guard(lock_);
  return std::exchange(lost_, false);
}

bool NotificationQueue::pending() const {
  std::lock_guard guard(lock_);
  return lost_ || !events_.empty();
}

void NotificationQueue::forget(u32 handle) {
  std::lock_guard guard(lock_);
  std::erase_if(events_, [handle](const auto& event) { return event->handle() == handle; });
}

u64 NotificationQueue::watch(std::function<void()> wake) {
  std::lock_guard guard(lock_);
  if (wake_) wake_();
  wake_ = std::move(wake);
  if (closed_ || lost_ || !events_.empty()) wake_();
  return ++watcher_;
}

bool NotificationQueue::is_watching(u64 watcher) const {
  std::lock_guard guard(lock_);
  return wake_ != nullptr && watcher == watcher_;
}

void NotificationQueue::unwatch(u64 watcher) {
  std::function<void()> old;
  std::lock_guard guard(lock_);
  if (watcher == watcher_) old = std::exchange(wake_, nullptr);
}

void NotificationQueue::close() {
  std::lock_guard guard(lock_);
  closed_ = true;
  if (wake_) wake_();
}

bool NotificationQueue::is_closed() const {
  std::lock_guard guard(lock_);
  return closed_;
}

}  // namespace ropewalk::session
