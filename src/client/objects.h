// The objects of MAPI as plain C++: what a message-store provider implements and what everybody else uses.
//
//     MessageStore -> Folder -> Table, Message -> Attachment -> Message, Stream
//
// Objects belong to whoever holds the pointer and close themselves when destroyed. An object stays usable when the one
// it came from is gone; the store must outlive them all. Objects of one store may be used from any thread, one call at
// a time per object. Text is UTF-8 where a std::string holds it, UTF-16LE inside mapi::Value.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "client/failure.h"
#include "client/rows.h"
#include "mapi/ids.h"
#include "mapi/property_bag.h"
#include "mapi/property_tags.h"
#include "mapi/restriction.h"

namespace ropewalk::client {

using mapi::FolderId;
using mapi::MessageId;
using mapi::PropTag;

enum class Access { read, write, best };  // best: write where the store lets us, else read

enum class Origin : u8 { beginning = 0, current = 1, end = 2 };

struct SortOrder {
  PropTag column;
  bool descending = false;
};

struct Position {
  u32 row = 0;    // of the cursor, from 0
  u32 count = 0;  // rows in the table as restricted now
};

/// A view of rows with a cursor. Nothing costs a round trip until rows are asked for.
class Table {
 public:
  virtual ~Table() = default;
  /// Which properties the rows hold; needed before rows are read.
  virtual Outcome<void> set_columns(std::span<const PropTag> columns) = 0;
  /// Puts the cursor back to the beginning; so does restrict(). No orders: the store's own order.
  virtual Outcome<void> sort(std::span<const SortOrder> orders) = 0;
  /// Only rows that match; null shows all again. Copied.
  virtual Outcome<void> restrict(const mapi::Restriction* condition) = 0;
  virtual Outcome<Position> position() = 0;
  /// Moves the cursor; returns by how many rows it moved.
  virtual Outcome<i32> seek(Origin origin, i32 rows) = 0;
  /// Up to `most` rows from the cursor on (backwards: before it, in the order of the table), moving it past them. No
  /// rows at the end; fewer than asked for is no sign of the end.
  virtual Outcome<Rows> query(u32 most, bool forward = true) = 0;
  /// The first row at or after `origin` (backwards: before it) that matches, leaving the cursor on it; or no row.
  virtual Outcome<Rows> find(const mapi::Restriction& condition, Origin origin, bool forward = true) = 0;
  /// Every column that its rows may have. IMAPITable::QueryColumns. By default `not_supported`.
  virtual Outcome<std::vector<PropTag>> query_columns();

  /// Every row from the cursor on, up to `limit` (0: all).
  Outcome<Rows> read_all(std::size_t limit = 0);
};

/// A property of any size as a file.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Fills up to buffer.size() bytes; 0 at the end.
  virtual Outcome<std::size_t> read(std::span<u8> buffer) = 0;
  virtual Outcome<void> write(ByteView bytes) = 0;
  /// Returns the new place from the beginning.
  virtual Outcome<u64> seek(Origin origin, i64 offset) = 0;
  virtual Outcome<u64> size() = 0;
  virtual Outcome<void> set_size(u64 bytes) = 0;
  /// What was written becomes part of the object (which has to be saved itself).
  virtual Outcome<void> commit() = 0;

  /// From here to the end; fails with `buffer_too_small` past `most` bytes.
  Outcome<std::vector<u8>> read_all(std::size_t most = std::size_t{1} << 30);
};

/// What stores, folders, messages and attachments have in common.
class PropertyObject {
 public:
  virtual ~PropertyObject() = default;
  /// The values of these tags; one that is absent or too large to send in one piece is an error entry in the bag
  /// (`not_found`, `mapi_oom`: read that one through open_stream()).
  virtual Outcome<mapi::PropertyBag> get(std::span<const PropTag> tags) = 0;
  /// All of them; too large ones as in get().
  virtual Outcome<mapi::PropertyBag> get_all() = 0;
  virtual Outcome<void> set(std::span<const mapi::Property> properties) = 0;
  virtual Outcome<void> remove(std::span<const PropTag> tags) = 0;
  /// Of a binary, string or object property. With Access::write it is created where absent, and emptied if `truncate`.
  virtual Outcome<std::unique_ptr<Stream>> open_stream(PropTag tag, Access access, bool truncate = false) = 0;

  /// As get(), but values too large for one piece are read through streams, up to `most` bytes each.
  Outcome<mapi::PropertyBag> get_whole(std::span<const PropTag> tags, std::size_t most = std::size_t{1} << 30);
  Outcome<mapi::PropertyBag> get_all_whole(std::size_t most = std::size_t{1} << 30);
  /// As set(), but values above 8 KB go through streams.
  Outcome<void> set_whole(std::span<const mapi::Property> properties);
  /// Reads what get() left out for its size into the bag that it gave; `asked` as there.
  Outcome<void> complete(mapi::PropertyBag& bag, std::span<const PropTag> asked, std::size_t most);
};

class Message;

class Attachment : public PropertyObject {
 public:
  /// PidTagAttachNumber.
  virtual u32 number() const = 0;
  /// The message inside, where PidTagAttachMethod is afEmbeddedMessage; `create` makes one.
  virtual Outcome<std::unique_ptr<Message>> open_embedded(Access access, bool create = false) = 0;
  /// Makes the changes part of the message (which has to be saved itself).
  virtual Outcome<void> save() = 0;
};

class Message : public PropertyObject {
 public:
  /// Null for a message that was never saved, and for embedded ones.
  virtual MessageId id() const = 0;
  /// One bag per recipient, with PidTagRecipientType, PidTagDisplayName, PidTagEmailAddress, PidTagAddressType, ...
  virtual Outcome<std::vector<mapi::PropertyBag>> recipients() = 0;
  /// Replaces all recipients.
  virtual Outcome<void> set_recipients(std::span<const mapi::PropertyBag> recipients) = 0;
  virtual Outcome<std::unique_ptr<Table>> attachments() = 0;
  virtual Outcome<std::unique_ptr<Attachment>> open_attachment(u32 number, Access access) = 0;
  virtual Outcome<std::unique_ptr<Attachment>> create_attachment() = 0;
  virtual Outcome<void> delete_attachment(u32 number) = 0;
  /// Durable when it returns (an embedded message: with its attachment and the message around that).
  virtual Outcome<void> save() = 0;
};

class Folder : public PropertyObject {
 public:
  virtual FolderId id() const = 0;
  /// Folders below; `deep`: at every depth. Rows know PidTagFolderId, PidTagParentFolderId, PidTagDisplayName,
  /// PidTagDepth, PidTagContentCount, PidTagContentUnreadCount, PidTagSubfolders, PidTagContainerClass.
  virtual Outcome<std::unique_ptr<Table>> folders(bool deep = false) = 0;
  /// Messages in it; `associated`: the hidden ones. Rows know PidTagMid and PidTagFolderId.
  virtual Outcome<std::unique_ptr<Table>> messages(bool associated = false) = 0;
  /// With `open_existing` a folder of that name is no error.
  virtual Outcome<std::unique_ptr<Folder>> create_folder(std::string_view name, bool open_existing) = 0;
  /// With everything in it.
  virtual Outcome<void> delete_folder(FolderId id) = 0;
  /// A new message, not there until saved.
  virtual Outcome<std::unique_ptr<Message>> create_message(bool associated = false) = 0;
  /// Removes them at once, without a detour through Deleted Items.
  virtual Outcome<void> delete_messages(std::span<const MessageId> messages) = 0;
  virtual Outcome<void> move_messages(std::span<const MessageId> messages, Folder& to, bool copy) = 0;
  virtual Outcome<void> set_read(std::span<const MessageId> messages, bool read) = 0;
};

/// [MS-OXCNOTIF] 2.2.1.1 NotificationType; values as on the wire.
enum class EventKind : u16 {
  new_mail = 0x0002,
  created = 0x0004,
  deleted = 0x0008,
  modified = 0x0010,
  moved = 0x0020,
  copied = 0x0040,
  search_complete = 0x0080,
};
inline constexpr u16 kAllEvents = 0x00FE;
std::string_view name(EventKind kind);  // "created"

struct Event {
  EventKind kind{};
  FolderId folder;                     // it happened in; or to, where `message` is absent
  std::optional<MessageId> message;    // it happened to
  std::optional<FolderId> parent;      // of `folder`, where it happened to a folder
  std::optional<FolderId> old_folder;  // moved, copied: where from
  std::optional<MessageId> old_message;
  std::optional<u32> total_count, unread_count;  // of the folder, where told
  std::string message_class;                     // new_mail
};

/// Events flow while it lives. Its destructor returns when no call of the sink is under way.
class Subscription {
 public:
  virtual ~Subscription() = default;
};
/// Called on a thread of the store's own; must not throw, and must not destroy the subscription or the store.
using EventSink = std::function<void(const Event&)>;

/// Folders that every mailbox has, in the order of [MS-OXCSTOR] 2.2.1.1.3 (RopLogon's FolderIds).
enum class SpecialFolder : u8 {
  root,
  deferred_action,
  spooler_queue,
  top,  // "Top of Information Store": what people see
  inbox,
  outbox,
  sent_items,
  deleted_items,
  common_views,
  schedule,
  search,
  views,
  shortcuts,
};
inline constexpr std::size_t kSpecialFolders = 13;

class MessageStore : public PropertyObject {
 public:
  virtual Outcome<FolderId> special(SpecialFolder which) = 0;
  virtual Outcome<std::unique_ptr<Folder>> open_folder(FolderId id) = 0;
  virtual Outcome<std::unique_ptr<Message>> open_message(FolderId folder, MessageId id, Access access) = 0;
  /// Property ids (0x8000 and higher) for names, in their order; 0 for a name that is not known and not to be created.
  virtual Outcome<std::vector<u16>> ids_of_names(std::span<const mapi::PropertyName> names, bool create) = 0;
  /// The inverse; std::nullopt for ids that have no name.
  virtual Outcome<std::vector<std::optional<mapi::PropertyName>>> names_of_ids(std::span<const u16> ids) = 0;
  /// Events of these kinds (a set of EventKind bits) in one folder, or in the whole store. `not_supported` where a
  /// store has none.
  virtual Outcome<std::unique_ptr<Subscription>> subscribe(u16 kinds, std::optional<FolderId> folder,
                                                           EventSink sink) = 0;

  /// A folder by path from the top folder, names parted by '/' ("Inbox/Lists"), in any case; or by the name of a
  /// special folder ("inbox", "sent", "deleted", "outbox", "drafts", "root"), or its id ("0001-00000000000A").
  Outcome<FolderId> find_folder(std::string_view path);
};

}  // namespace ropewalk::client
