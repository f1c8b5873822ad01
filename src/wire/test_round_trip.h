// For tests alone: what must hold for every described structure.
#pragma once

#include <memory>

#include "base/hex.h"
#include "wire/describe.h"
#include "wire/generate.h"
#include "wire/json_reader.h"

namespace ropewalk::wire {

// A copy of exactly that size on the heap, so that a sanitizer sees the first byte read beyond it.
struct ExactCopy {
  std::unique_ptr<u8[]> bytes;
  std::size_t size;
  explicit ExactCopy(ByteView from) : bytes(std::make_unique<u8[]>(from.size())), size(from.size()) {
    std::copy(from.begin(), from.end(), bytes.get());
  }
  ByteView view() const { return {bytes.get(), size}; }
};

// Decodes with the fast reading; `consumed` tells how far it came. Null where it fails.
inline void* decode_fast(const StructInfo& info, ByteView bytes, Arena& arena, const Context* context,
                         std::size_t& consumed) {
  void* object = arena.allocate(info.size, info.align);
  info.construct(object);
  Decoder decoder(bytes, arena, context);
  info.decode(decoder, object);
  consumed = decoder.offset();
  return decoder.ok() ? object : nullptr;
}

// Checks that the fast reading and the tree agree on `bytes`, whatever these are, and that what they read is written
// back as the same bytes, by either way. Empty, or what is wrong.
inline std::string check_bytes(const StructInfo& info, ByteView bytes, const Context* context) {
  ExactCopy copy(bytes);
  Arena arena;
  std::size_t consumed = 0;
  void* object = decode_fast(info, copy.view(), arena, context, consumed);
  Tree tree = read_tree(info, copy.view(), arena, context);
  if ((object == nullptr) != tree.error.has_value())
    return "the fast reading " + std::string(object == nullptr ? "fails" : "succeeds") +
           ", the tree says: " + (tree.error ? tree.error->text() : "no error");
  if (object == nullptr) return {};
  if (consumed != tree.consumed) return "the fast reading and the tree take a different number of bytes";
  OutBuffer out;
  Encoder encoder(out, context);
  info.encode(encoder, object);
  if (!encoder.ok()) return "what was decoded cannot be encoded";
  if (to_hex(out.view()) != to_hex(bytes.first(consumed))) return "encoded again: " + to_hex(out.view());
  auto rebuilt = from_json(info, to_json(tree.root), arena, context);
  if (!rebuilt.ok()) return "its JSON is not read back: " + rebuilt.error().text();
  OutBuffer again;
  Encoder encoder2(again, context);
  info.encode(encoder2, *rebuilt);
  if (!encoder2.ok() || to_hex(again.view()) != to_hex(out.view())) return "from its JSON: " + to_hex(again.view());
  return {};
}

// Draws an instance, encodes it, and checks it by all readings; and all its strict prefixes. Empty, or what is wrong.
// `made` tells whether the draw led to an instance.
inline std::string check_instance(const StructInfo& info, Random& random, const Context* context, bool& made) {
  Arena arena;
  void* object = generate(info, random, arena, context);
  made = object != nullptr;
  if (!made) return {};
  OutBuffer out;
  Encoder encoder(out, context);
  info.encode(encoder, object);
  if (!encoder.ok()) return "the generated instance cannot be encoded";
  std::size_t consumed = 0;
  if (decode_fast(info, out.view(), arena, context, consumed) == nullptr || consumed != out.size())
    return "the encoded instance is not decoded: " + to_hex(out.view());
  if (std::string wrong = check_bytes(info, out.view(), context); !wrong.empty()) return wrong;
  for (std::size_t n = 0; n < out.size(); n += n < 64 ? 1 : 17)
    if (std::string wrong = check_bytes(info, out.view().first(n), context); !wrong.empty())
      return "the first " + std::to_string(n) + " bytes of " + to_hex(out.view()) + ": " + wrong;
  return {};
}

// check_instance() `times` times.
inline std::string check_round_trips(const StructInfo& info, const Context* context, int times, u64 seed = 17) {
  Random random{std::mt19937_64(seed)};
  int tried = 0;
  for (int i = 0; i < times * 5 && tried < times; ++i) {
    bool made = false;
    std::string wrong = check_instance(info, random, context, made);
    if (!wrong.empty()) return std::string(info.name) + ": " + wrong;
    tried += made;
  }
  return tried == times ? "" : std::string(info.name) + ": only " + std::to_string(tried) + " instances were drawn";
}

}  // namespace ropewalk::wire
