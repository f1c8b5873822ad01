// Reading and writing one property by ranges, without holding all of it in memory.
#pragma once

#include <memory>
#include <span>

#include "base/types.h"
#include "store/failure.h"

namespace ropewalk::store {

// Bytes that can be read at any offset.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual u64 size() const = 0;
  // Reads up to `out.size()` bytes from `offset`; fewer only at the end.
  virtual Outcome<std::size_t> read(u64 offset, std::span<u8> out) = 0;
};

// Bytes that are being written: in memory while few, in an unlinked temporary file beyond 256 KiB. Move-only.
class Spool final : public ByteSource {
 public:
  explicit Spool(std::string folder = "/tmp") : folder_(std::move(folder)) {}
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool() override;

  u64 size() const override { return size_; }
  Outcome<std::size_t> read(u64 offset, std::span<u8> out) override;
  // Writing past the end fills the gap with zeros.
  Outcome<void> write(u64 offset, ByteView bytes);
  Outcome<void> resize(u64 size);
  // Replaces everything by what the source holds.
  Outcome<void> copy_from(ByteSource& source);
  // The bytes where they are in memory; empty once they are in a file.
  ByteView in_memory() const { return file_ < 0 ? ByteView(memory_) : ByteView(); }

 private:
  Outcome<void> to_file();

  std::string folder_;
  std::vector<u8> memory_;
  u64 size_ = 0;
  int file_ = -1;
};

}  // namespace ropewalk::store
