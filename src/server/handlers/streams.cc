// [MS-OXCPRPT] 2.2.14 to 2.2.21: one property as a stream of bytes.
#include "protocol/rop/streams.h"
#include "protocol/rop/oxcprpt.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"

namespace ropewalk::server {
namespace {

using namespace session;

// [MS-OXCPRPT] 2.2.14.1 OpenModeFlags.
constexpr u8 kReadOnly = 0, kReadWrite = 1, kCreate = 2;
// [MS-OXCPRPT] 3.2.5.22: StreamSeekError; the error table of [MS-OXCDATA] does not list it.
constexpr ErrorCode kSeekError{0x80030019};
constexpr std::size_t kReadStreamHead = 8;  // RopId to DataSize
constexpr std::size_t kWorthChaining = 0x2000;
// [MS-OXCPRPT] 3.2.5.18 ecStreamSizeError: what no property may be larger than.
constexpr u64 kMostStreamBytes = u64{1} << 31;

ErrorCode open_stream(RopContext& context, const rop::OpenStreamRequest& request, rop::OpenStreamResponse& response) {
  auto* object = context.object(request.input_handle_index);
  if (object == nullptr) return ErrorCode::null_object;
  auto item = item_of(*object);
  if (!item) return ErrorCode::not_supported;
  if (request.open_mode_flags > kCreate) return ErrorCode::invalid_param;
  if (request.open_mode_flags != kReadOnly && !is_writable(*object)) return ErrorCode::access_denied;
  auto mode = request.open_mode_flags == kReadOnly    ? store::StreamMode::read
              : request.open_mode_flags == kReadWrite ? store::StreamMode::read_write
                                                      : store::StreamMode::create;
  auto stream = item->open_stream(request.property_tag, mode);
  if (!stream.ok()) return stream.error().code;
  response.stream_size = static_cast<u32>(std::min<u64>((*stream)->size(), 0xFFFFFFFF));
  return context.open(request.output_handle_index,
                      std::make_unique<StreamObject>(object->logon_id(), *std::move(stream)));
}

ErrorCode read_stream(RopContext& context, const rop::ReadStreamRequest& request, rop::ReadStreamResponse& response) {
  auto* stream = context.get<StreamObject>(request.input_handle_index);
  if (stream == nullptr) return context.missing(request.input_handle_index);
  std::size_t wanted = request.byte_count == rop::kByteCountExtended ? request.maximum_byte_count : request.byte_count;
  std::size_t room = context.room > kReadStreamHead ? context.room - kReadStreamHead : 0;
  auto bytes = context.arena.make<u8>(std::min({wanted, room, std::size_t{0xFFFF}}));
  auto got = stream->stream->read(stream->position, bytes);
  if (!got.ok()) return got.error().code;
  stream->position += *got;
  response.data = bytes.first(*got);
  if (*got == bytes.size() && *got < wanted && context.may_chain()) {
    rop::ReadStreamRequest rest = request;
    rest.byte_count = rop::kByteCountExtended;
    rest.maximum_byte_count = static_cast<u32>(wanted - *got);
    context.chain_on(rest, kWorthChaining);
  }
  return ErrorCode::none;
}

template <class Request, class Response>
ErrorCode write_given(RopContext& context, const Request& request, Response& response) {
  auto* stream = context.get<StreamObject>(request.input_handle_index);
  if (stream == nullptr) return context.missing(request.input_handle_index);
  if (!stream->stream->writable()) return ErrorCode::storage_access_denied;
  if (stream->position + request.data.size() > kMostStreamBytes) return ErrorCode::too_big;
  auto done = stream->stream->write(stream->position, request.data);
  if (!done.ok()) return done.error().code;
  stream->position += request.data.size();
  response.written_size = static_cast<u16>(request.data.size());
  return ErrorCode::none;
}

ErrorCode write_stream(RopContext& context, const rop::WriteStreamRequest& request,
                       rop::WriteStreamResponse& response) {
  return write_given(context, request, response);
}

ErrorCode seek_stream(RopContext& context, const rop::SeekStreamRequest& request, rop::SeekStreamResponse& response) {
  auto* stream = context.get<StreamObject>(request.input_handle_index);
  if (stream == nullptr) return context.missing(request.input_handle_index);
  u64 base = 0;
  switch (request.origin) {
    case rop::SeekOrigin::beginning:
      break;
    case rop::SeekOrigin::current:
      base = stream->position;
      break;
    case rop::SeekOrigin::end:
      base = stream->stream->size();
      break;
    default:
      return ErrorCode::storage_invalid_parameter;
  }
  i64 offset = static_cast<i64>(request.offset);
  // Before the beginning there is nothing; past the end a write would fill the gap.
  if (offset < 0 && static_cast<u64>(-(offset + 1)) >= base) return kSeekError;
  u64 target = base + static_cast<u64>(offset);
  if (target > kMostStreamBytes) return kSeekError;
  stream->position = target;
  response.new_position = target;
  return ErrorCode::none;
}

ErrorCode set_stream_size(RopContext& context, const rop::SetStreamSizeRequest& request, rop::SetStreamSizeResponse&) {
  auto* stream = context.get<StreamObject>(request.input_handle_index);
  if (stream == nullptr) return context.missing(request.input_handle_index);
  if (!stream->stream->writable()) return ErrorCode::storage_access_denied;
  if (request.stream_size > kMostStreamBytes) return ErrorCode::stream_size_error;
  auto done = stream->stream->resize(request.stream_size);
  return done.ok() ? ErrorCode::none : done.error().code;
}

ErrorCode get_stream_size(RopContext& context, const rop::GetStreamSizeRequest& request,
                          rop::GetStreamSizeResponse& response) {
  auto* stream = context.get<StreamObject>(request.input_handle_index);
  if (stream == nullptr) return context.missing(request.input_handle_index);
  response.stream_size = static_cast<u32>(std::min<u64>(stream->stream->size(), 0xFFFFFFFF));
  return ErrorCode::none;
}

ErrorCode commit_stream(RopContext& context, const rop::CommitStreamRequest& request, rop::CommitStreamResponse&) {
  auto* stream = context.get<StreamObject>(request.input_handle_index);
  if (stream == nullptr) return context.missing(request.input_handle_index);
  auto done = stream->stream->commit();
  return done.ok() ? ErrorCode::none : done.error().code;
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    handler_row<RopId::open_stream, rop::OpenStreamRequest, rop::OpenStreamResponse, open_stream>(),
    handler_row<RopId::read_stream, rop::ReadStreamRequest, rop::ReadStreamResponse, read_stream>(),
    handler_row<RopId::write_stream, rop::WriteStreamRequest, rop::WriteStreamResponse, write_stream>(),
    brief(handler_row<RopId::seek_stream, rop::SeekStreamRequest, rop::SeekStreamResponse, seek_stream>()),
    handler_row<RopId::set_stream_size, rop::SetStreamSizeRequest, rop::SetStreamSizeResponse, set_stream_size>(),
    brief(
        handler_row<RopId::get_stream_size, rop::GetStreamSizeRequest, rop::GetStreamSizeResponse, get_stream_size>()),
    handler_row<RopId::commit_stream, rop::CommitStreamRequest, rop::CommitStreamResponse, commit_stream>(),
};

}  // namespace

std::span<const HandlerRow> stream_handlers() { return kHandlers; }

}  // namespace ropewalk::server
