// [MS-OXCROPS] 2.2.14: notification ROPs. What they do: [MS-OXCNOTIF].
#pragma once

#include "mapi/ids.h"
#include "protocol/rop/context.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

// Kinds of events, [MS-OXCNOTIF] 2.2.1.2.1.1 and 2.2.1.4.1.2; a registration may combine them.
inline constexpr u16 kNotifyNewMail = 0x0002, kNotifyObjectCreated = 0x0004, kNotifyObjectDeleted = 0x0008,
                     kNotifyObjectModified = 0x0010, kNotifyObjectMoved = 0x0020, kNotifyObjectCopied = 0x0040,
                     kNotifySearchComplete = 0x0080, kNotifyTableModified = 0x0100, kNotifyExtended = 0x0400;

// What a client registers for.
struct NotificationTypes {
  u16 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<NotificationTypes>);

struct RegisterNotificationRequest : OpeningRequest<RopId::register_notification> {
  static constexpr std::string_view kName = "RopRegisterNotificationRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.14.1.1";
  NotificationTypes notification_types;
  u8 reserved{};  // where notification_types have kNotifyExtended
  u8 want_whole_store{};
  mapi::FolderId folder_id;    // where not the whole store
  mapi::MessageId message_id;  // likewise

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("NotificationTypes", m.notification_types);
    if ((m.notification_types.value & kNotifyExtended) != 0) v("Reserved", m.reserved);
    v("WantWholeStore", m.want_whole_store);
    if (m.want_whole_store != 0) return;
    v("FolderId", m.folder_id);
    v("MessageId", m.message_id);
  }
};

struct RegisterNotificationResponse : OpeningResponse<RopId::register_notification> {
  static constexpr std::string_view kName = "RopRegisterNotificationResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.14.1.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

// [MS-OXCNOTIF] 2.2.1.4.1.2 NotificationFlags: in the low 12 bits what happened, in the high 4 what is told about it.
struct NotificationFlags {
  static constexpr u16 kTotalChanged = 0x1000, kUnreadChanged = 0x2000, kInSearchFolder = 0x4000, kMessage = 0x8000;
  u16 value = 0;
  u16 type() const { return value & 0x0FFF; }
  bool has(u16 flag) const { return (value & flag) != 0; }
};
const wire::TypeInfo& wire_type(std::type_identity<NotificationFlags>);

enum class TableEventType : u16 {
  table_changed = 0x0001,
  row_added = 0x0003,
  row_deleted = 0x0004,
  row_modified = 0x0005,
  restriction_changed = 0x0007,
};
const wire::TypeInfo& wire_type(std::type_identity<TableEventType>);

// TagCount of NotificationData: a number of tags, or 0xFFFF where they are not told.
struct NotificationTagCount {
  static constexpr u16 kNotTold = 0xFFFF;
  u16 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<NotificationTagCount>);

// Which members count is told by notification_flags and table_event_type; see the comments. Rows need
// mapi::RowColumns in the context to be shown as rows; they are bytes of a known size here.
struct NotificationData {
  static constexpr std::string_view kName = "NotificationData";
  static constexpr std::string_view kSource = "[MS-OXCNOTIF] 2.2.1.4.1.2";
  NotificationFlags notification_flags;
  TableEventType table_event_type{TableEventType::table_changed};  // TableModified
  mapi::FolderId table_row_folder_id;                              // a row was added, deleted or modified
  mapi::MessageId table_row_message_id;                            // ... in a contents table
  u32 table_row_instance{};                                        // likewise
  mapi::FolderId insert_after_table_row_folder_id;                 // a row was added or modified
  mapi::MessageId insert_after_table_row_id;                       // ... in a contents table
  u32 insert_after_table_row_instance{};                           // likewise
  ByteView table_row_data;                                         // a row was added or modified: its PropertyRow
  mapi::FolderId folder_id;                                        // all but TableModified and Extended
  mapi::MessageId message_id;                                      // ... for messages
  mapi::FolderId parent_folder_id;                                 // see tells_parent()
  mapi::FolderId old_folder_id;                                    // moved or copied
  mapi::MessageId old_message_id;                                  // ... for messages
  mapi::FolderId old_parent_folder_id;                             // ... for folders
  NotificationTagCount tag_count;                                  // created or modified
  wire::List<mapi::PropTag> tags;                                  // likewise: the properties that changed
  u32 total_message_count{};                                       // kTotalChanged
  u32 unread_message_count{};                                      // kUnreadChanged
  u32 message_flags{};                                             // NewMail
  u8 unicode_flag{};                                               // NewMail
  wire::String16 message_class_unicode;                            // NewMail, where unicode_flag is not 0
  wire::String8 message_class;                                     // NewMail, where it is 0

  bool is(u16 type) const { return notification_flags.type() == type; }
  bool is_table() const { return is(kNotifyTableModified); }
  bool about_message() const { return notification_flags.has(NotificationFlags::kMessage); }
  bool about_row() const {
    return is_table() && table_event_type >= TableEventType::row_added &&
           table_event_type <= TableEventType::row_modified;
  }
  bool has_row() const { return about_row() && table_event_type != TableEventType::row_deleted; }
  bool about_object() const { return !is_table() && !is(kNotifyExtended); }
  bool moved_or_copied() const { return is(kNotifyObjectMoved) || is(kNotifyObjectCopied); }
  // For folders, and for messages as a search folder finds them.
  bool tells_parent() const {
    bool event = moved_or_copied() || is(kNotifyObjectCreated) || is(kNotifyObjectDeleted);
    return event && about_message() == notification_flags.has(NotificationFlags::kInSearchFolder);
  }
  bool tells_tags() const { return is(kNotifyObjectCreated) || is(kNotifyObjectModified); }

  static void fields(auto& m, auto& v) {
    v("NotificationFlags", m.notification_flags);
    if (m.is_table()) v("TableEventType", m.table_event_type);
    row_part(m, v);
    object_part(m, v);
    if (m.tells_tags()) tags_part(m, v);
    if (m.notification_flags.has(NotificationFlags::kTotalChanged)) v("TotalMessageCount", m.total_message_count);
    if (m.notification_flags.has(NotificationFlags::kUnreadChanged)) v("UnreadMessageCount", m.unread_message_count);
    if (!m.is(kNotifyNewMail)) return;
    v("MessageFlags", m.message_flags);
    v("UnicodeFlag", m.unicode_flag);
    if (m.unicode_flag != 0)
      v("MessageClass", m.message_class_unicode);
    else
      v("MessageClass", m.message_class);
  }

 private:
  static void row_part(auto& m, auto& v) {
    if (!m.about_row()) return;
    v("TableRowFolderID", m.table_row_folder_id);
    if (m.about_message()) {
      v("TableRowMessageID", m.table_row_message_id);
      v("TableRowInstance", m.table_row_instance);
    }
    if (!m.has_row()) return;
    v("InsertAfterTableRowFolderID", m.insert_after_table_row_folder_id);
    if (m.about_message()) {
      v("InsertAfterTableRowID", m.insert_after_table_row_id);
      v("InsertAfterTableRowInstance", m.insert_after_table_row_instance);
    }
    sized_bytes("TableRowDataSize", "TableRowData", m.table_row_data, v);
    if (wire::context<mapi::RowColumns>(v) != nullptr)
      v.template inside<mapi::PropertyRow>("TableRow",
                                           [&](Arena&) { return std::optional<ByteView>(m.table_row_data); });
  }
  static void object_part(auto& m, auto& v) {
    if (!m.about_object()) return;
    v("FolderId", m.folder_id);
    if (m.about_message()) v("MessageId", m.message_id);
    if (m.tells_parent()) v("ParentFolderId", m.parent_folder_id);
    if (!m.moved_or_copied()) return;
    v("OldFolderId", m.old_folder_id);
    if (m.about_message())
      v("OldMessageId", m.old_message_id);
    else
      v("OldParentFolderId", m.old_parent_folder_id);
  }
  static void tags_part(auto& m, auto& v) {
    v("TagCount", m.tag_count);
    if (m.tag_count.value == NotificationTagCount::kNotTold) return;
    v.resize(m.tags, m.tag_count.value);
    if (m.tags.size() != m.tag_count.value) return v.fail("TagCount is not the number of Tags");
    if (!m.tags.empty()) v("Tags", m.tags);
  }
};

// Nobody asks for it: it comes at the end of an output buffer.
struct NotifyResponse {
  static constexpr std::string_view kName = "RopNotifyResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.14.2.1";
  static constexpr RopId kRop = RopId::notify;
  RopIdOf<kRop> rop_id;
  u32 notification_handle{};  // a handle, not an index
  u8 logon_id{};
  NotificationData notification_data;

  static void fields(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("NotificationHandle", m.notification_handle);
    v("LogonId", m.logon_id);
    v("NotificationData", m.notification_data);
  }
};

// More notifications wait than fitted into the output buffer.
struct PendingResponse {
  static constexpr std::string_view kName = "RopPendingResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.14.3.1";
  static constexpr RopId kRop = RopId::pending;
  RopIdOf<kRop> rop_id;
  u16 session_index{};

  static void fields(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("SessionIndex", m.session_index);
  }
};

std::span<const RopRow> oxcnotif_rops();

}  // namespace ropewalk::rop
