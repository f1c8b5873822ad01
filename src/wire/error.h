// Why bytes are not what a description says.
#pragma once

#include "base/types.h"

namespace ropewalk::wire {

enum class ErrorKind : u8 {
  none,
  truncated,   // a field needs more bytes than are left
  too_many,    // a count is larger than the bytes left could hold
  leftover,    // a sized part is longer than its content
  malformed,   // a value that the description cannot go on from
  too_deep,    // nested beyond the bound
  over_limit,  // the arena's limit
  mismatch,    // JSON that does not fit the description
};

// A decode failure. `offset` counts from the start of the decoded buffer.
struct WireError {
  ErrorKind kind = ErrorKind::none;
  std::size_t offset = 0;
  std::size_t needed = 0;
  std::size_t left = 0;
  std::string path;    // "RopQueryRowsResponse.Rows[3].PidTagSubject"; empty where not asked for
  std::string detail;  // for malformed: what is wrong

  // "RopQueryRowsResponse.Rows[3].PidTagSubject: 14 bytes needed, 3 left at 0x01F2"
  std::string text() const;
};

// Lists whose elements take no bytes (a row without columns) may be this long and no longer.
inline constexpr std::size_t kMaxEmptyElements = 4096;

// How deep structures may nest (restrictions in restrictions) before decoding fails.
inline constexpr int kMaxDepth = 64;

}  // namespace ropewalk::wire
