// Executes ROP input buffers: [MS-OXCROPS] 3.2.5.
#pragma once

#include "server/environment.h"
#include "server/rop_runner.h"

namespace ropewalk::server {

// What lasts between buffers is the session's. What does not fit into an answer comes back to the client in
// RopBufferTooSmall; pending notifications of the session follow the responses where there is room.
class RopProcessor final : public RopRunner {
 public:
  explicit RopProcessor(const Environment& environment) : environment_(environment) {}

  mapi::ErrorCode run(session::Session& session, ByteView input, wire::OutBuffer& out, std::size_t max_out,
                      RopChain* chain) override;
  bool is_brief(ByteView input) const override;

 private:
  const Environment& environment_;
};

}  // namespace ropewalk::server
