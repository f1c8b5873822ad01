// The address book's interface: [MS-OXNSPI] 2.1. Its methods are not described yet.
#pragma once

#include "protocol/dcerpc/interface.h"

namespace ropewalk::nspi {

inline constexpr dcerpc::Interface kNspi{
    "NSPI", dcerpc::syntax(guid_literal("f5cc5a18-4264-101a-8c59-08002b2f8426"), 56), {}};

}  // namespace ropewalk::nspi
