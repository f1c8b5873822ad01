#include "client/exchange/notifier.h"

#include <algorithm>

#include "client/exchange/notice.h"
#include "protocol/mapihttp/bodies.h"

namespace ropewalk::client::exchange {

using namespace std::chrono_literals;

// Ends the registration when the subscriber lets go.
class Notifier::Registration : public Subscription {
 public:
  Registration(std::shared_ptr<RopSession> session, Notifier& notifier, u64 id)
      : session_(std::move(session)), notifier_(notifier), id_(id) {}
  ~Registration() override { notifier_.remove(id_); }

 private:
  std::shared_ptr<RopSession> session_;
  Notifier& notifier_;
  u64 id_;
};

Notifier::Notifier(RopSession& session) : session_(session), channel_(make_channel(session.channel_state())) {
  poller_ = std::thread([this] { poll(); });
  dispatcher_ = std::thread([this] { dispatch(); });
}

Notifier::~Notifier() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  channel_->interrupt();
  poller_.join();
  dispatcher_.join();
}

Outcome<std::unique_ptr<Subscription>> Notifier::subscribe(std::shared_ptr<RopSession> session, u16 kinds,
                                                           std::optional<FolderId> folder, EventSink sink) {
  std::lock_guard lock(entries_mutex_);
  Entry entry{next_id_++, kinds, folder, std::move(sink), {}};
  ROPEWALK_CHECK(register_with_server(entry));
  u64 id = entry.id;
  entries_.push_back(std::move(entry));
  {
    std::lock_guard wake(mutex_);
    ++subscribers_;
    changed_.notify_all();
  }
  return std::unique_ptr<Subscription>(std::make_unique<Registration>(std::move(session), *this, id));
}

Outcome<void> Notifier::register_with_server(Entry& entry) {
  ROPEWALK_TRY(Handle logon, session_.logon());
  Batch batch;
  rop::RegisterNotificationRequest request;
  request.input_handle_index = batch.place(logon);
  request.output_handle_index = batch.new_place();
  request.notification_types.value = entry.kinds;
  request.want_whole_store = entry.folder ? 0 : 1;
  if (entry.folder) request.folder_id = *entry.folder;
  rop::RegisterNotificationResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(session_.execute(batch));
  ROPEWALK_ROP_CHECK("cannot watch for events", response);
  entry.handle = {batch.handle_at(request.output_handle_index), logon.epoch};
  return {};
}

void Notifier::remove(u64 id) {
  std::lock_guard lock(entries_mutex_);
  auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.id == id; });
  if (found == entries_.end()) return;
  session_.release(found->handle);
  entries_.erase(found);
  std::lock_guard wake(mutex_);
  --subscribers_;
}

void Notifier::push(const rop::NotifyResponse& notify) {
  Event event;
  if (!event_of(notify, event)) return;
  std::lock_guard lock(mutex_);
  notices_.push_back({notify.notification_handle, std::move(event)});
  changed_.notify_all();
}

void Notifier::dispatch() {
  for (;;) {
    Notice notice;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || !notices_.empty(); });
      if (ending_) return;
      notice = std::move(notices_.front());
      notices_.pop_front();
    }
    std::lock_guard lock(entries_mutex_);
    for (const Entry& entry : entries_)
      if (entry.handle.value == notice.handle) entry.sink(notice.event);
  }
}

bool Notifier::is_ending() {
  std::lock_guard lock(mutex_);
  return ending_;
}

void Notifier::poll() {
  auto pause = 500ms;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || subscribers_ > 0; });
      if (ending_) return;
    }
    if (poll_once()) {
      pause = 500ms;
      continue;
    }
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, pause, [&] { return ending_; })) return;
    lock.unlock();
    pause = std::min<std::chrono::milliseconds>(pause * 2, 30'000ms);
    recover();
  }
}

// Waits for the server to say that something happened, and fetches it. False: something is wrong.
bool Notifier::poll_once() {
  wire::OutBuffer body;
  wire::encode(mapihttp::NotificationWaitRequest{}, body);
  auto answer = channel_->post(mapihttp::RequestType::notification_wait, body.view());
  if (!answer.ok()) {
    if (answer.error().session_lost && !is_ending()) {  // whom we interrupt has lost nothing
      std::lock_guard lock(session_.mutex_);
      session_.lost_ = true;
    }
    return false;
  }
  channel_->observe_response({});
  Arena arena;
  auto response = wire::decode<mapihttp::NotificationWaitResponse>(*answer, arena);
  if (!response.ok() || response->status_code != 0 || response->error_code != mapi::ErrorCode::none) return false;
  if (response->event_pending == 0) return true;
  Batch none;
  return session_.execute(none).ok();
}

// After a failure: a new session where the old one is gone, and the registrations in it.
bool Notifier::recover() {
  auto logon = session_.logon();
  if (!logon.ok()) return false;
  std::lock_guard lock(entries_mutex_);
  for (Entry& entry : entries_)
    if (entry.handle.epoch != logon->epoch && !register_with_server(entry).ok()) return false;
  return true;
}

}  // namespace ropewalk::client::exchange
