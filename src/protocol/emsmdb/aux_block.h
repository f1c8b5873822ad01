// Auxiliary buffers: [MS-OXCRPC] 2.2.2.2 AUX_HEADER with what it announces.
#pragma once

#include "protocol/emsmdb/aux_blocks.h"
#include "wire/describe.h"
#include "wire/scalar.h"

namespace ropewalk::emsmdb {

// What a Version and a Type together name.
struct AuxType {
  u8 version;
  u8 type;
  std::string_view name;  // "AUX_TYPE_PERF_REQUESTID"
  const wire::StructInfo* info;
};
// Every block that the specification defines, by version and type.
std::span<const AuxType> aux_types();
// Null for the ones it does not; receivers pass over those.
const AuxType* find_aux_type(u8 version, u8 type);

// AUX_HEADER.Type, for its text in version 1.
struct AuxTypeCode {
  u8 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<AuxTypeCode>);

// One AUX_HEADER and its block. A block is kept as bytes: what a receiver does not know, or cannot read, spoils
// nothing.
struct AuxBlock {
  static constexpr std::string_view kName = "AUX_HEADER";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2";
  u8 version = 1;
  AuxTypeCode type;
  ByteView payload;

  static AuxBlock of(u8 type, ByteView payload, u8 version = 1) { return {version, {type}, payload}; }

  static void fields(auto& m, auto& v) {
    auto content = [&] {
      v("Version", m.version);
      v("Type", m.type);
      v.rest("Payload", m.payload);
    };
    v.sized("Size", u16{}, content, sizeof(u16));  // it counts itself
    if (const AuxType* known = find_aux_type(m.version, m.type.value))
      v.inside("Block", *known->info, [&](Arena&) { return std::optional<ByteView>(m.payload); });
  }
};

// All blocks of an auxiliary buffer.
struct AuxBuffer {
  static constexpr std::string_view kName = "AuxiliaryBuffer";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.1.2";
  wire::List<AuxBlock> blocks;
  static void fields(auto& m, auto& v) { v.until_end("Blocks", m.blocks); }
};

// The first block of a type, read as B; std::nullopt where there is none that can be read.
template <class B>
std::optional<B> find_aux(const AuxBuffer& buffer, u8 type, Arena& arena, u8 version = 1) {
  for (const AuxBlock& block : buffer.blocks) {
    if (block.type.value != type || block.version != version) continue;
    std::size_t consumed = 0;
    if (auto read = wire::decode<B>(block.payload, arena, nullptr, &consumed)) return *read;
  }
  return std::nullopt;
}

inline constexpr u8 kAuxPerfClientInfo = 0x02, kAuxClientControl = 0x0A, kAuxPerfProcessInfo = 0x0B,
                    kAuxOsVersionInfo = 0x16, kAuxExOrgInfo = 0x17, kAuxServerCapabilities = 0x46,
                    kAuxEndpointCapabilities = 0x48, kAuxClientConnectionInfo = 0x4A, kAuxServerSessionInfo = 0x4B;

}  // namespace ropewalk::emsmdb
