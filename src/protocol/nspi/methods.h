// The address book's interface.
#pragma once

#include "protocol/dcerpc/interface.h"
#include "protocol/nspi/object_methods.h"
#include "protocol/nspi/table_methods.h"

namespace ropewalk::nspi {

// [MS-OXNSPI] 2.1
extern const dcerpc::Interface kNspi;

}  // namespace ropewalk::nspi
