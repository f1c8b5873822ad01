// What a peer of an RPC connection can send: PDUs with their bodies, verification trailers, towers. The readings must
// agree and give back the same bytes.
#include <cstdio>
#include <cstdlib>

#include "protocol/dcerpc/verification_trailer.h"
#include "protocol/epm/tower.h"
#include "wire/test_round_trip.h"

namespace {

using namespace ropewalk;

void check(const wire::StructInfo& info, ByteView bytes) {
  std::string wrong = wire::check_bytes(info, bytes, nullptr);
  if (wrong.empty()) return;
  std::fprintf(stderr, "%s: %s\n", std::string(info.name).c_str(), wrong.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView bytes(data, size);
  check(wire::struct_info<dcerpc::Pdu>, bytes);
  if (auto at = dcerpc::find_verification_trailer(bytes))
    check(wire::struct_info<dcerpc::VerificationTrailer>, bytes.subspan(*at));
  check(wire::struct_info<epm::Tower>, bytes);
  if (auto binding = epm::read_tower(bytes)) epm::read_tower(epm::make_tower(*binding));
  return 0;
}
