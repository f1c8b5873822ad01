#include "wire/generate.h"

#include "wire/random_sink.h"

namespace ropewalk::wire {

void* generate(const StructInfo& info, Random& random, Arena& arena, const Context* context,
               std::span<const Pin> pins) {
  random.depth = 0;
  RandomSink sink(random, arena, pins);
  Walker walker(sink, arena, context);
  void* made = arena.allocate(info.size, info.align);
  if (made == nullptr) return nullptr;
  info.construct(made);
  info.walk(walker, made);
  return sink.ok() ? made : nullptr;
}

}  // namespace ropewalk::wire
