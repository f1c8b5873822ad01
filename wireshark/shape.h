// How a field's values reach Wireshark.
#pragma once

#include "base/types.h"

namespace ropewalk::shark {

enum class Shape : u8 { unsigned32, unsigned64, signed32, signed64, real, time, bytes, guid, text, none };

}  // namespace ropewalk::shark
