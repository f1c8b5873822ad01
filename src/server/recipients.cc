#include "server/recipients.h"

#include <algorithm>
#include <set>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/property_tags.h"

namespace ropewalk::server {
namespace {

using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;
namespace flags = mapi::recipient_flags;

// What the fixed part of a row says.
constexpr u32 kFixed[] = {tag::PidTagRecipientType,
                          tag::PidTagDisplayName,
                          tag::PidTagEmailAddress,
                          tag::PidTagAddressType,
                          tag::PidTagTransmittableDisplayName,
                          tag::PidTag7BitDisplayName,
                          tag::PidTagSendRichInfo,
                          tag::PidTagRowid};

bool is_fixed(PropTag column) {
  return std::ranges::any_of(kFixed, [&](u32 fixed) { return PropTag(fixed).id() == column.id(); });
}

std::optional<Value> find(const store::PackedView& properties, u32 wanted, Arena& arena) {
  return properties.find(PropTag(wanted), arena);
}

ByteView text(const store::PackedView& properties, u32 wanted, Arena& arena) {
  auto value = find(properties, wanted, arena);
  return value ? value->bytes : ByteView{};
}

u16 address_type(std::string_view type) {
  if (type == "SMTP") return static_cast<u16>(mapi::RecipientAddressType::smtp);
  if (type == "EX") return static_cast<u16>(mapi::RecipientAddressType::x500_dn);
  return flags::kAddressType;
}

wire::String8 narrow(std::string_view utf8, Arena& arena) { return {bytes_of(arena.copy(utf8))}; }

// A text of the row, as Unicode.
ByteView wide(ByteView bytes, const mapi::RecipientRow& row, u32 code_page, Arena& arena) {
  if (row.flags.has(flags::kUnicode)) return bytes;
  auto converted = mapi::string8_to_utf16(bytes, code_page);
  return arena.copy(ByteView(converted));
}

mapi::TypedString typed_string(const store::Item& item, u32 wanted, Arena& arena) {
  auto property = item.property(PropTag(wanted), arena);
  if (!property || property->tag.type() != PropType::string) return {};
  return mapi::TypedString::of_utf16(property->value.bytes, arena);
}

wire::List<PropTag> kept(const std::vector<PropTag>& tags, Arena& arena) {
  auto copy = arena.make<PropTag>(tags.size());
  std::ranges::copy(tags, copy.begin());
  return copy;
}

// As many as RowCount can count and the answer can hold beside the rest.
wire::List<rop::OpenRecipientRow> first_recipients(RopContext& context, const store::Message& message,
                                                   std::span<const PropTag> columns) {
  constexpr std::size_t kMostRows = 0xFF, kMostBytes = 0x4000;
  const auto& recipients = message.recipients();
  auto rows = context.arena.make<rop::OpenRecipientRow>(std::min(recipients.size(), kMostRows));
  mapi::RecipientColumns own{columns};
  wire::Context chain = wire::add_context(own, nullptr);
  wire::OutBuffer measured;
  std::size_t count = 0;
  for (; count < rows.size(); ++count) {
    auto made = recipient_on_wire(recipients[count], columns, context.arena);
    rows[count].recipient_type = made.type;
    rows[count].code_page_id = static_cast<u16>(context.session.client.code_page);
    rows[count].row = made.row;
    wire::encode(rows[count], measured, &chain);
    if (measured.size() > std::min(kMostBytes, context.room / 2)) break;
  }
  return rows.first(count);
}

}  // namespace

std::vector<PropTag> summarize(RopContext& context, const store::Message& message, rop::MessageSummary& summary) {
  for (PropTag listed : message.tags()) summary.has_named_properties |= listed.is_named();
  summary.subject_prefix = typed_string(message, tag::PidTagSubjectPrefix, context.arena);
  summary.normalized_subject = typed_string(message, tag::PidTagNormalizedSubject, context.arena);
  auto columns = recipient_columns(message, context.arena);
  summary.recipient_count = static_cast<u16>(std::min<std::size_t>(message.recipients().size(), 0xFFFF));
  summary.recipient_columns = kept(columns, context.arena);
  summary.recipient_rows = first_recipients(context, message, summary.recipient_columns.span());
  return columns;
}

std::vector<PropTag> recipient_columns(const store::Message& message, Arena&) {
  std::set<PropTag> columns;
  for (const store::Recipient& recipient : message.recipients()) {
    auto properties = recipient.properties();
    for (std::size_t i = 0; i < properties.size(); ++i)
      if (!is_fixed(properties.entry(i).tag)) columns.insert(properties.entry(i).tag);
  }
  return {columns.begin(), columns.end()};
}

RecipientOnWire recipient_on_wire(const store::Recipient& recipient, std::span<const PropTag> columns, Arena& arena) {
  auto properties = recipient.properties();
  RecipientOnWire made;
  if (auto type = find(properties, tag::PidTagRecipientType, arena)) made.type = static_cast<u8>(type->number);
  std::string type = utf16_to_utf8(text(properties, tag::PidTagAddressType, arena));
  mapi::RecipientRow& row = made.row;
  u16 bits = flags::kUnicode | address_type(type);
  ByteView email = text(properties, tag::PidTagEmailAddress, arena);
  if (row.flags = {bits}; row.flags.type() == mapi::RecipientAddressType::x500_dn) {
    row.x500_dn = narrow(utf16_to_utf8(email), arena);
  } else {
    row.address_type = narrow(type, arena);
    if (!email.empty()) bits |= flags::kEmailAddress;
    row.email_address = email;
  }
  row.display_name = text(properties, tag::PidTagDisplayName, arena);
  if (!row.display_name.empty()) bits |= flags::kDisplayName;
  row.simple_display_name = text(properties, tag::PidTag7BitDisplayName, arena);
  if (!row.simple_display_name.empty()) bits |= flags::kSimpleDisplayName;
  row.transmittable_display_name = text(properties, tag::PidTagTransmittableDisplayName, arena);
  bits |=
      row.transmittable_display_name.empty() ? flags::kTransmittableSameAsDisplay : flags::kTransmittableDisplayName;
  if (auto rich = find(properties, tag::PidTagSendRichInfo, arena); rich && !rich->boolean())
    bits |= flags::kNoRichText;
  row.flags = {bits};
  row.column_count = static_cast<u16>(columns.size());
  auto cells = arena.make<mapi::PropertyCell>(columns.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    auto value = properties.find(columns[i], arena);
    cells[i] = value ? mapi::PropertyCell::of(columns[i], *value)
                     : mapi::PropertyCell::error(columns[i], ErrorCode::not_found);
  }
  row.properties = mapi::PropertyRow::of(cells);
  return made;
}

std::vector<Property> recipient_properties(u8 type, const mapi::RecipientRow& row, std::span<const PropTag>,
                                           u32 code_page, Arena& arena) {
  std::vector<Property> properties;
  auto set_text = [&](u32 wanted, ByteView utf16) { properties.push_back({PropTag(wanted), Value::of(utf16)}); };
  properties.push_back({PropTag(tag::PidTagRecipientType), Value::of(u64{type})});
  using enum mapi::RecipientAddressType;
  switch (row.flags.type()) {
    case x500_dn:
      set_text(tag::PidTagAddressType, mapi::utf16_in(arena, "EX"));
      set_text(tag::PidTagEmailAddress, mapi::utf16_in(arena, row.x500_dn.text()));
      break;
    case smtp:
      set_text(tag::PidTagAddressType, mapi::utf16_in(arena, "SMTP"));
      break;
    case none:
      if (row.flags.has(flags::kAddressType))
        set_text(tag::PidTagAddressType, mapi::utf16_in(arena, row.address_type.text()));
      break;
    default:
      break;
  }
  auto set_flagged = [&](u16 bit, u32 wanted, ByteView bytes) {
    if (row.flags.has(bit)) set_text(wanted, wide(bytes, row, code_page, arena));
  };
  set_flagged(flags::kEmailAddress, tag::PidTagEmailAddress, row.email_address);
  set_flagged(flags::kDisplayName, tag::PidTagDisplayName, row.display_name);
  set_flagged(flags::kSimpleDisplayName, tag::PidTag7BitDisplayName, row.simple_display_name);
  set_flagged(flags::kTransmittableDisplayName, tag::PidTagTransmittableDisplayName, row.transmittable_display_name);
  if (row.flags.has(flags::kTransmittableSameAsDisplay) && row.flags.has(flags::kDisplayName))
    set_text(tag::PidTagTransmittableDisplayName, wide(row.display_name, row, code_page, arena));
  properties.push_back({PropTag(tag::PidTagSendRichInfo), Value::of(!row.flags.has(flags::kNoRichText))});
  for (const mapi::PropertyCell& cell : row.properties.cells) {
    if (cell.flag != mapi::CellFlag::value) continue;
    if (cell.type == PropType::string8) {
      auto converted = mapi::string8_to_utf16(cell.value.bytes, code_page);
      properties.push_back({cell.column.with_type(PropType::string), Value::of(arena.copy(ByteView(converted)))});
    } else {
      properties.push_back({cell.column.with_type(cell.type), cell.value});
    }
  }
  return properties;
}

}  // namespace ropewalk::server
