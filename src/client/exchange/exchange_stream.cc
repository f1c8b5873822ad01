// Streams: [MS-OXCPRPT] 2.2.14 and on.
#include "client/exchange/exchange_objects.h"
#include "protocol/rop/streams.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;

namespace {

// [MS-OXCPRPT] 2.2.14.1 OpenModeFlags
constexpr u8 kReadOnly = 0x00, kReadWrite = 0x01, kCreate = 0x02;

class RemoteStream : public Stream {
 public:
  RemoteStream(Session session, Handle handle) : object_(std::move(session), handle) {}

  Outcome<std::size_t> read(std::span<u8> buffer) override {
    Batch batch;
    rop::ReadStreamRequest request;
    request.input_handle_index = batch.place(object_.handle());
    if (buffer.size() <= kPiece) {
      request.byte_count = static_cast<u16>(buffer.size());
    } else {
      request.byte_count = rop::kByteCountExtended;
      request.maximum_byte_count = static_cast<u32>(std::min<std::size_t>(buffer.size(), kMostInChain));
    }
    std::vector<rop::ReadStreamResponse> responses;
    responses.reserve(16);
    batch.add_chained(request, responses);
    ROPEWALK_CHECK(object_.session().execute(batch));
    std::size_t filled = 0;
    for (const auto& response : responses) {
      ROPEWALK_ROP_CHECK("cannot read from the stream", response);
      if (response.data.size() > buffer.size() - filled)
        return Failure{ErrorCode::rpc_failed, "the server sent more of a stream than it was asked for"};
      if (!response.data.empty()) std::memcpy(buffer.data() + filled, response.data.data(), response.data.size());
      filled += response.data.size();
    }
    return filled;
  }
  Outcome<void> write(ByteView bytes) override {
    while (!bytes.empty()) {
      Batch batch;
      rop::WriteStreamRequest request;
      request.input_handle_index = batch.place(object_.handle());
      request.data = bytes.first(std::min(bytes.size(), kPiece));
      rop::WriteStreamResponse response;
      batch.add(request, response);
      ROPEWALK_CHECK(object_.session().execute(batch));
      ROPEWALK_ROP_CHECK("cannot write to the stream", response);
      if (response.written_size == 0 || response.written_size > request.data.size())
        return Failure{ErrorCode::rpc_failed, "the server took none of what was written to a stream"};
      bytes = bytes.subspan(response.written_size);
    }
    return {};
  }
  Outcome<u64> seek(Origin origin, i64 offset) override {
    Batch batch;
    rop::SeekStreamRequest request;
    request.input_handle_index = batch.place(object_.handle());
    request.origin = static_cast<decltype(request.origin)>(origin);
    request.offset = static_cast<decltype(request.offset)>(offset);
    rop::SeekStreamResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(object_.session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot seek in the stream", response);
    return response.new_position;
  }
  Outcome<u64> size() override {
    Batch batch;
    rop::GetStreamSizeRequest request;
    request.input_handle_index = batch.place(object_.handle());
    rop::GetStreamSizeResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(object_.session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot tell the size of the stream", response);
    return u64{response.stream_size};
  }
  Outcome<void> set_size(u64 bytes) override {
    Batch batch;
    rop::SetStreamSizeRequest request;
    request.input_handle_index = batch.place(object_.handle());
    request.stream_size = bytes;
    rop::SetStreamSizeResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(object_.session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot set the size of the stream", response);
    return {};
  }
  Outcome<void> commit() override {
    Batch batch;
    rop::CommitStreamRequest request;
    request.input_handle_index = batch.place(object_.handle());
    rop::CommitStreamResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(object_.session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot commit the stream", response);
    return {};
  }

 private:
  static constexpr std::size_t kMostInChain = 224u << 10;
  ServerObject object_;
};

}  // namespace

Outcome<std::unique_ptr<Stream>> open_property_stream(const ServerObject& object, PropTag tag, Access access,
                                                      bool truncate) {
  Batch batch;
  rop::OpenStreamRequest request;
  request.input_handle_index = batch.place(object.handle());
  request.output_handle_index = batch.new_place();
  request.property_tag = tag;
  u8 mode = access == Access::read ? kReadOnly : truncate ? kCreate : kReadWrite;
  request.open_mode_flags = mode;
  rop::OpenStreamResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(object.session().execute(batch));
  if (response.return_value == ErrorCode::not_found && access != Access::read && !truncate)
    return open_property_stream(object, tag, access, true);
  ROPEWALK_ROP_CHECK("cannot open " + tag.to_string() + " as a stream", response);
  Handle handle{batch.handle_at(request.output_handle_index), object.handle().epoch};
  return std::unique_ptr<Stream>(std::make_unique<RemoteStream>(object.shared_session(), handle));
}

}  // namespace ropewalk::client::exchange
