// What RPC interfaces and their results are called in operations.
#pragma once

#include <string>

#include "protocol/dcerpc/interface.h"

namespace ropewalk::dissect {

// "EMSMDB", "EPM", "MGMT"; of others "SAMR" or the UUID.
std::string layer_of(const Guid& interface_id);
// "EcDoRpcExt2", "opnum 12"
std::string method_name(const dcerpc::Interface* known, u16 opnum);

}  // namespace ropewalk::dissect
