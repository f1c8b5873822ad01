// Scalars on the wire: which C++ types are fields of fixed width, and what a reader may say about them.
#pragma once

#include <bit>
#include <random>
#include <type_traits>

#include "base/filetime.h"
#include "base/guid.h"
#include "base/types.h"

namespace ropewalk::wire {

// Randomness for generated instances. `depth` tells how deep in nested structures the generator is, so that a type
// which chooses between leaves and branches can choose leaves.
struct Random {
  std::mt19937_64 engine;
  int depth = 0;
  u64 below(u64 n) { return n == 0 ? 0 : engine() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }
};

// How a scalar's value is written in JSON.
enum class Form : u8 {
  unsigned_number,  // 64-bit ones as "0x…" text
  signed_number,    // 64-bit ones as "0x…" text
  floating,
  filetime,  // ISO 8601 text
};

// What every reading of a description knows about a scalar type.
struct TypeInfo {
  std::string_view name;  // as in the specification, or the width's name
  u8 width;               // bytes on the wire
  Form form = Form::unsigned_number;
  // Appends readable text for a value, or nothing. May be null.
  void (*text)(u64 raw, std::string& out) = nullptr;
  // A legal value for generated instances; null means any.
  u64 (*random)(Random& random) = nullptr;
};

// A strong type is a scalar if an overload `const TypeInfo& wire_type(std::type_identity<T>)` is found beside it; it is
// an enum, or a struct whose one member `value` is its integer.
template <class T>
concept StrongScalar = requires {
  { wire_type(std::type_identity<T>{}) } -> std::same_as<const TypeInfo&>;
};

template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T> || StrongScalar<T>;

template <class T>
struct RawOf {
  using type = decltype(T::value);
};
template <class T>
requires std::is_integral_v<T>
struct RawOf<T> {
  using type = T;
};
template <class T>
requires std::is_enum_v<T>
struct RawOf<T> {
  using type = std::underlying_type_t<T>;
};
template <>
struct RawOf<float> {
  using type = u32;
};
template <>
struct RawOf<double> {
  using type = u64;
};
// The integer that stands on the wire for T.
template <Scalar T>
using Raw = typename RawOf<T>::type;

// Scalars whose memory is their wire form, so that lists of them are copied at once.
template <class T>
constexpr bool is_flat() {
  if constexpr (Scalar<T>)
    return sizeof(T) == sizeof(Raw<T>);
  else
    return false;
}

template <Scalar T>
constexpr Raw<T> to_raw(const T& x) {
  if constexpr (std::is_floating_point_v<T>)
    return std::bit_cast<Raw<T>>(x);
  else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
    return static_cast<Raw<T>>(x);
  else
    return x.value;
}

template <Scalar T>
constexpr T from_raw(Raw<T> raw) {
  if constexpr (std::is_floating_point_v<T>)
    return std::bit_cast<T>(raw);
  else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
    return static_cast<T>(raw);
  else
    return T{raw};
}

// The value with its bytes the other way round ([C706] 14.1 lets a sender choose their order); a GUID by its groups.
template <Scalar T>
constexpr T swapped(const T& x) {
  auto raw = static_cast<std::make_unsigned_t<Raw<T>>>(to_raw(x));
  if constexpr (sizeof(raw) == 2) raw = __builtin_bswap16(raw);
  if constexpr (sizeof(raw) == 4) raw = __builtin_bswap32(raw);
  if constexpr (sizeof(raw) == 8) raw = __builtin_bswap64(raw);
  return from_raw<T>(static_cast<Raw<T>>(raw));
}
inline Guid swapped(Guid guid) {
  auto& b = guid.bytes;
  std::swap(b[0], b[3]);
  std::swap(b[1], b[2]);
  std::swap(b[4], b[5]);
  std::swap(b[6], b[7]);
  return guid;
}

template <class T>
constexpr std::string_view plain_name() {
  if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 4 ? "float32" : "float64";
  constexpr bool is_signed = std::is_signed_v<Raw<T>>;
  switch (sizeof(Raw<T>)) {
    case 1:
      return is_signed ? "int8" : "uint8";
    case 2:
      return is_signed ? "int16" : "uint16";
    case 4:
      return is_signed ? "int32" : "uint32";
    default:
      return is_signed ? "int64" : "uint64";
  }
}

template <Scalar T>
const TypeInfo& type_info() {
  if constexpr (StrongScalar<T>) {
    return wire_type(std::type_identity<T>{});
  } else {
    static constexpr TypeInfo info{plain_name<T>(), sizeof(Raw<T>),
                                   std::is_floating_point_v<T> ? Form::floating
                                   : std::is_signed_v<Raw<T>>  ? Form::signed_number
                                                               : Form::unsigned_number};
    return info;
  }
}

}  // namespace ropewalk::wire

namespace ropewalk {

// FILETIME is a scalar wherever it appears.
inline const wire::TypeInfo& wire_type(std::type_identity<FileTime>) {
  static constexpr wire::TypeInfo info{"FILETIME", 8, wire::Form::filetime};
  return info;
}

}  // namespace ropewalk
