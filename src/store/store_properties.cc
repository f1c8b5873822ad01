// The properties of the mailbox itself: RopLogon's object.
#include <algorithm>

#include "mapi/property_tags.h"
#include "store/folder_row.h"
#include "store/keys.h"
#include "store/mailbox_store.h"
#include "store/store_core.h"

namespace ropewalk::store {
namespace {

using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

constexpr u32 kObjectStore = 1;            // MAPI_STORE
constexpr u32 kValidFolders = 0xFF;        // all that PidTagValidFolderMask knows
constexpr u32 kMostSubmitKib = 100 << 10;  // PidTagMaximumSubmitMessageSize

constexpr u32 kComputed[] = {tag::PidTagDisplayName,
                             tag::PidTagMailboxOwnerName,
                             tag::PidTagMailboxOwnerEntryId,
                             tag::PidTagUserEntryId,
                             tag::PidTagRecordKey,
                             tag::PidTagStoreRecordKey,
                             tag::PidTagMappingSignature,
                             tag::PidTagObjectType,
                             tag::PidTagValidFolderMask,
                             tag::PidTagMessageSizeExtended,
                             tag::PidTagIpmSubtreeEntryId,
                             tag::PidTagIpmOutboxEntryId,
                             tag::PidTagIpmWastebasketEntryId,
                             tag::PidTagIpmSentMailEntryId,
                             tag::PidTagViewsEntryId,
                             tag::PidTagCommonViewsEntryId,
                             tag::PidTagFinderEntryId,
                             tag::PidTagSerializedReplidGuidMap,
                             tag::PidTagMaximumSubmitMessageSize};

Property number(u32 the_tag, u64 value) { return {PropTag(the_tag), Value::of(value)}; }

ByteView replid_map(const StoreCore& core, Arena& arena) {
  std::vector<u8> out;
  std::shared_lock lock(core.names_mutex);
  for (const auto& [replid, guid] : core.replids) {
    out.push_back(static_cast<u8>(replid));
    out.push_back(static_cast<u8>(replid >> 8));
    out.insert(out.end(), guid.bytes.begin(), guid.bytes.end());
  }
  return arena.copy(ByteView(out));
}

std::optional<SpecialFolder> named_folder(u32 the_tag) {
  switch (the_tag) {
    case tag::PidTagIpmSubtreeEntryId:
      return SpecialFolder::ipm_subtree;
    case tag::PidTagIpmOutboxEntryId:
      return SpecialFolder::outbox;
    case tag::PidTagIpmWastebasketEntryId:
      return SpecialFolder::deleted_items;
    case tag::PidTagIpmSentMailEntryId:
      return SpecialFolder::sent_items;
    case tag::PidTagViewsEntryId:
      return SpecialFolder::views;
    case tag::PidTagCommonViewsEntryId:
      return SpecialFolder::common_views;
    case tag::PidTagFinderEntryId:
      return SpecialFolder::search;
    default:
      return std::nullopt;
  }
}

u32 computed_tag(u16 id) {
  auto at = std::ranges::find_if(kComputed, [id](u32 value) { return value >> 16 == id; });
  return at == std::end(kComputed) ? 0 : *at;
}

std::optional<u64> mailbox_size(StoreCore& core) {
  auto reader = core.reader();
  if (!reader.ok()) return std::nullopt;
  auto size = (*reader)->integer("SELECT sum(size) FROM folders");
  return size.ok() ? std::optional(static_cast<u64>(size->value_or(0))) : std::nullopt;
}

Outcome<std::vector<u8>> packed_properties(sql::Database& database) {
  ROPEWALK_TRY(auto row, database.prepare("SELECT props FROM store"));
  ROPEWALK_TRY(bool found, row.step());
  if (!found) return Failure(mapi::ErrorCode::corrupt_data, "the mailbox file has lost its first row");
  return std::vector<u8>(row.blob(0).begin(), row.blob(0).end());
}

}  // namespace

std::optional<Property> MailboxStore::property(PropTag wanted, Arena& arena) const {
  const u32 the_tag = computed_tag(wanted.id());
  if (auto folder = named_folder(the_tag))
    return Property{PropTag(the_tag),
                    Value::of(entry_id_in(arena, mailbox_guid(), database_guid(), special(*folder).globcnt()))};
  switch (the_tag) {
    case tag::PidTagDisplayName:
    case tag::PidTagMailboxOwnerName:
      return Property{PropTag(the_tag), Value::of(mapi::utf16_in(arena, owner().display_name))};
    case tag::PidTagMailboxOwnerEntryId:
    case tag::PidTagUserEntryId:
      return Property{PropTag(the_tag), Value::of(owner_entry_id_in(arena, owner().legacy_dn))};
    case tag::PidTagRecordKey:
    case tag::PidTagStoreRecordKey:
    case tag::PidTagMappingSignature:
      return Property{PropTag(the_tag), Value::of(arena.copy(ByteView(mailbox_guid().bytes)))};
    case tag::PidTagObjectType:
      return number(the_tag, kObjectStore);
    case tag::PidTagValidFolderMask:
      return number(the_tag, kValidFolders);
    case tag::PidTagMaximumSubmitMessageSize:
      return number(the_tag, kMostSubmitKib);
    case tag::PidTagSerializedReplidGuidMap:
      return Property{PropTag(the_tag), Value::of(replid_map(*core_, arena))};
    case tag::PidTagMessageSizeExtended: {
      auto size = mailbox_size(*core_);
      if (!size) return std::nullopt;
      if (wanted.type() == PropType::integer32) return number(tag::PidTagMessageSize, std::min<u64>(*size, 0x7FFFFFFF));
      return number(the_tag, *size);
    }
    default:
      break;
  }
  auto reader = core_->reader();
  if (!reader.ok()) return std::nullopt;
  auto packed = packed_properties(**reader);
  if (!packed.ok()) return std::nullopt;
  PackedView view(arena.copy(ByteView(*packed)));
  auto entry = view.find_id(wanted.id());
  auto value = entry ? view.value(*entry, arena) : std::nullopt;
  return value ? std::optional(Property{entry->tag, *value}) : std::nullopt;
}

std::vector<PropTag> MailboxStore::tags() const {
  std::vector<PropTag> all;
  for (u32 value : kComputed) all.emplace_back(value);
  auto reader = core_->reader();
  if (!reader.ok()) return all;
  auto packed = packed_properties(**reader);
  if (!packed.ok()) return all;
  PackedView view{ByteView(*packed)};
  for (std::size_t i = 0; i < view.size(); ++i) all.push_back(view.entry(i).tag);
  return all;
}

Outcome<void> MailboxStore::set_properties(std::span<const Property> set, std::span<const PropTag> removed) {
  auto computed = [](PropTag t) { return computed_tag(t.id()) != 0; };
  if (std::ranges::any_of(set, [&](const Property& p) { return computed(p.tag); }) ||
      std::ranges::any_of(removed, computed))
    return Failure(mapi::ErrorCode::access_denied, "a property of the mailbox that the store computes cannot be set");
  return core_->write([&](WriteContext& context) -> Outcome<void> {
    ROPEWALK_TRY(auto before, packed_properties(context.database));
    Arena arena;
    Packer packer;
    PackedView view{ByteView(before)};
    for (std::size_t i = 0; i < view.size(); ++i) {
      const auto entry = view.entry(i);
      const bool gone = std::ranges::any_of(removed, [&](PropTag t) { return t.id() == entry.tag.id(); });
      if (auto value = view.value(entry, arena); value && !gone) packer.add(entry.tag, *value);
    }
    for (const Property& property : set) packer.add(property.tag, property.value);
    ROPEWALK_CHECK(context.database.run("UPDATE store SET props = ?", packer.pack()));
    return {};
  });
}

}  // namespace ropewalk::store
