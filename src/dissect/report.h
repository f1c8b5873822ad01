// Operations as text for people.
#pragma once

#include <string>
#include <string_view>

#include "dissect/operation.h"

namespace ropewalk::dissect {

// A ROP as lines for people call it: "OpenFolder" for "RopOpenFolder".
std::string_view short_name(std::string_view rop);

// One line: number, seconds since `start` (nanoseconds), parties, what happened, result, round-trip time.
std::string summary_line(const Operation& operation, i64 start);
// The line, the notes, the field tree to `depth` levels (0: all); `with_bytes`: its buffers too.
std::string full_text(const Operation& operation, i64 start, bool with_bytes, unsigned depth = 0);

// Lines of 16 bytes, in hexadecimal digits and as text.
std::string hex_dump(ByteView bytes);

}  // namespace ropewalk::dissect
