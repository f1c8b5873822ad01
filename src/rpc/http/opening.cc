#include "rpc/http/opening.h"

#include <algorithm>

namespace ropewalk::rpc::http {
namespace {

constexpr u32 kVersion = 1;
constexpr u32 kLeastWindow = 8 * 1024;  // [MS-RPCH] 2.2.3.5.1

bool is(const rpch::Rts& rts, std::string_view name) {
  const rpch::NamedRts* named = rpch::find_rts(name);
  return named != nullptr && named->is(rts);
}

Error unexpected(const rpch::Rts& rts, Direction direction) {
  const std::string names = rpch::rts_names(rts);
  return Error{std::string(direction == Direction::in ? "an IN" : "an OUT") + " channel begins with " +
               (names.empty() ? "an RTS PDU without a name" : names)};
}

}  // namespace

std::chrono::milliseconds keep_alive_of(u32 value) {
  constexpr u32 kDefault = 300'000, kLeast = 60'000;
  return std::chrono::milliseconds(value == 0 ? kDefault : std::max(value, kLeast));
}

Result<Opening> read_opening(Direction direction, ByteView pdu) {
  if (!is_rts(pdu)) return Error{"a channel that does not begin with an RTS PDU"};
  Arena arena(16u << 10, 1024);
  ROPEWALK_TRY(const rpch::Rts rts, read_rts(pdu, arena));
  const bool is_in = direction == Direction::in;
  const bool is_first = is(rts, is_in ? "CONN/B1" : "CONN/A1");
  if (!is_first && !is(rts, is_in ? "IN_R1/A1" : "OUT_R1/A3")) return unexpected(rts, direction);
  const auto& commands = rts.commands;
  Opening opening{direction, !is_first, commands[1].cookie, {}, {}};
  if (commands[0].value < kVersion) return Error{"version " + std::to_string(commands[0].value) + " of RPC over HTTP"};
  opening.channel = commands[is_first ? 2 : 3].cookie;
  if (!is_first) opening.predecessor = commands[2].cookie;
  if (is_in && is_first) opening.keep_alive = keep_alive_of(commands[4].value);
  if (is_in) return opening;
  opening.receive_window = commands[commands.size() - 1].value;
  if (opening.receive_window < kLeastWindow)
    return Error{"a receive window of " + std::to_string(opening.receive_window) + " bytes"};
  return opening;
}

}  // namespace ropewalk::rpc::http
