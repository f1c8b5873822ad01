// FILETIME ([MS-DTYP] 2.3.3): 100-nanosecond intervals since 1601-01-01 UTC.
#pragma once

#include <compare>
#include <optional>

#include "base/types.h"

namespace ropewalk {

struct FileTime {
  u64 value = 0;

  auto operator<=>(const FileTime&) const = default;

  // ISO 8601 with seven decimals, e.g. "2009-05-25T16:20:44.1234567Z"; "0x…" for values past the year 9999.
  std::string to_string() const;
  // The inverse, losslessly; decimals may be fewer or absent.
  static std::optional<FileTime> parse(std::string_view text);
  static FileTime from_unix(i64 seconds) { return {static_cast<u64>(seconds + kUnixEpochSeconds) * 10'000'000u}; }
  i64 to_unix() const { return static_cast<i64>(value / 10'000'000u) - kUnixEpochSeconds; }
  static FileTime now();

  static constexpr i64 kUnixEpochSeconds = 11'644'473'600;
};

}  // namespace ropewalk
