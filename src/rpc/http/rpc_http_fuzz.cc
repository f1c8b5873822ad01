// What a client can do to a virtual connection: the input is a list of steps, each with its bytes. A channel is opened
// by a good opening PDU of either kind, or by the bytes themselves; what follows goes to any channel.
#include "rpc/http/server_tunnel.h"

namespace {

using namespace ropewalk;
using namespace ropewalk::rpc::http;

// Reads the input from its front.
struct Input {
  ByteView bytes;
  u8 byte() {
    if (bytes.empty()) return 0;
    const u8 first = bytes[0];
    bytes = bytes.subspan(1);
    return first;
  }
  ByteView piece() {
    const ByteView taken = bytes.first(std::min<std::size_t>(byte() * 4u, bytes.size()));
    bytes = bytes.subspan(taken.size());
    return taken;
  }
};

Opening good_opening(u8 kind) {
  Opening opening;
  opening.direction = kind & 1 ? Direction::in : Direction::out;
  opening.is_successor = (kind & 2) != 0;
  opening.channel.bytes[0] = kind & 0x0F;
  opening.predecessor.bytes[0] = kind >> 4;
  opening.receive_window = 65536;
  return opening;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{{data, size}};
  Time now{};
  ServerTunnel tunnel({.channel_lifetime = 128 * 1024}, now);
  while (!input.bytes.empty() && !tunnel.over()) {
    const u8 step = input.byte();
    const ChannelId channel = 1 + step / 8 % 8;
    switch (step % 8) {
      case 0:
        tunnel.open(good_opening(input.byte()), now);
        break;
      case 1: {
        const ByteView piece = input.piece();
        auto opening = read_opening(piece.size() % 2 ? Direction::in : Direction::out, piece);
        if (opening.ok()) tunnel.open(*opening, now);
        break;
      }
      case 2:
        tunnel.send(std::vector<u8>{5, 0, 2, 3, 0x10, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4});
        break;
      case 3:
        tunnel.consume(tunnel.next_input().size());
        break;
      case 4:
        if (tunnel.take_output(channel, now).size() > 80'000) __builtin_trap();
        break;
      case 5:
        tunnel.tick(now += std::chrono::seconds(input.byte()));
        break;
      case 6:
        if (step >= 128) tunnel.closed(channel);
        break;
      default:
        if (tunnel.may_read(channel)) tunnel.receive(channel, input.piece(), now);
    }
    if (tunnel.input().size() > 3 * 64 * 1024) __builtin_trap();
  }
  return 0;
}
