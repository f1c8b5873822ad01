// [MS-OXCROPS] 2.2.6: message and attachment ROPs. What they do: [MS-OXCMSG].
#pragma once

#include "mapi/ids.h"
#include "mapi/recipient_row.h"
#include "mapi/typed_string.h"
#include "protocol/rop/context.h"
#include "protocol/rop/oxcfold.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

// [MS-OXCMSG] 2.2.3.1.2: the low bits of RecipientType.
enum class RecipientType : u8 { originator = 0x00, to = 0x01, cc = 0x02, bcc = 0x03 };

struct OpenMessageRequest : OpeningRequest<RopId::open_message> {
  static constexpr std::string_view kName = "RopOpenMessageRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.1.1";
  u16 code_page_id{};  // 0x0FFF: the logon's
  mapi::FolderId folder_id;
  u8 open_mode_flags{};  // [MS-OXCMSG] 2.2.3.1.1
  mapi::MessageId message_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("CodePageId", m.code_page_id);
    v("FolderId", m.folder_id);
    v("OpenModeFlags", m.open_mode_flags);
    v("MessageId", m.message_id);
  }
};

// A recipient of an opened message. Its properties' columns: mapi::RecipientColumns in the context.
struct OpenRecipientRow {
  static constexpr std::string_view kName = "OpenRecipientRow";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.1.2.1";
  u8 recipient_type{};
  u16 code_page_id{};
  u16 reserved{};
  mapi::RecipientRow row;

  static void fields(auto& m, auto& v) {
    v("RecipientType", m.recipient_type);
    v("CodePageId", m.code_page_id);
    v("Reserved", m.reserved);
    v.sized("RecipientRowSize", u16{}, [&] { v("RecipientRow", m.row); });
  }
};

// What is told of a message at its opening: RopOpenMessage, RopOpenEmbeddedMessage, RopReloadCachedInformation.
struct MessageSummary {
  u8 has_named_properties{};
  mapi::TypedString subject_prefix;
  mapi::TypedString normalized_subject;
  u16 recipient_count{};  // of the message, which may have more than the rows here
  wire::List<mapi::PropTag> recipient_columns;
  wire::List<OpenRecipientRow> recipient_rows;

  static void fields(auto& m, auto& v) {
    v("HasNamedProperties", m.has_named_properties);
    v("SubjectPrefix", m.subject_prefix);
    v("NormalizedSubject", m.normalized_subject);
    v("RecipientCount", m.recipient_count);
    v("ColumnCount", wire::count_of<u16>(m.recipient_columns));
    v("RecipientColumns", m.recipient_columns);
    v("RowCount", wire::count_of<u8>(m.recipient_rows));
    mapi::RecipientColumns columns{m.recipient_columns.span()};
    v.with(columns, [&] { v("RecipientRows", m.recipient_rows); });
  }
};

struct OpenMessageResponse : OpeningResponse<RopId::open_message> {
  static constexpr std::string_view kName = "RopOpenMessageResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.1.2, 2.2.6.1.3";
  MessageSummary summary;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) MessageSummary::fields(m.summary, v);
  }
};

struct CreateMessageRequest : OpeningRequest<RopId::create_message> {
  static constexpr std::string_view kName = "RopCreateMessageRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.2.1";
  u16 code_page_id{};
  mapi::FolderId folder_id;
  u8 associated_flag{};  // a folder associated information message

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("CodePageId", m.code_page_id);
    v("FolderId", m.folder_id);
    v("AssociatedFlag", m.associated_flag);
  }
};

struct CreateMessageResponse : OpeningResponse<RopId::create_message> {
  static constexpr std::string_view kName = "RopCreateMessageResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.2.2, 2.2.6.2.3";
  u8 has_message_id{};
  mapi::MessageId message_id;  // where has_message_id

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("HasMessageId", m.has_message_id);
    if (m.has_message_id != 0) v("MessageId", m.message_id);
  }
};

struct SaveChangesMessageRequest : AnsweringRequest<RopId::save_changes_message> {
  static constexpr std::string_view kName = "RopSaveChangesMessageRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.3.1";
  u8 save_flags{};  // [MS-OXCMSG] 2.2.3.3.1

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("SaveFlags", m.save_flags);
  }
};

struct SaveChangesMessageResponse : AnsweringResponse<RopId::save_changes_message> {
  static constexpr std::string_view kName = "RopSaveChangesMessageResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.3.2, 2.2.6.3.3";
  u8 input_handle_index{};
  mapi::MessageId message_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("InputHandleIndex", m.input_handle_index);
    v("MessageId", m.message_id);
  }
};

struct RemoveAllRecipientsRequest : Request<RopId::remove_all_recipients> {
  static constexpr std::string_view kName = "RopRemoveAllRecipientsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.4.1";
  u32 reserved{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("Reserved", m.reserved);
  }
};

struct RemoveAllRecipientsResponse : Response<RopId::remove_all_recipients> {
  static constexpr std::string_view kName = "RopRemoveAllRecipientsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.4.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct ModifyRecipientRow {
  static constexpr std::string_view kName = "ModifyRecipientRow";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.5.1.1";
  u32 row_id{};
  u8 recipient_type{};
  bool present = true;  // RecipientRowSize is not 0; without a row the recipient is removed
  mapi::RecipientRow row;

  static void fields(auto& m, auto& v) {
    v("RowId", m.row_id);
    v("RecipientType", m.recipient_type);
    v.sized("RecipientRowSize", u16{}, [&] { v.tail(m.present, [&] { v("RecipientRow", m.row); }); });
  }
};

struct ModifyRecipientsRequest : Request<RopId::modify_recipients> {
  static constexpr std::string_view kName = "RopModifyRecipientsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.5.1";
  wire::List<mapi::PropTag> recipient_columns;
  wire::List<ModifyRecipientRow> recipient_rows;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("ColumnCount", wire::count_of<u16>(m.recipient_columns));
    v("RecipientColumns", m.recipient_columns);
    v("RowCount", wire::count_of<u16>(m.recipient_rows));
    mapi::RecipientColumns columns{m.recipient_columns.span()};
    v.with(columns, [&] { v("RecipientRows", m.recipient_rows); });
  }
};

struct ModifyRecipientsResponse : Response<RopId::modify_recipients> {
  static constexpr std::string_view kName = "RopModifyRecipientsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.5.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct ReadRecipientsRequest : Request<RopId::read_recipients> {
  static constexpr std::string_view kName = "RopReadRecipientsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.6.1";
  u32 row_id{};  // the first wanted
  u16 reserved{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("RowId", m.row_id);
    v("Reserved", m.reserved);
  }
};

struct ReadRecipientRow {
  static constexpr std::string_view kName = "ReadRecipientRow";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.6.2.1";
  u32 row_id{};
  u8 recipient_type{};
  u16 code_page_id{};
  u16 reserved{};
  mapi::RecipientRow row;

  static void fields(auto& m, auto& v) {
    v("RowId", m.row_id);
    v("RecipientType", m.recipient_type);
    v("CodePageId", m.code_page_id);
    v("Reserved", m.reserved);
    v.sized("RecipientRowSize", u16{}, [&] { v("RecipientRow", m.row); });
  }
};

// The columns are those of the response that opened the message: mapi::RecipientColumns in the context.
struct ReadRecipientsResponse : Response<RopId::read_recipients> {
  static constexpr std::string_view kName = "RopReadRecipientsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.6.2, 2.2.6.6.3";
  wire::List<ReadRecipientRow> recipient_rows;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("RowCount", wire::count_of<u8>(m.recipient_rows));
    v("RecipientRows", m.recipient_rows);
  }
};

struct ReloadCachedInformationRequest : Request<RopId::reload_cached_information> {
  static constexpr std::string_view kName = "RopReloadCachedInformationRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.7.1";
  u16 reserved{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("Reserved", m.reserved);
  }
};

struct ReloadCachedInformationResponse : Response<RopId::reload_cached_information> {
  static constexpr std::string_view kName = "RopReloadCachedInformationResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.7.2, 2.2.6.7.3";
  MessageSummary summary;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) MessageSummary::fields(m.summary, v);
  }
};

struct SetMessageStatusRequest : Request<RopId::set_message_status> {
  static constexpr std::string_view kName = "RopSetMessageStatusRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.8.1";
  mapi::MessageId message_id;
  u32 message_status_flags{};
  u32 message_status_mask{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("MessageId", m.message_id);
    v("MessageStatusFlags", m.message_status_flags);
    v("MessageStatusMask", m.message_status_mask);
  }
};

struct SetMessageStatusResponse : Response<RopId::set_message_status> {
  static constexpr std::string_view kName = "RopSetMessageStatusResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.8.2, 2.2.6.8.3";
  u32 message_status_flags{};  // as they were before

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("MessageStatusFlags", m.message_status_flags);
  }
};

struct GetMessageStatusRequest : Request<RopId::get_message_status> {
  static constexpr std::string_view kName = "RopGetMessageStatusRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.9.1";
  mapi::MessageId message_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("MessageId", m.message_id);
  }
};

// Says RopSetMessageStatus in its RopId field, so that on the wire it is one.
struct GetMessageStatusResponse : SetMessageStatusResponse {
  static constexpr std::string_view kName = "RopGetMessageStatusResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.9.2";
};

struct SetReadFlagsRequest : Request<RopId::set_read_flags> {
  static constexpr std::string_view kName = "RopSetReadFlagsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.10.1";
  u8 want_asynchronous{};
  u8 read_flags{};  // [MS-OXCMSG] 2.2.3.10.1
  wire::List<mapi::MessageId> message_ids;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("WantAsynchronous", m.want_asynchronous);
    v("ReadFlags", m.read_flags);
    v("MessageIdCount", wire::count_of<u16>(m.message_ids));
    v("MessageIds", m.message_ids);
  }
};

struct SetReadFlagsResponse : PartialResponse<Response<RopId::set_read_flags>> {
  static constexpr std::string_view kName = "RopSetReadFlagsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.10.2";
};

// ClientData depends on the logon: PublicLogons in the context.
struct SetMessageReadFlagRequest : AnsweringRequest<RopId::set_message_read_flag> {
  static constexpr std::string_view kName = "RopSetMessageReadFlagRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.11.1";
  u8 read_flags{};
  std::array<u8, 24> client_data{};  // on public folders

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("ReadFlags", m.read_flags);
    if (is_public_logon(v, m.logon_id)) v("ClientData", m.client_data);
  }
};

struct SetMessageReadFlagResponse : AnsweringResponse<RopId::set_message_read_flag> {
  static constexpr std::string_view kName = "RopSetMessageReadFlagResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.11.2, 2.2.6.11.3";
  u8 read_status_changed{};
  u8 logon_id{};                     // where read_status_changed
  std::array<u8, 24> client_data{};  // where read_status_changed

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("ReadStatusChanged", m.read_status_changed);
    if (m.read_status_changed == 0) return;
    v("LogonId", m.logon_id);
    v("ClientData", m.client_data);
  }
};

struct OpenAttachmentRequest : OpeningRequest<RopId::open_attachment> {
  static constexpr std::string_view kName = "RopOpenAttachmentRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.12.1";
  u8 open_attachment_flags{};
  u32 attachment_id{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("OpenAttachmentFlags", m.open_attachment_flags);
    v("AttachmentID", m.attachment_id);
  }
};

struct OpenAttachmentResponse : OpeningResponse<RopId::open_attachment> {
  static constexpr std::string_view kName = "RopOpenAttachmentResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.12.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct CreateAttachmentRequest : OpeningRequest<RopId::create_attachment> {
  static constexpr std::string_view kName = "RopCreateAttachmentRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.13.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct CreateAttachmentResponse : OpeningResponse<RopId::create_attachment> {
  static constexpr std::string_view kName = "RopCreateAttachmentResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.13.2, 2.2.6.13.3";
  u32 attachment_id{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("AttachmentID", m.attachment_id);
  }
};

struct DeleteAttachmentRequest : Request<RopId::delete_attachment> {
  static constexpr std::string_view kName = "RopDeleteAttachmentRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.14.1";
  u32 attachment_id{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("AttachmentID", m.attachment_id);
  }
};

struct DeleteAttachmentResponse : Response<RopId::delete_attachment> {
  static constexpr std::string_view kName = "RopDeleteAttachmentResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.14.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SaveChangesAttachmentRequest : AnsweringRequest<RopId::save_changes_attachment> {
  static constexpr std::string_view kName = "RopSaveChangesAttachmentRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.15.1";
  u8 save_flags{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("SaveFlags", m.save_flags);
  }
};

struct SaveChangesAttachmentResponse : AnsweringResponse<RopId::save_changes_attachment> {
  static constexpr std::string_view kName = "RopSaveChangesAttachmentResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.15.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct OpenEmbeddedMessageRequest : OpeningRequest<RopId::open_embedded_message> {
  static constexpr std::string_view kName = "RopOpenEmbeddedMessageRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.16.1";
  u16 code_page_id{};
  u8 open_mode_flags{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("CodePageId", m.code_page_id);
    v("OpenModeFlags", m.open_mode_flags);
  }
};

struct OpenEmbeddedMessageResponse : OpeningResponse<RopId::open_embedded_message> {
  static constexpr std::string_view kName = "RopOpenEmbeddedMessageResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.16.2, 2.2.6.16.3";
  u8 reserved{};
  mapi::MessageId message_id;
  MessageSummary summary;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("Reserved", m.reserved);
    v("MessageId", m.message_id);
    MessageSummary::fields(m.summary, v);
  }
};

struct GetAttachmentTableRequest : TableRequest<RopId::get_attachment_table> {
  static constexpr std::string_view kName = "RopGetAttachmentTableRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.17.1";
};

struct GetAttachmentTableResponse : OpeningResponse<RopId::get_attachment_table> {
  static constexpr std::string_view kName = "RopGetAttachmentTableResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.17.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetValidAttachmentsRequest : Request<RopId::get_valid_attachments> {
  static constexpr std::string_view kName = "RopGetValidAttachmentsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.18.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetValidAttachmentsResponse : Response<RopId::get_valid_attachments> {
  static constexpr std::string_view kName = "RopGetValidAttachmentsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.6.18.2, 2.2.6.18.3";
  wire::List<u32> attachment_ids;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("AttachmentIdCount", wire::count_of<u32>(m.attachment_ids));
    v("AttachmentIdArray", m.attachment_ids);
  }
};

std::span<const RopRow> oxcmsg_rops();

}  // namespace ropewalk::rop
