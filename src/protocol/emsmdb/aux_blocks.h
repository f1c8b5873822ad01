// What auxiliary blocks hold: [MS-OXCRPC] 2.2.2.2.1 to 2.2.2.2.23. Offsets in them count from the AUX_HEADER.
#pragma once

#include <optional>

#include "base/arena.h"
#include "base/guid.h"
#include "wire/struct_info.h"
#include "wire/values.h"

namespace ropewalk::emsmdb {

// Text that stands at an offset inside a block; what follows it belongs to others.
struct AuxText {
  static constexpr std::string_view kName = "AuxText";
  wire::String16 text;
  ByteView others;
  static void fields(auto& m, auto& v) {
    v("Text", m.text);
    v.rest("Others", m.others);
  }
};

// The texts of a block, whose fixed part (with the AUX_HEADER) takes `fixed` bytes.
struct AuxTextPart {
  ByteView bytes;
  std::size_t fixed;

  void show(std::string_view name, u16 offset, auto& v) const {
    if (offset < fixed || offset - fixed > bytes.size()) return;
    v.template inside<AuxText>(name, [&](Arena&) { return std::optional<ByteView>(bytes.subspan(offset - fixed)); });
  }
};

// [MS-OXCRPC] 2.2.2.2.1
struct AuxPerfRequestId {
  static constexpr std::string_view kName = "AUX_PERF_REQUESTID";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.1";
  u16 session_id{}, request_id{};
  static void fields(auto& m, auto& v) {
    v("SessionID", m.session_id);
    v("RequestID", m.request_id);
  }
};

// [MS-OXCRPC] 2.2.2.2.2
struct AuxPerfSessionInfo {
  static constexpr std::string_view kName = "AUX_PERF_SESSIONINFO";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.2";
  u16 session_id{}, reserved{};
  Guid session_guid;
  static void fields(auto& m, auto& v) {
    v("SessionID", m.session_id);
    v("Reserved", m.reserved);
    v("SessionGuid", m.session_guid);
  }
};

// [MS-OXCRPC] 2.2.2.2.3
struct AuxPerfSessionInfoV2 {
  static constexpr std::string_view kName = "AUX_PERF_SESSIONINFO_V2";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.3";
  u16 session_id{}, reserved{};
  Guid session_guid;
  u32 connection_id{};
  static void fields(auto& m, auto& v) {
    v("SessionID", m.session_id);
    v("Reserved", m.reserved);
    v("SessionGuid", m.session_guid);
    v("ConnectionID", m.connection_id);
  }
};

// [MS-OXCRPC] 2.2.2.2.4
struct AuxPerfClientInfo {
  static constexpr std::string_view kName = "AUX_PERF_CLIENTINFO";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.4";
  u32 adapter_speed{};
  u16 client_id{}, machine_name_offset{}, user_name_offset{}, client_ip_size{}, client_ip_offset{};
  u16 client_ip_mask_size{}, client_ip_mask_offset{}, adapter_name_offset{}, mac_address_size{}, mac_address_offset{};
  u16 client_mode{}, reserved{};
  ByteView data;  // MachineName, UserName, ClientIP, ClientIPMask, AdapterName, MacAddress, by their offsets
  static void fields(auto& m, auto& v) {
    v("AdapterSpeed", m.adapter_speed);
    v("ClientID", m.client_id);
    v("MachineNameOffset", m.machine_name_offset);
    v("UserNameOffset", m.user_name_offset);
    v("ClientIPSize", m.client_ip_size);
    v("ClientIPOffset", m.client_ip_offset);
    v("ClientIPMaskSize", m.client_ip_mask_size);
    v("ClientIPMaskOffset", m.client_ip_mask_offset);
    v("AdapterNameOffset", m.adapter_name_offset);
    v("MacAddressSize", m.mac_address_size);
    v("MacAddressOffset", m.mac_address_offset);
    v("ClientMode", m.client_mode);
    v("Reserved", m.reserved);
    v.rest("Data", m.data);
    AuxTextPart texts{m.data, 32};
    texts.show("MachineName", m.machine_name_offset, v);
    texts.show("UserName", m.user_name_offset, v);
    texts.show("AdapterName", m.adapter_name_offset, v);
  }
};

// [MS-OXCRPC] 2.2.2.2.5
struct AuxPerfServerInfo {
  static constexpr std::string_view kName = "AUX_PERF_SERVERINFO";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.5";
  u16 server_id{}, server_type{}, server_dn_offset{}, server_name_offset{};
  ByteView data;  // ServerDN, ServerName, by their offsets
  static void fields(auto& m, auto& v) {
    v("ServerID", m.server_id);
    v("ServerType", m.server_type);
    v("ServerDNOffset", m.server_dn_offset);
    v("ServerNameOffset", m.server_name_offset);
    v.rest("Data", m.data);
    AuxTextPart texts{m.data, 12};
    texts.show("ServerDN", m.server_dn_offset, v);
    texts.show("ServerName", m.server_name_offset, v);
  }
};

// [MS-OXCRPC] 2.2.2.2.6
struct AuxPerfProcessInfo {
  static constexpr std::string_view kName = "AUX_PERF_PROCESSINFO";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.6";
  u16 process_id{}, reserved_1{};
  Guid process_guid;
  u16 process_name_offset{}, reserved_2{};
  ByteView data;  // ProcessName, by its offset
  static void fields(auto& m, auto& v) {
    v("ProcessID", m.process_id);
    v("Reserved_1", m.reserved_1);
    v("ProcessGuid", m.process_guid);
    v("ProcessNameOffset", m.process_name_offset);
    v("Reserved_2", m.reserved_2);
    v.rest("Data", m.data);
    AuxTextPart{m.data, 28}.show("ProcessName", m.process_name_offset, v);
  }
};

// [MS-OXCRPC] 2.2.2.2.7
struct AuxPerfDefMdbSuccess {
  static constexpr std::string_view kName = "AUX_PERF_DEFMDB_SUCCESS";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.7";
  u32 time_since_request{}, time_to_complete_request{};
  u16 request_id{}, reserved{};
  static void fields(auto& m, auto& v) {
    v("TimeSinceRequest", m.time_since_request);
    v("TimeToCompleteRequest", m.time_to_complete_request);
    v("RequestID", m.request_id);
    v("Reserved", m.reserved);
  }
};

// [MS-OXCRPC] 2.2.2.2.8
struct AuxPerfDefGcSuccess {
  static constexpr std::string_view kName = "AUX_PERF_DEFGC_SUCCESS";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.8";
  u16 server_id{}, session_id{};
  u32 time_since_request{}, time_to_complete_request{};
  u8 request_operation{};
  std::array<u8, 3> reserved{};
  static void fields(auto& m, auto& v) {
    v("ServerID", m.server_id);
    v("SessionID", m.session_id);
    v("TimeSinceRequest", m.time_since_request);
    v("TimeToCompleteRequest", m.time_to_complete_request);
    v("RequestOperation", m.request_operation);
    v("Reserved", m.reserved);
  }
};

// [MS-OXCRPC] 2.2.2.2.9
struct AuxPerfMdbSuccess {
  static constexpr std::string_view kName = "AUX_PERF_MDB_SUCCESS";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.9";
  u16 client_id{}, server_id{}, session_id{}, request_id{};
  u32 time_since_request{}, time_to_complete_request{};
  static void fields(auto& m, auto& v) {
    v("ClientID", m.client_id);
    v("ServerID", m.server_id);
    v("SessionID", m.session_id);
    v("RequestID", m.request_id);
    v("TimeSinceRequest", m.time_since_request);
    v("TimeToCompleteRequest", m.time_to_complete_request);
  }
};

// [MS-OXCRPC] 2.2.2.2.10
struct AuxPerfMdbSuccessV2 {
  static constexpr std::string_view kName = "AUX_PERF_MDB_SUCCESS_V2";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.10";
  u16 process_id{}, client_id{}, server_id{}, session_id{}, request_id{}, reserved{};
  u32 time_since_request{}, time_to_complete_request{};
  static void fields(auto& m, auto& v) {
    v("ProcessID", m.process_id);
    v("ClientID", m.client_id);
    v("ServerID", m.server_id);
    v("SessionID", m.session_id);
    v("RequestID", m.request_id);
    v("Reserved", m.reserved);
    v("TimeSinceRequest", m.time_since_request);
    v("TimeToCompleteRequest", m.time_to_complete_request);
  }
};

// [MS-OXCRPC] 2.2.2.2.11
struct AuxPerfGcSuccess {
  static constexpr std::string_view kName = "AUX_PERF_GC_SUCCESS";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.11";
  u16 client_id{}, server_id{}, session_id{}, reserved_1{};
  u32 time_since_request{}, time_to_complete_request{};
  u8 request_operation{};
  std::array<u8, 3> reserved_2{};
  static void fields(auto& m, auto& v) {
    v("ClientID", m.client_id);
    v("ServerID", m.server_id);
    v("SessionID", m.session_id);
    v("Reserved_1", m.reserved_1);
    v("TimeSinceRequest", m.time_since_request);
    v("TimeToCompleteRequest", m.time_to_complete_request);
    v("RequestOperation", m.request_operation);
    v("Reserved_2", m.reserved_2);
  }
};

// [MS-OXCRPC] 2.2.2.2.12
struct AuxPerfGcSuccessV2 {
  static constexpr std::string_view kName = "AUX_PERF_GC_SUCCESS_V2";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.12";
  u16 process_id{}, client_id{}, server_id{}, session_id{};
  u32 time_since_request{}, time_to_complete_request{};
  u8 request_operation{};
  std::array<u8, 3> reserved{};
  static void fields(auto& m, auto& v) {
    v("ProcessID", m.process_id);
    v("ClientID", m.client_id);
    v("ServerID", m.server_id);
    v("SessionID", m.session_id);
    v("TimeSinceRequest", m.time_since_request);
    v("TimeToCompleteRequest", m.time_to_complete_request);
    v("RequestOperation", m.request_operation);
    v("Reserved", m.reserved);
  }
};

// [MS-OXCRPC] 2.2.2.2.13
struct AuxPerfFailure {
  static constexpr std::string_view kName = "AUX_PERF_FAILURE";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.13";
  u16 client_id{}, server_id{}, session_id{}, request_id{};
  u32 time_since_request{}, time_to_fail_request{}, result_code{};
  u8 request_operation{};
  std::array<u8, 3> reserved{};
  static void fields(auto& m, auto& v) {
    v("ClientID", m.client_id);
    v("ServerID", m.server_id);
    v("SessionID", m.session_id);
    v("RequestID", m.request_id);
    v("TimeSinceRequest", m.time_since_request);
    v("TimeToFailRequest", m.time_to_fail_request);
    v("ResultCode", m.result_code);
    v("RequestOperation", m.request_operation);
    v("Reserved", m.reserved);
  }
};

// [MS-OXCRPC] 2.2.2.2.14
struct AuxPerfFailureV2 {
  static constexpr std::string_view kName = "AUX_PERF_FAILURE_V2";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.14";
  u16 process_id{}, client_id{}, server_id{}, session_id{}, request_id{}, reserved_1{};
  u32 time_since_request{}, time_to_fail_request{}, result_code{};
  u8 request_operation{};
  std::array<u8, 3> reserved_2{};
  static void fields(auto& m, auto& v) {
    v("ProcessID", m.process_id);
    v("ClientID", m.client_id);
    v("ServerID", m.server_id);
    v("SessionID", m.session_id);
    v("RequestID", m.request_id);
    v("Reserved_1", m.reserved_1);
    v("TimeSinceRequest", m.time_since_request);
    v("TimeToFailRequest", m.time_to_fail_request);
    v("ResultCode", m.result_code);
    v("RequestOperation", m.request_operation);
    v("Reserved_2", m.reserved_2);
  }
};

// [MS-OXCRPC] 2.2.2.2.15
struct AuxClientControl {
  static constexpr std::string_view kName = "AUX_CLIENT_CONTROL";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.15";
  u32 enable_flags{}, expiry_time{};
  static void fields(auto& m, auto& v) {
    v("EnableFlags", m.enable_flags);
    v("ExpiryTime", m.expiry_time);
  }
};

// [MS-OXCRPC] 2.2.2.2.16
struct AuxOsVersionInfo {
  static constexpr std::string_view kName = "AUX_OSVERSIONINFO";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.16";
  u32 os_version_info_size{}, major_version{}, minor_version{}, build_number{};
  std::array<u8, 132> reserved1{};
  u16 service_pack_major{}, service_pack_minor{};
  u32 reserved2{};
  static void fields(auto& m, auto& v) {
    v("OSVersionInfoSize", m.os_version_info_size);
    v("MajorVersion", m.major_version);
    v("MinorVersion", m.minor_version);
    v("BuildNumber", m.build_number);
    v("Reserved1", m.reserved1);
    v("ServicePackMajor", m.service_pack_major);
    v("ServicePackMinor", m.service_pack_minor);
    v("Reserved2", m.reserved2);
  }
};

// [MS-OXCRPC] 2.2.2.2.17. OrgFlags 0x1: PUBLIC_FOLDERS_ENABLED, 0x2: USE_AUTODISCOVER_FOR_PUBLIC_FOLDER_CONFIGURATION.
struct AuxExOrgInfo {
  static constexpr std::string_view kName = "AUX_EXORGINFO";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.17";
  u32 org_flags{};
  static void fields(auto& m, auto& v) { v("OrgFlags", m.org_flags); }
};

// [MS-OXCRPC] 2.2.2.2.18
struct AuxPerfAccountInfo {
  static constexpr std::string_view kName = "AUX_PERF_ACCOUNTINFO";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.18";
  u16 client_id{}, reserved{};
  Guid account;
  static void fields(auto& m, auto& v) {
    v("ClientID", m.client_id);
    v("Reserved", m.reserved);
    v("Account", m.account);
  }
};

// [MS-OXCRPC] 2.2.2.2.19. 0x1: CAP_PACKED_FAST_TRANSFER_UPLOAD_BUFFERS, 0x2: CAP_PACKED_WRITESTREAM_UPLOAD_BUFFERS.
struct AuxServerCapabilities {
  static constexpr std::string_view kName = "AUX_SERVER_CAPABILITIES";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.19";
  u32 server_capability_flags{};
  static void fields(auto& m, auto& v) { v("ServerCapabilityFlags", m.server_capability_flags); }
};

// [MS-OXCRPC] 2.2.2.2.20. 0x1: ENDPOINT_CAPABILITIES_SINGLE_ENDPOINT.
struct AuxEndpointCapabilities {
  static constexpr std::string_view kName = "AUX_ENDPOINT_CAPABILITIES";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.20";
  u32 endpoint_capability_flag{};
  static void fields(auto& m, auto& v) { v("EndpointCapabilityFlag", m.endpoint_capability_flag); }
};

// [MS-OXCRPC] 2.2.2.2.21
struct AuxClientConnectionInfo {
  static constexpr std::string_view kName = "AUX_CLIENT_CONNECTION_INFO";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.21";
  Guid connection_guid;
  u16 offset_connection_context_info{}, reserved{};
  u32 connection_attempts{}, connection_flags{};
  ByteView data;  // ConnectionContextInfo, by its offset
  static void fields(auto& m, auto& v) {
    v("ConnectionGUID", m.connection_guid);
    v("OffsetConnectionContextInfo", m.offset_connection_context_info);
    v("Reserved", m.reserved);
    v("ConnectionAttempts", m.connection_attempts);
    v("ConnectionFlags", m.connection_flags);
    v.rest("Data", m.data);
    AuxTextPart{m.data, 32}.show("ConnectionContextInfo", m.offset_connection_context_info, v);
  }
};

// [MS-OXCRPC] 2.2.2.2.22
struct AuxServerSessionInfo {
  static constexpr std::string_view kName = "AUX_SERVER_SESSION_INFO";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.22";
  u16 offset_server_session_context_info{};
  ByteView data;  // ServerSessionContextInfo, by its offset
  static void fields(auto& m, auto& v) {
    v("OffsetServerSessionContextInfo", m.offset_server_session_context_info);
    v.rest("Data", m.data);
    AuxTextPart{m.data, 6}.show("ServerSessionContextInfo", m.offset_server_session_context_info, v);
  }
};

// [MS-OXCRPC] 2.2.2.2.23
struct AuxProtocolDeviceIdentification {
  static constexpr std::string_view kName = "AUX_PROTOCOL_DEVICE_IDENTIFICATION";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 2.2.2.2.23";
  u16 device_manufacturer_offset{}, device_model_offset{}, device_serial_number_offset{}, device_version_offset{};
  u16 device_firmware_version_offset{};
  ByteView data;  // the five texts, by their offsets
  static void fields(auto& m, auto& v) {
    v("DeviceManufacturerOffset", m.device_manufacturer_offset);
    v("DeviceModelOffset", m.device_model_offset);
    v("DeviceSerialNumberOffset", m.device_serial_number_offset);
    v("DeviceVersionOffset", m.device_version_offset);
    v("DeviceFirmwareVersionOffset", m.device_firmware_version_offset);
    v.rest("Data", m.data);
    AuxTextPart texts{m.data, 14};
    texts.show("DeviceManufacturer", m.device_manufacturer_offset, v);
    texts.show("DeviceModel", m.device_model_offset, v);
    texts.show("DeviceSerialNumber", m.device_serial_number_offset, v);
    texts.show("DeviceVersion", m.device_version_offset, v);
    texts.show("DeviceFirmwareVersion", m.device_firmware_version_offset, v);
  }
};

}  // namespace ropewalk::emsmdb
