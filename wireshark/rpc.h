// EMSMDB and AsyncEMSMDB over DCE/RPC: the methods that Wireshark's own dissector hands over.
#pragma once

namespace ropewalk::shark {

// The protocol of AsyncEMSMDB, which Wireshark does not know.
void register_rpc();
// Takes the place of what Wireshark has for the methods of EMSMDB.
void handoff_rpc();

}  // namespace ropewalk::shark
