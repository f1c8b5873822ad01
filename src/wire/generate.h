// Random instances of described structures, for round-trip tests and fuzzing seeds.
#pragma once

#include "base/arena.h"
#include "wire/context.h"
#include "wire/scalar.h"
#include "wire/struct_info.h"

namespace ropewalk::wire {

// A scalar field, at any depth, that is not to be random.
struct Pin {
  std::string_view field;
  u64 value;
};

// A structure (in the arena) with random legal values; nullptr where the draw led to an instance that the description
// refuses.
void* generate(const StructInfo& info, Random& random, Arena& arena, const Context* context = nullptr,
               std::span<const Pin> pins = {});

}  // namespace ropewalk::wire
