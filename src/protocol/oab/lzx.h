// LZX DELTA without a reference: [MS-PATCH] 2. What offline address books are compressed with.
#pragma once

#include <vector>

#include "base/types.h"

namespace ropewalk::oab {

// Bytes that become one chunk of compressed data, preceded by its size.
inline constexpr std::size_t kLzxFrame = 32 << 10;

// The window that data of that many bytes is compressed with, as a power of two: 17 to 25.
unsigned lzx_window_bits(std::size_t size);

// One stream of at most 32 MB. Frames that do not get smaller are stored, as blocks of LZX ("uncompressed blocks"), not
// outside of it.
std::vector<u8> lzx_compress(ByteView data);

}  // namespace ropewalk::oab
