// Messages and attachments: [MS-OXCMSG].
#include "client/exchange/exchange_objects.h"
#include "client/exchange/recipients.h"
#include "protocol/rop/oxcmsg.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;
using mapi::PropertyBag;

namespace {

constexpr u16 kLogonCodePage = 0x0FFF;   // [MS-OXCMSG] 2.2.3.1.1 CodePageId
constexpr u8 kKeepOpenReadWrite = 0x02;  // [MS-OXCMSG] 2.2.3.3.1 SaveFlags
constexpr u8 kCreateEmbedded = 0x02;     // [MS-OXCMSG] 2.2.3.16.1 OpenModeFlags
constexpr std::size_t kRecipientsAtOnce = 20u << 10;

class RemoteMessage : public RemoteObject<Message> {
 public:
  RemoteMessage(Session session, Handle handle, MessageId id) : RemoteObject(std::move(session), handle), id_(id) {}

  MessageId id() const override { return id_; }
  // What came with the response that opened it.
  void take_summary(const rop::MessageSummary& summary) {
    columns_.assign(summary.recipient_columns.begin(), summary.recipient_columns.end());
    recipient_count_ = summary.recipient_count;
    u32 row = 0;
    for (const auto& one : summary.recipient_rows)
      recipients_.push_back(bag_of_row(one.row, one.recipient_type, row++));
  }

  Outcome<std::vector<PropertyBag>> recipients() override {
    while (recipients_.size() < recipient_count_) ROPEWALK_CHECK(read_more_recipients());
    std::vector<PropertyBag> copies;
    for (const PropertyBag& one : recipients_) copies.push_back(copy_of(one));
    return copies;
  }
  Outcome<void> set_recipients(std::span<const PropertyBag> recipients) override;

  Outcome<std::unique_ptr<Table>> attachments() override { return make_table(shared_object(), TableKind::attachments); }
  Outcome<std::unique_ptr<Attachment>> open_attachment(u32 number, Access access) override;
  Outcome<std::unique_ptr<Attachment>> create_attachment() override;
  Outcome<void> delete_attachment(u32 number) override {
    Batch batch;
    rop::DeleteAttachmentRequest request;
    request.input_handle_index = batch.place(handle());
    request.attachment_id = number;
    rop::DeleteAttachmentResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot delete attachment " + std::to_string(number), response);
    return {};
  }
  Outcome<void> save() override {
    Batch batch;
    rop::SaveChangesMessageRequest request;
    request.response_handle_index = request.input_handle_index = batch.place(handle());
    request.save_flags = kKeepOpenReadWrite;
    rop::SaveChangesMessageResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot save the message", response);
    if (!response.message_id.is_null()) id_ = response.message_id;
    return {};
  }

 private:
  Outcome<void> read_more_recipients() {
    Batch batch;
    rop::ReadRecipientsRequest request;
    request.input_handle_index = batch.place(handle());
    request.row_id =
        recipients_.empty() ? 0 : static_cast<u32>(number_of(recipients_.back().all(), mapi::tag::PidTagRowid)) + 1;
    rop::ReadRecipientsResponse response;
    batch.add(request, response, columns_);
    ROPEWALK_CHECK(session().execute(batch));
    // Some recipients were removed since the message was opened: there are no more than these.
    if (response.return_value == ErrorCode::not_found) {
      recipient_count_ = recipients_.size();
      return {};
    }
    ROPEWALK_ROP_CHECK("cannot read the recipients", response);
    if (response.recipient_rows.empty()) recipient_count_ = recipients_.size();
    for (const auto& one : response.recipient_rows)
      recipients_.push_back(bag_of_row(one.row, one.recipient_type, one.row_id));
    return {};
  }
  Outcome<void> modify_recipients(std::span<const PropTag> columns, std::span<rop::ModifyRecipientRow> rows) {
    Batch batch;
    rop::ModifyRecipientsRequest request;
    request.input_handle_index = batch.place(handle());
    request.recipient_columns = wire::List<PropTag>::view(columns);
    request.recipient_rows = wire::List<rop::ModifyRecipientRow>(rows);
    rop::ModifyRecipientsResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot change the recipients", response);
    return {};
  }

  MessageId id_;
  std::vector<PropTag> columns_;
  std::size_t recipient_count_ = 0;
  std::vector<PropertyBag> recipients_;
};

class RemoteAttachment : public RemoteObject<Attachment> {
 public:
  RemoteAttachment(Session session, Handle handle, u32 number)
      : RemoteObject(std::move(session), handle), number_(number) {}

  u32 number() const override { return number_; }
  Outcome<std::unique_ptr<Message>> open_embedded(Access access, bool create) override {
    Batch batch;
    rop::OpenEmbeddedMessageRequest request;
    request.input_handle_index = batch.place(handle());
    request.output_handle_index = batch.new_place();
    request.code_page_id = kLogonCodePage;
    request.open_mode_flags = create ? kCreateEmbedded : open_mode(access);
    rop::OpenEmbeddedMessageResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot open the message in the attachment", response);
    Handle opened{batch.handle_at(request.output_handle_index), handle().epoch};
    auto message = std::make_unique<RemoteMessage>(shared_session(), opened, MessageId{});
    message->take_summary(response.summary);
    return std::unique_ptr<Message>(std::move(message));
  }
  Outcome<void> save() override {
    Batch batch;
    rop::SaveChangesAttachmentRequest request;
    request.response_handle_index = request.input_handle_index = batch.place(handle());
    request.save_flags = kKeepOpenReadWrite;
    rop::SaveChangesAttachmentResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot save the attachment", response);
    return {};
  }

 private:
  u32 number_;
};

Outcome<void> RemoteMessage::set_recipients(std::span<const PropertyBag> recipients) {
  std::vector<PropTag> columns = recipient_columns(recipients);
  Arena arena;
  std::vector<rop::ModifyRecipientRow> rows;
  std::size_t sum = 0;
  u32 next = 0;
  for (const PropertyBag& recipient : recipients) {
    rop::ModifyRecipientRow row;
    row.row_id = next++;
    row.recipient_type = static_cast<u8>(number_of(recipient.all(), mapi::tag::PidTagRecipientType, 1));
    row.row = row_of_bag(recipient, columns, arena);
    wire::OutBuffer measured;
    mapi::RecipientColumns named{columns};
    wire::Context context = wire::add_context(named, nullptr);
    if (!wire::encode(row, measured, &context))
      return failure(ErrorCode::too_big, "cannot express recipient " + std::to_string(row.row_id));
    if (!rows.empty() && sum + measured.size() > kRecipientsAtOnce) {
      ROPEWALK_CHECK(modify_recipients(columns, rows));
      rows.clear();
      sum = 0;
    }
    sum += measured.size();
    rows.push_back(row);
  }
  // What stood in rows beyond these goes.
  ROPEWALK_TRY(auto before, this->recipients());
  for (const PropertyBag& old : before) {
    rop::ModifyRecipientRow gone;
    gone.row_id = static_cast<u32>(number_of(old.all(), mapi::tag::PidTagRowid));
    gone.present = false;
    if (gone.row_id >= next) rows.push_back(gone);
  }
  if (!rows.empty()) ROPEWALK_CHECK(modify_recipients(columns, rows));
  recipients_.clear();
  for (const PropertyBag& recipient : recipients) {
    recipients_.push_back(copy_of(recipient));
    recipients_.back().set(PropTag(mapi::tag::PidTagRowid), mapi::Value::of(static_cast<u32>(recipients_.size() - 1)));
  }
  recipient_count_ = recipients_.size();
  return {};
}

Outcome<std::unique_ptr<Attachment>> RemoteMessage::open_attachment(u32 number, Access access) {
  Batch batch;
  rop::OpenAttachmentRequest request;
  request.input_handle_index = batch.place(handle());
  request.output_handle_index = batch.new_place();
  request.open_attachment_flags = open_mode(access);
  request.attachment_id = number;
  rop::OpenAttachmentResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(session().execute(batch));
  ROPEWALK_ROP_CHECK("cannot open attachment " + std::to_string(number), response);
  Handle opened{batch.handle_at(request.output_handle_index), handle().epoch};
  return std::unique_ptr<Attachment>(std::make_unique<RemoteAttachment>(shared_session(), opened, number));
}

Outcome<std::unique_ptr<Attachment>> RemoteMessage::create_attachment() {
  Batch batch;
  rop::CreateAttachmentRequest request;
  request.input_handle_index = batch.place(handle());
  request.output_handle_index = batch.new_place();
  rop::CreateAttachmentResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(session().execute(batch));
  ROPEWALK_ROP_CHECK("cannot create an attachment", response);
  Handle made{batch.handle_at(request.output_handle_index), handle().epoch};
  return std::unique_ptr<Attachment>(
      std::make_unique<RemoteAttachment>(shared_session(), made, response.attachment_id));
}

}  // namespace

Outcome<std::unique_ptr<Message>> open_message(const Session& session, Handle logon, FolderId folder, MessageId id,
                                               Access access) {
  Batch batch;
  rop::OpenMessageRequest request;
  request.input_handle_index = batch.place(logon);
  request.output_handle_index = batch.new_place();
  request.code_page_id = kLogonCodePage;
  request.folder_id = folder;
  request.open_mode_flags = open_mode(access);
  request.message_id = id;
  rop::OpenMessageResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(session->execute(batch));
  ROPEWALK_ROP_CHECK("cannot open message " + id.to_string(), response);
  Handle opened{batch.handle_at(request.output_handle_index), logon.epoch};
  auto message = std::make_unique<RemoteMessage>(session, opened, id);
  message->take_summary(response.summary);
  return std::unique_ptr<Message>(std::move(message));
}

Outcome<std::unique_ptr<Message>> create_message(const Session& session, Handle folder, FolderId id, bool associated) {
  Batch batch;
  rop::CreateMessageRequest request;
  request.input_handle_index = batch.place(folder);
  request.output_handle_index = batch.new_place();
  request.code_page_id = kLogonCodePage;
  request.folder_id = id;
  request.associated_flag = associated ? 1 : 0;
  rop::CreateMessageResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(session->execute(batch));
  ROPEWALK_ROP_CHECK("cannot create a message in folder " + id.to_string(), response);
  Handle made{batch.handle_at(request.output_handle_index), folder.epoch};
  return std::unique_ptr<Message>(std::make_unique<RemoteMessage>(session, made, response.message_id));
}

}  // namespace ropewalk::client::exchange
