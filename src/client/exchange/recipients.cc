#include "client/exchange/recipients.h"

#include <algorithm>

#include "base/utf16.h"
#include "client/rows.h"
#include "mapi/ascii_case.h"
#include "mapi/code_page.h"
#include "mapi/property_tags.h"

namespace ropewalk::client::exchange {

namespace flags = mapi::recipient_flags;
namespace tag = mapi::tag;
using mapi::PropertyBag;
using mapi::PropTag;
using mapi::RecipientAddressType;

namespace {

constexpr u32 kCodePage = 1252;

// Properties that a RecipientRow has fields of its own for, or that ModifyRecipients says elsewhere.
bool has_own_field(PropTag column) {
  for (u32 own : {tag::PidTagRecipientType, tag::PidTagRowid, tag::PidTagAddressType, tag::PidTagEmailAddress,
                  tag::PidTagDisplayName, tag::PidTagTransmittableDisplayName})
    if (PropTag(own).id() == column.id()) return true;
  return false;
}

ByteView text_in(const PropertyBag& bag, u32 property, Arena& arena) {
  std::string text = text_of(bag.all(), property);
  return text.empty() ? ByteView() : mapi::utf16_in(arena, text);
}

}  // namespace

PropertyBag copy_of(const PropertyBag& bag) {
  PropertyBag copy;
  for (const mapi::Property& property : bag.all()) copy.set(property.tag, property.value);
  return copy;
}

PropertyBag bag_of_row(const mapi::RecipientRow& row, u8 recipient_type, u32 row_id) {
  PropertyBag bag;
  auto text = [&](u32 property, u16 bit, ByteView bytes) {
    if (!row.flags.has(bit)) return;
    bag.set_text(PropTag(property),
                 row.flags.has(flags::kUnicode) ? utf16_to_utf8(bytes) : mapi::string8_to_utf8(bytes, kCodePage));
  };
  bag.set(PropTag(tag::PidTagRowid), mapi::Value::of(row_id));
  bag.set(PropTag(tag::PidTagRecipientType), mapi::Value::of(u32{recipient_type}));
  text(tag::PidTagEmailAddress, flags::kEmailAddress, row.email_address);
  text(tag::PidTagDisplayName, flags::kDisplayName, row.display_name);
  text(tag::PidTagTransmittableDisplayName, flags::kTransmittableDisplayName, row.transmittable_display_name);
  if (row.flags.has(flags::kTransmittableSameAsDisplay))
    text(tag::PidTagTransmittableDisplayName, flags::kDisplayName, row.display_name);
  PropTag address_type(tag::PidTagAddressType);
  if (row.flags.type() == RecipientAddressType::smtp) {
    bag.set_text(address_type, "SMTP");
  } else if (row.flags.type() == RecipientAddressType::x500_dn) {
    bag.set_text(address_type, "EX");
    bag.set_text(PropTag(tag::PidTagEmailAddress), row.x500_dn.text());
  } else if (row.flags.has(flags::kAddressType)) {
    bag.set_text(address_type, row.address_type.text());
  }
  for (const mapi::PropertyCell& cell : row.properties.cells)
    if (cell.flag == mapi::CellFlag::value && !has_own_field(cell.column))
      bag.set(cell.column.with_type(cell.type), cell.value);
  return bag;
}

std::vector<PropTag> recipient_columns(std::span<const PropertyBag> recipients) {
  std::vector<PropTag> columns;
  for (const PropertyBag& recipient : recipients)
    for (const mapi::Property& property : recipient.all()) {
      auto type = property.tag.type();
      if (type == mapi::PropType::error_code || type == mapi::PropType::object || has_own_field(property.tag)) continue;
      if (std::find(columns.begin(), columns.end(), property.tag) == columns.end()) columns.push_back(property.tag);
    }
  return columns;
}

mapi::RecipientRow row_of_bag(const PropertyBag& recipient, std::span<const PropTag> columns, Arena& arena) {
  mapi::RecipientRow row;
  u16 bits = flags::kUnicode;
  std::string type = text_of(recipient.all(), tag::PidTagAddressType);
  ByteView address = text_in(recipient, tag::PidTagEmailAddress, arena);
  if (mapi::equal_ignoring_ascii_case(type, "EX")) {
    bits |= static_cast<u16>(RecipientAddressType::x500_dn);
    std::string dn = text_of(recipient.all(), tag::PidTagEmailAddress);
    row.x500_dn = {arena.copy(bytes_of(dn))};
  } else if (mapi::equal_ignoring_ascii_case(type, "SMTP")) {
    bits |= static_cast<u16>(RecipientAddressType::smtp) | flags::kEmailAddress;
    row.email_address = address;
  } else if (!type.empty()) {
    bits |= flags::kAddressType | flags::kEmailAddress;
    row.address_type = {arena.copy(bytes_of(type))};
    row.email_address = address;
  } else if (!address.empty()) {
    bits |= flags::kEmailAddress;
    row.email_address = address;
  }
  if (ByteView name = text_in(recipient, tag::PidTagDisplayName, arena); !name.empty()) {
    bits |= flags::kDisplayName;
    row.display_name = name;
  }
  if (ByteView name = text_in(recipient, tag::PidTagTransmittableDisplayName, arena); !name.empty()) {
    bits |= flags::kTransmittableDisplayName;
    row.transmittable_display_name = name;
  } else if (!row.display_name.empty()) {
    bits |= flags::kTransmittableSameAsDisplay;
  }
  row.flags.value = bits;
  row.column_count = static_cast<u16>(columns.size());
  auto cells = arena.make<mapi::PropertyCell>(columns.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const mapi::Value* value = recipient.find(columns[i]);
    cells[i] = value != nullptr ? mapi::PropertyCell::of(columns[i], *value)
                                : mapi::PropertyCell::error(columns[i], mapi::ErrorCode::not_found);
  }
  row.properties = mapi::PropertyRow::of(cells);
  return row;
}

}  // namespace ropewalk::client::exchange
