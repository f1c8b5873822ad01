// What clients tell of themselves in auxiliary buffers: [MS-OXCRPC] 3.1.4.1.2.2.
#pragma once

#include "base/result.h"
#include "session/session.h"
#include "wire/error.h"

namespace ropewalk::server {

// Reads an auxiliary input buffer (an extended buffer of blocks; empty: nothing was told) into `report`, and returns a
// line for the log: the blocks by name, and what was understood of them; empty for an empty buffer. Blocks that are not
// known, or cannot be read, are passed over ([MS-OXCRPC] 3.1.4.1.2), a list that breaks off ends there. Fails where the
// buffer itself is no extended buffer.
Result<std::string, wire::WireError> read_client_report(ByteView auxiliary, session::ClientReport& report);

}  // namespace ropewalk::server
