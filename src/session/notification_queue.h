// What happened in the store and waits for its client: [MS-OXCNOTIF] 3.1.4.3.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "base/types.h"

namespace ropewalk::session {

// One event for one subscription or table; what it says is the affair of who pushes and who encodes it. It must not
// own objects of the session (it may outlive them): it names them by handle.
class Notification {
 public:
  explicit Notification(u32 handle) : handle_(handle) {}
  virtual ~Notification() = default;
  // The server object that the client registered (RopRegisterNotification) or the table that it watches.
  u32 handle() const { return handle_; }

 private:
  u32 handle_;
};

// The events of one session, oldest first. Bounded: what comes when it is full is dropped and remembered as lost, so
// that the reader can tell the client to read its tables anew. Any thread.
class NotificationQueue {
 public:
  static constexpr std::size_t kMax = 1024;

  NotificationQueue() = default;
  NotificationQueue(const NotificationQueue&) = delete;
  NotificationQueue& operator=(const NotificationQueue&) = delete;

  // Appends and wakes who waits. False: it was full, and the event is lost.
  bool push(std::unique_ptr<Notification> event);
  // The oldest, or null.
  std::unique_ptr<Notification> take();
  // Gives back what take() gave and did not fit into the answer.
  void put_back(std::unique_ptr<Notification> event);
  // Whether events were lost since the last call.
  bool take_lost();
  bool pending() const;
  // Drops the events of an object that the client released.
  void forget(u32 handle);

  // `wake` is called (on the thread that pushes, under the queue's lock: it must be short) at every push, and at once
  // if something is pending. There is one watcher: an earlier one is woken and forgotten. Returns a name for unwatch().
  u64 watch(std::function<void()> wake);
  // Whether that watcher is still the one.
  bool is_watching(u64 watcher) const;
  void unwatch(u64 watcher);
  // The session is over: wakes the watcher, takes nothing in any more, and whoever watches from now on is woken at
  // once.
  void close();
  bool is_closed() const;

 private:
  mutable std::mutex lock_;
  std::deque<std::unique_ptr<Notification>> events_;
  std::function<void()> wake_;
  u64 watcher_ = 0;
  bool lost_ = false;
  bool closed_ = false;
};

}  // namespace ropewalk::session
