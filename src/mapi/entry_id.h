// Entry identifiers, [MS-OXCDATA] 2.2.4 and 2.2.5: Flags, ProviderUID, and what that provider puts behind them.
#pragma once

#include "mapi/ids.h"
#include "wire/describe.h"

namespace ropewalk::mapi {

// The providers whose entry identifiers have a layout of their own. Folders and messages bear the GUID of their store.
inline constexpr Guid kOneOffProvider = guid_literal("a41f2b81-a3be-1910-9d6e-00dd010f5402");
inline constexpr Guid kAddressBookProvider = guid_literal("c840a7dc-42c0-1a10-b4b9-08002b2fe182");
inline constexpr Guid kContactProvider = guid_literal("0aaa42fe-c718-101a-e885-0b651c240000");
inline constexpr Guid kStoreWrapProvider = guid_literal("10bba138-e505-1a10-a1bb-08002b2a56c2");
inline constexpr Guid kWrappedProvider = guid_literal("d3ad91c0-9d51-11cf-a4a9-00aa0047faa4");
// ProviderUID of folders and messages in public folders, and WrappedProviderUID of stores ([MS-OXCDATA] 2.2.4.3).
inline constexpr Guid kPublicFolderProvider = guid_literal("9073441a-66aa-cd11-9bc8-00aa002fc45a");
inline constexpr Guid kPrivateStoreProvider = guid_literal("20fa551b-66aa-cd11-9bc8-00aa002fc45a");
inline constexpr Guid kPublicStoreProvider = guid_literal("1002831c-66aa-cd11-9bc8-00aa002fc45a");

// FolderType and MessageType, [MS-OXCDATA] 2.2.4: what stands first behind a store's ProviderUID.
enum class EntryIdType : u16 {
  private_folder = 0x0001,
  public_folder = 0x0003,
  wacky_folder = 0x0005,
  private_message = 0x0007,
  public_message = 0x0009,
  wacky_message = 0x000A,
  public_folder_by_name = 0x000C,
};
const wire::TypeInfo& wire_type(std::type_identity<EntryIdType>);
bool is_folder(EntryIdType type);
bool is_message(EntryIdType type);

struct FolderEntryIdType {
  u16 value = static_cast<u16>(EntryIdType::private_folder);
  EntryIdType type() const { return static_cast<EntryIdType>(value); }
};
const wire::TypeInfo& wire_type(std::type_identity<FolderEntryIdType>);

struct MessageEntryIdType {
  u16 value = static_cast<u16>(EntryIdType::private_message);
  EntryIdType type() const { return static_cast<EntryIdType>(value); }
};
const wire::TypeInfo& wire_type(std::type_identity<MessageEntryIdType>);

// What every entry identifier begins with; shared by the structures below.
struct EntryIdHead {
  std::array<u8, 4> flags{};  // 0x87 first: valid in this session only (ephemeral)
  Guid provider_uid;

  static void head(auto& m, auto& v) {
    v("Flags", m.flags);
    v("ProviderUID", m.provider_uid);
  }
};

// A whole entry identifier of one kind: its head and its body, the fields side by side.
template <class Body>
struct EntryIdOf : EntryIdHead {
  static constexpr std::string_view kName = Body::kName;
  static constexpr std::string_view kSource = Body::kSource;
  Body body;
  static void fields(auto& m, auto& v) {
    EntryIdHead::head(m, v);
    Body::fields(m.body, v);
  }
};

struct FolderEntryIdBody {
  static constexpr std::string_view kName = "FolderEntryID";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.2.4.1";
  FolderEntryIdType folder_type;
  Guid database_guid;
  std::array<u8, 6> global_counter{};
  u16 pad{};
  static void fields(auto& m, auto& v) {
    v("FolderType", m.folder_type);
    v("DatabaseGuid", m.database_guid);
    v("GlobalCounter", m.global_counter);
    v("Pad", m.pad);
  }
};
using FolderEntryId = EntryIdOf<FolderEntryIdBody>;

struct MessageEntryIdBody {
  static constexpr std::string_view kName = "MessageEntryID";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.2.4.2";
  MessageEntryIdType message_type;
  Guid folder_database_guid;
  std::array<u8, 6> folder_global_counter{};
  u16 pad1{};
  Guid message_database_guid;
  std::array<u8, 6> message_global_counter{};
  u16 pad2{};
  static void fields(auto& m, auto& v) {
    v("MessageType", m.message_type);
    v("FolderDatabaseGuid", m.folder_database_guid);
    v("FolderGlobalCounter", m.folder_global_counter);
    v("Pad1", m.pad1);
    v("MessageDatabaseGuid", m.message_database_guid);
    v("MessageGlobalCounter", m.message_global_counter);
    v("Pad2", m.pad2);
  }
};
using MessageEntryId = EntryIdOf<MessageEntryIdBody>;

// The suffix that names the server's DN and host, [MS-OXCDATA] 2.2.4.3; its texts stand at the offsets.
struct StoreEntryIdV2 {
  static constexpr std::string_view kName = "StoreObjectEntryIDV2";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.2.4.3";
  static constexpr u32 kMagic = 0xF32135D8;
  u32 magic = kMagic, size{}, version = 1, offset_dn{}, offset_fqdn{};
  ByteView data;
  static void fields(auto& m, auto& v) {
    v("Magic", m.magic);
    v("Size", m.size);
    v("Version", m.version);
    v("OffsetDN", m.offset_dn);
    v("OffsetFQDN", m.offset_fqdn);
    v.rest("Data", m.data);
  }
};

// A suffix without a MailboxDN in front, as old public stores have it, is read as a MailboxDN: no field tells them
// apart.
struct StoreEntryIdBody {
  static constexpr std::string_view kName = "StoreObjectEntryID";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.2.4.3";
  // "EMSMDB.DLL"; other providers' data is theirs.
  static constexpr std::array<u8, 14> kEmsmdb{'E', 'M', 'S', 'M', 'D', 'B', '.', 'D', 'L', 'L'};
  u8 version{}, flag{};
  std::array<u8, 14> dll_file_name = kEmsmdb;
  ByteView provider_data;  // of other providers
  u32 wrapped_flags{};
  Guid wrapped_provider_uid;
  u32 wrapped_type{};
  wire::String8 server_shortname;
  bool has_mailbox_dn = false, has_extension = false;
  wire::String8 mailbox_dn;
  ByteView extension;

  bool is_exchange() const { return dll_file_name == kEmsmdb; }
  static void fields(auto& m, auto& v) {
    v("Version", m.version);
    v("Flag", m.flag);
    v("DLLFileName", m.dll_file_name);
    if (!m.is_exchange()) return v.rest("ProviderData", m.provider_data);
    v("WrappedFlags", m.wrapped_flags);
    v("WrappedProviderUID", m.wrapped_provider_uid);
    v("WrappedType", m.wrapped_type);
    v("ServerShortname", m.server_shortname);
    v.tail(m.has_mailbox_dn, [&] {
      v("MailboxDN", m.mailbox_dn);
      v.tail(m.has_extension, [&] {
        v.rest("Extension", m.extension);
        v.inside("ExtensionV2", wire::struct_info<StoreEntryIdV2>,
                 [&](Arena&) { return std::optional<ByteView>(m.extension); });
      });
    });
  }
};
using StoreEntryId = EntryIdOf<StoreEntryIdBody>;

// The bits behind a one-off identifier's Version.
struct OneOffFlags {
  static constexpr u16 kNoRichInfo = 0x0001, kNoLookup = 0x1000, kUnicode = 0x8000;
  u16 value = 0;
  bool unicode() const { return (value & kUnicode) != 0; }
};
const wire::TypeInfo& wire_type(std::type_identity<OneOffFlags>);

struct OneOffEntryIdBody {
  static constexpr std::string_view kName = "OneOffEntryID";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.2.5.1";
  u16 version{};
  OneOffFlags one_off_flags;
  wire::String16 display_name, address_type, email_address;    // where the flags say Unicode
  wire::String8 display_name8, address_type8, email_address8;  // where not
  static void fields(auto& m, auto& v) {
    v("Version", m.version);
    v("OneOffFlags", m.one_off_flags);
    if (m.one_off_flags.unicode()) {
      v("DisplayName", m.display_name);
      v("AddressType", m.address_type);
      v("EmailAddress", m.email_address);
    } else {
      v("DisplayName", m.display_name8);
      v("AddressType", m.address_type8);
      v("EmailAddress", m.email_address8);
    }
  }
};
using OneOffEntryId = EntryIdOf<OneOffEntryIdBody>;

// Type: 0 a mail user, 1 a distribution list, 2 a forum, 0x100 a container ([MS-OXNSPI] 2.2.1.3).
struct AddressBookEntryIdBody {
  static constexpr std::string_view kName = "AddressBookEntryID";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.2.5.2";
  u32 version = 1, type{};
  wire::String8 x500_dn;
  static void fields(auto& m, auto& v) {
    v("Version", m.version);
    v("Type", m.type);
    v("X500DN", m.x500_dn);
  }
};
using AddressBookEntryId = EntryIdOf<AddressBookEntryIdBody>;

// An address book identifier that is good for one session.
struct EphemeralEntryIdBody {
  static constexpr std::string_view kName = "EphemeralEntryID";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.9.2";
  u32 version = 1, type{}, mid{};
  static void fields(auto& m, auto& v) {
    v("R4", m.version);
    v("DisplayType", m.type);
    v("MId", m.mid);
  }
};
using EphemeralEntryId = EntryIdOf<EphemeralEntryIdBody>;

// Its first two bytes, drawn, are no folder's and no message's.
struct UnknownEntryIdType {
  u16 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<UnknownEntryIdType>);

// Of a provider that nobody knows.
struct UnknownEntryIdBody {
  static constexpr std::string_view kName = "UnknownEntryID";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.2";
  UnknownEntryIdType type;
  ByteView data;
  static void fields(auto& m, auto& v) {
    v("Type", m.type);
    v.rest("Data", m.data);
  }
};

// Version and Type of a contact's entry identifier; the Type, 4 a user, 5 a distribution list, 3 a container.
struct ContactEntryIdType {
  static constexpr u32 kContainer = 3, kUser = 4, kDistributionList = 5;
  u32 value = kUser;
};
const wire::TypeInfo& wire_type(std::type_identity<ContactEntryIdType>);

// What stands behind Flags and ProviderUID: an instance, in an arena, of the structure `info`.
struct EntryIdBody {
  static constexpr bool kIsChoice = true;
  EntryIdType type{};
  const wire::StructInfo* info = nullptr;
  void* object = nullptr;

  static void choose(const auto& name, auto& m, auto& v);
};

// Any entry identifier: the ProviderUID, and where it is a store's the type behind it, choose the rest.
struct EntryId : EntryIdHead {
  static constexpr std::string_view kName = "EntryID";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.2";
  EntryIdBody body;

  // The body as a Body, or null where it is another.
  template <class Body>
  const Body* as() const {
    return body.info == &wire::struct_info<Body> ? static_cast<const Body*>(body.object) : nullptr;
  }
  static void fields(auto& m, auto& v) {
    EntryIdHead::head(m, v);
    v.nest([&] { v.with(static_cast<const EntryIdHead&>(m), [&] { v("Body", m.body); }); });
  }
};

// [MS-OXCDATA] 2.2.5.3 and 2.2.5.4: the index of an address in a contact, or a personal distribution list.
struct ContactEntryIdBody {
  static constexpr std::string_view kName = "ContactAddressEntryID";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.2.5.3, 2.2.5.4";
  u32 version = 3;
  ContactEntryIdType type;
  Guid container_provider;        // of a container
  u32 index{};                    // of others: which of the contact's addresses; 0xFF for a distribution list
  wire::List<EntryId> entry_ids;  // one: the contact's, the list's or the folder's
  static void fields(auto& m, auto& v) {
    v("Version", m.version);
    v("Type", m.type);
    if (m.type.value == ContactEntryIdType::kContainer) {
      v("ContainerProviderUID", m.container_provider);
      v.one("EntryIdBytes", m.entry_ids);
    } else {
      v("Index", m.index);
      v.sized("EntryIdCount", u32{}, [&] { v.one("EntryIdBytes", m.entry_ids); });
    }
  }
};
using ContactEntryId = EntryIdOf<ContactEntryIdBody>;

// [MS-OXOCNTC] 2.2.2.4.6 WrappedEntryId: a member of a personal distribution list.
struct WrappedEntryIdBody {
  static constexpr std::string_view kName = "WrappedEntryId";
  static constexpr std::string_view kSource = "[MS-OXOCNTC] 2.2.2.4.6";
  u8 type{};
  wire::List<EntryId> entry_ids;  // one
  static void fields(auto& m, auto& v) {
    v("Type", m.type);
    v.one("EmbeddedEntryId", m.entry_ids);
  }
};
using WrappedEntryId = EntryIdOf<WrappedEntryIdBody>;

// The structure behind a head whose ProviderUID tells it alone; null where the type behind it does.
const wire::StructInfo* entry_id_info(const EntryIdHead& head);
// The structure that a type tells.
const wire::StructInfo& entry_id_info(EntryIdType type);

void EntryIdBody::choose(const auto& name, auto& m, auto& v) {
  const EntryIdHead* head = wire::context<EntryIdHead>(v);
  if (head == nullptr) return v.fail("an entry identifier's body without its head");
  const wire::StructInfo* info = entry_id_info(*head);
  if (info == nullptr) {
    v.peek(m.type);
    info = &entry_id_info(m.type);
  }
  if (!v.ok()) return;
  v.set(m.info, info);
  v.dynamic(name, *m.info, m.object);
}

}  // namespace ropewalk::mapi
