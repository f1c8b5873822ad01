// The offline address book's files as kinds: "oab-details", "oab-compressed", "oab-patch", "oab-manifest", and "oab"
// for whichever of them it is.
#pragma once

#include "dissect/kinds.h"

namespace ropewalk::dissect {

void add_oab_kinds(std::vector<Kind>& kinds);

}  // namespace ropewalk::dissect
