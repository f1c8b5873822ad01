// For tests alone: what must hold for every stub, in every format. Gaps and nothing else may change when a stub that
// was decoded is encoded again: senders leave anything in them.
#pragma once

#include "protocol/ndr/format.h"
#include "wire/test_round_trip.h"

namespace ropewalk::ndr {

inline constexpr Format kFormats[] = {{false, false}, {true, false}, {false, true}};

// Decodes `bytes` by both readings, encodes, decodes, encodes. Empty, or what is wrong.
inline std::string check_stub(const wire::StructInfo& info, ByteView bytes, const wire::Context* context) {
  wire::ExactCopy copy(bytes);
  Arena arena;
  std::size_t consumed = 0;
  void* object = wire::decode_fast(info, copy.view(), arena, context, consumed);
  wire::Tree tree = wire::read_tree(info, copy.view(), arena, context);
  if ((object == nullptr) != tree.error.has_value())
    return "the fast reading " + std::string(object == nullptr ? "fails" : "succeeds") +
           ", the tree says: " + (tree.error ? tree.error->text() : "no error");
  if (object == nullptr) return {};
  if (consumed != tree.consumed) return "the fast reading and the tree take a different number of bytes";
  wire::OutBuffer out;
  wire::Encoder encoder(out, context);
  info.encode(encoder, object);
  if (!encoder.ok()) return "what was decoded cannot be encoded";
  if (out.size() != consumed) return "encoded again: " + to_hex(out.view());
  return wire::check_bytes(info, out.view(), context);
}

}  // namespace ropewalk::ndr
