// RTS PDUs as bytes, and the PDUs of an IN or OUT channel cut out of its stream. [MS-RPCH] 2.2.3.6, 2.1.2.1.7.
#pragma once

#include <functional>
#include <initializer_list>
#include <vector>

#include "base/result.h"
#include "protocol/rpch/rts.h"

namespace ropewalk::rpc::http {

// Appends the RTS PDU of that name ("CONN/A3") with these commands, which must be those that the name has.
void append_rts(std::string_view name, std::initializer_list<rpch::Command> commands, std::vector<u8>& out);

// Reads a whole RTS PDU. The commands live in `arena`, which must hold some KiB.
Result<rpch::Rts> read_rts(ByteView pdu, Arena& arena);

bool is_rts(ByteView pdu);

// The PDUs in a channel's stream: RPC PDUs and RTS PDUs, as their lengths tell. Holds at most one that is not whole.
class PduStream {
 public:
  // Gives each PDU that is whole, in order. False: what came is no PDU, and nothing more is read; or `each` said so.
  bool feed(ByteView bytes, const std::function<bool(ByteView pdu)>& each);
  bool is_between_pdus() const { return partial_.empty(); }

 private:
  std::vector<u8> partial_;
};

// The length of the PDU that begins there: 0 where its header is not whole, nothing where it cannot be a PDU.
std::optional<std::size_t> pdu_length(ByteView start);

}  // namespace ropewalk::rpc::http
