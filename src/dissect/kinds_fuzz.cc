// Every kind: reading foreign bytes is bounded, and what was read is written back as the same bytes.
#include <cstdlib>

#include "dissect/kinds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  if (size < 2) return 0;
  auto kinds = dissect::kinds();
  const dissect::Kind& kind = kinds[load_le<u16>(data) % kinds.size()];
  ByteView bytes(data + 2, size - 2);
  Arena arena(16u << 20);
  dissect::KindOptions options;
  options.columns = {mapi::PropTag(0x0037001F), mapi::PropTag(0x0E080003)};
  wire::Tree tree = dissect::read_kind(kind, bytes, arena, options);
  if (tree.error) return 0;
  auto again = dissect::write_kind(kind, wire::to_json(tree.root), arena, options);
  if (!again || !std::equal(again->begin(), again->end(), bytes.begin(), bytes.end())) {
    // HTTP headers may stand in another order; what lies in the gaps of a stub, and between the elements of a
    // manifest, is not kept.
    const bool is_manifest = kind.name.starts_with("oab") && tree.root.name == "OAB";
    if (!kind.name.starts_with("mapihttp-") && !kind.name.starts_with("ndr-") && !is_manifest) std::abort();
  }
  return 0;
}
