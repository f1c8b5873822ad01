// Bodies and streamed responses from foreign bytes. Beyond not crashing, the readings must agree and give back the same
// bytes.
#include <cstdio>
#include <cstdlib>

#include "protocol/mapihttp/request_types.h"
#include "protocol/mapihttp/response_stream.h"
#include "wire/test_round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  ByteView bytes(data, size);
  mapihttp::ResponseStream stream(1 << 16);
  for (std::size_t at = 0, step = 1; at < size; at += step, step = step % 7 + 1)
    if (!stream.feed(bytes.subspan(at, std::min(step, size - at))).ok()) break;
  (void)stream.response_code();
  for (const mapihttp::RequestTypeRow& row : mapihttp::request_types()) {
    for (const wire::StructInfo* info : {row.request, row.response}) {
      if (info == nullptr) continue;
      std::string wrong = wire::check_bytes(*info, bytes, nullptr);
      if (wrong.empty()) continue;
      std::fprintf(stderr, "%s: %s\n", std::string(info->name).c_str(), wrong.c_str());
      std::abort();
    }
  }
  return 0;
}
