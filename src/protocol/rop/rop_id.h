// The ROPs of [MS-OXCROPS] 2.2.2: ids, names, sections.
#pragma once

#include <optional>

#include "wire/scalar.h"

namespace ropewalk::rop {

enum class RopId : u8 {
#define ROPEWALK_ROP(enumerator, value, name, section) enumerator = value,
#include "protocol/rop/rop_table.inc"
#undef ROPEWALK_ROP
};

struct RopInfo {
  RopId id;
  std::string_view name;     // "RopOpenFolder"
  std::string_view section;  // of [MS-OXCROPS]: "2.2.4.1"; empty for ids that it does not describe
};

// Every known ROP, by id.
std::span<const RopInfo> rop_catalogue();
// The catalogue's entry; null for an id that it does not know.
const RopInfo* find_rop(RopId id);
// "RopOpenFolder", or "RopId 0x28" where the id is unknown.
std::string name(RopId id);
// By name, in any case.
std::optional<RopId> parse_rop(std::string_view text);

const wire::TypeInfo& wire_type(std::type_identity<RopId>);

// The RopId field of one structure: a byte that is `id` unless the input said otherwise.
template <RopId id>
struct RopIdOf {
  u8 value = static_cast<u8>(id);
  operator RopId() const { return static_cast<RopId>(value); }
};

void append_rop_name(u64 raw, std::string& out);

template <RopId id>
const wire::TypeInfo& wire_type(std::type_identity<RopIdOf<id>>) {
  static constexpr wire::TypeInfo info{"RopId", 1, wire::Form::unsigned_number, append_rop_name,
                                       [](wire::Random&) -> u64 { return static_cast<u8>(id); }};
  return info;
}

}  // namespace ropewalk::rop
