// The JSON of a field tree as text, written straight from the tree: the same letters as serializing to_json() gives,
// for who prints whole captures.
#pragma once

#include <string>

#include "wire/tree.h"

namespace ropewalk::wire {

void append_json(const Node& node, std::string& out);

}  // namespace ropewalk::wire
