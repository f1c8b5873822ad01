// Status codes that travel in fault PDUs: [C706] appendix E, [MS-RPCE] 3.3.3.5, [MS-ERREF] 2.2.
#pragma once

#include "base/types.h"

namespace ropewalk::dcerpc {

inline constexpr u32 kAccessDenied = 0x00000005;           // ERROR_ACCESS_DENIED
inline constexpr u32 kBadStubData = 0x000006F7;            // RPC_X_BAD_STUB_DATA
inline constexpr u32 kSecurityPackageError = 0x00000721;   // RPC_S_SEC_PKG_ERROR
inline constexpr u32 kCannotPerform = 0x000006D8;          // EPT_S_CANT_PERFORM_OP
inline constexpr u32 kOutOfResources = 0x000006D9;         // EPT_S_CANT_CREATE, "not enough resources"
inline constexpr u32 kFaultCancel = 0x1C00000D;            // nca_s_fault_cancel
inline constexpr u32 kContextMismatch = 0x1C00001A;        // nca_s_fault_context_mismatch
inline constexpr u32 kInvalidContextId = 0x1C00001C;       // nca_s_invalid_pres_context_id
inline constexpr u32 kUnsupportedAuthnLevel = 0x1C00001D;  // nca_s_unsupported_authn_level
inline constexpr u32 kOpnumOutOfRange = 0x1C010002;        // nca_s_op_rng_error
inline constexpr u32 kUnknownInterface = 0x1C010003;       // nca_s_unk_if
inline constexpr u32 kProtocolError = 0x1C01000B;          // nca_s_proto_error
inline constexpr u32 kOutArgsTooBig = 0x1C010013;          // nca_s_out_args_too_big
inline constexpr u32 kServerTooBusy = 0x1C010014;          // nca_s_server_too_busy
inline constexpr u32 kUnsupportedType = 0x1C010017;        // nca_s_unsupported_type

// "nca_s_op_rng_error"; empty where there is no name.
std::string_view fault_name(u32 status);
// The same, or the number: "0x1C01FFFF".
std::string fault_text(u32 status);

}  // namespace ropewalk::dcerpc
