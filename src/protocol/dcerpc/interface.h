// RPC interfaces and their methods, as the dissector, the engine and `rpc endpoints` know them.
#pragma once

#include "protocol/dcerpc/types.h"
#include "wire/struct_info.h"

namespace ropewalk::dcerpc {

// One method: what its parameters are in the request's stub and in the response's. Null where they are not described.
struct Method {
  u16 opnum;
  std::string_view name;
  std::string_view source;
  const wire::StructInfo* in = nullptr;
  const wire::StructInfo* out = nullptr;
};

struct Interface {
  std::string_view name;  // "emsmdb"
  SyntaxId id;
  std::span<const Method> methods;  // described ones, by opnum

  const Method* method(u16 opnum) const {
    for (const Method& known : methods)
      if (known.opnum == opnum) return &known;
    return nullptr;
  }
};

// Every interface described here.
std::span<const Interface* const> known_interfaces();
// By UUID, whatever the version; null where it is not known.
const Interface* find_interface(const Guid& uuid);

}  // namespace ropewalk::dcerpc
