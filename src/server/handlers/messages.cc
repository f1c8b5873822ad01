// [MS-OXCMSG]: opening, making and saving messages.
#include "protocol/rop/oxcmsg.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"
#include "server/recipients.h"

namespace ropewalk::server {
namespace {

using namespace session;
using mapi::PropTag;
namespace tag = mapi::tag;

// [MS-OXCMSG] 2.2.3.1.1 OpenModeFlags, 2.2.3.3.1 SaveFlags, 2.2.3.11.1 ReadFlags.
constexpr u8 kReadWrite = 0x01, kBestAccess = 0x03;
constexpr u8 kKeepOpenReadOnly = 0x01, kKeepOpenReadWrite = 0x02, kForceSave = 0x04;
constexpr u8 kClearReadFlag = 0x04, kGenerateReceiptOnly = 0x10;

ErrorCode open_message(RopContext& context, const rop::OpenMessageRequest& request,
                       rop::OpenMessageResponse& response) {
  auto store = store_at(context, request.input_handle_index);
  if (!store) return context.missing(request.input_handle_index);
  u8 mode = request.open_mode_flags & kBestAccess;
  bool writable = mode == kReadWrite || mode == kBestAccess;
  auto opened = store->open_message(request.folder_id, request.message_id, writable);
  if (!opened.ok()) return opened.error().code;
  auto object =
      std::make_unique<MessageObject>(context.object(request.input_handle_index)->logon_id(), *opened, writable);
  object->recipient_columns = summarize(context, **opened, response.summary);
  return context.open(request.output_handle_index, std::move(object));
}

ErrorCode create_message(RopContext& context, const rop::CreateMessageRequest& request,
                         rop::CreateMessageResponse& response) {
  auto store = store_at(context, request.input_handle_index);
  if (!store) return context.missing(request.input_handle_index);
  auto made = store->new_message(request.folder_id, request.associated_flag != 0);
  if (!made.ok()) return made.error().code;
  response.has_message_id = 0;  // the id comes with the save
  return context.open(
      request.output_handle_index,
      std::make_unique<MessageObject>(context.object(request.input_handle_index)->logon_id(), *std::move(made), true));
}

ErrorCode save_changes_message(RopContext& context, const rop::SaveChangesMessageRequest& request,
                               rop::SaveChangesMessageResponse& response) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  if (!object->writable) return ErrorCode::access_denied;
  auto mode = (request.save_flags & kForceSave) != 0 ? store::SaveMode::overwrite : store::SaveMode::fail_on_conflict;
  auto saved = object->message->save(mode);
  if (!saved.ok()) {
    if (saved.error().code == ErrorCode::error)
      context.environment.refused(context.session.user.address + ": RopSaveChangesMessage: " + saved.error().text);
    return saved.error().code;
  }
  if ((request.save_flags & (kKeepOpenReadOnly | kKeepOpenReadWrite)) == kKeepOpenReadOnly) object->writable = false;
  response.message_id = saved->id;
  response.input_handle_index = request.input_handle_index;
  return ErrorCode::none;
}

ErrorCode set_message_read_flag(RopContext& context, const rop::SetMessageReadFlagRequest& request,
                                rop::SetMessageReadFlagResponse& response) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  const store::Message& message = *object->message;
  if (message.embedded() || message.is_new()) return ErrorCode::not_supported;
  if ((request.read_flags & kGenerateReceiptOnly) != 0) return ErrorCode::none;
  mapi::MessageId id = message.id();
  u32 changed = 0;
  auto done =
      message.store().set_read(message.folder(), {&id, 1}, (request.read_flags & kClearReadFlag) == 0, &changed);
  if (!done.ok()) return done.error().code;
  // Only public folders tell: [MS-OXCMSG] 2.2.3.11.2.
  response.read_status_changed = 0;
  return ErrorCode::none;
}

ErrorCode get_message_status(RopContext& context, const rop::GetMessageStatusRequest& request,
                             rop::GetMessageStatusResponse& response) {
  auto* folder = context.get<FolderObject>(request.input_handle_index);
  if (folder == nullptr) return context.missing(request.input_handle_index);
  auto status = folder->store->set_message_status(folder->id, request.message_id, 0, 0);
  if (!status.ok()) return status.error().code;
  response.message_status_flags = *status;
  return ErrorCode::none;
}

ErrorCode set_message_status(RopContext& context, const rop::SetMessageStatusRequest& request,
                             rop::SetMessageStatusResponse& response) {
  auto* folder = context.get<FolderObject>(request.input_handle_index);
  if (folder == nullptr) return context.missing(request.input_handle_index);
  auto former = folder->store->set_message_status(folder->id, request.message_id, request.message_status_flags,
                                                  request.message_status_mask);
  if (!former.ok()) return former.error().code;
  response.message_status_flags = *former;
  return ErrorCode::none;
}

ErrorCode reload_cached_information(RopContext& context, const rop::ReloadCachedInformationRequest& request,
                                    rop::ReloadCachedInformationResponse& response) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  object->recipient_columns = summarize(context, *object->message, response.summary);
  return ErrorCode::none;
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    brief(handler_row<RopId::open_message, rop::OpenMessageRequest, rop::OpenMessageResponse, open_message>()),
    handler_row<RopId::create_message, rop::CreateMessageRequest, rop::CreateMessageResponse, create_message>(),
    handler_row<RopId::save_changes_message, rop::SaveChangesMessageRequest, rop::SaveChangesMessageResponse,
                save_changes_message>(),
    handler_row<RopId::set_message_read_flag, rop::SetMessageReadFlagRequest, rop::SetMessageReadFlagResponse,
                set_message_read_flag>(),
    handler_row<RopId::get_message_status, rop::GetMessageStatusRequest, rop::GetMessageStatusResponse,
                get_message_status>(),
    handler_row<RopId::set_message_status, rop::SetMessageStatusRequest, rop::SetMessageStatusResponse,
                set_message_status>(),
    handler_row<RopId::reload_cached_information, rop::ReloadCachedInformationRequest,
                rop::ReloadCachedInformationResponse, reload_cached_information>(),
};

}  // namespace

std::span<const HandlerRow> message_handlers() { return kHandlers; }

}  // namespace ropewalk::server
