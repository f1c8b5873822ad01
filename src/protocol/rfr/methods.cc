#include "protocol/rfr/methods.h"

#include "wire/describe.h"

namespace ropewalk::rfr {
namespace {

using wire::struct_info;

constexpr dcerpc::Method kMethods[] = {
    {0, "RfrGetNewDSA", GetNewDsaIn::kSource, &struct_info<GetNewDsaIn>, &struct_info<GetNewDsaOut>},
    {1, "RfrGetFQDNFromServerDN", GetFqdnFromServerDnIn::kSource, &struct_info<GetFqdnFromServerDnIn>,
     &struct_info<GetFqdnFromServerDnOut>},
};

}  // namespace

constexpr dcerpc::Interface kRfr{"RFR", dcerpc::syntax(guid_literal("1544f5e0-613c-11d1-93df-00c04fd7bd09"), 1),
                                 kMethods};

}  // namespace ropewalk::rfr
