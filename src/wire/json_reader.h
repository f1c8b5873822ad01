// From the JSON of a field tree back to the structure: the inverse of tree.h.
#pragma once

#include <boost/json/value.hpp>

#include "base/arena.h"
#include "base/result.h"
#include "wire/context.h"
#include "wire/error.h"
#include "wire/struct_info.h"

namespace ropewalk::wire {

// Builds the structure (in the arena) from a node as to_json() prints it. Only "name", "value" and "fields" matter;
// fields stand in wire order, unknown ones between them are passed over. Counts and sizes of what follows are taken
// from the JSON's own lists.
Result<void*, WireError> from_json(const StructInfo& info, const boost::json::value& node, Arena& arena,
                                   const Context* context = nullptr);

}  // namespace ropewalk::wire
