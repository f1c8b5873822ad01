// What a server can do to a client's virtual connection: pieces of the input come over its OUT channels, opened by good
// PDUs where the input's first byte says so.
#include "rpc/http/client_tunnel.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::rpc::http;
  using rpch::Command;
  using rpch::CommandType;
  if (size == 0) return 0;
  ByteView input(data + 1, size - 1);
  ClientTunnel::Time now{};
  ClientTunnel tunnel({.in_lifetime = 128 * 1024}, now);
  std::vector<u8> opening;
  append_rts("CONN/A3", {Command::number(CommandType::connection_timeout, 120'000)}, opening);
  append_rts("CONN/C2",
             {Command::number(CommandType::version, 1), Command::number(CommandType::receive_window_size, 65536),
              Command::number(CommandType::connection_timeout, 120'000)},
             opening);
  if ((data[0] & 1) != 0) tunnel.receive(1, opening);
  const std::vector<u8> pdu{5, 0, 2, 3, 0x10, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
  std::size_t written = 0, waiting = 0;
  while (!input.empty() && !tunnel.over()) {
    const u8 step = input[0];
    const std::size_t piece = std::min<std::size_t>(step, input.size() - 1);
    (void)tunnel.take_requests();
    for (u64 channel = 1; channel < 8; ++channel) written += tunnel.take_output(channel, now).size();
    tunnel.receive(1 + step % 5, input.subspan(1, piece));
    input = input.subspan(1 + piece);
    tunnel.send(pdu);
    waiting += pdu.size();
    if (step % 3 == 0) (void)tunnel.take_input();
    tunnel.tick(now += std::chrono::seconds(step));
    if (tunnel.unsent() > waiting || written > waiting + 512 * size + 4096) __builtin_trap();
  }
  return 0;
}
