// LZX DELTA: [MS-PATCH] 2. What offline address books are compressed with.
#pragma once

#include <vector>

#include "base/types.h"

namespace ropewalk::oab {

// Bytes that become one chunk of compressed data, preceded by its size.
inline constexpr std::size_t kLzxFrame = 32 << 10;
// Data and its reference, rounded up to whole frames, that lzx_compress() takes together.
inline constexpr std::size_t kLzxMost = 512 << 10;

// The window that data of that many bytes is compressed with, as a power of two: 17 to 25. [MS-PATCH] 2.1
unsigned lzx_window_bits(std::size_t size, std::size_t reference = 0);

// One stream of at most kLzxMost bytes, `reference` included: bytes that the reader has already and that stand, as it
// were, in front of the data. Frames that do not get smaller are stored, as blocks of LZX ("uncompressed blocks"), not
// outside of it.
std::vector<u8> lzx_compress(ByteView data, ByteView reference = {});

}  // namespace ropewalk::oab
