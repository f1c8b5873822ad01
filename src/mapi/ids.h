// Folder and message ids, change numbers: [MS-OXCDATA] 2.2.1.
#pragma once

#include <array>
#include <compare>

#include "base/guid.h"
#include "wire/scalar.h"

namespace ropewalk::mapi {

// A 48-bit counter, big-endian on the wire ([MS-OXCDATA] 2.2.1.1 GlobalCounter), as a number.
constexpr u64 globcnt_number(const std::array<u8, 6>& bytes) {
  u64 number = 0;
  for (u8 byte : bytes) number = number << 8 | byte;
  return number;
}
constexpr std::array<u8, 6> globcnt_bytes(u64 number) {
  std::array<u8, 6> bytes{};
  for (int i = 5; i >= 0; --i, number >>= 8) bytes[static_cast<std::size_t>(i)] = static_cast<u8>(number);
  return bytes;
}
inline constexpr u64 kMaxGlobcnt = 0x7FFFFFFFFFFF;

// The 64-bit form of FolderId, MessageId and ChangeNumber: REPLID in the low 16 bits, then the counter's bytes in wire
// order.
template <class Tag>
struct ObjectId {
  u64 value = 0;

  static constexpr ObjectId make(u16 replid, u64 globcnt) {
    auto bytes = globcnt_bytes(globcnt);
    u64 value = replid;
    for (int i = 0; i < 6; ++i) value |= u64{bytes[static_cast<std::size_t>(i)]} << (16 + 8 * i);
    return {value};
  }
  constexpr u16 replid() const { return static_cast<u16>(value); }
  constexpr u64 globcnt() const {
    u64 number = 0;
    for (int i = 0; i < 6; ++i) number = number << 8 | (value >> (16 + 8 * i) & 0xFF);
    return number;
  }
  constexpr bool is_null() const { return value == 0; }
  auto operator<=>(const ObjectId&) const = default;
  // "0001-00000000000A"
  std::string to_string() const;
};

using FolderId = ObjectId<struct FolderIdTag>;
using MessageId = ObjectId<struct MessageIdTag>;
using ChangeNumber = ObjectId<struct ChangeNumberTag>;

const wire::TypeInfo& wire_type(std::type_identity<FolderId>);
const wire::TypeInfo& wire_type(std::type_identity<MessageId>);
const wire::TypeInfo& wire_type(std::type_identity<ChangeNumber>);

// [MS-OXCDATA] 2.2.1.3.1 LongTermID: the database's GUID, the counter, two bytes of padding.
struct LongTermId {
  static constexpr std::string_view kName = "LongTermID";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.2.1.3.1";
  Guid database_guid;
  std::array<u8, 6> global_counter{};
  u16 pad{};
  static void fields(auto& m, auto& v) {
    v("DatabaseGuid", m.database_guid);
    v("GlobalCounter", m.global_counter);
    v("Pad", m.pad);
  }
};

}  // namespace ropewalk::mapi
