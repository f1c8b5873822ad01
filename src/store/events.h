// What happened in a mailbox, told to those who asked after it is durable.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mapi/ids.h"
#include "mapi/prop_tag.h"

namespace ropewalk::store {

// The kinds of [MS-OXCNOTIF] 2.2.1.1, with its numbers. Table changes are told apart by who watches which table: a
// session derives them from object events on the table's folder.
enum class EventKind : u16 {
  new_mail = 0x0002,
  created = 0x0004,
  deleted = 0x0008,
  modified = 0x0010,
  moved = 0x0020,
  copied = 0x0040,
};

// One change of one object. `message` is null for events on folders.
struct Event {
  EventKind kind{};
  bool associated = false;
  mapi::FolderId folder{};  // the folder itself, or the one that holds the message (after the change)
  mapi::MessageId message{};
  mapi::FolderId parent{};                  // of `folder`, for events on folders
  mapi::FolderId old_folder{};              // moved, copied: where from (for folders: the folder's former id)
  mapi::MessageId old_message{};            // moved, copied
  mapi::FolderId old_parent{};              // moved, copied folders
  std::vector<mapi::PropTag> tags{};        // created, modified: what changed, where known
  u32 content_count = 0, unread_count = 0;  // of `folder`, after the change
  bool has_counts = false;
  u32 message_flags = 0;        // new_mail: PidTagMessageFlags
  std::string message_class{};  // new_mail
};

// What a subscriber wants to hear.
struct EventFilter {
  enum class Of : u8 { everything, messages, folders };
  u16 kinds = 0xFFFF;  // EventKind bits
  Of of = Of::everything;
  bool whole_store = true;
  bool children = false;      // else: of the folders right below `folder`, instead of itself and its messages
  mapi::FolderId folder{};    // else: events on this folder, and on messages in it
  mapi::MessageId message{};  // and this message alone, where not null
};

class EventBus;

// A subscriber's queue. Ends the subscription when destroyed. Any thread.
class Subscription {
 public:
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Everything queued, oldest first. `lost` is set where more came than the queue holds (1,024): the subscriber has to
  // look anew at all it watches.
  std::vector<Event> take(bool* lost = nullptr);
  bool pending() const;

 private:
  friend class EventBus;
  Subscription(EventBus* bus, EventFilter filter, std::function<void()> wake);
  bool wants(const Event& event) const;
  bool push(const Event& event);

  static constexpr std::size_t kMostQueued = 1024;
  EventBus* bus_;
  const EventFilter filter_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::vector<Event> queue_;
  bool lost_ = false;
};

// One per open mailbox. Must outlive its subscriptions (hold the MailboxStore).
class EventBus {
 public:
  // `wake` is called, on the thread that committed and with no lock of the store held, when something was queued for a
  // subscriber that had nothing; it must be quick and must not call back into the store. May be empty.
  std::unique_ptr<Subscription> subscribe(const EventFilter& filter, std::function<void()> wake = {});
  void publish(const std::vector<Event>& events);

 private:
  friend class Subscription;
  void forget(Subscription* subscription);

  std::mutex mutex_;
  std::vector<Subscription*> subscriptions_;
};

}  // namespace ropewalk::store
