#include "store/message.h"

#include <algorithm>

#include "mapi/property_tags.h"
#include "store/mailbox_store.h"
#include "store/message_row.h"
#include "store/message_writer.h"
#include "store/store_core.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

constexpr u16 id_of(u32 value) { return static_cast<u16>(value >> 16); }
constexpr u32 kFlagsOfNew = 0x9;  // [MS-OXCMSG] 3.2.5.2: read, unsent

std::vector<u8> held(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

// What a message that was never stored has already.
bool is_computed_before_storing(u16 id) {
  switch (id) {
    case id_of(tag::PidTagAccess):
    case id_of(tag::PidTagAccessLevel):
    case id_of(tag::PidTagAssociated):
    case id_of(tag::PidTagCreationTime):
    case id_of(tag::PidTagHasAttachments):
    case id_of(tag::PidTagHasNamedProperties):
    case id_of(tag::PidTagLastModificationTime):
    case id_of(tag::PidTagLocalCommitTime):
    case id_of(tag::PidTagMappingSignature):
    case id_of(tag::PidTagMessageFlags):
    case id_of(tag::PidTagMessageSize):
    case id_of(tag::PidTagMessageStatus):
    case id_of(tag::PidTagObjectType):
    case id_of(tag::PidTagRead):
    case id_of(tag::PidTagStoreRecordKey):
      return true;
    default:
      return false;
  }
}

}  // namespace

std::shared_ptr<Message> Message::make(std::shared_ptr<MailboxStore> store) {
  std::shared_ptr<Message> made(new Message(std::move(store)));
  made->flags_ = kFlagsOfNew;
  made->created_ = made->modified_ = FileTime::now();
  made->parts_loaded_ = true;
  Arena arena;
  const Value none = Value::of(ByteView());
  made->stage(PropTag(tag::PidTagImportance), Value::of(u32{1}));
  made->stage(PropTag(tag::PidTagMessageClass), Value::of(mapi::utf16_in(arena, "IPM.Note")));
  made->stage(PropTag(tag::PidTagSensitivity), Value::of(u32{0}));
  for (u32 display : {tag::PidTagDisplayTo, tag::PidTagDisplayCc, tag::PidTagDisplayBcc})
    made->stage(PropTag(display), none);
  made->stage(PropTag(tag::PidTagTrustSender), Value::of(u32{1}));
  made->stage(PropTag(tag::PidTagSearchKey), Value::of(ByteView(Guid::random().bytes)));
  return made;
}

Outcome<std::shared_ptr<Message>> Message::load(std::shared_ptr<MailboxStore> store, i64 row) {
  ROPEWALK_TRY(Reader reader, store->core().reader());
  std::shared_ptr<Message> message(new Message(store));
  ROPEWALK_CHECK(message->load_row(*reader, row));
  return message;
}

Outcome<void> Message::load_row(sql::Database& database, i64 row) {
  ROPEWALK_TRY(auto statement, database.prepare("SELECT " ROPEWALK_MESSAGE_COLUMNS " FROM messages WHERE id = ?"));
  ROPEWALK_TRY(bool found, statement.bind(1, row).step());
  if (!found) return Failure(ErrorCode::not_found, "there is no message " + message_id(row).to_string());
  const MessageRow read = read_row(statement);
  row_ = row;
  if (read.folder != 0) {
    id_ = message_id(row);
    folder_ = folder_id(read.folder);
  }
  associated_ = read.associated;
  flags_ = read.flags;
  status_ = read.status;
  size_ = read.size;
  change_number_ = read.cn;
  delivered_.value = read.delivered;
  modified_.value = read.modified;
  created_.value = read.created;
  change_key_ = held(read.change_key);
  predecessors_ = held(read.predecessors);
  hot_ = held(read.hot.bytes());
  return {};
}

void Message::load_parts() const {
  if (parts_loaded_) return;
  parts_loaded_ = true;
  auto reader = store_->core().reader();
  if (!reader.ok()) return;
  auto body = (*reader)->prepare("SELECT cold, recipients FROM bodies WHERE id = ?");
  if (!body.ok()) return;
  auto found = body->bind(1, row_).step();
  if (!found.ok() || !*found) return;
  cold_ = held(body->blob(0));
  recipients_ = unpack_recipients(body->blob(1));
}

PackedView Message::cold() const {
  load_parts();
  return PackedView(ByteView(cold_));
}

std::optional<Property> Message::computed(PropTag wanted, Arena& arena) const {
  const u16 id = wanted.id();
  if (auto staged = staged_.find(id); staged != staged_.end()) {
    if (id != id_of(tag::PidTagMessageFlags) || staged->second.removed) return std::nullopt;
    auto value = PackedView(ByteView(staged->second.packed)).find(staged->second.tag, arena);
    const u32 set = value ? static_cast<u32>(value->number) & kSettableFlags : 0;
    return Property{PropTag(tag::PidTagMessageFlags), Value::of((flags_ & ~kSettableFlags) | set)};
  }
  if (id == id_of(tag::PidTagNormalizedSubject)) {
    auto subject = own_property(id_of(tag::PidTagSubject), arena, ~std::size_t{0});
    if (!subject) return std::nullopt;
    auto prefix = own_property(id_of(tag::PidTagSubjectPrefix), arena, ~std::size_t{0});
    const std::size_t cut = prefix ? std::min(prefix->value.bytes.size(), subject->value.bytes.size()) : 0;
    return Property{PropTag(id, subject->tag.type()), Value::of(subject->value.bytes.subspan(cut))};
  }
  if (row_ == 0 && !is_computed_before_storing(id)) return std::nullopt;
  if (id_.is_null() && row_ != 0 && !is_computed_before_storing(id) && id != id_of(tag::PidTagMessageDeliveryTime))
    return std::nullopt;  // embedded: no identity of its own
  MessageRow row;
  row.id = row_;
  row.folder = row_of(folder_);
  row.associated = associated_;
  row.delivered = delivered_.value;
  row.modified = modified_.value;
  row.created = created_.value;
  row.flags = flags_;
  row.status = status_;
  row.size = size_;
  row.cn = change_number_;
  row.change_key = ByteView(change_key_);
  row.predecessors = ByteView(predecessors_);
  row.hot = PackedView(ByteView(hot_));
  return computed_property(store_->core(), row, wanted, arena);
}

void Message::append_computed_tags(std::vector<PropTag>& tags) const {
  for (PropTag made : computed_tags())
    if (!id_.is_null() || is_computed_before_storing(made.id())) tags.push_back(made);
  Arena arena;
  if (delivered_.value != 0) tags.emplace_back(tag::PidTagMessageDeliveryTime);
  if (own_property(id_of(tag::PidTagSubject), arena, ~std::size_t{0})) tags.emplace_back(tag::PidTagNormalizedSubject);
}

// The three subject properties are two: whichever is set, Subject and SubjectPrefix are staged.
void Message::set_subject(PropTag the_tag, const Value& value) {
  Arena arena;
  const std::size_t all = ~std::size_t{0};
  if (the_tag.id() == id_of(tag::PidTagSubject)) {
    stage(the_tag, value);
    const ByteView prefix = the_tag.type() == PropType::string ? subject_prefix(value.bytes) : ByteView();
    stage(PropTag(tag::PidTagSubjectPrefix), Value::of(prefix));
    return;
  }
  const bool sets_prefix = the_tag.id() == id_of(tag::PidTagSubjectPrefix);
  auto other = sets_prefix ? computed(PropTag(tag::PidTagNormalizedSubject), arena)
                           : own_property(id_of(tag::PidTagSubjectPrefix), arena, all);
  const ByteView rest = other && other->tag.type() == PropType::string ? other->value.bytes : ByteView();
  const ByteView first = sets_prefix ? value.bytes : rest, last = sets_prefix ? rest : value.bytes;
  std::vector<u8> subject = held(first);
  subject.insert(subject.end(), last.begin(), last.end());
  stage(PropTag(tag::PidTagSubject), Value::of(ByteView(subject)));
  stage(PropTag(tag::PidTagSubjectPrefix), Value::of(ByteView(subject).first(first.size())));
}

Outcome<bool> Message::intercept(PropTag the_tag, const Value* value) {
  if (!writable_) return Failure(ErrorCode::access_denied, "the message was opened to read");
  if (is_read_only(the_tag.id()))
    return Failure(ErrorCode::access_denied, the_tag.to_string() + " is computed and cannot be set");
  const bool subject = the_tag.id() == id_of(tag::PidTagSubject) || the_tag.id() == id_of(tag::PidTagSubjectPrefix) ||
                       the_tag.id() == id_of(tag::PidTagNormalizedSubject);
  const bool text = the_tag.type() == PropType::string || the_tag.id() == id_of(tag::PidTagSubject);
  if (value == nullptr && the_tag.id() == id_of(tag::PidTagSubject)) stage_removal(PropTag(tag::PidTagSubjectPrefix));
  if (value == nullptr && the_tag.id() == id_of(tag::PidTagMessageFlags))
    return Failure(ErrorCode::access_denied, "the message flags cannot be removed");
  if (!subject || !text || value == nullptr) return false;
  set_subject(the_tag, *value);
  return true;
}

// ---- recipients ----

const std::vector<Recipient>& Message::recipients() const {
  load_parts();
  return recipients_;
}

void Message::set_recipient(u32 row_id, std::span<const Property> properties) {
  load_parts();
  if (properties.empty()) return remove_recipient(row_id);
  Packer packer;
  for (const Property& property : properties) packer.add(property.tag, property.value);
  recipients_changed_ = true;
  auto at = std::ranges::find(recipients_, row_id, &Recipient::row_id);
  if (at != recipients_.end())
    at->packed = packer.pack();
  else
    recipients_.push_back({row_id, packer.pack()});
}

void Message::remove_recipient(u32 row_id) {
  load_parts();
  recipients_changed_ |= std::erase_if(recipients_, [&](const Recipient& r) { return r.row_id == row_id; }) != 0;
}

void Message::clear_recipients() {
  load_parts();
  recipients_changed_ = true;
  recipients_.clear();
}

// ---- saving ----

Outcome<Saved> Message::save(SaveMode mode) {
  if (!writable_) return Failure(ErrorCode::access_denied, "the message was opened to read");
  return embedded() ? save_embedded() : save_stored(mode);
}

// The attachment keeps what the message is now; later changes of this object are its own until saved again.
Outcome<Saved> Message::save_embedded() {
  auto parent = parent_.lock();
  if (parent == nullptr) return Failure(ErrorCode::object_deleted, "the attachment that holds the message is closed");
  load_parts();
  parent->staged_embedded_ = std::shared_ptr<Message>(new Message(*this));
  return Saved{};
}

Outcome<Saved> Message::save_stored(SaveMode mode) {
  load_parts();
  const bool fresh = row_ == 0;
  const u64 expected = mode == SaveMode::fail_on_conflict ? change_number_ : 0;
  i64 row = 0;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    if (fresh) {
      ROPEWALK_TRY(auto there, context.database.integer("SELECT id FROM folders WHERE id = ?", row_of(folder_)));
      if (!there) return Failure(ErrorCode::not_found, "folder " + folder_.to_string() + " was deleted meanwhile");
    }
    MessageWriter writer(context, store_);
    ROPEWALK_TRY(row, writer.save(*this, expected));
    ROPEWALK_TRY(auto folder, context.database.integer("SELECT folder FROM messages WHERE id = ?", row));
    Event event{.kind = fresh ? EventKind::created : EventKind::modified, .associated = associated_};
    event.folder = folder_id(folder.value_or(0));
    event.message = message_id(row);
    for (const auto& [id, change] : staged_) event.tags.push_back(change.tag);
    context.announce(std::move(event));
    return apply(context, folder.value_or(0), writer.delta);
  };
  ROPEWALK_CHECK(store_->core().write(work));
  ROPEWALK_TRY(Reader reader, store_->core().reader());
  after_save(*reader, row);
  return Saved{id_, change_number_};
}

// The object goes on as the stored message.
void Message::after_save(sql::Database& database, i64 row) {
  staged_.clear();
  staged_attachments_.clear();
  recipients_changed_ = false;
  parts_loaded_ = false;
  cold_.clear();
  (void)load_row(database, row);  // deleted already: the object stays as it is
}

}  // namespace ropewalk::store
