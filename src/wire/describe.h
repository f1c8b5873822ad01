// Readings of a described structure T: `static void fields(auto& m, auto& v)`, `kName` and `kSource`. See
// docs/design/description.md.
#pragma once

#include <optional>

#include "base/result.h"
#include "wire/decoder.h"
#include "wire/encoder.h"
#include "wire/tree.h"
#include "wire/walker.h"

namespace ropewalk::wire {

// T, type-erased. T must be trivially destructible: decoded structures live in arenas.
template <class T>
inline constexpr StructInfo struct_info{
    struct_name<T>(),
    struct_source<T>(),
    sizeof(T),
    alignof(T),
    [](void* at) {
      static_assert(std::is_trivially_destructible_v<T>);
      new (at) T();
    },
    [](Decoder& v, void* object) { T::fields(*static_cast<T*>(object), v); },
    [](Encoder& v, const void* object) { T::fields(*static_cast<const T*>(object), v); },
    [](Walker& v, void* object) { T::fields(*static_cast<T*>(object), v); }};

// Finds out where and why decoding `bytes` fails, with the field's path. Call it after a Decoder failed.
template <class T>
WireError explain(ByteView bytes, const Context* context = nullptr) {
  Arena arena;
  Tree tree = read_tree(struct_info<T>, bytes, arena, context);
  if (tree.error) return *std::move(tree.error);
  return WireError{
      ErrorKind::leftover, tree.consumed, 0, bytes.size() - tree.consumed, std::string(struct_name<T>()), ""};
}

// Decodes one T from the start of `bytes`; `consumed` (if given) tells how many it took, else all must be taken. Views
// in T point into `bytes` and `arena`.
template <class T>
Result<T, WireError> decode(ByteView bytes, Arena& arena, const Context* context = nullptr,
                            std::size_t* consumed = nullptr) {
  Decoder decoder(bytes, arena, context);
  T value{};
  T::fields(value, decoder);
  if (!decoder.ok() || (consumed == nullptr && decoder.remaining() != 0)) return explain<T>(bytes, context);
  if (consumed != nullptr) *consumed = decoder.offset();
  return value;
}

// Appends T to `out`; false (with `out` as before) where T cannot be expressed.
template <class T>
bool encode(const T& value, OutBuffer& out, const Context* context = nullptr) {
  std::size_t before = out.size();
  Encoder encoder(out, context);
  T::fields(value, encoder);
  if (!encoder.ok()) out.truncate(before);
  return encoder.ok();
}

}  // namespace ropewalk::wire
