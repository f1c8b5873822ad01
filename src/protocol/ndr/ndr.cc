#include "protocol/ndr/ndr.h"

namespace ropewalk::ndr {
namespace {

// Null every third time, else one that no other pointer has.
u64 draw(wire::Random& random, u64 mask) {
  return random.depth > 6 || random.chance(33) ? 0 : (random.engine() & mask) | 4;
}

}  // namespace

const wire::TypeInfo& wire_type(std::type_identity<Referent32>) {
  static constexpr wire::TypeInfo info{"pointer", 4, wire::Form::unsigned_number, nullptr,
                                       [](wire::Random& random) { return draw(random, 0xFFFFFFFF); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<Referent64>) {
  static constexpr wire::TypeInfo info{"pointer64", 8, wire::Form::unsigned_number, nullptr,
                                       [](wire::Random& random) { return draw(random, ~u64{0}); }};
  return info;
}

}  // namespace ropewalk::ndr
