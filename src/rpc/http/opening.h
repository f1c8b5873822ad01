// How a channel of RPC over HTTP introduces itself: the first PDU in the body of its request. [MS-RPCH] 3.2.3.5.3,
// 3.2.3.5.5, 3.2.4.5.3, 3.2.4.5.6.
#pragma once

#include <chrono>

#include "rpc/http/rts_pdu.h"

namespace ropewalk::rpc::http {

enum class Direction { in, out };  // RPC_IN_DATA carries what the client says, RPC_OUT_DATA what the server says

struct Opening {
  Direction direction{};
  bool is_successor = false;  // takes over from `predecessor`
  Guid connection, channel, predecessor;
  u32 receive_window = 0;                   // OUT: what the client takes without acknowledging it
  std::chrono::milliseconds keep_alive{0};  // IN: how soon the client wants to know that the server is gone
};

// Reads CONN/A1, CONN/B1, IN_R1/A1 (the same as IN_R2/A1) or OUT_R1/A3 (the same as OUT_R2/A3). The error says what
// came instead.
Result<Opening> read_opening(Direction direction, ByteView pdu);

// ClientKeepalive's value as a time, [MS-RPCH] 2.2.3.5.6.
std::chrono::milliseconds keep_alive_of(u32 value);

}  // namespace ropewalk::rpc::http
