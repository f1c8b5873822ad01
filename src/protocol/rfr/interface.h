// The referral interface: [MS-OXABREF] 2.1. Its methods are not described yet.
#pragma once

#include "protocol/dcerpc/interface.h"

namespace ropewalk::rfr {

inline constexpr dcerpc::Interface kRfr{
    "RFR", dcerpc::syntax(guid_literal("1544f5e0-613c-11d1-93df-00c04fd7bd09"), 1), {}};

}  // namespace ropewalk::rfr
