// A field tree together with the bytes that its derived parts count in.
#pragma once

#include <vector>

#include "wire/tree.h"

namespace ropewalk::wire {

// As read_tree(); `inside` gains, for each node of type "plain bytes" in the order of a listing, the bytes that its
// offsets count in. They live as long as `bytes` and the arena.
Tree read_tree(const StructInfo& info, ByteView bytes, Arena& arena, const Context* context,
               std::vector<ByteView>& inside);

}  // namespace ropewalk::wire
