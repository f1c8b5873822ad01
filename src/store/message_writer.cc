#include "store/message_writer.h"

#include <algorithm>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/property_tags.h"
#include "store/keys.h"
#include "store/restriction_eval.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

constexpr u16 id_of(u32 value) { return static_cast<u16>(value >> 16); }

// A recipient's kind, without the flags beside it: [MS-OXOMSG] 2.2.3.1.
constexpr u32 kRecipientKinds = 0x0F;
constexpr u32 kNewMessageFlags = 0x409;  // [MS-OXCMSG] 3.2.5.2: read, unsent, ever read

RecordValue* find_value(std::vector<RecordValue>& values, u32 the_tag) {
  auto at = std::ranges::find_if(values, [&](const RecordValue& v) { return v.tag.id() == id_of(the_tag); });
  return at == values.end() ? nullptr : &*at;
}

void put_value(std::vector<RecordValue>& values, u32 the_tag, const Value& value) {
  RecordValue* there = find_value(values, the_tag);
  const RecordValue made{PropTag(the_tag), value};
  if (there != nullptr)
    *there = made;
  else
    values.push_back(made);
}

// The number of an integer property that goes to a column, taken out of the list.
std::optional<u64> take_number(std::vector<RecordValue>& values, u32 the_tag) {
  RecordValue* there = find_value(values, the_tag);
  if (there == nullptr) return std::nullopt;
  const u64 number = there->value.number;
  *there = values.back();
  values.pop_back();
  return number;
}

std::optional<ByteView> take_bytes(std::vector<RecordValue>& values, u32 the_tag) {
  RecordValue* there = find_value(values, the_tag);
  if (there == nullptr || there->tag.type() != PropType::binary) return std::nullopt;
  const ByteView bytes = there->value.bytes;
  *there = values.back();
  values.pop_back();
  return bytes;
}

// A text as UTF-16LE, wherever it is small enough to be at hand.
ByteView text16(const RecordValue* value, Arena& arena) {
  if (value == nullptr || value->source != nullptr || value->reference) return {};
  if (value->tag.type() == PropType::string) return value->value.bytes;
  if (value->tag.type() == PropType::string8)
    return mapi::utf16_in(arena, mapi::string8_to_utf8(value->value.bytes, 1252));
  return {};
}

// Subject and SubjectPrefix are stored, the normalised subject follows from them: [MS-OXCMSG] 3.2.5.3.
void settle_subject(std::vector<RecordValue>& values, Arena& arena) {
  RecordValue* normalized = find_value(values, tag::PidTagNormalizedSubject);
  RecordValue* subject = find_value(values, tag::PidTagSubject);
  const ByteView given_prefix = text16(find_value(values, tag::PidTagSubjectPrefix), arena);
  if (subject == nullptr && normalized != nullptr) {
    const ByteView rest = text16(normalized, arena);
    std::span<u8> whole = arena.make<u8>(given_prefix.size() + rest.size());
    std::ranges::copy(given_prefix, whole.begin());
    std::ranges::copy(rest, whole.begin() + static_cast<std::ptrdiff_t>(given_prefix.size()));
    put_value(values, tag::PidTagSubject, Value::of(ByteView(whole)));
  }
  std::erase_if(values, [](const RecordValue& v) { return v.tag.id() == id_of(tag::PidTagNormalizedSubject); });
  subject = find_value(values, tag::PidTagSubject);
  if (subject == nullptr) return;
  const ByteView text = text16(subject, arena);
  const bool fits =
      given_prefix.size() <= text.size() && std::equal(given_prefix.begin(), given_prefix.end(), text.begin());
  const bool given = find_value(values, tag::PidTagSubjectPrefix) != nullptr;
  if (!given || !fits) put_value(values, tag::PidTagSubjectPrefix, Value::of(subject_prefix(text)));
}

ByteView recipient_name(const Recipient& recipient, Arena& arena) {
  constexpr u32 kNames[] = {tag::PidTagDisplayName, tag::PidTagSmtpAddress, tag::PidTagEmailAddress};
  const PackedView properties = recipient.properties();
  for (u32 name : kNames) {
    auto entry = properties.find_id(id_of(name));
    auto value = entry ? properties.value(*entry, arena) : std::nullopt;
    if (!value || value->bytes.empty()) continue;
    const RecordValue held{entry->tag, *value};
    return text16(&held, arena);
  }
  return {};
}

// PidTagDisplayTo and its siblings: names joined by "; ", [MS-OXOMSG] 2.2.1.7 to 2.2.1.9.
void put_display_names(std::vector<RecordValue>& values, const std::vector<Recipient>& recipients, Arena& arena) {
  constexpr u32 kTags[] = {tag::PidTagDisplayTo, tag::PidTagDisplayCc, tag::PidTagDisplayBcc};
  constexpr u8 kSeparator[] = {';', 0, ' ', 0};
  for (u32 kind = 1; kind <= 3; ++kind) {
    std::vector<u8> joined;
    for (const Recipient& recipient : recipients) {
      auto type = recipient.properties().find(PropTag(tag::PidTagRecipientType), arena);
      if (!type || (static_cast<u32>(type->number) & kRecipientKinds) != kind) continue;
      const ByteView name = recipient_name(recipient, arena);
      if (!joined.empty()) joined.insert(joined.end(), std::begin(kSeparator), std::end(kSeparator));
      joined.insert(joined.end(), name.begin(), name.end());
    }
    put_value(values, kTags[kind - 1], Value::of(arena.copy(ByteView(joined))));
  }
}

// The folded keys that columns are sorted by.
struct SortKeys {
  std::vector<u8> sender, subject;
};
SortKeys sort_keys(std::vector<RecordValue>& values, Arena& arena) {
  SortKeys keys;
  RecordValue* sender = find_value(values, tag::PidTagSentRepresentingName);
  if (sender != nullptr) append_sort_key(text16(sender, arena), keys.sender);
  RecordValue* subject = find_value(values, tag::PidTagSubject);
  if (subject != nullptr) append_sort_key(text16(subject, arena), keys.subject);
  return keys;
}

// The staged changes of an item over what the database has.
void overlay(std::vector<RecordValue>& values, u16 id, const RecordValue* change) {
  std::erase_if(values, [id](const RecordValue& v) { return v.tag.id() == id; });
  if (change != nullptr) values.push_back(*change);
}

struct StoredRow {
  bool exists = false;
  MessageRow row;  // its views live in `blobs`
  std::vector<u8> hot, cold, recipients, change_key, predecessors;
};

Outcome<StoredRow> load_row(sql::Database& database, i64 id) {
  StoredRow stored;
  auto keep = [](ByteView bytes) { return std::vector<u8>(bytes.begin(), bytes.end()); };
  {
    ROPEWALK_TRY(auto row, database.prepare("SELECT " ROPEWALK_MESSAGE_COLUMNS " FROM messages WHERE id = ?"));
    ROPEWALK_TRY(stored.exists, row.bind(1, id).step());
    if (!stored.exists) return stored;
    stored.row = read_row(row);
    stored.hot = keep(row.blob(13));
    stored.change_key = keep(stored.row.change_key);
    stored.predecessors = keep(stored.row.predecessors);
  }
  ROPEWALK_TRY(auto body, database.prepare("SELECT cold, recipients FROM bodies WHERE id = ?"));
  ROPEWALK_TRY(bool found, body.bind(1, id).step());
  if (found) {
    stored.cold = keep(body.blob(0));
    stored.recipients = keep(body.blob(1));
  }
  stored.row.hot = PackedView(ByteView(stored.hot));
  stored.row.change_key = ByteView(stored.change_key);
  stored.row.predecessors = ByteView(stored.predecessors);
  return stored;
}

}  // namespace

std::vector<u8> pack_recipients(const std::vector<Recipient>& recipients) {
  std::vector<u8> out(4);
  store_le(out.data(), static_cast<u32>(recipients.size()));
  for (const Recipient& recipient : recipients) {
    const std::size_t at = out.size();
    out.resize(at + 8);
    store_le(out.data() + at, recipient.row_id);
    store_le(out.data() + at + 4, static_cast<u32>(recipient.packed.size()));
    out.insert(out.end(), recipient.packed.begin(), recipient.packed.end());
  }
  return out;
}

std::vector<Recipient> unpack_recipients(ByteView bytes) {
  std::vector<Recipient> recipients;
  if (bytes.size() < 4) return recipients;
  bytes = bytes.subspan(4);
  while (bytes.size() >= 8) {
    const u32 size = load_le<u32>(bytes.data() + 4);
    if (size > bytes.size() - 8) break;
    const ByteView packed = bytes.subspan(8, size);
    recipients.push_back({load_le<u32>(bytes.data()), std::vector<u8>(packed.begin(), packed.end())});
    bytes = bytes.subspan(8 + size);
  }
  return recipients;
}

std::vector<u8> foreign_change_list(const StoreCore& core, ByteView change_key, ByteView predecessors) {
  (void)change_key;  // stands in the list as well
  return foreign_predecessors(predecessors, core.database_guid);
}

Outcome<u64> MessageWriter::sum_attachments(i64 owner, u32& message_flags) {
  u64 size = 0;
  bool visible = false;
  Arena arena;
  ROPEWALK_TRY(auto row, context_.database.prepare("SELECT size, props FROM attachments WHERE owner = ?"));
  row.bind(1, owner);
  for (;;) {
    ROPEWALK_TRY(bool found, row.step());
    if (!found) break;
    size += static_cast<u64>(row.integer(0));
    auto hidden = PackedView(row.blob(1)).find(PropTag(tag::PidTagAttachmentHidden), arena);
    visible |= !hidden || !hidden->boolean();
  }
  message_flags = visible ? message_flags | kFlagHasAttachments : message_flags & ~kFlagHasAttachments;
  return size;
}

Outcome<void> MessageWriter::store(MessageParts& parts) {
  sql::Database& database = context_.database;
  ROPEWALK_TRY(StoredRow before, load_row(database, parts.row));
  settle_subject(parts.values, arena_);
  if (parts.recipients_changed && parts.recipients != nullptr)
    put_display_names(parts.values, *parts.recipients, arena_);

  const u64 modified = take_number(parts.values, tag::PidTagLastModificationTime).value_or(context_.now.value);
  const u64 created = take_number(parts.values, tag::PidTagCreationTime).value_or(parts.created);
  const u64 delivered = take_number(parts.values, tag::PidTagMessageDeliveryTime).value_or(0);
  const auto change_key = take_bytes(parts.values, tag::PidTagChangeKey);
  const auto predecessors = take_bytes(parts.values, tag::PidTagPredecessorChangeList);
  std::erase_if(parts.values, [](const RecordValue& v) { return is_computed(v.tag.id()); });

  u32 message_flags = (parts.flags & ~kFlagAssociated) | (parts.associated ? kFlagAssociated : 0);
  ROPEWALK_TRY(u64 size, sum_attachments(parts.row, message_flags));
  const SortKeys keys = sort_keys(parts.values, arena_);
  ROPEWALK_TRY(Record record, make_record(database, parts.values));
  std::vector<u8> recipients = before.recipients;
  if (parts.recipients_changed || !before.exists)
    recipients = parts.recipients == nullptr ? std::vector<u8>(4) : pack_recipients(*parts.recipients);
  size += record.size + recipients.size();
  if (before.exists) ROPEWALK_CHECK(drop_references(database, before.row.hot));

  std::optional<std::vector<u8>> kept_list;
  if (predecessors)
    kept_list.emplace(predecessors->begin(), predecessors->end());
  else if (auto foreign = foreign_change_list(context_.core, before.row.change_key, before.row.predecessors);
           !foreign.empty())
    kept_list = std::move(foreign);
  const i64 cn = context_.new_change_number();
  // A new message never takes the place of another one.
  const std::string_view verb = before.exists ? "INSERT OR REPLACE" : "INSERT";
  ROPEWALK_TRY(
      auto insert,
      database.prepare(std::string(verb) +
                       " INTO messages (id, folder, associated, delivered, flags, status, size, "
                       "modified, created, cn, read_cn, sender_key, subject_key, change_key, predecessors, props) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind_all(parts.row, parts.folder, parts.associated, delivered, message_flags, parts.status, size, modified,
                  created, cn, cn, keys.sender, keys.subject, change_key, kept_list, record.hot);
  ROPEWALK_CHECK(insert.run());
  ROPEWALK_TRY(auto body, database.prepare(std::string(verb) + " INTO bodies (id, cold, recipients) VALUES (?, ?, ?)"));
  ROPEWALK_CHECK(body.bind_all(parts.row, record.cold, recipients).run());

  flags = message_flags;
  change_number = static_cast<u64>(cn);
  associated = parts.associated;
  if (parts.folder == 0) return {};
  if (before.exists)
    delta.subtract(before.row.associated, (before.row.flags & kFlagRead) != 0, static_cast<i64>(before.row.size));
  delta.add(parts.associated, (message_flags & kFlagRead) != 0, static_cast<i64>(size));
  context_.note(
      {before.exists ? RowChange::Kind::changed : RowChange::Kind::added, parts.associated, parts.folder, parts.row});
  return {};
}

// ---- what clients staged ----

Outcome<i64> MessageWriter::save(const Message& message, u64 expected) {
  sql::Database& database = context_.database;
  MessageParts parts;
  ROPEWALK_TRY(StoredRow before, load_row(database, message.row_));
  if (message.row_ != 0 && !before.exists)
    return Failure(ErrorCode::object_deleted, "message " + message.id_.to_string() + " was deleted meanwhile");
  if (expected != 0 && before.row.cn != expected)
    return Failure(ErrorCode::object_modified, "message " + message.id_.to_string() + " was changed meanwhile");
  parts.row = before.exists ? message.row_ : context_.new_id();
  parts.folder = before.exists ? before.row.folder : message.embedded() ? 0 : row_of(message.folder_);
  parts.associated = before.exists ? before.row.associated : message.associated_;
  parts.flags = before.exists ? before.row.flags & ~kFlagUnmodified : kNewMessageFlags;
  parts.status = before.exists ? before.row.status : message.status_;
  parts.created = before.exists ? before.row.created : message.created_.value;
  if (before.exists) parts.values = record_values(before.row.hot, PackedView(ByteView(before.cold)), arena_);
  if (before.exists && before.row.delivered != 0)
    put_value(parts.values, tag::PidTagMessageDeliveryTime, Value::of(before.row.delivered));
  for (const auto& [id, change] : message.staged_) {
    RecordValue made{change.tag, {}, change.spool.get()};
    if (!change.removed && change.spool == nullptr) {
      auto value = PackedView(ByteView(change.packed)).find(change.tag, arena_);
      if (value) made.value = *value;
    }
    if (id == id_of(tag::PidTagMessageFlags) && !change.removed)
      parts.flags = (parts.flags & ~kSettableFlags) | (static_cast<u32>(made.value.number) & kSettableFlags);
    overlay(parts.values, id, change.removed ? nullptr : &made);
  }
  parts.recipients_changed = message.recipients_changed_ || !before.exists;
  parts.recipients = &message.recipients_;
  ROPEWALK_CHECK(save_attachments(message, parts.row));
  ROPEWALK_CHECK(store(parts));
  return parts.row;
}

Outcome<void> MessageWriter::save_attachments(const Message& message, i64 row) {
  for (const auto& [number, attachment] : message.staged_attachments_) {
    if (attachment != nullptr)
      ROPEWALK_CHECK(save_attachment(*attachment, row));
    else
      ROPEWALK_CHECK(erase_attachment(context_, row, number));
  }
  return {};
}

Outcome<void> MessageWriter::save_attachment(const Attachment& attachment, i64 owner) {
  std::vector<u8> hot, cold;
  std::optional<i64> embedded;
  {
    ROPEWALK_TRY(auto row, context_.database.prepare(
                               "SELECT props, cold, embedded FROM attachments WHERE owner = ? AND number = ?"));
    ROPEWALK_TRY(bool found, row.bind_all(owner, attachment.number_).step());
    if (found) {
      hot.assign(row.blob(0).begin(), row.blob(0).end());
      cold.assign(row.blob(1).begin(), row.blob(1).end());
      if (!row.is_null(2)) embedded = row.integer(2);
    }
  }
  auto values = record_values(PackedView(ByteView(hot)), PackedView(ByteView(cold)), arena_);
  for (const auto& [id, change] : attachment.staged_) {
    RecordValue made{change.tag, {}, change.spool.get()};
    if (!change.removed && change.spool == nullptr) {
      auto value = PackedView(ByteView(change.packed)).find(change.tag, arena_);
      if (value) made.value = *value;
    }
    overlay(values, id, change.removed ? nullptr : &made);
  }
  u64 embedded_size = 0;
  if (attachment.staged_embedded_ != nullptr) {
    MessageWriter inner(context_, store_);
    // The message inside keeps its row; an object opened before that row was made does not know it.
    Message inside = *attachment.staged_embedded_;
    if (embedded) inside.row_ = *embedded;
    ROPEWALK_TRY(i64 row, inner.save(inside, 0));
    embedded = row;
  }
  if (embedded) {
    ROPEWALK_TRY(auto size, context_.database.integer("SELECT size FROM messages WHERE id = ?", *embedded));
    embedded_size = static_cast<u64>(size.value_or(0));
  }
  ROPEWALK_CHECK(write_attachment(owner, attachment.number_, values, embedded, embedded_size));
  return drop_references(context_.database, PackedView(ByteView(hot)));
}

Outcome<void> MessageWriter::write_attachment(i64 owner, u32 number, std::span<const RecordValue> values,
                                              std::optional<i64> embedded, u64 embedded_size) {
  ROPEWALK_TRY(Record record, make_record(context_.database, values));
  ROPEWALK_TRY(auto insert,
               context_.database.prepare("INSERT INTO attachments (owner, number, size, embedded, props, cold) "
                                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (owner, number) DO UPDATE SET "
                                         "size = ?3, embedded = ?4, props = ?5, cold = ?6"));
  ROPEWALK_CHECK(insert.bind_all(owner, number, record.size + embedded_size, embedded, record.hot, record.cold).run());
  return {};
}

// ---- finished messages ----

namespace {

// A tag of a content, with the mailbox's id in the place of the content's own; id 0 where the content has no such name.
PropTag mapped(PropTag tag, std::span<const u16> ids) {
  if (!tag.is_named()) return tag;
  const std::size_t index = tag.id() - 0x8000u;
  return {index < ids.size() ? ids[index] : u16{0}, tag.type()};
}

std::vector<RecordValue> values_of(const mapi::PropertyBag& bag, std::span<const u16> ids) {
  std::vector<RecordValue> values;
  values.reserve(bag.all().size() + 8);
  for (const mapi::Property& property : bag.all()) {
    const PropTag to = mapped(property.tag, ids);
    const PropType type = to.type();
    if (to.id() == 0 || type == PropType::object || type == PropType::null || type == PropType::unspecified) continue;
    values.push_back({to, property.value});
  }
  return values;
}

std::vector<Recipient> recipients_of(const mapi::MessageContent& content, std::span<const u16> ids) {
  std::vector<Recipient> recipients;
  recipients.reserve(content.recipients.size());
  for (const mapi::PropertyBag& bag : content.recipients) {
    Packer packer;
    for (const RecordValue& value : values_of(bag, ids)) packer.add(value.tag, value.value);
    recipients.push_back({static_cast<u32>(recipients.size()), packer.pack()});
  }
  return recipients;
}

}  // namespace

Outcome<i64> MessageWriter::import(const mapi::MessageContent& content, const PreparedNames& names, i64 folder,
                                   int depth) {
  if (depth > kMostEmbedding) return Failure(ErrorCode::too_complex, "a message lies in more than 16 others");
  MessageParts parts;
  parts.row = context_.new_id();
  parts.folder = folder;
  parts.values = values_of(content.properties, names.ids);
  parts.flags = static_cast<u32>(take_number(parts.values, tag::PidTagMessageFlags).value_or(0));
  parts.status = static_cast<u32>(take_number(parts.values, tag::PidTagMessageStatus).value_or(0));
  parts.associated = (parts.flags & kFlagAssociated) != 0;
  parts.created = context_.now.value;
  if (find_value(parts.values, tag::PidTagMessageClass) == nullptr)
    parts.values.push_back({PropTag(tag::PidTagMessageClass), Value::of(mapi::utf16_in(arena_, "IPM.Note"))});
  if (find_value(parts.values, tag::PidTagSearchKey) == nullptr)
    parts.values.push_back({PropTag(tag::PidTagSearchKey), Value::of(arena_.copy(ByteView(Guid::random().bytes)))});
  const std::vector<Recipient> recipients = recipients_of(content, names.ids);
  parts.recipients = &recipients;
  for (std::size_t i = 0; i < content.attachments.size(); ++i) {
    const PreparedNames* inner = i < names.embedded.size() ? &names.embedded[i] : nullptr;
    ROPEWALK_CHECK(import_attachment(content.attachments[i], inner, names.ids, parts.row, static_cast<u32>(i), depth));
  }
  ROPEWALK_CHECK(store(parts));
  return parts.row;
}

Outcome<void> MessageWriter::import_attachment(const mapi::AttachmentContent& content, const PreparedNames* names,
                                               std::span<const u16> ids, i64 owner, u32 number, int depth) {
  std::optional<i64> embedded;
  u64 embedded_size = 0;
  if (content.embedded != nullptr && names != nullptr) {
    MessageWriter inner(context_, store_);
    ROPEWALK_TRY(i64 row, inner.import(*content.embedded, *names, 0, depth + 1));
    ROPEWALK_TRY(auto size, context_.database.integer("SELECT size FROM messages WHERE id = ?", row));
    embedded = row;
    embedded_size = static_cast<u64>(size.value_or(0));
  }
  auto values = values_of(content.properties, ids);
  std::erase_if(values, [](const RecordValue& v) {
    return v.tag.id() == id_of(tag::PidTagAttachNumber) || v.tag.id() == id_of(tag::PidTagAttachSize);
  });
  return write_attachment(owner, number, values, embedded, embedded_size);
}

}  // namespace ropewalk::store
