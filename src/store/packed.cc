#include "store/packed.h"

#include <algorithm>

#include "mapi/value_fields.h"
#include "wire/describe.h"

namespace ropewalk::store {
namespace {

using mapi::PropType;
using mapi::Value;

constexpr u8 kVersion = 1;
constexpr u32 kElsewhere = 0x80000000;
constexpr std::size_t kReferenceSize = 17;  // place, size, content

bool has_bytes(PropType type) {
  switch (type) {
    case PropType::string8:
    case PropType::string:
    case PropType::binary:
    case PropType::server_id:
    case PropType::object:
      return true;
    default:
      return false;
  }
}

bool is_structure(PropType type) { return type == PropType::restriction || type == PropType::rule_action; }
bool is_empty_type(PropType type) { return type == PropType::null || type == PropType::unspecified; }

// Of numbers in lists; a number alone stands in the slot or takes 8 bytes.
constexpr std::size_t number_width(PropType type) {
  switch (type) {
    case PropType::boolean:
      return 1;
    case PropType::integer16:
      return 2;
    case PropType::integer32:
    case PropType::floating32:
    case PropType::error_code:
      return 4;
    default:
      return 8;
  }
}

constexpr bool fits_slot(PropType type) { return number_width(type) <= 4; }

template <class T>
void append(std::vector<u8>& out, T value) {
  std::size_t at = out.size();
  out.resize(at + sizeof value);
  store_le(out.data() + at, value);
}

void append_bytes(std::vector<u8>& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_counted(std::vector<u8>& out, ByteView bytes) {
  append(out, static_cast<u32>(bytes.size()));
  append_bytes(out, bytes);
}

void append_guid(std::vector<u8>& out, ByteView bytes) {
  std::size_t at = out.size();
  out.resize(at + 16);
  if (bytes.size() == 16) std::memcpy(out.data() + at, bytes.data(), 16);
}

void append_item(std::vector<u8>& out, PropType type, const Value& value) {
  if (has_bytes(type)) return append_counted(out, value.bytes);
  if (type == PropType::guid) return append_guid(out, value.bytes);
  u8 raw[8];
  store_le(raw, value.number);
  append_bytes(out, ByteView(raw, number_width(type)));
}

void append_structure(std::vector<u8>& out, PropType type, const Value& value) {
  bool absent = type == PropType::restriction ? value.restriction == nullptr : value.actions == nullptr;
  if (absent) return append(out, u32{0});
  wire::OutBuffer encoded;
  wire::encode(mapi::TypedPropertyValue{type, value}, encoded);
  append_counted(out, encoded.view());
}

void append_value(std::vector<u8>& out, PropType type, const Value& value) {
  if (is_structure(type)) return append_structure(out, type, value);
  if (!mapi::is_multiple(type)) return append_item(out, type, value);
  append(out, static_cast<u32>(value.items.size()));
  for (const Value& item : value.items) append_item(out, mapi::base_type(type), item);
}

// A number as Value has it: signed types sign-extended.
u64 widen(PropType type, u64 raw) {
  switch (type) {
    case PropType::integer16:
      return static_cast<u64>(static_cast<i64>(static_cast<i16>(raw)));
    case PropType::integer32:
      return static_cast<u64>(static_cast<i64>(static_cast<i32>(raw)));
    case PropType::boolean:
      return raw & 0xFF;
    default:
      return raw;
  }
}

// Takes pieces off the front of bytes that may be damaged.
struct Cursor {
  ByteView left;
  bool ok = true;

  ByteView take(std::size_t size) {
    if (size > left.size()) {
      ok = false;
      return {};
    }
    ByteView piece = left.first(size);
    left = left.subspan(size);
    return piece;
  }
  u32 count() {
    ByteView piece = take(4);
    return ok ? load_le<u32>(piece.data()) : 0;
  }
  u64 number(std::size_t width) {
    ByteView piece = take(width);
    u64 value = 0;
    if (ok) std::memcpy(&value, piece.data(), width);
    return value;
  }
  Value item(PropType type) {
    if (has_bytes(type)) return Value::of(take(count()));
    if (type == PropType::guid) return Value::of(take(16));
    return Value::of(widen(type, number(number_width(type))));
  }
};

std::optional<Value> read_list(Cursor cursor, PropType type, Arena& arena) {
  u32 count = cursor.count();
  if (!cursor.ok || count > cursor.left.size()) return std::nullopt;
  auto items = arena.make<Value>(count);
  if (items.size() != count) return std::nullopt;
  for (Value& item : items) item = cursor.item(mapi::base_type(type));
  if (!cursor.ok) return std::nullopt;
  return Value::of(wire::List<Value>(items));
}

std::optional<Value> read_structure(Cursor cursor, Arena& arena) {
  ByteView bytes = cursor.take(cursor.count());
  if (!cursor.ok) return std::nullopt;
  if (bytes.empty()) return Value();
  auto decoded = wire::decode<mapi::TypedPropertyValue>(bytes, arena);
  if (!decoded.ok()) return std::nullopt;
  return decoded->value;
}

}  // namespace

PackedView::PackedView(ByteView bytes) {
  if (bytes.size() < kHeader || bytes[0] != kVersion) return;
  std::size_t count = load_le<u16>(bytes.data() + 2);
  if (kHeader + count * kEntry > bytes.size()) return;
  bytes_ = bytes;
  count_ = count;
}

std::optional<PackedView::Entry> PackedView::find_id(u16 id) const {
  std::size_t low = 0, high = count_;
  while (low < high) {
    std::size_t middle = (low + high) / 2;
    u16 there = load_le<u16>(bytes_.data() + kHeader + middle * kEntry + 2);
    if (there < id)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == count_) return std::nullopt;
  Entry found = entry(low);
  if (found.tag.id() != id) return std::nullopt;
  return found;
}

std::optional<Value> PackedView::value(const Entry& entry, Arena& arena) const {
  if (entry.elsewhere()) return std::nullopt;
  const PropType type = entry.tag.type();
  if (fits_slot(type)) return Value::of(widen(type, entry.slot));
  if (is_empty_type(type)) return Value();
  if (entry.slot > bytes_.size()) return std::nullopt;
  Cursor cursor{bytes_.subspan(entry.slot)};
  if (is_structure(type)) return read_structure(cursor, arena);
  if (mapi::is_multiple(type)) return read_list(cursor, type, arena);
  Value value = cursor.item(type);
  if (!cursor.ok) return std::nullopt;
  return value;
}

std::optional<Value> PackedView::find(mapi::PropTag tag, Arena& arena) const {
  auto entry = find_id(tag.id());
  if (!entry || entry->tag != tag) return std::nullopt;
  return value(*entry, arena);
}

std::optional<Reference> PackedView::reference(const Entry& entry) const {
  const std::size_t at = entry.slot & ~kElsewhere;
  if (!entry.elsewhere() || at > bytes_.size() || bytes_.size() - at < kReferenceSize) return std::nullopt;
  const u8* from = bytes_.data() + at;
  return Reference{static_cast<Reference::Place>(from[0]), load_le<u64>(from + 1), load_le<i64>(from + 9)};
}

void Packer::pack(std::vector<u8>& out) {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Item& a, const Item& b) { return a.tag.id() < b.tag.id(); });
  // Of entries with one id the last stays.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (i + 1 < entries_.size() && entries_[i + 1].tag.id() == entries_[i].tag.id()) continue;
    if (kept != i) entries_[kept] = entries_[i];
    ++kept;
  }
  entries_.resize(kept);

  const std::size_t start = out.size();
  const std::size_t header = PackedView::kHeader + kept * PackedView::kEntry;
  out.reserve(start + header + kept * 16);
  out.resize(start + header);
  out[start] = kVersion;
  out[start + 1] = 0;
  store_le(out.data() + start + 2, static_cast<u16>(kept));
  for (std::size_t i = 0; i < kept; ++i) {
    const Item& item = entries_[i];
    const PropType type = item.tag.type();
    u32 slot = static_cast<u32>(out.size() - start);
    if (item.elsewhere) {
      slot |= kElsewhere;
      append(out, static_cast<u8>(item.reference.place));
      append(out, item.reference.size);
      append(out, item.reference.content);
    } else if (fits_slot(type)) {
      slot = static_cast<u32>(item.value.number);
    } else if (is_empty_type(type)) {
      slot = 0;
    } else {
      append_value(out, type, item.value);
    }
    u8* at = out.data() + start + PackedView::kHeader + i * PackedView::kEntry;
    store_le(at, item.tag.value);
    store_le(at + 4, slot);
  }
}

std::size_t packed_size(PropType type, const Value& value) {
  if (fits_slot(type) || is_empty_type(type)) return 0;
  if (mapi::is_multiple(type)) {
    std::size_t size = 4;
    const PropType base = mapi::base_type(type);
    for (const Value& item : value.items) {
      size += has_bytes(base) ? 4 + item.bytes.size() : base == PropType::guid ? 16 : number_width(base);
    }
    return size;
  }
  if (has_bytes(type)) return 4 + value.bytes.size();
  if (type == PropType::guid) return 16;
  if (is_structure(type)) return 64;  // small as a rule; exact sizes are not needed
  return 8;
}

}  // namespace ropewalk::store
