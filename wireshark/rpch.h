// RPC over HTTP v2 ([MS-RPCH]): the two connections of a virtual connection as one, their PDUs handed to Wireshark's
// own DCE/RPC dissector. And DCE/RPC over TCP whose bind is not in the capture, where the content tells the interface.
#pragma once

namespace ropewalk::shark {

void register_rpch();
void handoff_rpch();

}  // namespace ropewalk::shark
