#include "server/notify.h"

#include <algorithm>
#include <optional>

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

// [MS-OXCNOTIF] 3.1.4.3: rows one by one where the store tells enough of them; else clients are told that the table
// changed, and read the rows they show again.
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

// ---- tables ----

using session::RowEvent;
using session::TableKind;
using session::TableObject;

// More rows at once, or rows larger than that, are no news any more but the table itself.
constexpr std::size_t kMostRowsTold = 32;
constexpr std::size_t kLargestRowTold = 4096;

void note(TableObject& table, RowEvent::Kind kind, u64 object) {
  auto& events = table.row_events;
  auto former = std::ranges::find(events, object, &RowEvent::object);
  if (former == events.end()) {
    events.push_back({kind, object});
  } else if (kind == RowEvent::Kind::deleted) {
    // Whoever has not heard of its coming need not hear of its going.
    if (former->kind == RowEvent::Kind::added)
      events.erase(former);
    else
      former->kind = kind;
  } else if (former->kind == RowEvent::Kind::deleted) {
    former->kind = RowEvent::Kind::modified;  // gone and back: the client still has its row
  }
}

void note_message(TableObject& table, const Event& event) {
  if (event.associated != table.associated) return;
  const bool here = event.folder == table.folder;
  switch (event.kind) {
    case EventKind::created:
    case EventKind::copied:
      if (here) note(table, RowEvent::Kind::added, event.message.value);
      break;
    case EventKind::moved:
      if (event.old_folder == table.folder) note(table, RowEvent::Kind::deleted, event.old_message.value);
      if (here) note(table, RowEvent::Kind::added, event.message.value);
      break;
    case EventKind::deleted:
      if (here) note(table, RowEvent::Kind::deleted, event.message.value);
      break;
    case EventKind::modified:
      if (here) note(table, RowEvent::Kind::modified, event.message.value);
      break;
    case EventKind::new_mail:  // it was told as created
      break;
  }
}

void note_folder(TableObject& table, const Event& event) {
  switch (event.kind) {
    case EventKind::created:
      note(table, RowEvent::Kind::added, event.folder.value);
      break;
    case EventKind::modified:
      note(table, RowEvent::Kind::modified, event.folder.value);
      break;
    case EventKind::deleted:
      // Of a table of all folders below one, nobody knows any more where this one was.
      if (table.deep)
        table.has_changed = true;
      else
        note(table, RowEvent::Kind::deleted, event.folder.value);
      break;
    default:  // moved, with all that is below it
      table.has_changed = true;
  }
}

// Takes in what the store queued.
void collect(TableObject& table) {
  bool lost = false;
  for (const Event& event : table.changes->take(&lost)) {
    if (table.table_kind == TableKind::contents)
      note_message(table, event);
    else
      note_folder(table, event);
  }
  const bool tells = table.has_columns && table.table->tells_rows() && table.row_events.size() <= kMostRowsTold;
  if (lost || (!table.row_events.empty() && !tells)) table.has_changed = true;
  if (table.has_changed) table.row_events.clear();
}

void set_ids(const TableObject& table, u64 object, mapi::FolderId& folder, mapi::MessageId& message) {
  const bool contents = table.table_kind == TableKind::contents;
  folder = contents ? table.folder : mapi::FolderId{object};
  if (contents) message = mapi::MessageId{object};
}

// What a row event tells; `bytes` holds its row. Nothing where there is nothing to tell (any more). Sets has_changed
// where it cannot be told.
std::optional<NotificationData> describe(TableObject& table, const RowEvent& event, wire::OutBuffer& bytes) {
  NotificationData data;
  u16 flags = rop::kNotifyTableModified;
  if (table.table_kind == TableKind::contents) flags |= NotificationFlags::kMessage;
  data.notification_flags = {flags};
  data.table_event_type = event.kind == RowEvent::Kind::added     ? rop::TableEventType::row_added
                          : event.kind == RowEvent::Kind::deleted ? rop::TableEventType::row_deleted
                                                                  : rop::TableEventType::row_modified;
  set_ids(table, event.object, data.table_row_folder_id, data.table_row_message_id);
  if (event.kind == RowEvent::Kind::deleted) return data;
  Arena arena;
  auto now = table.table->row_now(event.object, arena);
  if (now.ok() && !*now) return std::nullopt;
  mapi::RowColumns columns{table.table->columns()};
  wire::Context context = wire::add_context(columns, nullptr);
  if (!now.ok() || !wire::encode((*now)->row, bytes, &context) || bytes.size() > kLargestRowTold) {
    table.has_changed = true;
    return std::nullopt;
  }
  if ((*now)->previous != 0)
    set_ids(table, (*now)->previous, data.insert_after_table_row_folder_id, data.insert_after_table_row_id);
  data.table_row_data = bytes.view();
  return data;
}

bool append_table_changes(u32 handle, TableObject& table, Appender& appender) {
  if (!table.changes) return true;
  if (table.changes->pending()) collect(table);
  for (; !table.row_events.empty() && !table.has_changed; table.row_events.pop_front()) {
    wire::OutBuffer row;
    auto data = describe(table, table.row_events.front(), row);
    if (data && !appender.append(handle, table.logon_id(), *data)) return false;
  }
  if (!table.has_changed) return true;
  table.row_events.clear();
  if (!appender.append(handle, table.logon_id(), table_changed())) return false;
  table.has_changed = false;
  return true;
}

bool append_object(session::Session& session, u32 handle, Appender& appender) {
  if (auto* subscription = session.handles.find_as<session::SubscriptionObject>(handle))
    return append_events(handle, *subscription, appender);
  if (auto* table = session.handles.find_as<session::TableObject>(handle))
    return append_table_changes(handle, *table, appender);
  return true;  // released since
}

// Who has something to tell could not say so: everybody is asked.
void wake_all(session::Session& session) {
  session.handles.for_each([&](u32 handle, const session::Object& object) {
    auto kind = object.kind();
    if (kind == session::ObjectKind::table || kind == session::ObjectKind::subscription)
      session.notifications.push(std::make_unique<session::Notification>(handle));
  });
}

}  // namespace

void append_notifications(session::Session& session, std::size_t room, wire::OutBuffer& out) {
  if (!session.notifications.pending()) return;
  constexpr std::size_t kPendingSize = 3;
  Appender appender(room > kPendingSize ? room - kPendingSize : 0, out);
  if (session.notifications.take_lost()) wake_all(session);
  while (auto notification = session.notifications.take()) {
    if (append_object(session, notification->handle(), appender)) continue;
    session.notifications.put_back(std::move(notification));
    if (room >= kPendingSize) Appender(kPendingSize, out).append_pending();
    return;
  }
}

}  // namespace ropewalk::server
