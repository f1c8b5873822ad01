// The integer and byte vocabulary that every floor shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

// Bytes somebody else owns. The owner is named where a view is handed out.
using ByteView = std::span<const u8>;

inline ByteView bytes_of(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }
inline std::string_view text_of(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Reads a little-endian integer of T's width; `at` must have sizeof(T) bytes.
template <class T>
inline T load_le(const u8* at) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "every supported host is little-endian");
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
inline void store_le(u8* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

}  // namespace ropewalk
