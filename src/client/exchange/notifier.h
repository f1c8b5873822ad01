// Notifications of one session: a second connection that waits (NotificationWait), and a thread that calls sinks.
// [MS-OXCMAPIHTTP] 2.2.4.4, [MS-OXCNOTIF].
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "client/exchange/rop_session.h"
#include "protocol/rop/oxcnotif.h"

namespace ropewalk::client::exchange {

class Notifier {
 public:
  explicit Notifier(RopSession& session);
  ~Notifier();

  /// Registers with the server; the subscription keeps the session alive.
  Outcome<std::unique_ptr<Subscription>> subscribe(std::shared_ptr<RopSession> session, u16 kinds,
                                                   std::optional<FolderId> folder, EventSink sink);
  /// A notification that came with a response; sinks are called on the notifier's thread.
  void push(const rop::NotifyResponse& notify);

 private:
  class Registration;
  struct Entry {
    u64 id = 0;
    u16 kinds = 0;
    std::optional<FolderId> folder;
    EventSink sink;
    Handle handle;
  };
  struct Notice {
    u32 handle = 0;
    Event event;
  };

  Outcome<void> register_with_server(Entry& entry);
  void remove(u64 id);
  bool is_ending();
  void poll();
  bool poll_once();
  bool recover();
  void dispatch();

  RopSession& session_;
  std::unique_ptr<Channel> channel_;  // the poller's
  std::mutex entries_mutex_;          // held while sinks are called
  std::vector<Entry> entries_;
  u64 next_id_ = 1;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Notice> notices_;
  std::size_t subscribers_ = 0;
  bool ending_ = false;
  std::thread poller_, dispatcher_;
};

}  // namespace ropewalk::client::exchange
