// Bodies and streamed responses from foreign bytes.
#include "protocol/mapihttp/bodies.h"
#include "protocol/mapihttp/response_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  ByteView bytes(data, size);
  mapihttp::ResponseStream stream(1 << 16);
  for (std::size_t at = 0, step = 1; at < size; at += step, step = step % 7 + 1)
    if (!stream.feed(bytes.subspan(at, std::min(step, size - at))).ok()) break;
  (void)stream.response_code();
  for (auto* info : {&wire::struct_info<mapihttp::ConnectRequest>, &wire::struct_info<mapihttp::ConnectResponse>,
                     &wire::struct_info<mapihttp::ExecuteRequest>, &wire::struct_info<mapihttp::ExecuteResponse>,
                     &wire::struct_info<mapihttp::NotificationWaitResponse>}) {
    Arena arena(4u << 20);
    (void)wire::read_tree(*info, bytes, arena);
  }
  return 0;
}
