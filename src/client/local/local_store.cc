#include "client/local/local_store.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "client/local/local_objects.h"

namespace ropewalk::client {

namespace local {
namespace {

Event event_of(const store::Event& from) {
  Event to;
  to.kind = static_cast<EventKind>(from.kind);
  to.folder = from.folder;
  if (!from.message.is_null()) to.message = from.message;
  if (!from.parent.is_null()) to.parent = from.parent;
  if (!from.old_folder.is_null()) to.old_folder = from.old_folder;
  if (!from.old_message.is_null()) to.old_message = from.old_message;
  if (from.has_counts) {
    to.total_count = from.content_count;
    to.unread_count = from.unread_count;
  }
  to.message_class = from.message_class;
  return to;
}

// A thread that hands on what the store queues.
class LocalSubscription : public Subscription {
 public:
  LocalSubscription(Mailbox mailbox, const store::EventFilter& filter, EventSink sink)
      : mailbox_(std::move(mailbox)), sink_(std::move(sink)) {
    queue_ = mailbox_->events().subscribe(filter, [this] {
      std::lock_guard lock(mutex_);
      woken_ = true;
      wake_.notify_one();
    });
    thread_ = std::thread([this] { run(); });
  }
  ~LocalSubscription() override {
    {
      std::lock_guard lock(mutex_);
      ending_ = true;
      wake_.notify_one();
    }
    thread_.join();
    queue_.reset();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return woken_ || ending_; });
      if (ending_) return;
      woken_ = false;
      lock.unlock();
      for (const store::Event& event : queue_->take()) sink_(event_of(event));
      lock.lock();
    }
  }

  Mailbox mailbox_;
  EventSink sink_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false, ending_ = false;
  std::unique_ptr<store::Subscription> queue_;
  std::thread thread_;
};

class LocalStore : public MessageStore {
 public:
  explicit LocalStore(Mailbox mailbox) : mailbox_(std::move(mailbox)) {}

  Outcome<mapi::PropertyBag> get(std::span<const PropTag> tags) override { return bag_of(*mailbox_, tags); }
  Outcome<mapi::PropertyBag> get_all() override { return bag_of(*mailbox_, mailbox_->tags()); }
  Outcome<void> set(std::span<const mapi::Property> properties) override {
    ROPEWALK_LOCAL_CHECK(mailbox_->set_properties(properties, {}));
    return {};
  }
  Outcome<void> remove(std::span<const PropTag> tags) override {
    ROPEWALK_LOCAL_CHECK(mailbox_->set_properties({}, tags));
    return {};
  }
  Outcome<std::unique_ptr<Stream>> open_stream(PropTag tag, Access, bool) override { return no_streams(tag); }

  Outcome<FolderId> special(SpecialFolder which) override {
    return mailbox_->special(static_cast<store::SpecialFolder>(which));
  }
  Outcome<std::unique_ptr<Folder>> open_folder(FolderId id) override {
    ROPEWALK_LOCAL_CHECK(mailbox_->folder(id));
    return make_folder(mailbox_, id);
  }
  Outcome<std::unique_ptr<Message>> open_message(FolderId folder, MessageId id, Access access) override {
    ROPEWALK_LOCAL_TRY(auto message, mailbox_->open_message(folder, id, access != Access::read));
    return make_message(std::move(message));
  }
  Outcome<std::vector<u16>> ids_of_names(std::span<const mapi::PropertyName> names, bool create) override {
    ROPEWALK_LOCAL_TRY(auto ids, mailbox_->ids_of_names(names, create));
    return ids;
  }
  Outcome<std::vector<std::optional<mapi::PropertyName>>> names_of_ids(std::span<const u16> ids) override {
    return mailbox_->names_of_ids(ids);
  }
  Outcome<std::unique_ptr<Subscription>> subscribe(u16 kinds, std::optional<FolderId> folder, EventSink sink) override {
    store::EventFilter filter;
    filter.kinds = kinds;
    filter.whole_store = !folder;
    if (folder) filter.folder = *folder;
    return std::unique_ptr<Subscription>(std::make_unique<LocalSubscription>(mailbox_, filter, std::move(sink)));
  }

 private:
  Mailbox mailbox_;
};

}  // namespace
}  // namespace local

std::unique_ptr<MessageStore> make_local_store(std::shared_ptr<store::MailboxStore> mailbox) {
  return std::make_unique<local::LocalStore>(std::move(mailbox));
}

}  // namespace ropewalk::client
