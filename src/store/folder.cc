#include "store/folder.h"

#include <algorithm>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/property_tags.h"
#include "store/folder_row.h"
#include "store/keys.h"
#include "store/store_core.h"

namespace ropewalk::store {
namespace {

using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

constexpr u16 id_of(u32 value) { return static_cast<u16>(value >> 16); }

constexpr u32 kAccess = 0x3F;      // all of [MS-OXCPRPT] 2.2.1.1: modify to create associated
constexpr u32 kRights = 0x7FB;     // an owner's, without the free/busy bits ([MS-OXCPERM] 2.2.7)
constexpr u32 kObjectFolder = 3;   // MAPI_FOLDER
constexpr u32 kFolderFlags = 0x4;  // FOLDER_NORMAL

constexpr u32 kComputed[] = {tag::PidTagAccess,
                             tag::PidTagAssociatedContentCount,
                             tag::PidTagChangeKey,
                             tag::PidTagChangeNumber,
                             tag::PidTagContentCount,
                             tag::PidTagContentUnreadCount,
                             tag::PidTagCreationTime,
                             tag::PidTagDeletedCountTotal,
                             tag::PidTagDisplayName,
                             tag::PidTagEntryId,
                             tag::PidTagFolderFlags,
                             tag::PidTagFolderId,
                             tag::PidTagFolderType,
                             tag::PidTagHierRev,
                             tag::PidTagInstanceKey,
                             tag::PidTagLastModificationTime,
                             tag::PidTagLocalCommitTime,
                             tag::PidTagLocalCommitTimeMax,
                             tag::PidTagMappingSignature,
                             tag::PidTagMessageSize,
                             tag::PidTagObjectType,
                             tag::PidTagParentEntryId,
                             tag::PidTagParentFolderId,
                             tag::PidTagParentSourceKey,
                             tag::PidTagPredecessorChangeList,
                             tag::PidTagRecordKey,
                             tag::PidTagRights,
                             tag::PidTagSourceKey,
                             tag::PidTagStoreRecordKey,
                             tag::PidTagSubfolders};

Property number(u32 the_tag, u64 value) { return {PropTag(the_tag), Value::of(value)}; }
Property bytes(u32 the_tag, ByteView value) { return {PropTag(the_tag), Value::of(value)}; }

// The root is its own parent where the protocol wants one.
u64 parent_of(const Folder& folder) { return (folder.parent.is_null() ? folder.id : folder.parent).globcnt(); }

ByteView own_id(const Folder& folder, Arena& arena) {
  u8 key[8];
  store_le(key, folder.id.value);
  return arena.copy(ByteView(key, sizeof key));
}

std::optional<Property> key_property(const Folder& folder, PropTag wanted, Arena& arena) {
  const Guid& mailbox = folder.store->mailbox_guid();
  const Guid& database = folder.store->database_guid();
  const u64 own = folder.id.globcnt(), parent = parent_of(folder);
  switch (wanted.id()) {
    case id_of(tag::PidTagEntryId):
      return bytes(tag::PidTagEntryId, entry_id_in(arena, mailbox, database, own));
    case id_of(tag::PidTagRecordKey):
      return bytes(tag::PidTagRecordKey, entry_id_in(arena, mailbox, database, own));
    case id_of(tag::PidTagParentEntryId):
      return bytes(tag::PidTagParentEntryId, entry_id_in(arena, mailbox, database, parent));
    case id_of(tag::PidTagSourceKey):
      return bytes(tag::PidTagSourceKey, gid_in(arena, database, own));
    case id_of(tag::PidTagParentSourceKey):
      return bytes(tag::PidTagParentSourceKey, gid_in(arena, database, parent));
    case id_of(tag::PidTagInstanceKey):
      return bytes(tag::PidTagInstanceKey, own_id(folder, arena));
    case id_of(tag::PidTagStoreRecordKey):
    case id_of(tag::PidTagMappingSignature):
      return Property{PropTag(wanted.id(), PropType::binary), Value::of(arena.copy(ByteView(mailbox.bytes)))};
    case id_of(tag::PidTagChangeNumber):
      return number(tag::PidTagChangeNumber, mapi::ChangeNumber::make(kOwnReplid, folder.change_number).value);
    case id_of(tag::PidTagChangeKey):
      if (!folder.change_key.empty()) return bytes(tag::PidTagChangeKey, folder.change_key);
      return bytes(tag::PidTagChangeKey, gid_in(arena, database, folder.change_number));
    case id_of(tag::PidTagPredecessorChangeList):
      if (!folder.change_key.empty()) return bytes(tag::PidTagPredecessorChangeList, folder.predecessors);
      return bytes(tag::PidTagPredecessorChangeList,
                   predecessors_in(arena, database, folder.change_number, folder.predecessors));
    default:
      return std::nullopt;
  }
}

std::optional<Property> computed(const Folder& folder, PropTag wanted, Arena& arena) {
  switch (wanted.id()) {
    case id_of(tag::PidTagDisplayName):
      return bytes(tag::PidTagDisplayName, mapi::utf16_in(arena, folder.name));
    case id_of(tag::PidTagFolderId):
      return number(tag::PidTagFolderId, folder.id.value);
    case id_of(tag::PidTagParentFolderId):
      return number(tag::PidTagParentFolderId, (folder.parent.is_null() ? folder.id : folder.parent).value);
    case id_of(tag::PidTagFolderType):
      return number(tag::PidTagFolderType, static_cast<u64>(folder.type));
    case id_of(tag::PidTagContentCount):
      return number(tag::PidTagContentCount, folder.content_count);
    case id_of(tag::PidTagContentUnreadCount):
      return number(tag::PidTagContentUnreadCount, folder.unread_count);
    case id_of(tag::PidTagAssociatedContentCount):
      return number(tag::PidTagAssociatedContentCount, folder.associated_count);
    case id_of(tag::PidTagSubfolders):
      return number(tag::PidTagSubfolders, folder.has_subfolders());
    case id_of(tag::PidTagMessageSize):
      if (wanted.type() == PropType::integer64) return number(tag::PidTagMessageSizeExtended, folder.size);
      return number(tag::PidTagMessageSize, std::min<u64>(folder.size, 0x7FFFFFFF));
    case id_of(tag::PidTagDeletedCountTotal):
      return number(tag::PidTagDeletedCountTotal, folder.deleted_total);
    case id_of(tag::PidTagCreationTime):
      return number(tag::PidTagCreationTime, folder.created.value);
    case id_of(tag::PidTagLastModificationTime):
      return number(tag::PidTagLastModificationTime, folder.modified.value);
    case id_of(tag::PidTagLocalCommitTime):
      return number(tag::PidTagLocalCommitTime, folder.modified.value);
    case id_of(tag::PidTagLocalCommitTimeMax):
      return number(tag::PidTagLocalCommitTimeMax, folder.local_commit_max.value);
    case id_of(tag::PidTagHierRev):
      return number(tag::PidTagHierRev, folder.modified.value);
    case id_of(tag::PidTagObjectType):
      return number(tag::PidTagObjectType, kObjectFolder);
    case id_of(tag::PidTagAccess):
      return number(tag::PidTagAccess, kAccess);
    case id_of(tag::PidTagRights):
      return number(tag::PidTagRights, kRights);
    case id_of(tag::PidTagFolderFlags):
      return number(tag::PidTagFolderFlags, kFolderFlags);
    default:
      return key_property(folder, wanted, arena);
  }
}

bool is_text(PropType type) { return type == PropType::string || type == PropType::string8; }

Value text_in(Arena& arena, PropType from, const Value& value, PropType to, u32 code_page) {
  if (from == PropType::string)
    return Value::of(arena.copy(ByteView(mapi::utf8_to_string8(utf16_to_utf8(value.bytes), code_page))));
  (void)to;
  return Value::of(mapi::utf16_in(arena, mapi::string8_to_utf8(value.bytes, code_page)));
}

}  // namespace

std::optional<Property> Folder::property(PropTag wanted, Arena& arena) const {
  if (auto made = computed(*this, wanted, arena)) return made;
  PackedView view{ByteView(packed)};
  auto entry = view.find_id(wanted.id());
  if (!entry) return std::nullopt;
  auto value = view.value(*entry, arena);
  if (!value) return std::nullopt;
  return Property{entry->tag, *value};
}

std::vector<PropTag> Folder::tags() const {
  std::vector<PropTag> all;
  for (u32 value : kComputed) all.emplace_back(value);
  PackedView view{ByteView(packed)};
  for (std::size_t i = 0; i < view.size(); ++i) all.push_back(view.entry(i).tag);
  std::ranges::sort(all);
  return all;
}

bool is_computed_of_folder(u16 id) {
  return std::ranges::any_of(kComputed, [id](u32 value) { return id_of(value) == id; });
}

mapi::PropertyCell cell_for(PropTag column, const std::optional<Property>& property, u32 code_page, Arena& arena) {
  if (!property) return mapi::PropertyCell::error(column, mapi::ErrorCode::not_found);
  const PropType have = property->tag.type();
  const PropType want = column.type();
  if (have == want) return mapi::PropertyCell::of(column, property->value);
  if (want == PropType::unspecified) return {column, have, mapi::CellFlag::value, property->value};
  if (have == PropType::error_code)
    return mapi::PropertyCell::error(column, static_cast<mapi::ErrorCode>(property->value.number));
  if (is_text(have) && is_text(want))
    return mapi::PropertyCell::of(column, text_in(arena, have, property->value, want, code_page));
  const bool lists = mapi::is_multiple(have) && mapi::is_multiple(want);
  if (lists && is_text(mapi::base_type(have)) && is_text(mapi::base_type(want)) &&
      (static_cast<u16>(want) & mapi::kMultiValueInstance) == 0) {
    auto items = arena.make<Value>(property->value.items.size());
    for (std::size_t i = 0; i < items.size(); ++i)
      items[i] = text_in(arena, mapi::base_type(have), property->value.items[i], mapi::base_type(want), code_page);
    return mapi::PropertyCell::of(column, Value::of(wire::List<Value>(items)));
  }
  return mapi::PropertyCell::error(column, mapi::ErrorCode::not_found);
}

}  // namespace ropewalk::store
