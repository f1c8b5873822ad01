#include "server/addressbook/entries.h"

#include <algorithm>

#include "mapi/entry_id.h"
#include "server/addressbook/cells.h"

namespace ropewalk::server {
namespace {

using directory::Kind;
using mapi::Property;
using mapi::PropTag;
using mapi::Value;
namespace tag = mapi::tag;

// [MS-OXOABK] 2.2.3.10
constexpr u32 kObjectFolder = 3, kObjectMailUser = 6, kObjectDistList = 8;
constexpr u32 kMayShare = 0x40000000;  // [MS-OXOABK] 2.2.3.12: s

constexpr u16 id_of(u32 property) { return PropTag(property).id(); }

std::string printable(std::string_view utf8) {
  std::string ascii;
  for (char c : utf8) {
    const auto byte = static_cast<u8>(c);
    if ((byte & 0xC0) == 0x80) continue;  // the rest of a character that has its '?'
    ascii += byte >= 0x20 && byte < 0x7F ? c : '?';
  }
  return ascii;
}

u32 object_type(const Entry& entry) {
  if (is_group(entry)) return kObjectDistList;
  return entry.object.kind == Kind::public_folder ? kObjectFolder : kObjectMailUser;
}

u32 display_type_ex(const Entry& entry) {
  const Kind kind = entry.object.kind;
  const u32 local = kind == Kind::room ? kRoom : kind == Kind::equipment ? kEquipment : display_type(entry);
  return entry.object.user_id != 0 ? local | kMayShare : local;
}

template <class T>
ByteView encoded(const T& value, Arena& arena) {
  wire::OutBuffer out;
  return wire::encode(value, out) ? arena.copy(out.view()) : ByteView();
}

// How [MS-OXOABK] 2.2.3 derives properties from an object: those that are bytes.
std::optional<ByteView> identifier(const Entry& entry, u16 id, const Guid* ephemeral, Arena& arena) {
  const directory::Object& object = entry.object;
  switch (id) {
    case id_of(tag::PidTagInstanceKey): {
      const auto key = arena.make<u8>(sizeof object.id);
      if (!key.empty()) store_le(key.data(), object.id);
      return key;
    }
    case id_of(tag::PidTagMappingSignature):
      return ByteView(mapi::kAddressBookProvider.bytes);
    case id_of(tag::PidTagEntryId):
      if (ephemeral != nullptr) return ephemeral_entry_id(*ephemeral, display_type(entry), object.id, arena);
      [[fallthrough]];
    case id_of(tag::PidTagRecordKey):
    case id_of(tag::PidTagTemplateid):
      return permanent_entry_id(display_type(entry), object.legacy_dn, arena);
    case id_of(tag::PidTagSearchKey): {
      std::string key = "EX:" + object.legacy_dn;
      for (char& c : key) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      return arena.copy(ByteView(reinterpret_cast<const u8*>(key.c_str()), key.size() + 1));
    }
    case id_of(tag::PidTagAddressBookObjectGuid):
      return arena.copy(ByteView(object.guid.bytes));
    default:
      return std::nullopt;
  }
}

std::optional<u32> number(const Entry& entry, u16 id) {
  switch (id) {
    case id_of(tag::PidTagObjectType):
      return object_type(entry);
    case id_of(tag::PidTagDisplayType):
      return display_type(entry);
    case id_of(tag::PidTagDisplayTypeEx):
      return display_type_ex(entry);
    case id_of(tag::PidTagContainerFlags):
      return entry.list || is_group(entry) ? std::optional(kHoldsRecipients | kUnmodifiable) : std::nullopt;
    case id_of(tag::PidTagContainerContents):
      return is_group(entry) ? std::optional(0u) : std::nullopt;
    case id_of(tag::PidTagInitialDetailsPane):
      return 0;
    case id_of(tag::PidTagSendRichInfo):
      return entry.object.user_id != 0 ? 1 : 0;
    case id_of(tag::PidTagAddressBookContainerId):
      return entry.list && entry.list->is_global ? 0 : entry.object.id;
    default:
      return std::nullopt;
  }
}

// In UTF-8; empty where it has none.
std::string_view text(const Entry& entry, u16 id) {
  const directory::Object& object = entry.object;
  switch (id) {
    case id_of(tag::PidTagAddressType):
      return "EX";
    case id_of(tag::PidTagEmailAddress):
    case id_of(tag::PidTagAddressBookObjectDistinguishedName):
      return object.legacy_dn;
    case id_of(tag::PidTagDisplayName):
    case id_of(tag::PidTagTransmittableDisplayName):
      return object.name;
    case id_of(tag::PidTagSmtpAddress):
      return object.address;
    case id_of(tag::PidTagAddressBookPhoneticDisplayName):
      return object.phonetic;
    default:
      return {};
  }
}

}  // namespace

u32 display_type(const Entry& entry) {
  if (entry.list) return kContainer;
  switch (entry.object.kind) {
    case Kind::contact:
      return kRemoteMailUser;
    case Kind::group:
      return kDistList;
    case Kind::dynamic_group:
      return kAgent;  // as Exchange has it
    case Kind::public_folder:
      return kForum;
    default:
      return kMailUser;
  }
}

bool is_group(const Entry& entry) {
  return !entry.list && (entry.object.kind == Kind::group || entry.object.kind == Kind::dynamic_group);
}

std::optional<EntryName> read_entry_id(ByteView bytes, const Guid& server_guid) {
  Arena arena(4096, 256);
  auto head = wire::decode<mapi::EntryId>(bytes, arena);
  if (!head) return std::nullopt;
  if (const auto* permanent = head->as<mapi::AddressBookEntryIdBody>())
    return EntryName{std::nullopt, std::string(permanent->x500_dn.text())};
  const auto* ephemeral = head->as<mapi::EphemeralEntryIdBody>();
  if (ephemeral == nullptr || head->provider_uid != server_guid) return std::nullopt;
  return EntryName{ephemeral->mid, {}};
}

ByteView permanent_entry_id(u32 type, std::string_view dn, Arena& arena) {
  mapi::AddressBookEntryId id;
  id.provider_uid = mapi::kAddressBookProvider;
  id.body.type = type;
  id.body.x500_dn = wire::String8::of(dn);
  return encoded(id, arena);
}

ByteView ephemeral_entry_id(const Guid& server_guid, u32 type, u32 mid, Arena& arena) {
  mapi::EphemeralEntryId id;
  id.flags = {0x87, 0, 0, 0};
  id.provider_uid = server_guid;
  id.body.type = type;
  id.body.mid = mid;
  return encoded(id, arena);
}

std::optional<Property> computed_property(const Entry& entry, PropTag property, const Guid* ephemeral, Arena& arena) {
  const u16 id = property.id();
  if (property == kPrintableName)
    return Property{property, Value::of(bytes_of(arena.copy(std::string_view(printable(entry.object.name)))))};
  if (auto bytes = identifier(entry, id, ephemeral, arena)) return Property{property, Value::of(*bytes)};
  if (auto value = number(entry, id)) return Property{property, Value::of(*value)};
  const std::string_view utf8 = text(entry, id);
  // Every object has a display name, be it empty.
  if (utf8.empty() && id != id_of(tag::PidTagDisplayName) && id != id_of(tag::PidTagTransmittableDisplayName))
    return std::nullopt;
  if (property.type() != mapi::PropType::string) return std::nullopt;
  return Property{property, Value::of(mapi::utf16_in(arena, utf8))};
}

Entry entry_of(const directory::AddressList& list) {
  Entry entry;
  entry.object.id = list.id;
  entry.object.guid = list.guid;
  entry.object.name = list.name;
  entry.object.legacy_dn = list.is_global ? "/" : list.legacy_dn;
  entry.list = list;
  return entry;
}

}  // namespace ropewalk::server
