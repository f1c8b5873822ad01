#include "protocol/rop/rop_id.h"

#include <fmt/format.h>

#include <array>

#include "mapi/ascii_case.h"

namespace ropewalk::rop {
namespace {

constexpr RopInfo kRops[] = {
#define ROPEWALK_ROP(enumerator, value, name, section) {RopId::enumerator, name, section},
#include "protocol/rop/rop_table.inc"
#undef ROPEWALK_ROP
};

constexpr std::array<const RopInfo*, 256> by_id() {
  std::array<const RopInfo*, 256> table{};
  for (const RopInfo& rop : kRops) table[static_cast<u8>(rop.id)] = &rop;
  return table;
}
constexpr std::array<const RopInfo*, 256> kById = by_id();

}  // namespace

std::span<const RopInfo> rop_catalogue() { return kRops; }

const RopInfo* find_rop(RopId id) { return kById[static_cast<u8>(id)]; }

std::string name(RopId id) {
  const RopInfo* rop = find_rop(id);
  return rop != nullptr ? std::string(rop->name) : fmt::format("RopId 0x{:02X}", static_cast<u8>(id));
}

std::optional<RopId> parse_rop(std::string_view text) {
  for (const RopInfo& rop : kRops)
    if (mapi::equal_ignoring_ascii_case(rop.name, text)) return rop.id;
  return std::nullopt;
}

void append_rop_name(u64 raw, std::string& out) {
  if (const RopInfo* rop = find_rop(static_cast<RopId>(raw))) out += rop->name;
}

const wire::TypeInfo& wire_type(std::type_identity<RopId>) {
  static constexpr wire::TypeInfo info{
      "RopId", 1, wire::Form::unsigned_number, append_rop_name,
      [](wire::Random& random) -> u64 { return static_cast<u8>(kRops[random.below(std::size(kRops))].id); }};
  return info;
}

}  // namespace ropewalk::rop
