#include "mapi/entry_id.h"

#include "wire/flag_text.h"

namespace ropewalk::mapi {

using wire::struct_info;

namespace {

constexpr wire::NamedValue kFolderTypes[] = {
    {0x0001, "eitLTPrivateFolder"}, {0x0003, "eitLTPublicFolder"}, {0x0005, "eitLTWackyFolder"}};
constexpr wire::NamedValue kMessageTypes[] = {
    {0x0007, "eitLTPrivateMessage"}, {0x0009, "eitLTPublicMessage"}, {0x000A, "eitLTWackyMessage"}};

void append_type(u64 raw, std::string& out) {
  wire::append_value_name(raw, kFolderTypes, out);
  wire::append_value_name(raw, kMessageTypes, out);
  if (raw == static_cast<u16>(EntryIdType::public_folder_by_name)) out += "eitLTPublicFolderByName";
}

u64 random_folder(wire::Random& random) { return kFolderTypes[random.below(3)].value; }
u64 random_message(wire::Random& random) { return kMessageTypes[random.below(3)].value; }

}  // namespace

bool is_folder(EntryIdType type) {
  for (const auto& known : kFolderTypes)
    if (known.value == static_cast<u16>(type)) return true;
  return false;
}

bool is_message(EntryIdType type) {
  for (const auto& known : kMessageTypes)
    if (known.value == static_cast<u16>(type)) return true;
  return false;
}

const wire::TypeInfo& wire_type(std::type_identity<EntryIdType>) {
  static constexpr wire::TypeInfo info{
      "EntryIdType", 2, wire::Form::unsigned_number, append_type, [](wire::Random& random) -> u64 {
        u64 kind = random.below(3);
        return kind == 0 ? random_folder(random) : kind == 1 ? random_message(random) : 0x000C;
      }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<FolderEntryIdType>) {
  static constexpr wire::TypeInfo info{"EntryIdType", 2, wire::Form::unsigned_number, append_type, random_folder};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<MessageEntryIdType>) {
  static constexpr wire::TypeInfo info{"EntryIdType", 2, wire::Form::unsigned_number, append_type, random_message};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<UnknownEntryIdType>) {
  static constexpr wire::TypeInfo info{"uint16", 2, wire::Form::unsigned_number, nullptr,
                                       [](wire::Random& random) -> u64 { return 0x000C + random.below(0x100); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<OneOffFlags>) {
  static constexpr wire::NamedValue kNames[] = {{0x0001, "M"}, {0x1000, "L"}, {0x8000, "U"}};
  static constexpr wire::TypeInfo info{"OneOffFlags", 2, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_flag_names(raw, kNames, out); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<ContactEntryIdType>) {
  static constexpr wire::NamedValue kNames[] = {{3, "container"}, {4, "user"}, {5, "distribution list"}};
  static constexpr wire::TypeInfo info{"ContactEntryIdType", 4, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_value_name(raw, kNames, out); },
                                       [](wire::Random& random) -> u64 { return 3 + random.below(3); }};
  return info;
}

const wire::StructInfo* entry_id_info(const EntryIdHead& head) {
  constexpr u8 kEphemeral = 0x87;
  const Guid& provider = head.provider_uid;
  if (head.flags[0] == kEphemeral) return &struct_info<EphemeralEntryIdBody>;
  if (provider == kOneOffProvider) return &struct_info<OneOffEntryIdBody>;
  if (provider == kAddressBookProvider) return &struct_info<AddressBookEntryIdBody>;
  if (provider == kContactProvider) return &struct_info<ContactEntryIdBody>;
  if (provider == kStoreWrapProvider) return &struct_info<StoreEntryIdBody>;
  if (provider == kWrappedProvider) return &struct_info<WrappedEntryIdBody>;
  return nullptr;
}

const wire::StructInfo& entry_id_info(EntryIdType type) {
  if (is_folder(type)) return struct_info<FolderEntryIdBody>;
  if (is_message(type)) return struct_info<MessageEntryIdBody>;
  return struct_info<UnknownEntryIdBody>;
}

}  // namespace ropewalk::mapi
