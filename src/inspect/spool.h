// Bytes that need not stand in memory: files without a name, gone with the process however it ends.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace ropewalk::inspect {

// Pieces are appended and later dropped oldest first; the disk gets space back a file of kFileSize at a time.
// Not thread-safe; read() may run beside read().
class Spool {
 public:
  static constexpr u64 kFileSize = 64u << 20;

  struct Place {
    u64 offset = 0;  // since the beginning
    u32 size = 0;
  };

  // `folder`: where there is room; empty: $TMPDIR or /var/tmp.
  explicit Spool(std::string folder = {});
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // An error tells that the disk is full, or cannot be written.
  Result<Place> append(std::string_view bytes);
  Result<std::string> read(const Place& place) const;
  // What stands before is not read any more.
  void drop_before(u64 offset);
  // Bytes on the disk.
  u64 size() const;

 private:
  struct File {
    int descriptor;
    u64 begin, size;
  };
  Status add_file();

  std::string folder_;
  std::deque<File> files_;
  u64 end_ = 0;
};

}  // namespace ropewalk::inspect
