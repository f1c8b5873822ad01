// A recipient of a message in a ROP buffer, [MS-OXCDATA] 2.8.3.
#pragma once

#include "mapi/value_fields.h"

namespace ropewalk::mapi {

// The columns of which RecipientRows hold values: what RecipientColumns in the same ROP named. Without them in the
// context a row's properties are kept, and shown, as bytes.
struct RecipientColumns {
  std::span<const PropTag> tags;
};

// [MS-OXCDATA] 2.8.3.1: the bits of RecipientFlags.
namespace recipient_flags {
inline constexpr u16 kTypeMask = 0x0007;
inline constexpr u16 kEmailAddress = 0x0008;
inline constexpr u16 kDisplayName = 0x0010;
inline constexpr u16 kTransmittableDisplayName = 0x0020;
inline constexpr u16 kTransmittableSameAsDisplay = 0x0040;
inline constexpr u16 kOtherTransport = 0x0080;
inline constexpr u16 kNoRichText = 0x0100;
inline constexpr u16 kUnicode = 0x0200;
inline constexpr u16 kSimpleDisplayName = 0x0400;
inline constexpr u16 kAddressType = 0x8000;
}  // namespace recipient_flags

// The Type in RecipientFlags.
enum class RecipientAddressType : u8 {
  none = 0,
  x500_dn = 1,
  ms_mail = 2,
  smtp = 3,
  fax = 4,
  professional_office_system = 5,
  personal_distribution_list1 = 6,
  personal_distribution_list2 = 7,
};

struct RecipientFlags {
  u16 value = 0;
  constexpr RecipientAddressType type() const {
    return static_cast<RecipientAddressType>(value & recipient_flags::kTypeMask);
  }
  constexpr bool has(u16 bit) const { return (value & bit) != 0; }
};
const wire::TypeInfo& wire_type(std::type_identity<RecipientFlags>);

// Which members count, `flags` tells. Texts are UTF-16LE where flags has kUnicode, else in the session's code page.
struct RecipientRow {
  static constexpr std::string_view kName = "RecipientRow";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.8.3.2";
  RecipientFlags flags;
  u8 address_prefix_used{};    // x500_dn
  u8 display_type{};           // x500_dn
  wire::String8 x500_dn;       // x500_dn
  ByteView entry_id;           // personal distribution lists
  ByteView search_key;         // personal distribution lists
  wire::String8 address_type;  // none, with kAddressType
  ByteView email_address;
  ByteView display_name;
  ByteView simple_display_name;
  ByteView transmittable_display_name;
  u16 column_count{};       // of the first columns that RecipientColumns names
  PropertyRow properties;   // where the columns are known
  ByteView property_bytes;  // where they are not

  static void fields(auto& m, auto& v) {
    v("RecipientFlags", m.flags);
    address_fields(m, v);
    text_field("EmailAddress", recipient_flags::kEmailAddress, m.email_address, m, v);
    text_field("DisplayName", recipient_flags::kDisplayName, m.display_name, m, v);
    text_field("SimpleDisplayName", recipient_flags::kSimpleDisplayName, m.simple_display_name, m, v);
    text_field("TransmittableDisplayName", recipient_flags::kTransmittableDisplayName, m.transmittable_display_name, m,
               v);
    v("RecipientColumnCount", m.column_count);
    if (!v.ok()) return;
    auto* columns = wire::context<RecipientColumns>(v);
    if (columns == nullptr) return v.rest("RecipientProperties", m.property_bytes);
    if (m.column_count > columns->tags.size()) return v.fail("more columns than RecipientColumns names");
    RowColumns own{columns->tags.first(m.column_count)};
    v.with(own, [&] { v("RecipientProperties", m.properties); });
  }

 private:
  static void address_fields(auto& m, auto& v) {
    switch (m.flags.type()) {
      case RecipientAddressType::x500_dn:
        v("AddressPrefixUsed", m.address_prefix_used);
        v("DisplayType", m.display_type);
        v("X500DN", m.x500_dn);
        return;
      case RecipientAddressType::personal_distribution_list1:
      case RecipientAddressType::personal_distribution_list2:
        v("EntryIdSize", wire::count_of<u16>(m.entry_id));
        v("EntryID", m.entry_id);
        v("SearchKeySize", wire::count_of<u16>(m.search_key));
        v("SearchKey", m.search_key);
        return;
      case RecipientAddressType::none:
        if (m.flags.has(recipient_flags::kAddressType)) v("AddressType", m.address_type);
        return;
      default:
        return;
    }
  }
  static void text_field(std::string_view name, u16 bit, auto& bytes, auto& m, auto& v) {
    if (!m.flags.has(bit)) return;
    if (m.flags.has(recipient_flags::kUnicode)) {
      wire::String16 text{bytes};
      v(name, text);
      v.set(bytes, text.bytes);
    } else {
      wire::String8 text{bytes};
      v(name, text);
      v.set(bytes, text.bytes);
    }
  }
};

}  // namespace ropewalk::mapi
