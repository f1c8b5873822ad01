#include "base/arena.h"

#include <algorithm>

namespace ropewalk {

void* Arena::allocate_slow(std::size_t size, std::size_t align) {
  if (size > limit_ || used_ > limit_ - size) return nullptr;
  std::size_t grown = blocks_.empty() ? first_block_ : std::min<std::size_t>(blocks_.back().size * 2, 1u << 20);
  std::size_t block = std::max(size + align, grown);
  blocks_.push_back({std::make_unique_for_overwrite<u8[]>(block), block});
  used_ += block;
  next_ = blocks_.back().bytes.get();
  end_ = next_ + block;
  return allocate(size, align);
}

void Arena::reset() {
  if (blocks_.empty()) return;
  blocks_.resize(1);
  used_ = blocks_.front().size;
  next_ = blocks_.front().bytes.get();
  end_ = next_ + blocks_.front().size;
}

}  // namespace ropewalk
