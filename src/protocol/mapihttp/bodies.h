// Request and response bodies of the mailbox endpoint: [MS-OXCMAPIHTTP] 2.2.4. PING has none, neither way. A response
// whose StatusCode is not 0 is the failure form: the auxiliary buffer alone follows.
#pragma once

#include "mapi/error_code.h"
#include "mapi/value.h"
#include "protocol/emsmdb/aux_block.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "wire/values.h"

namespace ropewalk::mapihttp {

// For trees: the ROP buffers inside the extended buffers of Execute.
extern const emsmdb::PayloadIs kRopInput, kRopOutput;

namespace detail {

// A buffer behind its 32-bit size. A tree shows the extended buffers inside, and what they hold.
void buffer_fields(std::string_view size_name, std::string_view name, const emsmdb::PayloadIs& payload, auto& bytes,
                   auto& v) {
  v(size_name, wire::count_of<u32>(bytes));
  v(name, bytes);
  if (bytes.empty()) return;
  v.with(payload, [&] {
    v.template inside<emsmdb::ExtendedBuffers>("Opened", [&](Arena&) { return std::optional<ByteView>(bytes); });
  });
}

void auxiliary_fields(auto& bytes, auto& v) {
  static constexpr emsmdb::PayloadIs kBlocks{&wire::struct_info<emsmdb::AuxBuffer>};
  buffer_fields("AuxiliaryBufferSize", "AuxiliaryBuffer", kBlocks, bytes, v);
}

}  // namespace detail

// [MS-OXCMAPIHTTP] 2.2.4.1.1
struct ConnectRequest {
  static constexpr std::string_view kName = "ConnectRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.4.1.1";
  wire::String8 user_dn;
  u32 flags{}, default_code_page{}, lcid_sort{}, lcid_string{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("UserDn", m.user_dn);
    v("Flags", m.flags);
    v("DefaultCodePage", m.default_code_page);
    v("LcidSort", m.lcid_sort);
    v("LcidString", m.lcid_string);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.4.1.2 and 2.2.4.1.3
struct ConnectResponse {
  static constexpr std::string_view kName = "ConnectResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.4.1.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  u32 polls_max{}, retry_count{}, retry_delay{};  // milliseconds, times, milliseconds
  wire::String8 dn_prefix;
  wire::String16 display_name;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("StatusCode", m.status_code);
    if (m.status_code == 0) {
      v("ErrorCode", m.error_code);
      v("PollsMax", m.polls_max);
      v("RetryCount", m.retry_count);
      v("RetryDelay", m.retry_delay);
      v("DnPrefix", m.dn_prefix);
      v("DisplayName", m.display_name);
    }
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// Flags of Execute: how the response's buffer is to be packed ([MS-OXCRPC] 3.1.4.2 pulFlags).
inline constexpr u32 kExecuteNoCompression = 0x00000001, kExecuteNoXorMagic = 0x00000002, kExecuteChain = 0x00000004;

// [MS-OXCMAPIHTTP] 2.2.4.2.1
struct ExecuteRequest {
  static constexpr std::string_view kName = "ExecuteRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.4.2.1";
  u32 flags{};
  ByteView rop_buffer;  // extended buffers back to back
  u32 max_rop_out{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    detail::buffer_fields("RopBufferSize", "RopBuffer", kRopInput, m.rop_buffer, v);
    v("MaxRopOut", m.max_rop_out);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.4.2.2 and 2.2.4.2.3
struct ExecuteResponse {
  static constexpr std::string_view kName = "ExecuteResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.4.2.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  u32 flags{};
  ByteView rop_buffer;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("StatusCode", m.status_code);
    if (m.status_code == 0) {
      v("ErrorCode", m.error_code);
      v("Flags", m.flags);
      detail::buffer_fields("RopBufferSize", "RopBuffer", kRopOutput, m.rop_buffer, v);
    }
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.4.3.1
struct DisconnectRequest {
  static constexpr std::string_view kName = "DisconnectRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.4.3.1";
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) { detail::auxiliary_fields(m.auxiliary_buffer, v); }
};

// [MS-OXCMAPIHTTP] 2.2.4.3.2 and 2.2.4.3.3
struct DisconnectResponse {
  static constexpr std::string_view kName = "DisconnectResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.4.3.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("StatusCode", m.status_code);
    if (m.status_code == 0) v("ErrorCode", m.error_code);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.4.4.1
struct NotificationWaitRequest {
  static constexpr std::string_view kName = "NotificationWaitRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.4.4.1";
  u32 flags{};  // reserved
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.4.4.2 and 2.2.4.4.3
struct NotificationWaitResponse {
  static constexpr std::string_view kName = "NotificationWaitResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.4.4.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  u32 event_pending{};  // 1: fetch the notifications by Execute
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("StatusCode", m.status_code);
    if (m.status_code == 0) {
      v("ErrorCode", m.error_code);
      v("EventPending", m.event_pending);
    }
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

}  // namespace ropewalk::mapihttp
