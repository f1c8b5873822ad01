// Messages and attachments as one client works on them: what is stored, with its own changes over it that nobody else
// sees before they are saved.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "mapi/ids.h"
#include "mapi/property_bag.h"
#include "mapi/value_fields.h"
#include "store/failure.h"
#include "store/packed.h"
#include "store/stream.h"

namespace ropewalk::sql {
class Database;
}

namespace ropewalk::store {

class MailboxStore;

// How deep messages may lie in messages.
inline constexpr int kMostEmbedding = 16;

enum class StreamMode : u8 { read, read_write, create };

class Item;

// One property of an item as bytes (texts as UTF-16LE or in the code page, without terminator). Holds its item. Writes
// are seen by the item after commit(), and by others when the item (and what holds it) is saved.
class PropertyStream {
 public:
  u64 size() const { return spool_ ? spool_->size() : source_->size(); }
  Outcome<std::size_t> read(u64 offset, std::span<u8> out);
  Outcome<void> write(u64 offset, ByteView bytes);  // ecAccessDenied on a stream opened to read
  Outcome<void> resize(u64 size);
  Outcome<void> commit();  // nothing to do on a stream opened to read
  bool writable() const { return writable_; }

 private:
  friend class Item;
  Outcome<void> make_own();

  std::shared_ptr<Item> item_;
  mapi::PropTag tag_;
  bool writable_ = false;
  std::shared_ptr<ByteSource> source_;  // what was there, or was committed last
  std::shared_ptr<Spool> spool_;        // what is being written, once something is
};

// What messages and attachments share: properties. Used by one thread at a time.
class Item : public std::enable_shared_from_this<Item> {
 public:
  virtual ~Item() = default;

  // A property as this client sees it, stored, changed or computed, in its own type. nullopt where absent. A value
  // larger than `most` bytes is not read: the property comes back as PtypErrorCode with ecMAPIOOM, and wants a stream.
  // Views live as long as the arena and until the next change of the item.
  std::optional<mapi::Property> property(mapi::PropTag tag, Arena& arena, std::size_t most = 32u << 10) const;
  // The size of a value in bytes; nullopt where absent.
  std::optional<u64> property_size(mapi::PropTag tag) const;
  // The tags of all its properties, stored and computed.
  std::vector<mapi::PropTag> tags() const;

  // Copies the value. Setting what is computed or belongs to the store fails with ecAccessDenied ([MS-OXCPRPT] 3.2.5.4:
  // reported per property), or is ignored where the specification says so.
  Outcome<void> set(mapi::PropTag tag, const mapi::Value& value);
  Outcome<void> remove(mapi::PropTag tag);
  // ecNotFound for an absent property, unless `create`; ecNotSupported for types that have no stream.
  Outcome<std::unique_ptr<PropertyStream>> open_stream(mapi::PropTag tag, StreamMode mode);

  bool writable() const { return writable_; }
  MailboxStore& store() const { return *store_; }

 protected:
  // A property changed but not saved.
  struct Staged {
    mapi::PropTag tag;
    bool removed = false;
    std::vector<u8> packed;        // the value alone, packed
    std::shared_ptr<Spool> spool;  // or, where large, its bytes
  };

  explicit Item(std::shared_ptr<MailboxStore> store) : store_(std::move(store)) {}
  Item(const Item&) = default;  // a snapshot that goes into what holds the item
  virtual std::optional<mapi::Property> computed(mapi::PropTag tag, Arena& arena) const = 0;
  virtual void append_computed_tags(std::vector<mapi::PropTag>& tags) const = 0;
  // What stands between a client's change and staging it: refusals, and properties that depend on each other. `value`
  // is null for a removal. True where everything is done.
  virtual Outcome<bool> intercept(mapi::PropTag tag, const mapi::Value* value) = 0;
  virtual PackedView cold() const = 0;

  void stage(mapi::PropTag tag, const mapi::Value& value);
  void stage_removal(mapi::PropTag tag);
  // The property without computed ones. `most` as in property().
  std::optional<mapi::Property> own_property(u16 id, Arena& arena, std::size_t most) const;

  friend class PropertyStream;
  friend class MessageWriter;
  std::shared_ptr<MailboxStore> store_;
  bool writable_ = true;
  i64 row_ = 0;                   // in the database; 0: not stored yet
  std::vector<u8> hot_;           // packed properties as stored
  std::map<u16, Staged> staged_;  // by property id
};

struct Recipient {
  u32 row_id = 0;  // PidTagRowid
  std::vector<u8> packed;
  PackedView properties() const { return PackedView(packed); }
};

struct AttachmentInfo {
  u32 number = 0;
  u64 size = 0;
};

class Attachment;

// Saving when somebody else has saved the message since it was opened.
enum class SaveMode : u8 { fail_on_conflict, overwrite };

struct Saved {
  mapi::MessageId id;
  u64 change_number = 0;
};

// One message, opened or new, or one embedded in an attachment. Made by MailboxStore and Attachment.
class Message final : public Item {
 public:
  mapi::MessageId id() const { return id_; }  // null for new and for embedded ones
  mapi::FolderId folder() const { return folder_; }
  bool associated() const { return associated_; }
  bool embedded() const { return depth_ != 0; }
  bool is_new() const { return row_ == 0; }

  const std::vector<Recipient>& recipients() const;
  // Replaces the recipient with this row id, or adds one; removes it where `properties` is empty.
  void set_recipient(u32 row_id, std::span<const mapi::Property> properties);
  void remove_recipient(u32 row_id);
  void clear_recipients();

  // Numbers ascending.
  Outcome<std::vector<AttachmentInfo>> attachments() const;
  Outcome<std::shared_ptr<Attachment>> open_attachment(u32 number, bool writable);
  // Its number is taken at once; it is part of the message once it is saved.
  Outcome<std::shared_ptr<Attachment>> create_attachment();
  Outcome<void> delete_attachment(u32 number);

  // Makes everything staged (saved attachments included) durable in one transaction. An embedded message goes into its
  // attachment instead. The object goes on as the saved message. ecObjectModified, ecObjectDeleted; on a failure
  // nothing is stored and the changes stay staged.
  Outcome<Saved> save(SaveMode mode = SaveMode::fail_on_conflict);
  // PidTagMessageFlags as stored (with what is staged: property()).
  u32 flags() const { return flags_; }

  // A copy outside of the store, complete with attachments; named properties by their names.
  Outcome<mapi::MessageContent> to_content() const;

 private:
  friend class MailboxStore;
  friend class Attachment;
  friend class MessageWriter;
  friend class AttachmentRows;
  explicit Message(std::shared_ptr<MailboxStore> store) : Item(std::move(store)) {}
  Message(const Message&) = default;

  static Outcome<std::shared_ptr<Message>> load(std::shared_ptr<MailboxStore> store, i64 row);
  static std::shared_ptr<Message> make(std::shared_ptr<MailboxStore> store);
  Outcome<void> load_row(sql::Database& database, i64 row);
  void load_parts() const;
  void after_save(sql::Database& database, i64 row);
  Outcome<Saved> save_stored(SaveMode mode);
  Outcome<Saved> save_embedded();
  void set_subject(mapi::PropTag tag, const mapi::Value& value);

  std::optional<mapi::Property> computed(mapi::PropTag tag, Arena& arena) const override;
  void append_computed_tags(std::vector<mapi::PropTag>& tags) const override;
  Outcome<bool> intercept(mapi::PropTag tag, const mapi::Value* value) override;
  PackedView cold() const override;

  mapi::MessageId id_;
  mapi::FolderId folder_;
  bool associated_ = false;
  u32 flags_ = 0, status_ = 0;
  u64 size_ = 0, change_number_ = 0;
  FileTime delivered_, modified_, created_;
  std::vector<u8> change_key_, predecessors_;
  // The second part of the record and the recipients, loaded when first asked for.
  mutable bool parts_loaded_ = false;
  mutable std::vector<u8> cold_;
  mutable std::vector<Recipient> recipients_;
  bool recipients_changed_ = false;
  // Saved into this object and not stored yet; null: deleted.
  std::map<u32, std::shared_ptr<Attachment>> staged_attachments_;
  u32 next_attachment_ = 0;
  // Of an embedded message: where save() puts it, and how deep it lies.
  std::weak_ptr<Attachment> parent_;
  int depth_ = 0;
};

// One attachment, opened or new.
class Attachment final : public Item {
 public:
  u32 number() const { return number_; }
  // Hands the changes to the message; they are stored when that is saved.
  Outcome<void> save();
  // The message inside (PidTagAttachMethod afEmbeddedMessage). With `create`, an empty one where there is none.
  // ecNotFound.
  Outcome<std::shared_ptr<Message>> open_embedded(bool create);

 private:
  friend class MailboxStore;
  friend class Message;
  friend class MessageWriter;
  friend class AttachmentRows;
  explicit Attachment(std::shared_ptr<MailboxStore> store) : Item(std::move(store)) {}
  Attachment(const Attachment&) = default;

  std::optional<mapi::Property> computed(mapi::PropTag tag, Arena& arena) const override;
  void append_computed_tags(std::vector<mapi::PropTag>& tags) const override;
  Outcome<bool> intercept(mapi::PropTag tag, const mapi::Value* value) override;
  PackedView cold() const override { return PackedView(ByteView(cold_)); }

  std::weak_ptr<Message> message_;
  u32 number_ = 0;
  u64 size_ = 0;
  int depth_ = 0;  // of the message that it belongs to
  std::vector<u8> cold_;
  i64 embedded_row_ = 0;                      // the stored message inside
  std::shared_ptr<Message> staged_embedded_;  // or the one saved into this object
};

}  // namespace ropewalk::store
