#include "protocol/mgmt/methods.h"
#include "wire/describe.h"

namespace ropewalk::mgmt {
namespace {

using wire::struct_info;

constexpr dcerpc::Method kMethods[] = {
    {0, "rpc_mgmt_inq_if_ids", InqIfIdsOut::kSource, &struct_info<NothingIn>, &struct_info<InqIfIdsOut>},
    {1, "rpc_mgmt_inq_stats", InqStatsIn::kSource, &struct_info<InqStatsIn>, &struct_info<InqStatsOut>},
    {2, "rpc_mgmt_is_server_listening", IsServerListeningOut::kSource, &struct_info<NothingIn>,
     &struct_info<IsServerListeningOut>},
    {3, "rpc_mgmt_stop_server_listening", StopServerListeningOut::kSource, &struct_info<NothingIn>,
     &struct_info<StopServerListeningOut>},
    {4, "rpc_mgmt_inq_princ_name", InqPrincNameIn::kSource, &struct_info<InqPrincNameIn>,
     &struct_info<InqPrincNameOut>},
};

}  // namespace

constexpr dcerpc::Interface kManagement{"mgmt", dcerpc::syntax(guid_literal("afa8bd80-7d8a-11c9-bef4-08002b102989"), 1),
                                        kMethods};

}  // namespace ropewalk::mgmt
