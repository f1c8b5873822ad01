// [MS-OXCROPS] 2.2.15: ROPs about the exchange of ROPs itself.
#pragma once

#include "protocol/rop/registry.h"

namespace ropewalk::rop {

// Frees a Server object. Nobody answers it.
struct ReleaseRequest : Request<RopId::release> {
  static constexpr std::string_view kName = "RopReleaseRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.15.3.1";

  static void fields(auto& m, auto& v) { header(m, v); }
};

// The rest of the input buffer did not fit into the output buffer and was not executed.
struct BufferTooSmallResponse {
  static constexpr std::string_view kName = "RopBufferTooSmallResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.15.1.1";
  static constexpr RopId kRop = RopId::buffer_too_small;
  RopIdOf<kRop> rop_id;
  u16 size_needed{};
  ByteView request_buffers;  // the requests that were not executed

  static void fields(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("SizeNeeded", m.size_needed);
    v.rest("RequestBuffers", m.request_buffers);
  }
};

struct BackoffRop {
  static constexpr std::string_view kName = "BackoffRop";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.15.2.1.1";
  RopId rop_id_backoff{};
  u32 duration{};  // milliseconds

  static void fields(auto& m, auto& v) {
    v("RopIdBackoff", m.rop_id_backoff);
    v("Duration", m.duration);
  }
};

// The server is busy and names what the client must not send for a while.
struct BackoffResponse {
  static constexpr std::string_view kName = "RopBackoffResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.15.2.1";
  static constexpr RopId kRop = RopId::backoff;
  RopIdOf<kRop> rop_id;
  u8 logon_id{};
  u32 duration{};  // milliseconds, for the whole logon; 0 where backoff_rop_data says it per ROP
  wire::List<BackoffRop> backoff_rop_data;
  ByteView additional_data;

  static void fields(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("LogonId", m.logon_id);
    v("Duration", m.duration);
    v("BackoffRopCount", wire::count_of<u8>(m.backoff_rop_data));
    v("BackoffRopData", m.backoff_rop_data);
    v("AdditionalDataSize", wire::count_of<u16>(m.additional_data));
    v("AdditionalData", m.additional_data);
  }
};

std::span<const RopRow> control_rops();

}  // namespace ropewalk::rop
