#include "store/message_row.h"

#include <algorithm>

#include "mapi/property_tags.h"
#include "store/keys.h"

namespace ropewalk::store {
namespace {

using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

constexpr u16 id_of(u32 value) { return static_cast<u16>(value >> 16); }

constexpr u32 kAccess = 0x7;       // MAPI_ACCESS_MODIFY, _READ, _DELETE
constexpr u32 kAccessLevel = 0x1;  // MAPI_MODIFY
constexpr u32 kObjectMessage = 5;  // MAPI_MESSAGE

constexpr u32 kComputed[] = {tag::PidTagAccess,
                             tag::PidTagAccessLevel,
                             tag::PidTagAssociated,
                             tag::PidTagChangeKey,
                             tag::PidTagChangeNumber,
                             tag::PidTagCreationTime,
                             tag::PidTagEntryId,
                             tag::PidTagFolderId,
                             tag::PidTagHasAttachments,
                             tag::PidTagHasNamedProperties,
                             tag::PidTagInstID,
                             tag::PidTagInstanceKey,
                             tag::PidTagInstanceNum,
                             tag::PidTagLastModificationTime,
                             tag::PidTagLocalCommitTime,
                             tag::PidTagMappingSignature,
                             tag::PidTagMessageFlags,
                             tag::PidTagMessageSize,
                             tag::PidTagMessageStatus,
                             tag::PidTagMid,
                             tag::PidTagObjectType,
                             tag::PidTagParentEntryId,
                             tag::PidTagParentFolderId,
                             tag::PidTagParentSourceKey,
                             tag::PidTagPredecessorChangeList,
                             tag::PidTagRead,
                             tag::PidTagRecordKey,
                             tag::PidTagSourceKey,
                             tag::PidTagStoreRecordKey};

constexpr auto kComputedTags = [] {
  std::array<PropTag, std::size(kComputed)> tags{};
  for (std::size_t i = 0; i < tags.size(); ++i) tags[i] = PropTag(kComputed[i]);
  return tags;
}();

Property number(u32 the_tag, u64 value) { return {PropTag(the_tag), Value::of(value)}; }
Property bytes(u32 the_tag, ByteView value) { return {PropTag(the_tag), Value::of(value)}; }

ByteView instance_key(const MessageRow& row, Arena& arena) {
  u8 key[12] = {};
  store_le(key, message_id(row.id).value);
  return arena.copy(ByteView(key, sizeof key));
}

std::optional<Property> normalized_subject(const MessageRow& row, Arena& arena) {
  if (auto own = row.hot.find_id(id_of(tag::PidTagNormalizedSubject))) {
    auto value = row.hot.value(*own, arena);
    if (value) return Property{own->tag, *value};
  }
  auto subject = row.hot.find(PropTag(tag::PidTagSubject), arena);
  if (!subject) return std::nullopt;
  auto prefix = row.hot.find(PropTag(tag::PidTagSubjectPrefix), arena);
  const std::size_t cut = prefix ? std::min(prefix->bytes.size(), subject->bytes.size()) : 0;
  return bytes(tag::PidTagNormalizedSubject, subject->bytes.subspan(cut));
}

}  // namespace

MessageRow read_row(const sql::Statement& row) {
  MessageRow read;
  read.id = row.integer(0);
  read.folder = row.integer(1);
  read.associated = row.integer(2) != 0;
  read.delivered = static_cast<u64>(row.integer(3));
  read.modified = static_cast<u64>(row.integer(4));
  read.created = static_cast<u64>(row.integer(5));
  read.flags = static_cast<u32>(row.integer(6));
  read.status = static_cast<u32>(row.integer(7));
  read.size = static_cast<u64>(row.integer(8));
  read.cn = static_cast<u64>(row.integer(9));
  read.read_cn = static_cast<u64>(row.integer(10));
  read.change_key = row.blob(11);
  read.predecessors = row.blob(12);
  read.hot = PackedView(row.blob(13));
  return read;
}

std::optional<Property> computed_property(const StoreCore& core, const MessageRow& row, PropTag wanted, Arena& arena) {
  const Guid& mailbox = core.owner.mailbox_guid;
  const Guid& database = core.database_guid;
  switch (wanted.id()) {
    case id_of(tag::PidTagMid):
      return number(tag::PidTagMid, message_id(row.id).value);
    case id_of(tag::PidTagInstID):
      return number(tag::PidTagInstID, message_id(row.id).value);
    case id_of(tag::PidTagInstanceNum):
      return number(tag::PidTagInstanceNum, 0);
    case id_of(tag::PidTagFolderId):
      return number(tag::PidTagFolderId, folder_id(row.folder).value);
    case id_of(tag::PidTagParentFolderId):
      return number(tag::PidTagParentFolderId, folder_id(row.folder).value);
    case id_of(tag::PidTagMessageFlags):
      return number(tag::PidTagMessageFlags, row.flags);
    case id_of(tag::PidTagMessageStatus):
      return number(tag::PidTagMessageStatus, row.status);
    case id_of(tag::PidTagMessageSize):
      if (wanted.type() == PropType::integer64) return number(tag::PidTagMessageSizeExtended, row.size);
      return number(tag::PidTagMessageSize, std::min<u64>(row.size, 0x7FFFFFFF));
    case id_of(tag::PidTagHasAttachments):
      return number(tag::PidTagHasAttachments, (row.flags & kFlagHasAttachments) != 0);
    case id_of(tag::PidTagMessageDeliveryTime):
      if (row.delivered == 0) return std::nullopt;
      return number(tag::PidTagMessageDeliveryTime, row.delivered);
    case id_of(tag::PidTagLastModificationTime):
      return number(tag::PidTagLastModificationTime, row.modified);
    case id_of(tag::PidTagLocalCommitTime):
      return number(tag::PidTagLocalCommitTime, row.modified);
    case id_of(tag::PidTagCreationTime):
      return number(tag::PidTagCreationTime, row.created);
    case id_of(tag::PidTagRead):
      return number(tag::PidTagRead, (row.flags & kFlagRead) != 0);
    case id_of(tag::PidTagAssociated):
      return number(tag::PidTagAssociated, row.associated);
    case id_of(tag::PidTagNormalizedSubject):
      return normalized_subject(row, arena);
    case id_of(tag::PidTagChangeNumber):
      return number(tag::PidTagChangeNumber, mapi::ChangeNumber::make(kOwnReplid, row.cn).value);
    case id_of(tag::PidTagChangeKey):
      if (!row.change_key.empty()) return bytes(tag::PidTagChangeKey, arena.copy(row.change_key));
      return bytes(tag::PidTagChangeKey, gid_in(arena, database, row.cn));
    case id_of(tag::PidTagPredecessorChangeList):
      if (!row.change_key.empty()) return bytes(tag::PidTagPredecessorChangeList, arena.copy(row.predecessors));
      return bytes(tag::PidTagPredecessorChangeList, predecessors_in(arena, database, row.cn, row.predecessors));
    case id_of(tag::PidTagSourceKey):
      return bytes(tag::PidTagSourceKey, gid_in(arena, database, static_cast<u64>(row.id)));
    case id_of(tag::PidTagParentSourceKey):
      return bytes(tag::PidTagParentSourceKey, gid_in(arena, database, static_cast<u64>(row.folder)));
    case id_of(tag::PidTagEntryId):
    case id_of(tag::PidTagRecordKey):
      return bytes(wanted.id() == id_of(tag::PidTagEntryId) ? tag::PidTagEntryId : tag::PidTagRecordKey,
                   entry_id_in(arena, mailbox, database, static_cast<u64>(row.folder), static_cast<u64>(row.id)));
    case id_of(tag::PidTagParentEntryId):
      return bytes(tag::PidTagParentEntryId, entry_id_in(arena, mailbox, database, static_cast<u64>(row.folder)));
    case id_of(tag::PidTagInstanceKey):
      return bytes(tag::PidTagInstanceKey, instance_key(row, arena));
    case id_of(tag::PidTagStoreRecordKey):
      return bytes(tag::PidTagStoreRecordKey, arena.copy(ByteView(mailbox.bytes)));
    case id_of(tag::PidTagMappingSignature):
      return bytes(tag::PidTagMappingSignature, arena.copy(ByteView(mailbox.bytes)));
    case id_of(tag::PidTagObjectType):
      return number(tag::PidTagObjectType, kObjectMessage);
    case id_of(tag::PidTagAccess):
      return number(tag::PidTagAccess, kAccess);
    case id_of(tag::PidTagAccessLevel):
      return number(tag::PidTagAccessLevel, kAccessLevel);
    case id_of(tag::PidTagHasNamedProperties):
      return number(tag::PidTagHasNamedProperties,
                    row.hot.size() != 0 && row.hot.entry(row.hot.size() - 1).tag.is_named());
    default:
      return std::nullopt;
  }
}

std::optional<Property> row_property(const StoreCore& core, const MessageRow& row, PropTag wanted, Arena& arena,
                                     std::optional<Reference>* elsewhere) {
  // Rows that are not grouped: [MS-OXCTABL] 2.2.1.3 TBL_LEAF_ROW, 2.2.1.4.
  if (wanted.id() == id_of(tag::PidTagRowType)) return number(tag::PidTagRowType, 1);
  if (wanted.id() == id_of(tag::PidTagDepth)) return number(tag::PidTagDepth, 0);
  if (auto computed = computed_property(core, row, wanted, arena)) return computed;
  auto entry = row.hot.find_id(wanted.id());
  if (!entry) return std::nullopt;
  if (entry->elsewhere()) {
    if (elsewhere != nullptr) *elsewhere = row.hot.reference(*entry);
    return std::nullopt;
  }
  auto value = row.hot.value(*entry, arena);
  if (!value) return std::nullopt;
  return Property{entry->tag, *value};
}

bool is_computed(u16 id) {
  return std::ranges::any_of(kComputed, [id](u32 value) { return id_of(value) == id; });
}

std::span<const PropTag> computed_tags() { return kComputedTags; }

bool is_read_only(u16 id) {
  switch (id) {
    case id_of(tag::PidTagMessageFlags):
    case id_of(tag::PidTagLastModificationTime):
    case id_of(tag::PidTagCreationTime):
    case id_of(tag::PidTagChangeKey):
    case id_of(tag::PidTagPredecessorChangeList):
    case id_of(tag::PidTagMessageStatus):
      return false;
    default:
      return is_computed(id);
  }
}

ByteView subject_prefix(ByteView subject) {
  // One to three characters that are no digits, a colon and a space.
  auto unit = [&](std::size_t i) { return load_le<u16>(subject.data() + 2 * i); };
  const std::size_t units = subject.size() / 2;
  for (std::size_t i = 0; i < std::min<std::size_t>(units, 4); ++i) {
    if (unit(i) == u':') {
      const bool prefix = i > 0 && i + 1 < units && unit(i + 1) == u' ';
      return prefix ? subject.first(2 * (i + 2)) : ByteView();
    }
    if (unit(i) >= u'0' && unit(i) <= u'9') return {};
  }
  return {};
}

}  // namespace ropewalk::store
