#include "protocol/oab/structures.h"

#include "protocol/oab/compressed.h"

namespace ropewalk::oab {

const wire::TypeInfo& wire_type(std::type_identity<PackedLead>) {
  static constexpr wire::TypeInfo kInfo{
      "packed", 1, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) {
        if (raw > 0x80) out += std::to_string(raw & 0x7F) + " bytes";
      },
      [](wire::Random& random) -> u64 { return random.chance(95) ? random.below(40) : 0x81; }};
  return kInfo;
}

std::optional<ByteView> details_in(const CompressedFile& file, Arena& arena) {
  constexpr std::size_t kMost = 64 << 20;
  wire::OutBuffer out;
  if (file.header.target_size > kMost || !wire::encode(file, out)) return std::nullopt;
  auto plain = unpack_file(out.view(), kMost);
  if (!plain.ok() || plain->size() < sizeof(u32) || load_le<u32>(plain->data()) != Header::kVersion4)
    return std::nullopt;
  return arena.copy(ByteView(*plain));
}

}  // namespace ropewalk::oab
