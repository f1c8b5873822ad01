// Memory for one request: allocated by bumping a pointer, freed all at once, with a limit that a sender cannot talk up.
#pragma once

#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include "base/types.h"

namespace ropewalk {

// Owns everything it hands out until reset() or destruction. Runs no destructors, so it takes trivially destructible
// types alone. Not thread-safe: one arena per request.
class Arena {
 public:
  static constexpr std::size_t kDefaultLimit = 64u << 20;
  static constexpr std::size_t kBlock = 16u << 10;

  // `first_block`: bytes of the first block; blocks grow from there.
  explicit Arena(std::size_t limit = kDefaultLimit, std::size_t first_block = kBlock)
      : limit_(limit), first_block_(first_block) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `size` bytes aligned to `align` (a power of two, at most alignof(max_align_t)), or nullptr past the limit.
  void* allocate(std::size_t size, std::size_t align) {
    auto at = (reinterpret_cast<std::uintptr_t>(next_) + align - 1) & ~(align - 1);
    if (next_ != nullptr && at + size <= reinterpret_cast<std::uintptr_t>(end_)) [[likely]] {
      next_ = reinterpret_cast<u8*>(at + size);
      return reinterpret_cast<void*>(at);
    }
    return allocate_slow(size, align);
  }

  // `count` value-initialised objects, or an empty span past the limit (test for it where count > 0).
  template <class T>
  std::span<T> make(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0 || count > limit_ / sizeof(T)) return {};
    auto* first = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    if (first == nullptr) return {};
    std::uninitialized_value_construct_n(first, count);
    return {first, count};
  }

  // A copy of the bytes that lives as long as the arena; empty past the limit.
  ByteView copy(ByteView bytes) {
    if (bytes.empty()) return {};
    auto* at = static_cast<u8*>(allocate(bytes.size(), 1));
    if (at == nullptr) return {};
    std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }
  std::string_view copy(std::string_view text) { return text_of(copy(bytes_of(text))); }

  // Forgets everything handed out; keeps the first block for the next request.
  void reset();
  // The same, with another limit from now on (a first block that is larger stays usable).
  void reset(std::size_t limit) {
    limit_ = limit;
    reset();
  }

  std::size_t used() const { return used_; }

 private:
  void* allocate_slow(std::size_t size, std::size_t align);

  struct Block {
    std::unique_ptr<u8[]> bytes;
    std::size_t size;
  };
  std::size_t limit_;
  std::size_t first_block_;
  std::size_t used_ = 0;  // bytes of all blocks
  u8* next_ = nullptr;
  u8* end_ = nullptr;
  std::vector<Block> blocks_;
};

}  // namespace ropewalk
