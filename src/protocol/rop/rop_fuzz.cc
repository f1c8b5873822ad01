// Everything that a peer's ROP buffers reach: whole buffers, and every registered structure. The input's first byte
// says what the rest is. Beyond not crashing, the readings must agree and give back the same bytes.
#include <cstdio>
#include <cstdlib>

#include "protocol/rop/rop_buffer.h"
#include "wire/test_round_trip.h"

namespace {

using namespace ropewalk;
using namespace ropewalk::rop;

void check(const wire::StructInfo& info, ByteView bytes, const wire::Context* context) {
  std::string wrong = wire::check_bytes(info, bytes, context);
  if (wrong.empty()) return;
  std::fprintf(stderr, "%s: %s\n", std::string(info.name).c_str(), wrong.c_str());
  std::abort();
}

// A server's way through an input buffer.
void serve(ByteView bytes) {
  auto parts = split_rop_buffer(bytes);
  if (!parts.ok()) return;
  Arena arena(arena_limit(bytes.size()));
  RopReader reader(parts->rops, arena);
  wire::OutBuffer out;
  RopWriter writer(out);
  while (!reader.at_end()) {
    RopId id = reader.id();
    const void* request = reader.read_any();
    if (request == nullptr) break;
    encode_failure(id, request, mapi::ErrorCode::not_supported, writer.out());
  }
}

// The first two bytes tell how long the requests are; the rest is the output buffer that answers them.
void converse(ByteView bytes) {
  if (bytes.size() < 2) return;
  std::size_t n = std::min<std::size_t>(load_le<u16>(bytes.data()), bytes.size() - 2);
  Arena arena(arena_limit(bytes.size()));
  auto input = wire::decode<InputBuffer>(bytes.subspan(2, n), arena);
  if (!input.ok()) return;
  AnsweredRequests answered{input->rops.span(), input->handles.span()};
  wire::Context context = wire::add_context(answered, nullptr);
  check(wire::struct_info<OutputBuffer>, bytes.subspan(2 + n), &context);
}

void structure(bool request, ByteView bytes) {
  if (bytes.empty()) return;
  const wire::StructInfo* info =
      request ? request_info(static_cast<RopId>(bytes[0])) : response_info(static_cast<RopId>(bytes[0]));
  if (info == nullptr) return;
  static constexpr mapi::PropTag kTags[] = {mapi::PropTag(0x0037001F), mapi::PropTag(0x0E080003),
                                            mapi::PropTag(0x37010000), mapi::PropTag(0x0FFF0102)};
  mapi::RowColumns columns{kTags};
  wire::Context context = wire::add_context(columns, nullptr);
  check(*info, bytes, nullptr);
  check(*info, bytes, &context);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  ByteView bytes(data + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      check(wire::struct_info<InputBuffer>, bytes, nullptr);
      break;
    case 1:
      check(wire::struct_info<OutputBuffer>, bytes, nullptr);
      break;
    case 2:
      serve(bytes);
      break;
    case 3:
      converse(bytes);
      break;
    default:
      structure(data[0] % 6 == 4, bytes);
      break;
  }
  return 0;
}
