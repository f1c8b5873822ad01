// Authorization headers from foreign bytes: what is accepted can be written and read again.
#include "base/types.h"
#include "base/utf16.h"
#include "directory/basic_auth.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string& header : {bytes, "Basic " + bytes}) {
    auto read = directory::parse_basic(header);
    if (!read.ok()) continue;
    if (!is_utf8(read->login) || !is_utf8(read->password)) __builtin_trap();
    auto again = directory::parse_basic(directory::basic_header(read->login, read->password));
    if (again.ok() && (again->login != read->login || again->password != read->password)) __builtin_trap();
  }
  const auto colon = bytes.find(':');
  auto written = directory::parse_basic(directory::basic_header(bytes.substr(0, colon), bytes));
  (void)written;
  return 0;
}
