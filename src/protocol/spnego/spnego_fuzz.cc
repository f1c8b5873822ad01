// SPNEGO tokens from foreign bytes; what was read is written and read again.
#include <cstdlib>

#include "protocol/spnego/tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  const ByteView bytes(data, size);
  wire::Node tree;
  auto token = spnego::read_token(bytes, &tree);
  (void)spnego::token_mechanism(bytes);
  if (!token.ok()) return 0;
  auto written = spnego::write_token(*token);
  auto again = spnego::read_token(written);
  if (!again.ok() || spnego::write_token(*again) != written) std::abort();
  return 0;
}
