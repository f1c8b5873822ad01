#include "protocol/epm/methods.h"
#include "wire/describe.h"

namespace ropewalk::epm {
namespace {

using wire::struct_info;

constexpr dcerpc::Method kMethods[] = {
    {0, "ept_insert", "[C706] appendix O"},
    {1, "ept_delete", "[C706] appendix O"},
    {2, "ept_lookup", LookupIn::kSource, &struct_info<LookupIn>, &struct_info<LookupOut>},
    {3, "ept_map", MapIn::kSource, &struct_info<MapIn>, &struct_info<MapOut>},
    {4, "ept_lookup_handle_free", LookupHandleFreeIn::kSource, &struct_info<LookupHandleFreeIn>,
     &struct_info<LookupHandleFreeOut>},
    {5, "ept_inq_object", "[C706] appendix O"},
    {6, "ept_mgmt_delete", "[C706] appendix O"},
};

}  // namespace

constexpr dcerpc::Interface kEndpointMapper{
    "epmapper", dcerpc::syntax(guid_literal("e1af8308-5d1f-11c9-91a4-08002b14a0fa"), 3), kMethods};

}  // namespace ropewalk::epm
