// Wireshark's DCE/RPC dissector, for bytes that it does not find by itself.
#pragma once

#include "base/types.h"
#include "wireshark/epan.h"

namespace ropewalk::shark {

// The length of the PDU whose header (16 bytes) the bytes begin with; 0 where they are none.
u32 pdu_length(ByteView bytes);

// Shows one whole PDU. May longjmp.
void call_dcerpc(tvbuff_t* pdu, packet_info* pinfo, proto_tree* tree);

// DCE/RPC over TCP whose bind is not in the capture: EMSMDB is told by its content.
void handoff_midstream();

}  // namespace ropewalk::shark
