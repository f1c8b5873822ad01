#include "store/row_cells.h"

#include <algorithm>

#include "mapi/property_tags.h"
#include "store/contents.h"
#include "store/message_writer.h"

namespace ropewalk::store {
namespace {

using mapi::CellFlag;
using mapi::Property;
using mapi::PropertyCell;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

bool has_bytes(PropType type) {
  return type == PropType::string || type == PropType::binary || type == PropType::string8 || type == PropType::guid ||
         type == PropType::server_id || type == PropType::object;
}

// No half of a surrogate pair stays behind.
ByteView cut(PropType type, ByteView bytes) {
  if (bytes.size() <= kMostCellBytes || type == PropType::guid) return bytes;
  std::size_t size = type == PropType::string8 ? kMostCellBytes / 2 : kMostCellBytes;
  if (type == PropType::string && (load_le<u16>(bytes.data() + size - 2) & 0xFC00) == 0xD800) size -= 2;
  return bytes.first(size);
}

// The cell's value shortened, and moved out of bytes that will not live.
void settle(PropertyCell& cell, ByteView transient, Arena& arena) {
  if (cell.flag != CellFlag::value) return;
  if (has_bytes(cell.type)) {
    ByteView bytes = cut(cell.type, cell.value.bytes);
    const bool moves = bytes.data() >= transient.data() && bytes.data() < transient.data() + transient.size();
    cell.value.bytes = moves ? arena.copy(bytes) : bytes;
  } else if (mapi::is_multiple(cell.type) && has_bytes(mapi::base_type(cell.type))) {
    cell.value = mapi::copy_value(cell.type, cell.value, arena);
  }
}

std::size_t value_size(PropType type, const Value& value) {
  switch (type) {
    case PropType::integer16:
      return 2;
    case PropType::integer32:
    case PropType::floating32:
    case PropType::error_code:
      return 4;
    case PropType::boolean:
      return 1;
    case PropType::string:
      return value.bytes.size() + 2;
    case PropType::string8:
      return value.bytes.size() + 1;
    case PropType::binary:
    case PropType::server_id:
      return value.bytes.size() + 2;
    case PropType::guid:
      return 16;
    case PropType::unspecified:
    case PropType::null:
    case PropType::object:
      return 0;
    case PropType::restriction:
    case PropType::rule_action:
      return 256;
    default:
      break;
  }
  if (!mapi::is_multiple(type)) return 8;
  std::size_t size = 4;
  for (const Value& item : value.items) size += value_size(mapi::base_type(type), item);
  return size;
}

}  // namespace

mapi::PropertyRow make_row(std::span<const PropTag> columns, u32 code_page, ByteView transient, Arena& arena,
                           const std::function<std::optional<Property>(PropTag)>& get) {
  std::span<PropertyCell> cells = arena.make<PropertyCell>(columns.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i] = cell_for(columns[i], get(columns[i]), code_page, arena);
    settle(cells[i], transient, arena);
  }
  return mapi::PropertyRow::of(cells);
}

std::size_t wire_size(const mapi::PropertyRow& row) {
  std::size_t size = 1;
  for (const PropertyCell& cell : row.cells) {
    if (cell.column.type() == PropType::unspecified) size += 2;
    if (row.flag != 0) size += 1;
    if (cell.flag == CellFlag::value) size += value_size(cell.type, cell.value);
    if (cell.flag == CellFlag::error) size += 4;
  }
  return size;
}

std::optional<Property> MessageSource::elsewhere(PropTag wanted, const Reference& where, std::size_t most,
                                                 Arena& arena) const {
  auto entry = row_.hot.find_id(wanted.id());
  if (!entry) return std::nullopt;
  const PropTag the_tag = entry->tag;
  if (where.place == Reference::Place::cold) {
    auto body = database_.prepare("SELECT cold FROM bodies WHERE id = ?");
    if (!body.ok()) return std::nullopt;
    auto found = body->bind(1, row_.id).step();
    if (!found.ok() || !*found) return std::nullopt;
    auto value = PackedView(body->blob(0)).find(the_tag, arena);
    if (!value) return std::nullopt;
    if (has_bytes(the_tag.type()) && value->bytes.size() > most) value->bytes = value->bytes.first(most);
    return Property{the_tag, mapi::copy_value(the_tag.type(), *value, arena)};
  }
  auto bytes = read_content(database_, where, most);
  if (!bytes.ok()) return std::nullopt;
  return Property{the_tag, Value::of(arena.copy(ByteView(*bytes)))};
}

std::optional<Property> MessageSource::property(PropTag wanted, Arena& arena) const {
  std::optional<Reference> where;
  auto there = row_property(core_, row_, wanted, arena, &where);
  if (there || !where) return there;
  return elsewhere(wanted, *where, ~std::size_t{0}, arena);
}

std::optional<Property> MessageSource::cell_property(PropTag wanted, Arena& arena) const {
  std::optional<Reference> where;
  auto there = row_property(core_, row_, wanted, arena, &where);
  if (there || !where) return there;
  return elsewhere(wanted, *where, kMostCellBytes, arena);
}

std::optional<u64> MessageSource::property_size(PropTag wanted, Arena& arena) const {
  std::optional<Reference> where;
  auto there = row_property(core_, row_, wanted, arena, &where);
  if (!there && where) return where->size;
  return PropertySource::property_size(wanted, arena);
}

namespace {

// A recipient or an attachment in a sub-object restriction.
class PackedSource final : public PropertySource {
 public:
  explicit PackedSource(PackedView packed) : packed_(packed) {}
  std::optional<Property> property(PropTag wanted, Arena& arena) const override {
    auto entry = packed_.find_id(wanted.id());
    auto value = entry ? packed_.value(*entry, arena) : std::nullopt;
    return value ? std::optional(Property{entry->tag, *value}) : std::nullopt;
  }

 private:
  PackedView packed_;
};

}  // namespace

bool MessageSource::any_sub_object(PropTag kind, Arena&,
                                   const std::function<bool(const PropertySource&)>& visit) const {
  if (kind.id() == tag::PidTagMessageRecipients >> 16) {
    auto body = database_.prepare("SELECT recipients FROM bodies WHERE id = ?");
    if (!body.ok()) return false;
    auto found = body->bind(1, row_.id).step();
    if (!found.ok() || !*found) return false;
    return std::ranges::any_of(unpack_recipients(body->blob(0)),
                               [&](const Recipient& r) { return visit(PackedSource(r.properties())); });
  }
  if (kind.id() != tag::PidTagMessageAttachments >> 16) return false;
  auto attachment = database_.prepare("SELECT props FROM attachments WHERE owner = ?");
  if (!attachment.ok()) return false;
  attachment->bind(1, row_.id);
  for (;;) {
    auto found = attachment->step();
    if (!found.ok() || !*found) return false;
    if (visit(PackedSource(PackedView(attachment->blob(0))))) return true;
  }
}

}  // namespace ropewalk::store
