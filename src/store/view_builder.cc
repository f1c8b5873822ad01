#include "store/view_builder.h"

#include <algorithm>
#include <bit>
#include <unordered_set>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/property_tags.h"
#include "mapi/value_fields.h"
#include "wire/describe.h"

namespace ropewalk::store {
namespace {

using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

constexpr u16 id_of(u32 value) { return static_cast<u16>(value >> 16); }

// ---- memcmp-able keys ----

void append_number(u64 value, bool is_signed, std::vector<u8>& out) {
  if (is_signed) value ^= u64{1} << 63;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<u8>(value >> shift));
}

void append_real(double value, std::vector<u8>& out) {
  u64 bits = std::bit_cast<u64>(value);
  bits = (bits >> 63) != 0 ? ~bits : bits | u64{1} << 63;
  append_number(bits, false, out);
}

void append_escaped(ByteView bytes, std::vector<u8>& out) {
  constexpr std::size_t kMost = 96;
  for (u8 byte : bytes.first(std::min(bytes.size(), kMost))) {
    out.push_back(byte);
    if (byte == 0) out.push_back(0xFF);
  }
  out.push_back(0);
  out.push_back(0);
}

void append_value_key(PropType type, const Value& value, std::vector<u8>& out) {
  if (mapi::is_multiple(type)) {
    if (!value.items.empty()) append_value_key(mapi::base_type(type), value.items[0], out);
    return;
  }
  switch (type) {
    case PropType::string:
      append_sort_key(value.bytes, out);
      out.push_back(0);
      return;
    case PropType::string8:
      append_sort_key(utf8_to_utf16(mapi::string8_to_utf8(value.bytes, 1252)), out);
      out.push_back(0);
      return;
    case PropType::binary:
    case PropType::server_id:
    case PropType::object:
    case PropType::guid:
      return append_escaped(value.bytes, out);
    case PropType::floating32:
      return append_real(std::bit_cast<float>(static_cast<u32>(value.number)), out);
    case PropType::floating64:
    case PropType::floating_time:
      return append_real(std::bit_cast<double>(value.number), out);
    case PropType::restriction:
    case PropType::rule_action:
      return;
    default:
      return append_number(value.number, type != PropType::time, out);
  }
}

// ---- rows as the index has them ----

// A row of messages_view: some properties, and ready keys for two of them.
class IndexedRow final : public PropertySource {
 public:
  explicit IndexedRow(const sql::Statement& row) : row_(row) {}
  i64 id() const { return row_.integer(0); }
  std::optional<mapi::Property> property(PropTag wanted, Arena&) const override {
    switch (wanted.id()) {
      case id_of(tag::PidTagMessageDeliveryTime):
        if (row_.integer(1) == 0) return std::nullopt;
        return made(tag::PidTagMessageDeliveryTime, static_cast<u64>(row_.integer(1)));
      case id_of(tag::PidTagMessageSize):
        return made(tag::PidTagMessageSize, static_cast<u64>(row_.integer(2)));
      case id_of(tag::PidTagMessageFlags):
        return made(tag::PidTagMessageFlags, static_cast<u64>(row_.integer(3)));
      case id_of(tag::PidTagHasAttachments):
        return made(tag::PidTagHasAttachments, (row_.integer(3) & kFlagHasAttachments) != 0);
      case id_of(tag::PidTagRead):
        return made(tag::PidTagRead, (row_.integer(3) & kFlagRead) != 0);
      case id_of(tag::PidTagLastModificationTime):
        return made(tag::PidTagLastModificationTime, static_cast<u64>(row_.integer(4)));
      case id_of(tag::PidTagMid):
        return made(tag::PidTagMid, message_id(row_.integer(0)).value);
      default:
        return std::nullopt;
    }
  }
  // The stored sort key; nullopt where the property is none of those with one, or absent.
  std::optional<ByteView> ready_key(PropTag wanted) const {
    const int column = wanted.id() == id_of(tag::PidTagSentRepresentingName) ? 5 : 6;
    if (row_.is_null(column)) return std::nullopt;
    return row_.blob(column);
  }

 private:
  static mapi::Property made(u32 the_tag, u64 value) { return {PropTag(the_tag), Value::of(value)}; }
  const sql::Statement& row_;
};

bool has_ready_key(PropTag wanted) {
  return wanted.type() == PropType::string &&
         (wanted.id() == id_of(tag::PidTagSentRepresentingName) || wanted.id() == id_of(tag::PidTagSubject));
}

bool is_indexed(PropTag wanted) {
  switch (wanted.id()) {
    case id_of(tag::PidTagMessageDeliveryTime):
    case id_of(tag::PidTagMessageSize):
    case id_of(tag::PidTagMessageFlags):
    case id_of(tag::PidTagHasAttachments):
    case id_of(tag::PidTagRead):
    case id_of(tag::PidTagLastModificationTime):
    case id_of(tag::PidTagMid):
      return true;
    default:
      return false;
  }
}

bool is_indexed(const mapi::Restriction& node) {
  using mapi::RestrictType;
  switch (node.type) {
    case RestrictType::and_:
    case RestrictType::or_:
    case RestrictType::not_:
    case RestrictType::comment:
    case RestrictType::annotation:
      return std::ranges::all_of(node.children, [](const auto& child) { return is_indexed(child); });
    case RestrictType::property:
    case RestrictType::bit_mask:
    case RestrictType::exist:
      return is_indexed(node.tag);
    case RestrictType::compare_properties:
      return is_indexed(node.tag) && is_indexed(node.tag2);
    default:
      return false;
  }
}

constexpr std::string_view kIndexedQuery =
    "SELECT id, delivered, size, flags, modified, sender_key, subject_key FROM messages INDEXED BY messages_view "
    "WHERE folder = ? AND associated = ?";

// ---- keys of rows ----

// Appends the row's key under the spec: per column a mark of presence and the value, inverted where descending; then
// its id, so that no two rows are equal.
template <class Append>
void append_columns(const ViewSpec& spec, i64 id, std::vector<u8>& out, Append&& append) {
  for (const SortKey& key : spec.keys()) {
    const std::size_t start = out.size();
    append(key.tag);
    if (key.descending)
      for (std::size_t i = start; i < out.size(); ++i) out[i] = static_cast<u8>(~out[i]);
  }
  const bool descending = !spec.keys().empty() && spec.keys()[0].descending;
  append_number(descending ? ~static_cast<u64>(id) : static_cast<u64>(id), false, out);
}

void append_property_key(const PropertySource& row, PropTag wanted, Arena& arena, std::vector<u8>& out) {
  auto there = row.property(wanted, arena);
  out.push_back(there ? 1 : 0);  // absent ones come first
  if (there) append_value_key(there->tag.type(), there->value, out);
}

void append_indexed_key(const ViewSpec& spec, const IndexedRow& row, Arena& arena, std::vector<u8>& out) {
  append_columns(spec, row.id(), out, [&](PropTag wanted) {
    if (!has_ready_key(wanted)) return append_property_key(row, wanted, arena, out);
    auto ready = row.ready_key(wanted);
    out.push_back(ready ? 1 : 0);
    if (!ready) return;
    out.insert(out.end(), ready->begin(), ready->end());
    out.push_back(0);
  });
}

// Reads single rows' keys: for finding the place of a row.
class KeyReader {
 public:
  KeyReader(const ViewSpec& spec, StoreCore& core, sql::Database& database)
      : spec_(spec), core_(core), database_(database) {}

  // The key in `out`; false where the row is not (or no longer) part of the view.
  Outcome<bool> read(i64 id, std::vector<u8>& out) {
    out.clear();
    arena_.reset();
    ROPEWALK_TRY(auto statement, database_.prepare("SELECT " ROPEWALK_MESSAGE_COLUMNS " FROM messages WHERE id = ?"));
    ROPEWALK_TRY(bool found, statement.bind(1, id).step());
    if (!found) return false;
    const MessageRow row = read_row(statement);
    if (row.folder != spec_.folder() || row.associated != spec_.associated()) return false;
    const MessageSource source(core_, database_, row);
    if (spec_.restriction() != nullptr && !satisfies(source, *spec_.restriction(), arena_)) return false;
    append_columns(spec_, id, out, [&](PropTag wanted) { append_property_key(source, wanted, arena_, out); });
    return true;
  }

 private:
  const ViewSpec& spec_;
  StoreCore& core_;
  sql::Database& database_;
  Arena arena_;
};

// ---- building ----

struct Keyed {
  u64 prefix;  // the key's first bytes, so that most comparisons touch nothing else
  u64 offset;
  u32 size;
  i64 id;
};

class Sorter {
 public:
  void add(i64 id, std::span<const u8> key) {
    u64 prefix = 0;
    for (std::size_t i = 0; i < 8; ++i) prefix = prefix << 8 | (i < key.size() ? key[i] : 0);
    rows_.push_back({prefix, bytes_.size(), static_cast<u32>(key.size()), id});
    bytes_.insert(bytes_.end(), key.begin(), key.end());
  }
  std::vector<i64> sorted() {
    std::ranges::sort(rows_, [this](const Keyed& a, const Keyed& b) {
      if (a.prefix != b.prefix) return a.prefix < b.prefix;
      const int order = std::memcmp(&bytes_[a.offset], &bytes_[b.offset], std::min(a.size, b.size));
      return order != 0 ? order < 0 : a.size < b.size;
    });
    std::vector<i64> ids;
    ids.reserve(rows_.size());
    for (const Keyed& row : rows_) ids.push_back(row.id);
    return ids;
  }

 private:
  std::vector<Keyed> rows_;
  std::vector<u8> bytes_;
};

Outcome<std::vector<i64>> build_covered(const ViewSpec& spec, sql::Database& database) {
  Sorter sorter;
  Arena arena;
  std::vector<u8> key;
  ROPEWALK_TRY(auto statement, database.prepare(kIndexedQuery));
  statement.bind_all(spec.folder(), spec.associated());
  const IndexedRow row(statement);
  for (;;) {
    ROPEWALK_TRY(bool found, statement.step());
    if (!found) return sorter.sorted();
    arena.reset();
    if (spec.restriction() != nullptr && !satisfies(row, *spec.restriction(), arena)) continue;
    key.clear();
    append_indexed_key(spec, row, arena, key);
    sorter.add(row.id(), key);
  }
}

Outcome<std::vector<i64>> build_from_messages(const ViewSpec& spec, StoreCore& core, sql::Database& database) {
  Sorter sorter;
  Arena arena;
  std::vector<u8> key;
  ROPEWALK_TRY(auto statement, database.prepare("SELECT " ROPEWALK_MESSAGE_COLUMNS
                                                " FROM messages WHERE folder = ? AND associated = ?"));
  statement.bind_all(spec.folder(), spec.associated());
  for (;;) {
    ROPEWALK_TRY(bool found, statement.step());
    if (!found) return sorter.sorted();
    const MessageRow row = read_row(statement);
    const MessageSource source(core, database, row);
    arena.reset();
    if (spec.restriction() != nullptr && !satisfies(source, *spec.restriction(), arena)) continue;
    key.clear();
    append_columns(spec, row.id, key, [&](PropTag wanted) { append_property_key(source, wanted, arena, key); });
    sorter.add(row.id, key);
  }
}

Outcome<void> build(View& view, const ViewSpec& spec, StoreCore& core, sql::Database& database) {
  ROPEWALK_TRY(view.rows, spec.covered() ? build_covered(spec, database) : build_from_messages(spec, core, database));
  view.built = true;
  ++view.generation;
  view.bytes.store(view.rows.capacity() * sizeof(i64), std::memory_order_relaxed);
  core.views->count_built();
  return {};
}

void drop_rows(std::vector<i64>& rows, const std::vector<i64>& gone) {
  constexpr std::size_t kFew = 4;
  if (gone.size() <= kFew) {
    for (i64 id : gone)
      if (auto at = std::ranges::find(rows, id); at != rows.end()) rows.erase(at);
    return;
  }
  const std::unordered_set<i64> set(gone.begin(), gone.end());
  std::erase_if(rows, [&](i64 id) { return set.contains(id); });
}

// Puts the row where it belongs; the rows there are read as the search meets them.
Outcome<void> insert_row(View& view, KeyReader& reader, i64 id, std::vector<u8>& own, std::vector<u8>& other) {
  ROPEWALK_TRY(bool belongs, reader.read(id, own));
  if (!belongs) return {};
  std::size_t low = 0, high = view.rows.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    ROPEWALK_TRY(bool there, reader.read(view.rows[middle], other));
    if (!there) {  // gone already: word of it is under way
      view.rows.erase(view.rows.begin() + static_cast<std::ptrdiff_t>(middle));
      --high;
    } else if (other < own) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  view.rows.insert(view.rows.begin() + static_cast<std::ptrdiff_t>(low), id);
  return {};
}

}  // namespace

ViewSpec::ViewSpec(i64 folder, bool associated, std::span<const SortKey> keys, const mapi::Restriction* restriction)
    : folder_(folder), associated_(associated), keys_(keys.begin(), keys.end()) {
  for (SortKey& key : keys_)  // the two widths of text are one property
    if (key.tag.type() == PropType::string8) key.tag = key.tag.with_type(PropType::string);
  for (const SortKey& key : keys_) order_ += key.tag.to_string() + (key.descending ? '-' : '+');
  covered_ = std::ranges::all_of(keys_, [](const SortKey& k) { return is_indexed(k.tag) || has_ready_key(k.tag); });
  if (restriction == nullptr) return;
  arena_ = std::make_shared<Arena>();
  Value held;
  held.restriction = const_cast<mapi::Restriction*>(restriction);
  restriction_ = mapi::copy_value(PropType::restriction, held, *arena_).restriction;
  wire::OutBuffer encoded;
  wire::encode(*restriction_, encoded);
  order_ += '|';
  order_ += ropewalk::text_of(encoded.view());
  covered_ = covered_ && is_indexed(*restriction_);
}

Outcome<void> refresh_view(View& view, const ViewSpec& spec, StoreCore& core, sql::Database& database) {
  if (view.built && !view.has_pending()) return {};
  bool overflowed = false;
  const auto pending = view.take_pending(&overflowed);
  if (auto renewed = renew_snapshot(database); !renewed.ok()) {
    view.built = false;  // what was taken is not known any more
    return renewed;
  }
  if (!view.built || overflowed) return build(view, spec, core, database);
  std::vector<i64> ids;
  for (const RowChange& change : pending) ids.push_back(change.row);
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  drop_rows(view.rows, ids);  // added ones too: the building may have met them already
  KeyReader reader(spec, core, database);
  std::vector<u8> own, other;
  for (i64 id : ids) {
    if (auto put = insert_row(view, reader, id, own, other); !put.ok()) {
      view.built = false;
      return put;
    }
  }
  ++view.generation;
  view.bytes.store(view.rows.capacity() * sizeof(i64), std::memory_order_relaxed);
  return {};
}

}  // namespace ropewalk::store
