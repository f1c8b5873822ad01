// Decompression of arbitrary bytes; and what is compressed comes back.
#include <cstdlib>

#include "protocol/emsmdb/direct2.h"
#include "protocol/emsmdb/extended_buffer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  ByteView bytes(data, size);
  std::vector<u8> plain(size < 2 ? 0 : load_le<u16>(data));
  (void)emsmdb::decompress(bytes, plain);

  wire::OutBuffer packed;
  if (!emsmdb::compress(bytes, size * 2 + 64, packed)) std::abort();
  std::vector<u8> back(size);
  if (!emsmdb::decompress(packed.view(), back) || !std::equal(back.begin(), back.end(), data)) std::abort();

  Arena arena;
  (void)emsmdb::open_extended_buffers(bytes, arena);
  return 0;
}
