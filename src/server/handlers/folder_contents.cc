// [MS-OXCFOLD] and [MS-OXCMSG]: what is done to many messages of a folder at once.
#include "protocol/rop/oxcfold.h"
#include "protocol/rop/oxcmsg.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"

namespace ropewalk::server {
namespace {

using namespace session;

// [MS-OXCMSG] 2.2.3.10.1 ReadFlags.
constexpr u8 kClearReadFlag = 0x04, kGenerateReceiptOnly = 0x10;

template <class Response>
ErrorCode answer(const store::Outcome<store::Partly>& done, Response& response) {
  if (!done.ok()) return done.error().code;
  response.partial_completion = done->failed != 0;
  return ErrorCode::none;
}

template <class Request, class Response>
ErrorCode delete_given(RopContext& context, const Request& request, Response& response) {
  auto* folder = context.get<FolderObject>(request.input_handle_index);
  if (folder == nullptr) return context.missing(request.input_handle_index);
  return answer(folder->store->delete_messages(folder->id, request.message_ids.span()), response);
}

ErrorCode delete_messages(RopContext& context, const rop::DeleteMessagesRequest& request,
                          rop::DeleteMessagesResponse& response) {
  return delete_given(context, request, response);
}

ErrorCode hard_delete_messages(RopContext& context, const rop::HardDeleteMessagesRequest& request,
                               rop::HardDeleteMessagesResponse& response) {
  return delete_given(context, request, response);
}

ErrorCode move_copy_messages(RopContext& context, const rop::MoveCopyMessagesRequest& request,
                             rop::MoveCopyMessagesResponse& response) {
  auto* from = context.get<FolderObject>(request.source_handle_index);
  if (from == nullptr) return context.missing(request.source_handle_index);
  if (context.object(request.dest_handle_index) == nullptr) return ErrorCode::dst_null_object;
  auto* to = context.get<FolderObject>(request.dest_handle_index);
  if (to == nullptr) return ErrorCode::not_supported;
  if (from->store != to->store) return ErrorCode::not_supported;
  auto ids = request.message_ids.span();
  return answer(request.want_copy != 0 ? from->store->copy_messages(from->id, to->id, ids)
                                       : from->store->move_messages(from->id, to->id, ids),
                response);
}

ErrorCode set_read_flags(RopContext& context, const rop::SetReadFlagsRequest& request,
                         rop::SetReadFlagsResponse& response) {
  auto* folder = context.get<FolderObject>(request.input_handle_index);
  if (folder == nullptr) return context.missing(request.input_handle_index);
  if ((request.read_flags & kGenerateReceiptOnly) != 0) return ErrorCode::none;  // receipts go out with the transport
  return answer(
      folder->store->set_read(folder->id, request.message_ids.span(), (request.read_flags & kClearReadFlag) == 0),
      response);
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    handler_row<RopId::delete_messages, rop::DeleteMessagesRequest, rop::DeleteMessagesResponse, delete_messages>(),
    handler_row<RopId::hard_delete_messages, rop::HardDeleteMessagesRequest, rop::HardDeleteMessagesResponse,
                hard_delete_messages>(),
    handler_row<RopId::move_copy_messages, rop::MoveCopyMessagesRequest, rop::MoveCopyMessagesResponse,
                move_copy_messages>(),
    handler_row<RopId::set_read_flags, rop::SetReadFlagsRequest, rop::SetReadFlagsResponse, set_read_flags>(),
};

}  // namespace

std::span<const HandlerRow> folder_content_handlers() { return kHandlers; }

}  // namespace ropewalk::server
