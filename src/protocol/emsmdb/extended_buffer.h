// Extended buffers: payloads behind an RPC_HEADER_EXT, compressed and obfuscated or not. [MS-OXCRPC] 2.2.2.1 and
// 3.1.4.11.1.
#pragma once

#include "wire/describe.h"
#include "wire/scalar.h"

namespace ropewalk::emsmdb {

// RPC_HEADER_EXT.Flags.
struct ExtendedFlags {
  static constexpr u16 kCompressed = 0x0001;  // DIRECT2; obfuscation, where both are set, came after it
  static constexpr u16 kXorMagic = 0x0002;    // every byte XORed with 0xA5
  static constexpr u16 kLast = 0x0004;        // no further RPC_HEADER_EXT follows
  u16 value = 0;
  bool compressed() const { return (value & kCompressed) != 0; }
  bool xored() const { return (value & kXorMagic) != 0; }
  bool last() const { return (value & kLast) != 0; }
};
const wire::TypeInfo& wire_type(std::type_identity<ExtendedFlags>);

// For dissection: the structure that payloads hold (the plain bytes are shown as it).
struct PayloadIs {
  const wire::StructInfo* info;
};

// One RPC_HEADER_EXT and its payload as it travels.
struct ExtendedBuffer {
  static constexpr std::string_view kName = "RPC_HEADER_EXT";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.1";
  u16 version{};
  ExtendedFlags flags;
  u16 size_actual{};  // of the plain payload
  ByteView payload;

  static void fields(auto& m, auto& v) {
    v("Version", m.version);
    v("Flags", m.flags);
    v("Size", wire::count_of<u16>(m.payload));
    v("SizeActual", m.size_actual);
    v("Payload", m.payload);
    if (auto* is = wire::context<PayloadIs>(v))
      v.inside("PlainPayload", *is->info, [&](Arena& arena) { return plain_payload(m, arena); });
  }
};

// The payload without compression and obfuscation: a view of the original bytes where there is neither, else in the
// arena. std::nullopt where it is not what the header says.
std::optional<ByteView> plain_payload(const ExtendedBuffer& buffer, Arena& arena);

// Extended buffers back to back, as rgbOut, rgbIn and auxiliary parameters hold them; the last one says so.
struct ExtendedBuffers {
  static constexpr std::string_view kName = "ExtendedBuffers";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.2.1";
  wire::List<ExtendedBuffer> buffers;
  static void fields(auto& m, auto& v) { v.until_end("Buffers", m.buffers); }
};

// The plain payloads of extended buffers back to back, up to the one marked last (bytes behind it are refused). An
// empty input has none. The views live as long as `bytes` and the arena.
Result<std::vector<ByteView>, wire::WireError> open_extended_buffers(ByteView bytes, Arena& arena);

// How a sender packs payloads.
struct PackOptions {
  bool compress = true;  // where that makes the payload smaller
  bool obfuscate = true;
  bool last = true;
};
// Payloads shorter than this travel uncompressed ([MS-OXCRPC] 3.1.4.11.1.1 leaves the size to the sender).
inline constexpr std::size_t kCompressFrom = 256;
// The largest payload that a header can announce.
inline constexpr std::size_t kMaxPayload = 0xFFFF;

// Appends header and payload (at most kMaxPayload bytes).
void append_extended_buffer(ByteView payload, const PackOptions& options, wire::OutBuffer& out);

}  // namespace ropewalk::emsmdb
