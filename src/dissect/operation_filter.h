// Display filters over operations: what of an operation has which name.
#pragma once

#include "dissect/filter.h"
#include "dissect/operation.h"

namespace ropewalk::dissect {

// The layers ("mapi", "dcerpc", "epm") and attributes ("mapi.rop", "frame.number", "ip.src") of operations.
const FilterNames& operation_names();

// Does a filter that was parsed with operation_names() pick this operation?
bool matches(const Filter& filter, const Operation& operation);
// The same where the tree is kept elsewhere: it is asked for once, and only by filters that look at fields.
bool matches(const Filter& filter, const Operation& operation, const std::function<wire::Node()>& read_tree);

}  // namespace ropewalk::dissect
