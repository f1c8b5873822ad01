// The parameters of the methods of EMSMDB and AsyncEMSMDB: [MS-OXCRPC] 3.1.4 and 3.3.4. Opnums 0 and 2 are what clients
// called before Exchange 2003; the document keeps their numbers reserved.
#pragma once

#include "mapi/error_code.h"
#include "protocol/dcerpc/interface.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/ndr/ndr.h"

namespace ropewalk::emsmdb {

extern const dcerpc::Interface kEmsmdb, kAsyncEmsmdb;

// SMALL_RANGE_ULONG and BIG_RANGE_ULONG: [MS-OXCRPC] 2.2.1.1
inline constexpr u32 kSmallRange = 0x1008, kBigRange = 0x40000;

namespace detail {

// For trees: the extended buffers in `bytes`, opened.
void show_buffers(const PayloadIs& payload, auto& bytes, auto& n) {
  if (bytes.empty()) return;
  n.v().with(payload, [&] {
    n.v().template inside<ExtendedBuffers>("Opened", [&](Arena&) { return std::optional<ByteView>(bytes); });
  });
}
inline constexpr PayloadIs kAuxBlocks{&wire::struct_info<AuxBuffer>};

// For trees: the ROP buffer that EcDoRpc carries with every byte XORed with 0xA5.
ByteView without_magic(ByteView bytes, Arena& arena);
extern const wire::StructInfo& kLegacyRopInput;
extern const wire::StructInfo& kLegacyRopOutput;

}  // namespace detail

// Three numbers: [MS-OXCRPC] 3.1.4.1.3.1
using Version = ndr::Fixed<u16, 3>;

// What EcDoConnect and EcDoConnectEx have in common.
struct ConnectIn {
  ndr::String user_dn;
  u32 flags{}, connection_modulus{}, limit{}, code_page{}, lcid_string{}, lcid_sort{};
  u32 session_to_link = 0xFFFFFFFF;
  u16 can_convert_code_pages = 1;
  Version client_version;
  u32 time_stamp{};
  static void common(auto& m, auto& n) {
    n("szUserDN", m.user_dn);
    n("ulFlags", m.flags);
    n("ulConMod", m.connection_modulus);
    n("cbLimit", m.limit);
    n("ulCpid", m.code_page);
    n("ulLcidString", m.lcid_string);
    n("ulLcidSort", m.lcid_sort);
    n("ulIcxrLink", m.session_to_link);
    n("usFCanConvertCodePages", m.can_convert_code_pages);
    n("rgwClientVersion", m.client_version);
    n("pulTimeStamp", m.time_stamp);
  }
};
struct ConnectOut {
  ndr::ContextHandle handle;
  u32 polls_max{}, retry_count{}, retry_delay{};  // milliseconds, times, milliseconds
  u16 session{};
  ndr::Pointer<ndr::String> dn_prefix, display_name;
  Version server_version, best_version;
  u32 time_stamp{};
  static void common(auto& m, auto& n) {
    n("pcxh", m.handle);
    n("pcmsPollsMax", m.polls_max);
    n("pcRetry", m.retry_count);
    n("pcmsRetryDelay", m.retry_delay);
    n("picxr", m.session);
    n("szDNPrefix", m.dn_prefix);
    n("szDisplayName", m.display_name);
    n("rgwServerVersion", m.server_version);
    n("rgwBestVersion", m.best_version);
    n("pulTimeStamp", m.time_stamp);
  }
};

// Opnum 0
struct EcDoConnectIn : ConnectIn {
  static constexpr std::string_view kName = "EcDoConnect-in";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4 (Opnum0NotUsedOnWire)";
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    common(m, n);
  }
};
struct EcDoConnectOut : ConnectOut {
  static constexpr std::string_view kName = "EcDoConnect-out";
  static constexpr std::string_view kSource = EcDoConnectIn::kSource;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    common(m, n);
    n("return", m.return_value);
  }
};

// A session context handle in and out, and nothing else: EcDoDisconnect, opnum 1.
struct EcDoDisconnectIn {
  static constexpr std::string_view kName = "EcDoDisconnect-in";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.3";
  ndr::ContextHandle handle;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pcxh", m.handle);
  }
};
struct EcDoDisconnectOut {
  static constexpr std::string_view kName = "EcDoDisconnect-out";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.3";
  ndr::ContextHandle handle;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pcxh", m.handle);
    n("return", m.return_value);
  }
};

// Opnum 2: one ROP buffer, every byte XORed with 0xA5.
struct EcDoRpcIn {
  static constexpr std::string_view kName = "EcDoRpc-in";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4 (Opnum2NotUsedOnWire)";
  ndr::ContextHandle handle;
  ndr::VaryingBytes rgb;
  u16 max{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pcxh", m.handle);
    n("rgb", m.rgb);
    v.inside("Opened", detail::kLegacyRopInput,
             [&](Arena& arena) { return std::optional<ByteView>(detail::without_magic(m.rgb.bytes, arena)); });
    n.length_of("pcb", u16{}, m.rgb.size());
    n("cbMax", m.max);
  }
};
struct EcDoRpcOut {
  static constexpr std::string_view kName = "EcDoRpc-out";
  static constexpr std::string_view kSource = EcDoRpcIn::kSource;
  ndr::ContextHandle handle;
  ndr::VaryingBytes rgb;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pcxh", m.handle);
    n("rgb", m.rgb);
    v.inside("Opened", detail::kLegacyRopOutput,
             [&](Arena& arena) { return std::optional<ByteView>(detail::without_magic(m.rgb.bytes, arena)); });
    n.length_of("pcb", u16{}, m.rgb.size());
    n("return", m.return_value);
  }
};

// Opnum 4
struct EcRRegisterPushNotificationIn {
  static constexpr std::string_view kName = "EcRRegisterPushNotification-in";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.5";
  ndr::ContextHandle handle;
  u32 rpc{};
  ndr::Bytes context;
  u32 advise_bits{};
  ndr::Bytes callback_address;  // a SOCKADDR
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pcxh", m.handle);
    n("iRpc", m.rpc);
    n("rgbContext", m.context);
    n.length_of("cbContext", u16{}, m.context.size());
    n("grbitAdviseBits", m.advise_bits);
    n("rgbCallbackAddress", m.callback_address);
    n.length_of("cbCallbackAddress", u16{}, m.callback_address.size());
  }
};
struct EcRRegisterPushNotificationOut {
  static constexpr std::string_view kName = "EcRRegisterPushNotification-out";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.5";
  ndr::ContextHandle handle;
  u32 notification{};
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pcxh", m.handle);
    n("hNotification", m.notification);
    n("return", m.return_value);
  }
};

// Opnum 6
struct EcDummyRpcIn {
  static constexpr std::string_view kName = "EcDummyRpc-in";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.6";
  static void fields(auto&, auto&) {}
};
struct EcDummyRpcOut {
  static constexpr std::string_view kName = "EcDummyRpc-out";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.6";
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("return", m.return_value);
  }
};

// Opnum 10
struct EcDoConnectExIn : ConnectIn {
  static constexpr std::string_view kName = "EcDoConnectEx-in";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.1";
  ndr::Bytes aux_in;
  u32 aux_out_size{};  // at most kSmallRange
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    common(m, n);
    n("rgbAuxIn", m.aux_in);
    detail::show_buffers(detail::kAuxBlocks, m.aux_in.bytes, n);
    n.length_of("cbAuxIn", u32{}, m.aux_in.size());
    n("pcbAuxOut", m.aux_out_size);
    n.range(m.aux_out_size, 0, kSmallRange);
  }
};
struct EcDoConnectExOut : ConnectOut {
  static constexpr std::string_view kName = "EcDoConnectEx-out";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.1";
  ndr::VaryingBytes aux_out;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    common(m, n);
    n("rgbAuxOut", m.aux_out);
    detail::show_buffers(detail::kAuxBlocks, m.aux_out.bytes, n);
    n.length_of("pcbAuxOut", u32{}, m.aux_out.size());
    n("return", m.return_value);
  }
};

// Opnum 11
struct EcDoRpcExt2In {
  static constexpr std::string_view kName = "EcDoRpcExt2-in";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.2";
  ndr::ContextHandle handle;
  u32 flags{};
  ndr::Bytes in;
  u32 out_size{};  // at most kBigRange
  ndr::Bytes aux_in;
  u32 aux_out_size{};  // at most kSmallRange
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pcxh", m.handle);
    n("pulFlags", m.flags);
    n("rgbIn", m.in);
    detail::show_buffers(mapihttp::kRopInput, m.in.bytes, n);
    n.length_of("cbIn", u32{}, m.in.size());
    n("pcbOut", m.out_size);
    n.range(m.out_size, 0, kBigRange);
    n("rgbAuxIn", m.aux_in);
    detail::show_buffers(detail::kAuxBlocks, m.aux_in.bytes, n);
    n.length_of("cbAuxIn", u32{}, m.aux_in.size());
    n("pcbAuxOut", m.aux_out_size);
    n.range(m.aux_out_size, 0, kSmallRange);
  }
};
struct EcDoRpcExt2Out {
  static constexpr std::string_view kName = "EcDoRpcExt2-out";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.2";
  ndr::ContextHandle handle;
  u32 flags{};
  ndr::VaryingBytes out, aux_out;
  u32 trans_time{};  // milliseconds
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pcxh", m.handle);
    n("pulFlags", m.flags);
    n("rgbOut", m.out);
    detail::show_buffers(mapihttp::kRopOutput, m.out.bytes, n);
    n.length_of("pcbOut", u32{}, m.out.size());
    n("rgbAuxOut", m.aux_out);
    detail::show_buffers(detail::kAuxBlocks, m.aux_out.bytes, n);
    n.length_of("pcbAuxOut", u32{}, m.aux_out.size());
    n("pulTransTime", m.trans_time);
    n("return", m.return_value);
  }
};

// Opnum 14
struct EcDoAsyncConnectExIn {
  static constexpr std::string_view kName = "EcDoAsyncConnectEx-in";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.4";
  ndr::ContextHandle handle;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("cxh", m.handle);
  }
};
struct EcDoAsyncConnectExOut {
  static constexpr std::string_view kName = "EcDoAsyncConnectEx-out";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.1.4.4";
  ndr::ContextHandle async_handle;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pacxh", m.async_handle);
    n("return", m.return_value);
  }
};

// AsyncEMSMDB, opnum 0
struct EcDoAsyncWaitExIn {
  static constexpr std::string_view kName = "EcDoAsyncWaitEx-in";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.3.4.1";
  ndr::ContextHandle async_handle;
  u32 flags{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("acxh", m.async_handle);
    n("ulFlagsIn", m.flags);
  }
};
struct EcDoAsyncWaitExOut {
  static constexpr std::string_view kName = "EcDoAsyncWaitEx-out";
  static constexpr std::string_view kSource = "[MS-OXCRPC] 3.3.4.1";
  static constexpr u32 kNotificationPending = 0x00000001;
  u32 flags{};
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pulFlagsOut", m.flags);
    n("return", m.return_value);
  }
};

}  // namespace ropewalk::emsmdb
