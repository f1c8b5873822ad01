// What runs ROPs, as the transports see it.
#pragma once

#include <vector>

#include "base/types.h"
#include "mapi/error_code.h"
#include "wire/encoder.h"

namespace ropewalk::session {
class Session;
}

namespace ropewalk::server {

// Room for one run's answer.
struct RopLimits {
  std::size_t max_out = 0x8000;  // bytes of the plain output buffer, RopSize and handle table included
  bool may_chain = false;        // the client takes further output buffers, [MS-OXCRPC] 3.1.4.2.1.2.2
};

struct RopOutcome {
  // Anything but `none` fails the whole request (rpc_format: a buffer whose RopSize or ROPs cannot be read); `out` is
  // then as before.
  mapi::ErrorCode error = mapi::ErrorCode::none;
  // Where the last ROP has more to say and chaining is allowed: the plain input buffer (that ROP alone, asking for what
  // is left, with its handle table) to run next. Else empty.
  std::vector<u8> next{};
  // How much room run() wants for `next`: 32 KB for RopQueryRows, 8 KB for the others.
  std::size_t next_room = 0;
};

// Any thread; the caller holds the session's turn.
class RopProcessor {
 public:
  virtual ~RopProcessor() = default;
  // Executes the ROPs of one plain input buffer (RopSize, ROPs, server object handle table: [MS-OXCROPS] 2.2.1) and
  // appends one plain output buffer to `out`. What a single ROP cannot do is in its own response.
  virtual RopOutcome run(session::Session& session, ByteView rops, wire::OutBuffer& out, const RopLimits& limits) = 0;
};

}  // namespace ropewalk::server
