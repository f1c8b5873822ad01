#include "protocol/rop/streams.h"

namespace ropewalk::rop {

std::span<const RopRow> stream_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::open_stream, OpenStreamRequest, OpenStreamResponse>(),
      rop_row<RopId::read_stream, ReadStreamRequest, ReadStreamResponse>(),
      rop_row<RopId::write_stream, WriteStreamRequest, WriteStreamResponse>(),
      rop_row<RopId::write_stream_extended, WriteStreamExtendedRequest, WriteStreamExtendedResponse>(),
      rop_row<RopId::commit_stream, CommitStreamRequest, CommitStreamResponse>(),
      rop_row<RopId::get_stream_size, GetStreamSizeRequest, GetStreamSizeResponse>(),
      rop_row<RopId::set_stream_size, SetStreamSizeRequest, SetStreamSizeResponse>(),
      rop_row<RopId::seek_stream, SeekStreamRequest, SeekStreamResponse>(),
      rop_row<RopId::copy_to_stream, CopyToStreamRequest, CopyToStreamResponse>(),
      rop_row<RopId::lock_region_stream, LockRegionStreamRequest, LockRegionStreamResponse>(),
      rop_row<RopId::unlock_region_stream, UnlockRegionStreamRequest, UnlockRegionStreamResponse>(),
      rop_row<RopId::write_and_commit_stream, WriteAndCommitStreamRequest, WriteAndCommitStreamResponse>(),
      rop_row<RopId::clone_stream, CloneStreamRequest, CloneStreamResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
