#include "protocol/rop/oxcmsg.h"

namespace ropewalk::rop {

std::span<const RopRow> oxcmsg_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::open_message, OpenMessageRequest, OpenMessageResponse>(),
      rop_row<RopId::create_message, CreateMessageRequest, CreateMessageResponse>(),
      rop_row<RopId::save_changes_message, SaveChangesMessageRequest, SaveChangesMessageResponse>(),
      rop_row<RopId::remove_all_recipients, RemoveAllRecipientsRequest, RemoveAllRecipientsResponse>(),
      rop_row<RopId::modify_recipients, ModifyRecipientsRequest, ModifyRecipientsResponse>(),
      rop_row<RopId::read_recipients, ReadRecipientsRequest, ReadRecipientsResponse>(),
      rop_row<RopId::reload_cached_information, ReloadCachedInformationRequest, ReloadCachedInformationResponse>(),
      rop_row<RopId::set_message_status, SetMessageStatusRequest, SetMessageStatusResponse>(),
      rop_row<RopId::get_message_status, GetMessageStatusRequest, GetMessageStatusResponse>(),
      rop_row<RopId::set_read_flags, SetReadFlagsRequest, SetReadFlagsResponse>(),
      rop_row<RopId::set_message_read_flag, SetMessageReadFlagRequest, SetMessageReadFlagResponse>(),
      rop_row<RopId::open_attachment, OpenAttachmentRequest, OpenAttachmentResponse>(),
      rop_row<RopId::create_attachment, CreateAttachmentRequest, CreateAttachmentResponse>(),
      rop_row<RopId::delete_attachment, DeleteAttachmentRequest, DeleteAttachmentResponse>(),
      rop_row<RopId::save_changes_attachment, SaveChangesAttachmentRequest, SaveChangesAttachmentResponse>(),
      rop_row<RopId::open_embedded_message, OpenEmbeddedMessageRequest, OpenEmbeddedMessageResponse>(),
      rop_row<RopId::get_attachment_table, GetAttachmentTableRequest, GetAttachmentTableResponse>(),
      rop_row<RopId::get_valid_attachments, GetValidAttachmentsRequest, GetValidAttachmentsResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
