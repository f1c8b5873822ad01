#include "client/exchange/notice.h"

#include "base/utf16.h"

namespace ropewalk::client::exchange {

bool event_of(const rop::NotifyResponse& notify, Event& event) {
  const rop::NotificationData& data = notify.notification_data;
  if (!data.about_object() || (data.notification_flags.type() & kAllEvents) == 0) return false;
  event = {};
  event.kind = static_cast<EventKind>(data.notification_flags.type());
  event.folder = data.folder_id;
  if (data.about_message()) event.message = data.message_id;
  if (data.tells_parent()) event.parent = data.parent_folder_id;
  if (data.moved_or_copied()) {
    event.old_folder = data.old_folder_id;
    if (data.about_message()) event.old_message = data.old_message_id;
  }
  if (data.notification_flags.has(rop::NotificationFlags::kTotalChanged)) event.total_count = data.total_message_count;
  if (data.notification_flags.has(rop::NotificationFlags::kUnreadChanged))
    event.unread_count = data.unread_message_count;
  if (event.kind == EventKind::new_mail)
    event.message_class = data.unicode_flag != 0 ? utf16_to_utf8(data.message_class_unicode.bytes)
                                                 : std::string(data.message_class.text());
  return true;
}

}  // namespace ropewalk::client::exchange
