// A described structure, type-erased: what tables of messages hold.
#pragma once

#include <new>

#include "base/types.h"

namespace ropewalk::wire {

class Decoder;
class Encoder;
class Walker;

struct StructInfo {
  std::string_view name;    // the specification's, e.g. "RopSetColumnsRequest"
  std::string_view source;  // "[MS-OXCROPS] 2.2.5.1.1"
  std::size_t size;
  std::size_t align;
  void (*construct)(void* at);
  void (*decode)(Decoder& v, void* object);
  void (*encode)(Encoder& v, const void* object);
  void (*walk)(Walker& v, void* object);
};

template <class T>
constexpr std::string_view struct_name() {
  if constexpr (requires { T::kName; })
    return T::kName;
  else
    return "struct";
}

template <class T>
constexpr std::string_view struct_source() {
  if constexpr (requires { T::kSource; })
    return T::kSource;
  else
    return "";
}

}  // namespace ropewalk::wire
