// [MS-OXCMSG]: attachments and the messages inside them.
#include "protocol/rop/oxcmsg.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"
#include "server/recipients.h"

namespace ropewalk::server {
namespace {

using namespace session;
namespace tag = mapi::tag;

// [MS-OXCMSG] 2.2.3.12.1 OpenAttachmentFlags, 2.2.3.16.1 OpenModeFlags, 2.2.3.15.1 SaveFlags.
constexpr u8 kReadWrite = 0x01, kBestAccess = 0x03, kCreate = 0x02;
constexpr u8 kKeepOpenReadOnly = 0x01, kKeepOpenReadWrite = 0x02;

ErrorCode get_attachment_table(RopContext& context, const rop::GetAttachmentTableRequest& request,
                               rop::GetAttachmentTableResponse&) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  auto table = object->message->store().attachment_table(*object->message);
  if (!table.ok()) return table.error().code;
  (*table)->set_code_page(context.session.client.code_page);
  return context.open(request.output_handle_index,
                      std::make_unique<TableObject>(object->logon_id(), TableKind::attachments, *std::move(table)));
}

ErrorCode open_attachment(RopContext& context, const rop::OpenAttachmentRequest& request,
                          rop::OpenAttachmentResponse&) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  u8 mode = request.open_attachment_flags & kBestAccess;
  bool writable = object->writable && (mode == kReadWrite || mode == kBestAccess);
  if (mode == kReadWrite && !object->writable) return ErrorCode::access_denied;
  auto attachment = object->message->open_attachment(request.attachment_id, writable);
  if (!attachment.ok()) return attachment.error().code;
  return context.open(request.output_handle_index,
                      std::make_unique<AttachmentObject>(object->logon_id(), *std::move(attachment), writable));
}

ErrorCode create_attachment(RopContext& context, const rop::CreateAttachmentRequest& request,
                            rop::CreateAttachmentResponse& response) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  if (!object->writable) return ErrorCode::access_denied;
  auto attachment = object->message->create_attachment();
  if (!attachment.ok()) return attachment.error().code;
  response.attachment_id = (*attachment)->number();
  return context.open(request.output_handle_index,
                      std::make_unique<AttachmentObject>(object->logon_id(), *std::move(attachment), true));
}

ErrorCode save_changes_attachment(RopContext& context, const rop::SaveChangesAttachmentRequest& request,
                                  rop::SaveChangesAttachmentResponse&) {
  auto* object = context.get<AttachmentObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  if (!object->writable) return ErrorCode::access_denied;
  auto done = object->attachment->save();
  if (!done.ok()) return done.error().code;
  if ((request.save_flags & (kKeepOpenReadOnly | kKeepOpenReadWrite)) == kKeepOpenReadOnly) object->writable = false;
  return ErrorCode::none;
}

ErrorCode delete_attachment(RopContext& context, const rop::DeleteAttachmentRequest& request,
                            rop::DeleteAttachmentResponse&) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  if (!object->writable) return ErrorCode::access_denied;
  auto done = object->message->delete_attachment(request.attachment_id);
  return done.ok() ? ErrorCode::none : done.error().code;
}

ErrorCode get_valid_attachments(RopContext& context, const rop::GetValidAttachmentsRequest& request,
                                rop::GetValidAttachmentsResponse& response) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  auto attachments = object->message->attachments();
  if (!attachments.ok()) return attachments.error().code;
  auto ids = context.arena.make<u32>(attachments->size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = (*attachments)[i].number;
  response.attachment_ids = ids;
  return ErrorCode::none;
}

ErrorCode open_embedded_message(RopContext& context, const rop::OpenEmbeddedMessageRequest& request,
                                rop::OpenEmbeddedMessageResponse& response) {
  auto* object = context.get<AttachmentObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  bool create = request.open_mode_flags == kCreate;
  bool writable = object->writable && request.open_mode_flags != 0;
  if (create && !object->writable) return ErrorCode::access_denied;
  auto message = object->attachment->open_embedded(create);
  if (!message.ok()) return message.error().code;
  auto opened = std::make_unique<MessageObject>(object->logon_id(), *message, writable);
  response.message_id = (*message)->id();
  opened->recipient_columns = summarize(context, **message, response.summary);
  return context.open(request.output_handle_index, std::move(opened));
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    handler_row<RopId::get_attachment_table, rop::GetAttachmentTableRequest, rop::GetAttachmentTableResponse,
                get_attachment_table>(),
    handler_row<RopId::open_attachment, rop::OpenAttachmentRequest, rop::OpenAttachmentResponse, open_attachment>(),
    handler_row<RopId::create_attachment, rop::CreateAttachmentRequest, rop::CreateAttachmentResponse,
                create_attachment>(),
    handler_row<RopId::save_changes_attachment, rop::SaveChangesAttachmentRequest, rop::SaveChangesAttachmentResponse,
                save_changes_attachment>(),
    handler_row<RopId::delete_attachment, rop::DeleteAttachmentRequest, rop::DeleteAttachmentResponse,
                delete_attachment>(),
    handler_row<RopId::get_valid_attachments, rop::GetValidAttachmentsRequest, rop::GetValidAttachmentsResponse,
                get_valid_attachments>(),
    handler_row<RopId::open_embedded_message, rop::OpenEmbeddedMessageRequest, rop::OpenEmbeddedMessageResponse,
                open_embedded_message>(),
};

}  // namespace

std::span<const HandlerRow> attachment_handlers() { return kHandlers; }

}  // namespace ropewalk::server
