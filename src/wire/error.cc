#include "wire/error.h"

#include <fmt/format.h>

namespace ropewalk::wire {

std::string WireError::text() const {
  std::string what;
  switch (kind) {
    case ErrorKind::none:
      return "no error";
    case ErrorKind::truncated:
      what = fmt::format("{} {} needed, {} left", needed, needed == 1 ? "byte" : "bytes", left);
      break;
    case ErrorKind::too_many:
      what = fmt::format("{} elements announced, {} bytes left", needed, left);
      break;
    case ErrorKind::leftover:
      what = fmt::format("{} {} left over", left, left == 1 ? "byte" : "bytes");
      break;
    case ErrorKind::malformed:
      what = detail;
      break;
    case ErrorKind::too_deep:
      what = fmt::format("nested deeper than {}", kMaxDepth);
      break;
    case ErrorKind::over_limit:
      what = "larger than the memory limit of one request";
      break;
    case ErrorKind::mismatch:
      return path.empty() ? detail : path + ": " + detail;
  }
  return fmt::format("{}{}{} at 0x{:04X}", path, path.empty() ? "" : ": ", what, offset);
}

}  // namespace ropewalk::wire
