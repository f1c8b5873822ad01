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

// What a chained answer goes on with, [MS-OXCRPC] 3.1.4.2.1.2.2: filled by a run whose last ROP has more to say.
struct RopChain {
  std::vector<u8> next;  // the plain input buffer (that ROP alone, asking for what is left) to run next; empty: none
  std::size_t room_wanted = 0;  // how much room that needs: 32 KB for RopQueryRows, 8 KB for the others
};

// Any thread; the caller holds the session's turn.
class RopRunner {
 public:
  virtual ~RopRunner() = default;
  // Executes the ROPs of one plain input buffer (RopSize, ROPs, server object handle table: [MS-OXCROPS] 2.2.1) and
  // appends one plain output buffer of at most `max_out` bytes to `out`. What a single ROP cannot do is in its own
  // response; a return value other than `none` fails the whole request (rpc_format: the buffer cannot be read) and
  // leaves `out` as it was. `chain` is null where the client takes one output buffer alone.
  virtual mapi::ErrorCode run(session::Session& session, ByteView rops, wire::OutBuffer& out, std::size_t max_out,
                              RopChain* chain) = 0;
  // Whether running these takes microseconds alone: no ROP of theirs waits for the disk or walks a table.
  virtual bool is_brief(ByteView rops) const = 0;
};

}  // namespace ropewalk::server
