// [MS-OXCROPS] 2.2.9: stream ROPs. What they do: [MS-OXCPRPT] 2.2.14 - 2.2.27.
#pragma once

#include "protocol/rop/context.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

struct OpenStreamRequest : OpeningRequest<RopId::open_stream> {
  static constexpr std::string_view kName = "RopOpenStreamRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.1.1";
  mapi::PropTag property_tag;
  u8 open_mode_flags{};  // [MS-OXCPRPT] 2.2.14.1: 0 read, 1 read and write, 2 create

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("PropertyTag", m.property_tag);
    v("OpenModeFlags", m.open_mode_flags);
  }
};

struct OpenStreamResponse : OpeningResponse<RopId::open_stream> {
  static constexpr std::string_view kName = "RopOpenStreamResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.1.2, 2.2.9.1.3";
  u32 stream_size{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("StreamSize", m.stream_size);
  }
};

// ByteCount that sends the reader to MaximumByteCount.
inline constexpr u16 kByteCountExtended = 0xBABE;

struct ReadStreamRequest : Request<RopId::read_stream> {
  static constexpr std::string_view kName = "RopReadStreamRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.2.1";
  u16 byte_count{};
  u32 maximum_byte_count{};  // where byte_count is kByteCountExtended

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("ByteCount", m.byte_count);
    if (m.byte_count == kByteCountExtended) v("MaximumByteCount", m.maximum_byte_count);
  }
};

// One form for success and failure.
struct ReadStreamResponse : Response<RopId::read_stream> {
  static constexpr std::string_view kName = "RopReadStreamResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.2.2";
  ByteView data;

  static void fields(auto& m, auto& v) {
    header(m, v);
    sized_bytes("DataSize", "Data", m.data, v);
  }
};

template <RopId id>
struct WritingRequest : Request<id> {
  ByteView data;

  static void fields(auto& m, auto& v) {
    Request<id>::header(m, v);
    sized_bytes("DataSize", "Data", m.data, v);
  }
};

// One form for success and failure. Size: how wide WrittenSize is.
template <RopId id, class Size>
struct WritingResponse : Response<id> {
  Size written_size{};

  static void fields(auto& m, auto& v) {
    Response<id>::header(m, v);
    v("WrittenSize", m.written_size);
  }
};

struct WriteStreamRequest : WritingRequest<RopId::write_stream> {
  static constexpr std::string_view kName = "RopWriteStreamRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.3.1";
};

struct WriteStreamResponse : WritingResponse<RopId::write_stream, u16> {
  static constexpr std::string_view kName = "RopWriteStreamResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.3.2";
};

struct WriteStreamExtendedRequest : WritingRequest<RopId::write_stream_extended> {
  static constexpr std::string_view kName = "RopWriteStreamExtendedRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.4.1";
};

struct WriteStreamExtendedResponse : WritingResponse<RopId::write_stream_extended, u32> {
  static constexpr std::string_view kName = "RopWriteStreamExtendedResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.4.2";
};

struct CommitStreamRequest : Request<RopId::commit_stream> {
  static constexpr std::string_view kName = "RopCommitStreamRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.5.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct CommitStreamResponse : Response<RopId::commit_stream> {
  static constexpr std::string_view kName = "RopCommitStreamResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.5.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetStreamSizeRequest : Request<RopId::get_stream_size> {
  static constexpr std::string_view kName = "RopGetStreamSizeRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.6.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetStreamSizeResponse : Response<RopId::get_stream_size> {
  static constexpr std::string_view kName = "RopGetStreamSizeResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.6.2, 2.2.9.6.3";
  u32 stream_size{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("StreamSize", m.stream_size);
  }
};

struct SetStreamSizeRequest : Request<RopId::set_stream_size> {
  static constexpr std::string_view kName = "RopSetStreamSizeRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.7.1";
  u64 stream_size{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("StreamSize", m.stream_size);
  }
};

struct SetStreamSizeResponse : Response<RopId::set_stream_size> {
  static constexpr std::string_view kName = "RopSetStreamSizeResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.7.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

// [MS-OXCPRPT] 2.2.20.1
enum class SeekOrigin : u8 { beginning = 0x00, current = 0x01, end = 0x02 };

struct SeekStreamRequest : Request<RopId::seek_stream> {
  static constexpr std::string_view kName = "RopSeekStreamRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.8.1";
  SeekOrigin origin{};
  u64 offset{};  // from current and end, a signed number's bits

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("Origin", m.origin);
    v("Offset", m.offset);
  }
};

struct SeekStreamResponse : Response<RopId::seek_stream> {
  static constexpr std::string_view kName = "RopSeekStreamResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.8.2, 2.2.9.8.3";
  u64 new_position{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("NewPosition", m.new_position);
  }
};

struct CopyToStreamRequest : CopyingRequest<RopId::copy_to_stream> {
  static constexpr std::string_view kName = "RopCopyToStreamRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.9.1";
  u64 byte_count{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("ByteCount", m.byte_count);
  }
};

// The counts are there in every form.
struct CopyToStreamResponse : CopyingResponse<RopId::copy_to_stream> {
  static constexpr std::string_view kName = "RopCopyToStreamResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.9.2, 2.2.9.9.3";
  u64 read_byte_count{};
  u64 written_byte_count{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("ReadByteCount", m.read_byte_count);
    v("WrittenByteCount", m.written_byte_count);
  }
};

template <RopId id>
struct RegionRequest : Request<id> {
  u64 region_offset{};
  u64 region_size{};
  u32 lock_flags{};

  static void fields(auto& m, auto& v) {
    Request<id>::header(m, v);
    v("RegionOffset", m.region_offset);
    v("RegionSize", m.region_size);
    v("LockFlags", m.lock_flags);
  }
};

struct LockRegionStreamRequest : RegionRequest<RopId::lock_region_stream> {
  static constexpr std::string_view kName = "RopLockRegionStreamRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.10.1";
};

struct LockRegionStreamResponse : Response<RopId::lock_region_stream> {
  static constexpr std::string_view kName = "RopLockRegionStreamResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.10.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct UnlockRegionStreamRequest : RegionRequest<RopId::unlock_region_stream> {
  static constexpr std::string_view kName = "RopUnlockRegionStreamRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.11.1";
};

struct UnlockRegionStreamResponse : Response<RopId::unlock_region_stream> {
  static constexpr std::string_view kName = "RopUnlockRegionStreamResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.11.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct WriteAndCommitStreamRequest : WritingRequest<RopId::write_and_commit_stream> {
  static constexpr std::string_view kName = "RopWriteAndCommitStreamRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.12.1";
};

struct WriteAndCommitStreamResponse : WritingResponse<RopId::write_and_commit_stream, u16> {
  static constexpr std::string_view kName = "RopWriteAndCommitStreamResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.12.2";
};

struct CloneStreamRequest : OpeningRequest<RopId::clone_stream> {
  static constexpr std::string_view kName = "RopCloneStreamRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.13.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct CloneStreamResponse : OpeningResponse<RopId::clone_stream> {
  static constexpr std::string_view kName = "RopCloneStreamResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.9.13.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

std::span<const RopRow> stream_rops();

}  // namespace ropewalk::rop
