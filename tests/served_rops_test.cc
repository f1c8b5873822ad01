// What a server must put into its answers, [MS-OXCROPS] 2.2, as tests/requirements/MS-OXCROPS-served.tsv lists it (made
// by tools/make_requirements.py for the ROPs in driven_rops.txt), seen on a running server: one tour through all of
// them.
#include <fstream>
#include <sstream>

#include "protocol/rop/registry.h"
#include "rop_client.h"
#include "server/rop_context.h"
#include "wire/tree.h"

namespace ropewalk {
namespace {

struct Check {
  std::string requirement, structure, form, verb, field, argument;
  bool seen = false;
};

std::vector<std::vector<std::string>> lines_of(const std::string& name) {
  std::vector<std::vector<std::string>> lines;
  std::ifstream in(ROPEWALK_SOURCE_DIR "/tests/requirements/" + name);
  for (std::string line; std::getline(in, line);) {
    std::istringstream cells(line);
    lines.emplace_back();
    for (std::string cell; std::getline(cells, cell, '\t');) lines.back().push_back(cell);
  }
  return lines;
}

u64 number(const wire::Node& node) {
  if (node.value.is_int64()) return static_cast<u64>(node.value.as_int64());
  return node.value.is_uint64() ? node.value.as_uint64() : 0;
}

class Tour : public Live {
 protected:
  Tour() {
    for (const auto& cells : lines_of("MS-OXCROPS-served.tsv"))
      checks_.push_back({cells.at(0), cells.at(1), cells.at(2), cells.at(3), cells.at(4), cells.at(5)});
    client.on_exchange = [this](std::vector<u8> request, ByteView response, const wire::Context* context) {
      seen(request, response, context);
    };
  }
  // One ROP that must succeed.
  template <class Response, class Request>
  Response go(Request request, std::span<const PropTag> columns = {}) {
    auto response = client.call<Response>(request, columns);
    EXPECT_EQ(static_cast<u32>(response.return_value), 0u) << Request::kName;
    return response;
  }
  template <class Request>
  static Request at(u8 index) {
    Request request;
    request.input_handle_index = index;
    return request;
  }
  template <class Request>
  static Request opening(u8 index, u8 output) {
    Request request;
    request.input_handle_index = index;
    request.output_handle_index = output;
    return request;
  }

  std::vector<Check> checks_;
  std::set<rop::RopId> driven_;

 private:
  void seen(ByteView request, ByteView response, const wire::Context* context) {
    const rop::RopRow* row = rop::find_row(static_cast<rop::RopId>(request[0]));
    ASSERT_NE(row, nullptr);
    Arena arena;
    wire::Tree asked = wire::read_tree(*row->request, request, arena);
    if (row->response == nullptr) return;
    wire::Tree told = wire::read_tree(*row->response, response, arena, context);
    const wire::Node* value = told.root.find("ReturnValue");
    if (value == nullptr || number(*value) != 0) return;
    driven_.insert(row->id);
    for (Check& check : checks_) {
      if (check.structure != row->response->name || check.form != "success") continue;
      const wire::Node* field = told.root.find(check.field);
      ASSERT_NE(field, nullptr) << check.requirement << " " << check.structure << " " << check.field;
      if (check.verb == "echo") {
        const wire::Node* source = asked.root.find(check.argument);
        ASSERT_NE(source, nullptr) << check.requirement;
        EXPECT_EQ(number(*field), number(*source)) << check.requirement << " " << check.structure;
      } else {
        EXPECT_EQ(check.verb == "is", number(*field) == std::stoull(check.argument, nullptr, 16))
            << check.requirement << " " << check.structure << " " << check.field;
      }
      check.seen = true;
    }
  }
};

constexpr u8 kFolder = 3, kNew = 4, kMessage = 5, kAgain = 6, kAttachment = 7, kInner = 8, kTable = 9, kStream = 10,
             kWatch = 11, kOther = 12;

TEST_F(Tour, AnswersAreWhatTheRequestsAskFor) {
  client.logon();
  auto open_folder = opening<rop::OpenFolderRequest>(0, kFolder);
  open_folder.folder_id = client.logged_on.folder_ids[3];
  go<rop::OpenFolderResponse>(open_folder);
  auto created = client.create_folder(kFolder, "Tour", kNew);
  client.create_folder(kFolder, "Tour's end", kOther);

  // ---- the store ----
  auto receive = at<rop::GetReceiveFolderRequest>(0);
  receive.message_class = wire::String8::of("IPM.Note");
  go<rop::GetReceiveFolderResponse>(receive);
  auto set_receive = at<rop::SetReceiveFolderRequest>(0);
  set_receive.message_class = wire::String8::of("IPM.Tour");
  set_receive.folder_id = created.folder_id;
  go<rop::SetReceiveFolderResponse>(set_receive);
  auto long_term = at<rop::LongTermIdFromIdRequest>(0);
  long_term.object_id.value = created.folder_id.value;
  auto short_term = at<rop::IdFromLongTermIdRequest>(0);
  short_term.long_term_id = go<rop::LongTermIdFromIdResponse>(long_term).long_term_id;
  go<rop::IdFromLongTermIdResponse>(short_term);
  auto watch = opening<rop::RegisterNotificationRequest>(0, kWatch);
  watch.notification_types = {rop::kNotifyObjectCreated};
  watch.want_whole_store = 1;
  go<rop::RegisterNotificationResponse>(watch);

  // ---- a message ----
  auto create = opening<rop::CreateMessageRequest>(0, kMessage);
  create.folder_id = created.folder_id;
  go<rop::CreateMessageResponse>(create);
  go<rop::SetPropertiesResponse>([&] {
    auto request = at<rop::SetPropertiesRequest>(kMessage);
    auto values = client.arena.make<mapi::TaggedPropertyValue>(1);
    values[0] = client.text(tag::PidTagSubject, "tour");
    request.property_values = values;
    return request;
  }());
  auto no_replicate = at<rop::SetPropertiesNoReplicateRequest>(kMessage);
  auto values = client.arena.make<mapi::TaggedPropertyValue>(1);
  values[0] = client.text(tag::PidTagComment, "tour");
  no_replicate.property_values = values;
  go<rop::SetPropertiesNoReplicateResponse>(no_replicate);
  PropTag comment[] = {PropTag(tag::PidTagComment)};
  auto remove = at<rop::DeletePropertiesRequest>(kMessage);
  remove.property_tags = std::span<PropTag>(comment);
  go<rop::DeletePropertiesResponse>(remove);
  auto remove_too = at<rop::DeletePropertiesNoReplicateRequest>(kMessage);
  remove_too.property_tags = std::span<PropTag>(comment);
  go<rop::DeletePropertiesNoReplicateResponse>(remove_too);
  rop::ModifyRecipientRow row;
  row.recipient_type = 1;
  row.row.flags.value = 3 | mapi::recipient_flags::kEmailAddress | mapi::recipient_flags::kUnicode;
  row.row.email_address = mapi::utf16_in(client.arena, "tour@ropewalk.test");
  auto modify = at<rop::ModifyRecipientsRequest>(kMessage);
  modify.recipient_rows = std::span<rop::ModifyRecipientRow>(&row, 1);
  go<rop::ModifyRecipientsResponse>(modify);
  go<rop::ReadRecipientsResponse>(at<rop::ReadRecipientsRequest>(kMessage));
  auto attachment = go<rop::CreateAttachmentResponse>(opening<rop::CreateAttachmentRequest>(kMessage, kAttachment));
  client.set(kAttachment, {client.number(tag::PidTagAttachMethod, 5)});
  auto embedded = opening<rop::OpenEmbeddedMessageRequest>(kAttachment, kInner);
  embedded.code_page_id = 0x0FFF;
  embedded.open_mode_flags = 2;
  go<rop::OpenEmbeddedMessageResponse>(embedded);
  client.save(kInner, 2);
  auto save_attachment = at<rop::SaveChangesAttachmentRequest>(kAttachment);
  save_attachment.response_handle_index = kAttachment;
  go<rop::SaveChangesAttachmentResponse>(save_attachment);
  auto id = client.save(kMessage, 2).message_id;
  auto open = opening<rop::OpenMessageRequest>(0, kAgain);
  open.folder_id = created.folder_id;
  open.message_id = id;
  open.code_page_id = 0x0FFF;
  open.open_mode_flags = 3;
  go<rop::OpenMessageResponse>(open);
  go<rop::ReloadCachedInformationResponse>(at<rop::ReloadCachedInformationRequest>(kAgain));
  auto reopen = opening<rop::OpenAttachmentRequest>(kAgain, kOther + 1);
  reopen.attachment_id = attachment.attachment_id;
  go<rop::OpenAttachmentResponse>(reopen);
  go<rop::GetAttachmentTableResponse>(opening<rop::GetAttachmentTableRequest>(kAgain, kOther + 2));
  go<rop::GetValidAttachmentsResponse>(at<rop::GetValidAttachmentsRequest>(kAgain));
  auto second = go<rop::CreateAttachmentResponse>(opening<rop::CreateAttachmentRequest>(kAgain, kOther + 3));
  save_attachment = at<rop::SaveChangesAttachmentRequest>(kOther + 3);
  save_attachment.response_handle_index = kOther + 3;
  go<rop::SaveChangesAttachmentResponse>(save_attachment);
  auto drop = at<rop::DeleteAttachmentRequest>(kAgain);
  drop.attachment_id = second.attachment_id;
  go<rop::DeleteAttachmentResponse>(drop);
  go<rop::RemoveAllRecipientsResponse>(at<rop::RemoveAllRecipientsRequest>(kAgain));
  auto read_flag = at<rop::SetMessageReadFlagRequest>(kAgain);
  read_flag.response_handle_index = kNew;
  go<rop::SetMessageReadFlagResponse>(read_flag);

  // ---- its properties ----
  PropTag subject[] = {PropTag(tag::PidTagSubject)};
  auto specific = at<rop::GetPropertiesSpecificRequest>(kAgain);
  specific.property_tags = std::span<PropTag>(subject);
  specific.want_unicode = 1;
  go<rop::GetPropertiesSpecificResponse>(specific, subject);
  go<rop::GetPropertiesAllResponse>(at<rop::GetPropertiesAllRequest>(kAgain));
  go<rop::GetPropertiesListResponse>(at<rop::GetPropertiesListRequest>(kAgain));
  mapi::PropertyNameField name;
  name.kind = mapi::NameKind::lid;
  name.guid = *Guid::parse("{00062008-0000-0000-C000-000000000046}");
  name.lid = 0x8554;
  auto ids = at<rop::GetPropertyIdsFromNamesRequest>(0);
  ids.flags = 2;
  ids.property_names = std::span<mapi::PropertyNameField>(&name, 1);
  std::vector<u16> property_ids = {go<rop::GetPropertyIdsFromNamesResponse>(ids).property_ids[0]};
  auto names = at<rop::GetNamesFromPropertyIdsRequest>(0);
  names.property_ids = std::span<u16>(property_ids);
  go<rop::GetNamesFromPropertyIdsResponse>(names);
  go<rop::QueryNamedPropertiesResponse>(at<rop::QueryNamedPropertiesRequest>(0));
  auto stream = opening<rop::OpenStreamRequest>(kAgain, kStream);
  stream.property_tag = PropTag(tag::PidTagHtml);
  stream.open_mode_flags = 2;
  go<rop::OpenStreamResponse>(stream);
  auto write = at<rop::WriteStreamRequest>(kStream);
  write.data = bytes_of(std::string_view("<p>tour</p>"));
  go<rop::WriteStreamResponse>(write);
  go<rop::SeekStreamResponse>(at<rop::SeekStreamRequest>(kStream));
  auto read = at<rop::ReadStreamRequest>(kStream);
  read.byte_count = 100;
  go<rop::ReadStreamResponse>(read);
  go<rop::GetStreamSizeResponse>(at<rop::GetStreamSizeRequest>(kStream));
  auto resize = at<rop::SetStreamSizeRequest>(kStream);
  resize.stream_size = 3;
  go<rop::SetStreamSizeResponse>(resize);
  go<rop::CommitStreamResponse>(at<rop::CommitStreamRequest>(kStream));

  // ---- the folder's tables and messages ----
  go<rop::GetHierarchyTableResponse>(opening<rop::GetHierarchyTableRequest>(kFolder, kOther + 4));
  go<rop::GetContentsTableResponse>(opening<rop::GetContentsTableRequest>(kNew, kTable));
  auto columns = at<rop::SetColumnsRequest>(kTable);
  columns.property_tags = std::span<PropTag>(subject);
  go<rop::SetColumnsResponse>(columns);
  mapi::SortOrder order{PropTag(tag::PidTagSubject), mapi::SortDirection::ascending};
  auto sort = at<rop::SortTableRequest>(kTable);
  sort.sort.orders = std::span<mapi::SortOrder>(&order, 1);
  go<rop::SortTableResponse>(sort);
  mapi::Restriction exists;
  exists.type = mapi::RestrictType::exist;
  exists.tag = PropTag(tag::PidTagSubject);
  auto restrict_it = at<rop::RestrictRequest>(kTable);
  restrict_it.restriction = std::span<mapi::Restriction>(&exists, 1);
  go<rop::RestrictResponse>(restrict_it);
  auto find = at<rop::FindRowRequest>(kTable);
  find.restriction = std::span<mapi::Restriction>(&exists, 1);
  go<rop::FindRowResponse>(find, subject);
  auto mark = go<rop::CreateBookmarkResponse>(at<rop::CreateBookmarkRequest>(kTable));
  auto seek_mark = at<rop::SeekRowBookmarkRequest>(kTable);
  seek_mark.bookmark = mark.bookmark;
  go<rop::SeekRowBookmarkResponse>(seek_mark);
  auto free_mark = at<rop::FreeBookmarkRequest>(kTable);
  free_mark.bookmark = mark.bookmark;
  go<rop::FreeBookmarkResponse>(free_mark);
  auto query = at<rop::QueryRowsRequest>(kTable);
  query.forward_read = 1;
  query.row_count = 5;
  EXPECT_EQ(go<rop::QueryRowsResponse>(query, subject).rows.size(), 1u);
  go<rop::QueryPositionResponse>(at<rop::QueryPositionRequest>(kTable));
  go<rop::SeekRowResponse>(at<rop::SeekRowRequest>(kTable));
  auto fraction = at<rop::SeekRowFractionalRequest>(kTable);
  fraction.denominator = 1;
  go<rop::SeekRowFractionalResponse>(fraction);
  go<rop::GetStatusResponse>(at<rop::GetStatusRequest>(kTable));
  go<rop::QueryColumnsAllResponse>(at<rop::QueryColumnsAllRequest>(kTable));
  go<rop::ResetTableResponse>(at<rop::ResetTableRequest>(kTable));
  auto status = at<rop::SetMessageStatusRequest>(kNew);
  status.message_id = id;
  go<rop::SetMessageStatusResponse>(status);
  auto ask_status = at<rop::GetMessageStatusRequest>(kNew);
  ask_status.message_id = id;
  // MS-OXCROPS_R20004: its response says RopSetMessageStatus.
  EXPECT_EQ(client.send(ask_status).rops()[0], static_cast<u8>(rop::RopId::set_message_status));
  std::vector<mapi::MessageId> messages = {id};
  auto flags = at<rop::SetReadFlagsRequest>(kNew);
  flags.message_ids = std::span<mapi::MessageId>(messages);
  go<rop::SetReadFlagsResponse>(flags);
  rop::MoveCopyMessagesRequest copy;
  copy.source_handle_index = kNew;
  copy.dest_handle_index = kOther;
  copy.message_ids = std::span<mapi::MessageId>(messages);
  copy.want_copy = 1;
  go<rop::MoveCopyMessagesResponse>(copy);
  auto delete_them = at<rop::DeleteMessagesRequest>(kNew);
  delete_them.message_ids = std::span<mapi::MessageId>(messages);
  go<rop::DeleteMessagesResponse>(delete_them);
  auto another = client.put_message(created.folder_id, "another");
  messages = {another};
  auto hard = at<rop::HardDeleteMessagesRequest>(kNew);
  hard.message_ids = std::span<mapi::MessageId>(messages);
  go<rop::HardDeleteMessagesResponse>(hard);
  auto delete_folder = at<rop::DeleteFolderRequest>(kFolder);
  delete_folder.folder_id = created.folder_id;
  delete_folder.delete_folder_flags = 5;
  go<rop::DeleteFolderResponse>(delete_folder);

  for (const Check& check : checks_)
    EXPECT_TRUE(check.seen) << check.requirement << " " << check.structure << " " << check.field << " was never seen";
  EXPECT_GT(checks_.size(), 40u);
  for (const auto& line : lines_of("driven_rops.txt")) {
    auto rop = rop::parse_rop(line[0]);
    ASSERT_TRUE(rop) << line[0];
    bool silent = *rop == rop::RopId::release || *rop == rop::RopId::get_message_status;
    EXPECT_TRUE(silent || driven_.contains(*rop)) << line[0] << " was not driven";
  }
  for (rop::RopId served : server::served_rops()) {
    bool silent = served == rop::RopId::release || served == rop::RopId::get_message_status;
    EXPECT_TRUE(silent || driven_.contains(served)) << rop::name(served) << " is served and not driven here";
  }
}

}  // namespace
}  // namespace ropewalk
