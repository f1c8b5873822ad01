#include "dissect/rpc_names.h"

#include <fmt/format.h>

#include "protocol/epm/methods.h"
#include "protocol/mgmt/methods.h"

namespace ropewalk::dissect {
namespace {

struct Named {
  Guid uuid;
  std::string_view name;
};
// Interfaces that are not described here but meet a mail client's traffic, as their specifications name them.
constexpr Named kOthers[] = {
    {guid_literal("12345778-1234-abcd-ef00-0123456789ab"), "LSARPC"},            // [MS-LSAD] 1.9
    {guid_literal("12345778-1234-abcd-ef00-0123456789ac"), "SAMR"},              // [MS-SAMR] 1.9
    {guid_literal("12345678-1234-abcd-ef00-01234567cffb"), "NETLOGON"},          // [MS-NRPC] 1.9
    {guid_literal("e3514235-4b06-11d1-ab04-00c04fc2dcd2"), "DRSUAPI"},           // [MS-DRSR] 1.9
    {guid_literal("367abb81-9844-35f1-ad32-98f038001003"), "SVCCTL"},            // [MS-SCMR] 1.9
    {guid_literal("4b324fc8-1670-01d3-1278-5a47bf6ee188"), "SRVSVC"},            // [MS-SRVS] 1.9
    {guid_literal("6bffd098-a112-3610-9833-46c3f87e345a"), "WKSSVC"},            // [MS-WKST] 1.9
    {guid_literal("338cd001-2244-31f1-aaaa-900038001003"), "WINREG"},            // [MS-RRP] 1.9
    {guid_literal("1ff70682-0a51-30e8-076d-740be8cee98b"), "ATSVC"},             // [MS-TSCH] 1.9
    {guid_literal("3919286a-b10c-11d0-9ba8-00c04fd92ef5"), "DSSETUP"},           // [MS-DSSP] 1.9
    {guid_literal("12345678-1234-abcd-ef00-0123456789ab"), "WINSPOOL"},          // [MS-RPRN] 1.9
    {guid_literal("000001a0-0000-0000-c000-000000000046"), "ISystemActivator"},  // [MS-DCOM] 1.9
    {guid_literal("00000143-0000-0000-c000-000000000046"), "IRemUnknown2"},      // [MS-DCOM] 1.9
    {guid_literal("00000131-0000-0000-c000-000000000046"), "IRemUnknown"},       // [MS-DCOM] 1.9
    {guid_literal("99fcfec4-5260-101b-bbcb-00aa0021347a"), "IObjectExporter"},   // [MS-DCOM] 1.9
};

}  // namespace

std::string layer_of(const Guid& interface_id) {
  if (interface_id == epm::kEndpointMapper.id.uuid) return "EPM";
  if (interface_id == mgmt::kManagement.id.uuid) return "MGMT";
  if (const dcerpc::Interface* known = dcerpc::find_interface(interface_id)) return std::string(known->name);
  for (const Named& other : kOthers)
    if (other.uuid == interface_id) return std::string(other.name);
  return interface_id.is_null() ? "DCERPC" : interface_id.to_string();
}

std::string method_name(const dcerpc::Interface* known, u16 opnum) {
  const dcerpc::Method* method = known == nullptr ? nullptr : known->method(opnum);
  return method == nullptr ? fmt::format("opnum {}", opnum) : std::string(method->name);
}

}  // namespace ropewalk::dissect
