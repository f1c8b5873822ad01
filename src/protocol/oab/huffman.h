// Prefix codes as LZX has them: canonical, of limited length. [MS-PATCH] 2.5
#pragma once

#include <span>
#include <vector>

#include "base/types.h"

namespace ropewalk::oab {

// Lengths of codes, at most `limit` bits, for symbols that occur so often; 0 for those that do not. Where one symbol
// alone occurs, another gets a code too: readers want codes that leave nothing unsaid.
std::vector<u8> code_lengths(std::span<const u32> counts, unsigned limit);
// The codes with these lengths: shorter ones first, then in the order of symbols.
std::vector<u16> codes_of(std::span<const u8> lengths);

}  // namespace ropewalk::oab
