// The server objects of a session, over what the store gives.
#pragma once

#include <deque>

#include "session/object.h"
#include "store/mailbox_store.h"

namespace ropewalk::session {

// A mailbox that the session is logged on to. Holds the store open.
class LogonObject final : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::logon;
  LogonObject(u8 id, std::shared_ptr<store::MailboxStore> the_store, u8 the_flags)
      : Object(kKind, id), store(std::move(the_store)), flags(the_flags) {}

  const std::shared_ptr<store::MailboxStore> store;
  const u8 flags;  // LogonFlags as asked for
};

class FolderObject final : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::folder;
  FolderObject(u8 logon, std::shared_ptr<store::MailboxStore> the_store, mapi::FolderId the_id)
      : Object(kKind, logon), store(std::move(the_store)), id(the_id) {}

  const std::shared_ptr<store::MailboxStore> store;
  const mapi::FolderId id;
};

class MessageObject final : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::message;
  MessageObject(u8 logon, std::shared_ptr<store::Message> the_message, bool may_write)
      : Object(kKind, logon), message(std::move(the_message)), writable(may_write) {}

  const std::shared_ptr<store::Message> message;
  bool writable;
  // The columns that recipient rows carry beside the fixed part: RopOpenMessage and RopReadRecipients.
  std::vector<mapi::PropTag> recipient_columns;
};

class AttachmentObject final : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::attachment;
  AttachmentObject(u8 logon, std::shared_ptr<store::Attachment> the_attachment, bool may_write)
      : Object(kKind, logon), attachment(std::move(the_attachment)), writable(may_write) {}

  const std::shared_ptr<store::Attachment> attachment;
  bool writable;
};

enum class TableKind : u8 { hierarchy, contents, attachments };

// What became of one row of a table.
struct RowEvent {
  enum class Kind : u8 { added, deleted, modified } kind;
  u64 object;  // the folder's or message's id
};

class TableObject final : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::table;
  TableObject(u8 logon, TableKind the_kind, std::unique_ptr<store::Table> the_table)
      : Object(kKind, logon), table_kind(the_kind), table(std::move(the_table)) {}

  const TableKind table_kind;
  const std::unique_ptr<store::Table> table;
  bool has_columns = false;
  std::shared_ptr<store::MailboxStore> store;  // keeps the event bus of `changes` alive
  bool notifies = false;                       // the client may be told of changes
  // Changes of the folder, from the client's first look at the rows on, until it resets the table; null where it does
  // not want to hear of them.
  std::unique_ptr<store::Subscription> changes;
  mapi::FolderId folder{};                // whose messages or subfolders
  bool associated = false, deep = false;  // contents; hierarchy
  std::deque<RowEvent> row_events;        // taken from `changes`, and waiting for room in an answer
  bool has_changed = false;               // likewise: the table as a whole, which covers all its rows
};

class StreamObject final : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::stream;
  StreamObject(u8 logon, std::unique_ptr<store::PropertyStream> the_stream)
      : Object(kKind, logon), stream(std::move(the_stream)) {}
  // What a client wrote and did not commit is committed when it lets go of the stream: [MS-OXCPRPT] 3.2.5.20.
  ~StreamObject() override {
    if (stream->writable()) (void)stream->commit();
  }

  const std::unique_ptr<store::PropertyStream> stream;
  u64 position = 0;
};

// RopRegisterNotification's object.
class SubscriptionObject final : public Object {
 public:
  static constexpr ObjectKind kKind = ObjectKind::subscription;
  SubscriptionObject(u8 logon, std::shared_ptr<store::MailboxStore> the_store)
      : Object(kKind, logon), store(std::move(the_store)) {}

  const std::shared_ptr<store::MailboxStore> store;  // keeps the event bus alive
  std::unique_ptr<store::Subscription> subscription;
  std::deque<store::Event> backlog;  // taken, and waiting for room in an answer
};

}  // namespace ropewalk::session
