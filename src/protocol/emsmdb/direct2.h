// DIRECT2: the plain LZ77 of [MS-XCA] 2.3 and 2.4, as [MS-OXCRPC] 3.1.4.11.1 uses it for payloads.
#pragma once

#include "base/arena.h"
#include "base/types.h"
#include "wire/encoder.h"

namespace ropewalk::emsmdb {

// Appends the compressed form of `plain` to `out`, as long as it takes fewer than `limit` bytes; else false, with `out`
// as before. A short hash chain finds the matches, so that time grows with the input alone.
bool compress(ByteView plain, std::size_t limit, wire::OutBuffer& out);

// Fills `plain` (the announced size) from compressed bytes. False where they are malformed or say more or less than
// that; never writes outside of `plain`.
bool decompress(ByteView compressed, std::span<u8> plain);

}  // namespace ropewalk::emsmdb
