#include "protocol/emsmdb/aux_block.h"

namespace ropewalk::emsmdb {
namespace {

using wire::struct_info;

// [MS-OXCRPC] 2.2.2.2; FG and BG are the client's foreground and background requests.
constexpr AuxType kTypes[] = {
    {1, 0x01, "AUX_TYPE_PERF_REQUESTID", &struct_info<AuxPerfRequestId>},
    {1, 0x02, "AUX_TYPE_PERF_CLIENTINFO", &struct_info<AuxPerfClientInfo>},
    {1, 0x03, "AUX_TYPE_PERF_SERVERINFO", &struct_info<AuxPerfServerInfo>},
    {1, 0x04, "AUX_TYPE_PERF_SESSIONINFO", &struct_info<AuxPerfSessionInfo>},
    {1, 0x05, "AUX_TYPE_PERF_DEFMDB_SUCCESS", &struct_info<AuxPerfDefMdbSuccess>},
    {1, 0x06, "AUX_TYPE_PERF_DEFGC_SUCCESS", &struct_info<AuxPerfDefGcSuccess>},
    {1, 0x07, "AUX_TYPE_PERF_MDB_SUCCESS", &struct_info<AuxPerfMdbSuccess>},
    {1, 0x08, "AUX_TYPE_PERF_GC_SUCCESS", &struct_info<AuxPerfGcSuccess>},
    {1, 0x09, "AUX_TYPE_PERF_FAILURE", &struct_info<AuxPerfFailure>},
    {1, 0x0A, "AUX_TYPE_CLIENT_CONTROL", &struct_info<AuxClientControl>},
    {1, 0x0B, "AUX_TYPE_PERF_PROCESSINFO", &struct_info<AuxPerfProcessInfo>},
    {1, 0x0C, "AUX_TYPE_PERF_BG_DEFMDB_SUCCESS", &struct_info<AuxPerfDefMdbSuccess>},
    {1, 0x0D, "AUX_TYPE_PERF_BG_DEFGC_SUCCESS", &struct_info<AuxPerfDefGcSuccess>},
    {1, 0x0E, "AUX_TYPE_PERF_BG_MDB_SUCCESS", &struct_info<AuxPerfMdbSuccess>},
    {1, 0x0F, "AUX_TYPE_PERF_BG_GC_SUCCESS", &struct_info<AuxPerfGcSuccess>},
    {1, 0x10, "AUX_TYPE_PERF_BG_FAILURE", &struct_info<AuxPerfFailure>},
    {1, 0x11, "AUX_TYPE_PERF_FG_DEFMDB_SUCCESS", &struct_info<AuxPerfDefMdbSuccess>},
    {1, 0x12, "AUX_TYPE_PERF_FG_DEFGC_SUCCESS", &struct_info<AuxPerfDefGcSuccess>},
    {1, 0x13, "AUX_TYPE_PERF_FG_MDB_SUCCESS", &struct_info<AuxPerfMdbSuccess>},
    {1, 0x14, "AUX_TYPE_PERF_FG_GC_SUCCESS", &struct_info<AuxPerfGcSuccess>},
    {1, 0x15, "AUX_TYPE_PERF_FG_FAILURE", &struct_info<AuxPerfFailure>},
    {1, 0x16, "AUX_TYPE_OSVERSIONINFO", &struct_info<AuxOsVersionInfo>},
    {1, 0x17, "AUX_TYPE_EXORGINFO", &struct_info<AuxExOrgInfo>},
    {1, 0x18, "AUX_TYPE_PERF_ACCOUNTINFO", &struct_info<AuxPerfAccountInfo>},
    {1, 0x46, "AUX_TYPE_SERVER_CAPABILITIES", &struct_info<AuxServerCapabilities>},
    {1, 0x48, "AUX_TYPE_ENDPOINT_CAPABILITIES", &struct_info<AuxEndpointCapabilities>},
    {1, 0x4A, "AUX_CLIENT_CONNECTION_INFO", &struct_info<AuxClientConnectionInfo>},
    {1, 0x4B, "AUX_SERVER_SESSION_INFO", &struct_info<AuxServerSessionInfo>},
    {1, 0x4E, "AUX_PROTOCOL_DEVICE_IDENTIFICATION", &struct_info<AuxProtocolDeviceIdentification>},
    {2, 0x04, "AUX_TYPE_PERF_SESSIONINFO", &struct_info<AuxPerfSessionInfoV2>},
    {2, 0x07, "AUX_TYPE_PERF_MDB_SUCCESS", &struct_info<AuxPerfMdbSuccessV2>},
    {2, 0x08, "AUX_TYPE_PERF_GC_SUCCESS", &struct_info<AuxPerfGcSuccessV2>},
    {2, 0x09, "AUX_TYPE_PERF_FAILURE", &struct_info<AuxPerfFailureV2>},
    {2, 0x0B, "AUX_TYPE_PERF_PROCESSINFO", &struct_info<AuxPerfProcessInfo>},
    {2, 0x0E, "AUX_TYPE_PERF_BG_MDB_SUCCESS", &struct_info<AuxPerfMdbSuccessV2>},
    {2, 0x0F, "AUX_TYPE_PERF_BG_GC_SUCCESS", &struct_info<AuxPerfGcSuccessV2>},
    {2, 0x10, "AUX_TYPE_PERF_BG_FAILURE", &struct_info<AuxPerfFailureV2>},
    {2, 0x13, "AUX_TYPE_PERF_FG_MDB_SUCCESS", &struct_info<AuxPerfMdbSuccessV2>},
    {2, 0x14, "AUX_TYPE_PERF_FG_GC_SUCCESS", &struct_info<AuxPerfGcSuccessV2>},
    {2, 0x15, "AUX_TYPE_PERF_FG_FAILURE", &struct_info<AuxPerfFailureV2>},
};

}  // namespace

std::span<const AuxType> aux_types() { return kTypes; }

const AuxType* find_aux_type(u8 version, u8 type) {
  for (const AuxType& known : kTypes)
    if (known.version == version && known.type == type) return &known;
  return nullptr;
}

const wire::TypeInfo& wire_type(std::type_identity<AuxTypeCode>) {
  static constexpr wire::TypeInfo info{"AUX_HEADER.Type", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) {
                                         if (auto* known = find_aux_type(1, static_cast<u8>(raw))) out += known->name;
                                       }};
  return info;
}

}  // namespace ropewalk::emsmdb
