// Operations without what people wrote.
#pragma once

#include "dissect/operation.h"

namespace ropewalk::dissect {

// Takes out every text and every run of bytes, whatever property or field holds it: subjects, bodies, names, addresses,
// tokens, and the buffers. Numbers, identifiers, times and what the protocol itself says stay; docs/design/dissect.md
// says what exactly.
void redact(Operation& operation);

}  // namespace ropewalk::dissect
