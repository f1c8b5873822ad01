// Packed properties: a sorted directory of tags, then the values, in one run of bytes that is read in place. This is
// how messages, recipients, attachments and folders keep their properties in the database.
//
// Layout, little-endian: u8 version (1), u8 0, u16 count; `count` entries of {u32 tag, u32 slot}, ascending by tag, one
// per property id; then the values. A slot holds the value itself where it has at most 4 bytes; else the offset of the
// value from the start: 8 bytes of a number, 16 of a GUID, or u32 size and that many bytes. Strings are UTF-16LE
// without terminator. Values of multi-valued types are u32 count and then the items. The top bit of a slot says that
// the value stands elsewhere: its offset leads to a Reference.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "mapi/value.h"

namespace ropewalk::store {

// Where a value stands that is too large for the record itself.
struct Reference {
  enum class Place : u8 {
    cold = 1,     // the record's second part, loaded only when such a value is asked for
    content = 2,  // chunks, kept once per content: `content` names them
  };
  Place place{};
  u64 size = 0;  // of the value, in bytes
  i64 content = 0;
};

// A reader of packed bytes that somebody else owns. Every access is checked: damaged bytes read as absent properties.
class PackedView {
 public:
  struct Entry {
    mapi::PropTag tag;
    u32 slot = 0;
    // True where the value stands elsewhere; numbers that fill their slot never do.
    bool elsewhere() const { return (slot & 0x80000000) != 0 && may_be_elsewhere(tag.type()); }
    static constexpr bool may_be_elsewhere(mapi::PropType type) {
      using mapi::PropType;
      return mapi::is_multiple(type) || type == PropType::string || type == PropType::binary ||
             type == PropType::string8 || type == PropType::object || type == PropType::server_id;
    }
  };

  PackedView() = default;
  explicit PackedView(ByteView bytes);

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Entry entry(std::size_t index) const {
    const u8* at = bytes_.data() + kHeader + index * kEntry;
    return {mapi::PropTag(load_le<u32>(at)), load_le<u32>(at + 4)};
  }
  // The entry with this property id, whatever its type.
  std::optional<Entry> find_id(u16 id) const;
  // The value. Texts and bytes are views into the packed bytes; lists (and decoded restrictions) live in the arena.
  // nullopt for values that stand elsewhere and for damaged ones.
  std::optional<mapi::Value> value(const Entry& entry, Arena& arena) const;
  // As above for the one property with this tag exactly.
  std::optional<mapi::Value> find(mapi::PropTag tag, Arena& arena) const;
  std::optional<Reference> reference(const Entry& entry) const;

  ByteView bytes() const { return bytes_; }

 private:
  friend class Packer;
  static constexpr std::size_t kHeader = 4, kEntry = 8;
  ByteView bytes_;
  std::size_t count_ = 0;
};

// Makes packed bytes. Values added are not copied before pack(). The last value added for a property id counts.
class Packer {
 public:
  void add(mapi::PropTag tag, const mapi::Value& value) { entries_.push_back({tag, value, {}, false}); }
  void add(mapi::PropTag tag, const Reference& reference) { entries_.push_back({tag, {}, reference, true}); }
  bool empty() const { return entries_.empty(); }
  void clear() { entries_.clear(); }
  // Appends the packed form to `out`.
  void pack(std::vector<u8>& out);
  std::vector<u8> pack() {
    std::vector<u8> out;
    pack(out);
    return out;
  }

 private:
  struct Item {
    mapi::PropTag tag;
    mapi::Value value;
    Reference reference;
    bool elsewhere;
  };
  std::vector<Item> entries_;
};

// The bytes that a value takes in packed form beyond its directory entry.
std::size_t packed_size(mapi::PropType type, const mapi::Value& value);

}  // namespace ropewalk::store
