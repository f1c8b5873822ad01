// Operations without what people wrote.
#pragma once

#include "dissect/operation.h"

namespace ropewalk::dissect {

// What becomes of an operation's buffers: gone, or with asterisks wherever a value was taken out.
enum class RedactedBytes { dropped, masked };

// Takes out every text and every run of bytes, whatever property or field holds it: subjects, bodies, names, addresses,
// tokens, and the buffers. Numbers, identifiers, times and what the protocol itself says stay; docs/design/dissect.md
// says what exactly.
void redact(Operation& operation, RedactedBytes bytes = RedactedBytes::dropped);

}  // namespace ropewalk::dissect
