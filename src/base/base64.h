// Base64 text, [RFC 4648] 4, both ways.
#pragma once

#include <optional>

#include "base/types.h"

namespace ropewalk {

// With padding, without line breaks.
std::string to_base64(ByteView bytes);
// Padding may be missing; anything else that is not base64 may not be there.
std::optional<std::vector<u8>> from_base64(std::string_view text);

}  // namespace ropewalk
