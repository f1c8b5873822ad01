#include "protocol/emsmdb/extended_buffer.h"

#include <algorithm>

#include "protocol/emsmdb/direct2.h"
#include "wire/flag_text.h"

namespace ropewalk::emsmdb {
namespace {

constexpr u8 kMagic = 0xA5;
constexpr std::size_t kHeader = 8;

// A copy of the bytes, XORed; empty past the arena's limit.
ByteView xored(ByteView bytes, Arena& arena) {
  auto made = arena.make<u8>(bytes.size());
  std::transform(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(made.size()), made.begin(),
                 [](u8 byte) { return static_cast<u8>(byte ^ kMagic); });
  return made;
}

wire::WireError malformed(std::size_t offset, std::string detail) {
  return {wire::ErrorKind::malformed, offset, 0, 0, std::string(ExtendedBuffer::kName), std::move(detail)};
}

}  // namespace

const wire::TypeInfo& wire_type(std::type_identity<ExtendedFlags>) {
  static constexpr wire::NamedValue kNames[] = {{0x0001, "Compressed"}, {0x0002, "XorMagic"}, {0x0004, "Last"}};
  static constexpr wire::TypeInfo info{"RPC_HEADER_EXT.Flags", 2, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_flag_names(raw, kNames, out); },
                                       [](wire::Random& random) { return random.below(8); }};
  return info;
}

std::optional<ByteView> plain_payload(const ExtendedBuffer& buffer, Arena& arena) {
  ByteView bytes = buffer.payload;
  if (buffer.flags.xored()) {
    bytes = xored(bytes, arena);
    if (bytes.size() != buffer.payload.size()) return std::nullopt;
  }
  if (!buffer.flags.compressed()) return bytes;
  auto plain = arena.make<u8>(buffer.size_actual);
  if (plain.size() != buffer.size_actual || !decompress(bytes, plain)) return std::nullopt;
  return ByteView(plain);
}

Result<std::vector<ByteView>, wire::WireError> open_extended_buffers(ByteView bytes, Arena& arena) {
  std::vector<ByteView> payloads;
  std::size_t at = 0;
  bool last = bytes.empty();
  while (!last) {
    std::size_t consumed = 0;
    auto buffer = wire::decode<ExtendedBuffer>(bytes.subspan(at), arena, nullptr, &consumed);
    if (!buffer) {
      buffer.error().offset += at;
      return std::move(buffer).error();
    }
    if (buffer->version != 0) return malformed(at, "Version is not 0");
    auto plain = plain_payload(*buffer, arena);
    if (!plain) return malformed(at + kHeader, "the payload does not decompress to SizeActual bytes");
    payloads.push_back(*plain);
    at += consumed;
    last = buffer->flags.last();
  }
  if (at != bytes.size()) return malformed(at, "bytes behind the buffer that is marked as the last");
  return payloads;
}

void append_extended_buffer(ByteView payload, const PackOptions& options, wire::OutBuffer& out) {
  assert(payload.size() <= kMaxPayload);
  std::size_t start = out.size();
  out.extend(kHeader);
  ExtendedFlags flags;
  if (options.compress && payload.size() >= kCompressFrom && compress(payload, payload.size(), out))
    flags.value |= ExtendedFlags::kCompressed;
  else
    out.append(payload);
  if (options.obfuscate) {
    flags.value |= ExtendedFlags::kXorMagic;
    for (std::size_t i = start + kHeader; i < out.size(); ++i) out.data()[i] ^= kMagic;
  }
  if (options.last) flags.value |= ExtendedFlags::kLast;
  u8* header = out.data() + start;
  store_le<u16>(header, 0);
  store_le(header + 2, flags.value);
  store_le(header + 4, static_cast<u16>(out.size() - start - kHeader));
  store_le(header + 6, static_cast<u16>(payload.size()));
}

}  // namespace ropewalk::emsmdb
