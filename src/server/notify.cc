#include "server/notify.h"

#include "protocol/rop/oxcnotif.h"
#include "session/objects.h"
#include "wire/describe.h"

namespace ropewalk::server {
namespace {

using rop::NotificationData;
using rop::NotificationFlags;
using store::Event;
using store::EventKind;

bool concerns_message(const Event& event) { return !event.message.is_null(); }

// [MS-OXCNOTIF] 2.2.1.4.1.2, from what the store told. The text lives in the event.
NotificationData describe(const Event& event) {
  NotificationData data;
  u16 flags = static_cast<u16>(event.kind);
  if (concerns_message(event)) flags |= NotificationFlags::kMessage;
  if (event.kind == EventKind::modified && !concerns_message(event) && event.has_counts)
    flags |= NotificationFlags::kTotalChanged | NotificationFlags::kUnreadChanged;
  data.notification_flags = {flags};
  data.folder_id = event.folder;
  data.message_id = event.message;
  data.parent_folder_id = event.parent;
  data.old_folder_id = event.old_folder;
  data.old_message_id = event.old_message;
  data.old_parent_folder_id = event.old_parent;
  if (event.kind == EventKind::created) {
    data.tags = wire::List<mapi::PropTag>::view(event.tags);
    data.tag_count = {static_cast<u16>(event.tags.size())};
  }
  data.total_message_count = event.content_count;
  data.unread_message_count = event.unread_count;
  data.message_flags = event.message_flags;
  data.message_class = wire::String8::of(event.message_class);
  return data;
}

// Clients are told that the table changed, and read the rows they show again.
NotificationData table_changed() {
  NotificationData data;
  data.notification_flags = {rop::kNotifyTableModified};
  data.table_event_type = rop::TableEventType::table_changed;
  return data;
}

class Appender {
 public:
  Appender(std::size_t room, wire::OutBuffer& out) : room_(room), out_(out) {}

  // False, with nothing appended, where there is no room.
  bool append(u32 handle, u8 logon_id, const NotificationData& data) {
    rop::NotifyResponse notify;
    notify.notification_handle = handle;
    notify.logon_id = logon_id;
    notify.notification_data = data;
    return put(notify);
  }
  void append_pending() { put(rop::PendingResponse{}); }

 private:
  bool put(const auto& response) {
    std::size_t before = out_.size();
    if (wire::encode(response, out_) && out_.size() - before <= room_) {
      room_ -= out_.size() - before;
      return true;
    }
    out_.truncate(before);
    return false;
  }

  std::size_t room_;
  wire::OutBuffer& out_;
};

// What one object has to tell; false where some of it has to wait for room.
bool append_events(u32 handle, session::SubscriptionObject& object, Appender& appender) {
  for (Event& event : object.subscription->take()) object.backlog.push_back(std::move(event));
  for (; !object.backlog.empty(); object.backlog.pop_front())
    if (!appender.append(handle, object.logon_id(), describe(object.backlog.front()))) return false;
  return true;
}

bool append_table_change(u32 handle, session::TableObject& table, Appender& appender) {
  if (!table.changes || !table.changes->pending()) return true;
  if (!appender.append(handle, table.logon_id(), table_changed())) return false;
  table.changes->take();
  return true;
}

bool append_object(session::Session& session, u32 handle, Appender& appender) {
  if (auto* subscription = session.handles.find_as<session::SubscriptionObject>(handle))
    return append_events(handle, *subscription, appender);
  if (auto* table = session.handles.find_as<session::TableObject>(handle))
    return append_table_change(handle, *table, appender);
  return true;  // released since
}

}  // namespace

void append_notifications(session::Session& session, std::size_t room, wire::OutBuffer& out) {
  if (!session.notifications.pending()) return;
  constexpr std::size_t kPendingSize = 3;
  Appender appender(room > kPendingSize ? room - kPendingSize : 0, out);
  while (auto notification = session.notifications.take()) {
    if (append_object(session, notification->handle(), appender)) continue;
    session.notifications.put_back(std::move(notification));
    if (room >= kPendingSize) Appender(kPendingSize, out).append_pending();
    return;
  }
}

}  // namespace ropewalk::server
