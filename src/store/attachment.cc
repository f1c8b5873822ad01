// Attachments of messages, and the messages inside them.
#include <algorithm>

#include "mapi/property_tags.h"
#include "store/mailbox_store.h"
#include "store/message.h"
#include "store/store_core.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::Property;
using mapi::PropTag;
using mapi::Value;
namespace tag = mapi::tag;

constexpr u16 id_of(u32 value) { return static_cast<u16>(value >> 16); }

constexpr u32 kObjectAttachment = 7;  // MAPI_ATTACH
constexpr u32 kEmbeddedMethod = 5;    // afEmbeddedMessage
constexpr u32 kComputed[] = {tag::PidTagAttachNumber, tag::PidTagAttachSize, tag::PidTagObjectType,
                             tag::PidTagAccessLevel, tag::PidTagRecordKey};

Failure no_attachment(u32 number) {
  return {ErrorCode::not_found, "the message has no attachment " + std::to_string(number)};
}

}  // namespace

Outcome<std::vector<AttachmentInfo>> Message::attachments() const {
  std::vector<AttachmentInfo> all;
  if (row_ != 0) {
    ROPEWALK_TRY(Reader reader, store_->core().reader());
    ROPEWALK_TRY(auto row, reader->prepare("SELECT number, size FROM attachments WHERE owner = ? ORDER BY number"));
    row.bind(1, row_);
    for (;;) {
      ROPEWALK_TRY(bool found, row.step());
      if (!found) break;
      const auto number = static_cast<u32>(row.integer(0));
      if (!staged_attachments_.contains(number)) all.push_back({number, static_cast<u64>(row.integer(1))});
    }
  }
  for (const auto& [number, attachment] : staged_attachments_)
    if (attachment != nullptr) all.push_back({number, attachment->size_});
  std::ranges::sort(all, {}, &AttachmentInfo::number);
  return all;
}

Outcome<std::shared_ptr<Attachment>> Message::open_attachment(u32 number, bool writable) {
  std::shared_ptr<Attachment> opened;
  if (auto staged = staged_attachments_.find(number); staged != staged_attachments_.end()) {
    if (staged->second == nullptr) return no_attachment(number);
    opened.reset(new Attachment(*staged->second));
  } else {
    ROPEWALK_TRY(Reader reader, store_->core().reader());
    ROPEWALK_TRY(auto row, reader->prepare("SELECT id, size, embedded, props, cold FROM attachments "
                                           "WHERE owner = ? AND number = ?"));
    ROPEWALK_TRY(bool found, row.bind_all(row_, number).step());
    if (!found) return no_attachment(number);
    opened.reset(new Attachment(store_));
    opened->row_ = row.integer(0);
    opened->size_ = static_cast<u64>(row.integer(1));
    opened->embedded_row_ = row.integer(2);
    opened->hot_.assign(row.blob(3).begin(), row.blob(3).end());
    opened->cold_.assign(row.blob(4).begin(), row.blob(4).end());
  }
  opened->number_ = number;
  opened->depth_ = depth_;
  opened->writable_ = writable && writable_;
  opened->message_ = std::static_pointer_cast<Message>(shared_from_this());
  return opened;
}

Outcome<std::shared_ptr<Attachment>> Message::create_attachment() {
  if (!writable_) return Failure(ErrorCode::access_denied, "the message was opened to read");
  ROPEWALK_TRY(auto there, attachments());
  if (!there.empty()) next_attachment_ = std::max(next_attachment_, there.back().number + 1);
  std::shared_ptr<Attachment> made(new Attachment(store_));
  made->number_ = next_attachment_++;
  made->depth_ = depth_;
  made->message_ = std::static_pointer_cast<Message>(shared_from_this());
  const FileTime now = FileTime::now();
  made->stage(PropTag(tag::PidTagRenderingPosition), Value::of(u32{0xFFFFFFFF}));
  made->stage(PropTag(tag::PidTagCreationTime), Value::of(now));
  made->stage(PropTag(tag::PidTagLastModificationTime), Value::of(now));
  return made;
}

Outcome<void> Message::delete_attachment(u32 number) {
  if (!writable_) return Failure(ErrorCode::access_denied, "the message was opened to read");
  ROPEWALK_TRY(auto there, attachments());
  if (std::ranges::none_of(there, [&](const AttachmentInfo& info) { return info.number == number; }))
    return no_attachment(number);
  next_attachment_ = std::max(next_attachment_, there.back().number + 1);  // numbers of this object stay taken
  staged_attachments_[number] = nullptr;
  return {};
}

Outcome<void> Attachment::save() {
  if (!writable_) return Failure(ErrorCode::access_denied, "the attachment was opened to read");
  auto message = message_.lock();
  if (message == nullptr) return Failure(ErrorCode::object_deleted, "the message of the attachment is closed");
  std::shared_ptr<Attachment> snapshot(new Attachment(*this));
  snapshot->size_ = 0;
  for (PropTag own : snapshot->tags()) snapshot->size_ += sizeof(u32) + snapshot->property_size(own).value_or(0);
  size_ = snapshot->size_;
  message->staged_attachments_[number_] = std::move(snapshot);
  return {};
}

Outcome<std::shared_ptr<Message>> Attachment::open_embedded(bool create) {
  if (depth_ + 1 > kMostEmbedding) return Failure(ErrorCode::too_complex, "messages lie in messages more than 16 deep");
  std::shared_ptr<Message> inside;
  if (staged_embedded_ != nullptr) {
    inside.reset(new Message(*staged_embedded_));
  } else if (embedded_row_ != 0) {
    ROPEWALK_TRY(inside, Message::load(store_, embedded_row_));
  } else if (!create) {
    return Failure(ErrorCode::not_found, "attachment " + std::to_string(number_) + " holds no message");
  } else if (!writable_) {
    return Failure(ErrorCode::access_denied, "the attachment was opened to read");
  } else {
    inside = Message::make(store_);
    stage(PropTag(tag::PidTagAttachMethod), Value::of(kEmbeddedMethod));
  }
  inside->depth_ = depth_ + 1;
  inside->writable_ = writable_;
  inside->parent_ = std::static_pointer_cast<Attachment>(shared_from_this());
  return inside;
}

std::optional<Property> Attachment::computed(PropTag wanted, Arena& arena) const {
  switch (wanted.id()) {
    case id_of(tag::PidTagAttachNumber):
      return Property{PropTag(tag::PidTagAttachNumber), Value::of(number_)};
    case id_of(tag::PidTagAttachSize):
      return Property{PropTag(tag::PidTagAttachSize), Value::of(static_cast<u32>(std::min<u64>(size_, 0x7FFFFFFF)))};
    case id_of(tag::PidTagObjectType):
      return Property{PropTag(tag::PidTagObjectType), Value::of(kObjectAttachment)};
    case id_of(tag::PidTagAccessLevel):
      return Property{PropTag(tag::PidTagAccessLevel), Value::of(u32{writable_})};
    case id_of(tag::PidTagRecordKey): {
      u8 key[4];
      store_le(key, number_);
      return Property{PropTag(tag::PidTagRecordKey), Value::of(arena.copy(ByteView(key, sizeof key)))};
    }
    default:
      return std::nullopt;
  }
}

void Attachment::append_computed_tags(std::vector<PropTag>& tags) const {
  for (u32 value : kComputed) tags.emplace_back(value);
}

Outcome<bool> Attachment::intercept(PropTag the_tag, const Value*) {
  if (!writable_) return Failure(ErrorCode::access_denied, "the attachment was opened to read");
  if (std::ranges::any_of(kComputed, [&](u32 value) { return id_of(value) == the_tag.id(); }))
    return Failure(ErrorCode::access_denied, the_tag.to_string() + " is computed and cannot be set");
  return false;
}

// ---- opening and making messages ----

Outcome<std::shared_ptr<Message>> MailboxStore::open_message(mapi::FolderId folder, mapi::MessageId id, bool writable) {
  ROPEWALK_TRY(auto message, Message::load(shared_from_this(), row_of(id)));
  if (message->folder_.is_null() || (!folder.is_null() && message->folder_ != folder))
    return Failure(ErrorCode::not_found, "there is no message " + id.to_string() + " in the folder");
  message->writable_ = writable;
  return message;
}

Outcome<std::shared_ptr<Message>> MailboxStore::new_message(mapi::FolderId folder, bool associated) {
  if (!folder_exists(folder)) return Failure(ErrorCode::not_found, "there is no folder " + folder.to_string());
  auto made = Message::make(shared_from_this());
  made->folder_ = folder;
  made->associated_ = associated;
  if (associated) made->flags_ |= 0x40;
  return made;
}

}  // namespace ropewalk::store
