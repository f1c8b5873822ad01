// What messages and attachments do, [MS-OXCMSG], on a running server.
#include "rop_client.h"

namespace ropewalk {
namespace {

constexpr u8 kMessage = 2, kAgain = 3, kAttachment = 4, kInner = 5, kFolder = 6, kTable = 7, kNobody = 20;

class Messages : public Live {
 protected:
  Messages() { EXPECT_EQ(client.open_folder(client.inbox(), kFolder), ErrorCode::none); }

  rop::OpenMessageResponse open(mapi::MessageId id, u8 index, u8 mode = 3, mapi::FolderId folder = {}) {
    rop::OpenMessageRequest request;
    request.output_handle_index = index;
    request.code_page_id = 0x0FFF;
    request.folder_id = folder.is_null() ? client.inbox() : folder;
    request.open_mode_flags = mode;
    request.message_id = id;
    return client.call<rop::OpenMessageResponse>(request);
  }
  mapi::PropertyCell get(u8 index, u32 wanted) {
    PropTag tags[] = {PropTag(wanted)};
    return client.get(index, tags).cells[0];
  }
  u64 number(u8 index, u32 wanted) {
    auto cell = get(index, wanted);
    EXPECT_EQ(cell.flag, mapi::CellFlag::value) << PropTag(wanted).to_string();
    return cell.value.number;
  }
  std::string text(u8 index, u32 wanted) {
    auto cell = get(index, wanted);
    EXPECT_EQ(cell.flag, mapi::CellFlag::value) << PropTag(wanted).to_string();
    return utf8(cell);
  }
  // A recipient by SMTP, with names in Unicode and no columns.
  rop::ModifyRecipientRow recipient(u32 row_id, u8 type, std::string_view address, std::string_view name) {
    rop::ModifyRecipientRow row;
    row.row_id = row_id;
    row.recipient_type = type;
    using namespace mapi::recipient_flags;
    row.row.flags.value = 3 | kEmailAddress | kDisplayName | kUnicode;
    row.row.email_address = mapi::utf16_in(client.arena, address);
    row.row.display_name = mapi::utf16_in(client.arena, name);
    return row;
  }
  ErrorCode modify(u8 index, std::vector<rop::ModifyRecipientRow> rows) {
    rop::ModifyRecipientsRequest request;
    request.input_handle_index = index;
    request.recipient_rows = std::span<rop::ModifyRecipientRow>(rows);
    return client.call<rop::ModifyRecipientsResponse>(request).return_value;
  }
  // Types and addresses of the recipients from this row on, by ROW id.
  std::map<u32, std::string> recipients(u8 index, u32 from = 0, ErrorCode wanted = ErrorCode::none) {
    rop::ReadRecipientsRequest request;
    request.input_handle_index = index;
    request.row_id = from;
    auto response = client.call<rop::ReadRecipientsResponse>(request);
    EXPECT_EQ(response.return_value, wanted);
    std::map<u32, std::string> all;
    for (const auto& row : response.recipient_rows)
      all[row.row_id] = std::to_string(row.recipient_type) + " " + utf16_to_utf8(row.row.email_address);
    return all;
  }
  rop::CreateAttachmentResponse create_attachment(u8 message, u8 index) {
    rop::CreateAttachmentRequest request;
    request.input_handle_index = message;
    request.output_handle_index = index;
    return client.call<rop::CreateAttachmentResponse>(request);
  }
  ErrorCode save_attachment(u8 index) {
    rop::SaveChangesAttachmentRequest request;
    request.input_handle_index = index;
    request.response_handle_index = index;
    request.save_flags = 2;
    return client.call<rop::SaveChangesAttachmentResponse>(request).return_value;
  }
  ErrorCode open_attachment(u8 message, u32 id, u8 index, u8 flags = 0) {
    rop::OpenAttachmentRequest request;
    request.input_handle_index = message;
    request.output_handle_index = index;
    request.open_attachment_flags = flags;
    request.attachment_id = id;
    return client.call<rop::OpenAttachmentResponse>(request).return_value;
  }
  mapi::TaggedPropertyValue binary(u32 tag, std::string_view bytes) {
    mapi::TaggedPropertyValue property;
    property.tag = PropTag(tag);
    property.value = mapi::Value::of(bytes_of(bytes));
    return property;
  }
};

// MS-OXCMSG_R687 MS-OXCMSG_R339 MS-OXCMSG_R700
TEST_F(Messages, AreThereOnceTheyAreSaved) {
  rop::CreateMessageRequest create;
  create.output_handle_index = kMessage;
  create.folder_id = client.inbox();
  auto created = client.call<rop::CreateMessageResponse>(create);
  ASSERT_EQ(created.return_value, ErrorCode::none);
  EXPECT_LE(created.has_message_id, 1);
  rop::GetContentsTableRequest list;
  list.input_handle_index = kFolder;
  list.output_handle_index = kTable;
  EXPECT_EQ(client.call<rop::GetContentsTableResponse>(list).row_count, 0u);
  client.release(kTable);
  auto set = client.set(kMessage, {client.text(tag::PidTagSubject, "A long line")});
  EXPECT_EQ(set.property_problems.size(), 0u);
  auto saved = client.save(kMessage, 2);
  ASSERT_EQ(saved.return_value, ErrorCode::none);  // MS-OXCMSG_R719
  EXPECT_FALSE(saved.message_id.is_null());        // MS-OXCMSG_R728 MS-OXCMSG_R372
  EXPECT_EQ(saved.input_handle_index, kMessage);
  EXPECT_EQ(client.call<rop::GetContentsTableResponse>(list).row_count, 1u);
  ASSERT_EQ(open(saved.message_id, kAgain).return_value, ErrorCode::none);
  EXPECT_EQ(text(kAgain, tag::PidTagSubject), "A long line");  // MS-OXCMSG_R321
  EXPECT_EQ(number(kAgain, tag::PidTagMid), saved.message_id.value);
}

TEST_F(Messages, BeginWithWhatTheServerKnows) {
  ASSERT_EQ(client.create_message(client.inbox(), kMessage), ErrorCode::none);
  EXPECT_EQ(number(kMessage, tag::PidTagImportance), 1u);          // MS-OXCMSG_R341
  EXPECT_EQ(text(kMessage, tag::PidTagMessageClass), "IPM.Note");  // MS-OXCMSG_R342
  EXPECT_EQ(number(kMessage, tag::PidTagSensitivity), 0u);         // MS-OXCMSG_R343
  EXPECT_EQ(text(kMessage, tag::PidTagDisplayBcc), "");            // MS-OXCMSG_R344
  EXPECT_EQ(text(kMessage, tag::PidTagDisplayCc), "");             // MS-OXCMSG_R345
  EXPECT_EQ(text(kMessage, tag::PidTagDisplayTo), "");             // MS-OXCMSG_R346
  EXPECT_EQ(number(kMessage, tag::PidTagHasAttachments), 0u);      // MS-OXCMSG_R349
  EXPECT_EQ(number(kMessage, tag::PidTagAccessLevel), 1u);         // MS-OXCMSG_R354
  u64 created = number(kMessage, tag::PidTagCreationTime);         // MS-OXCMSG_R2034
  EXPECT_NE(created, 0u);
  EXPECT_FALSE(get(kMessage, tag::PidTagSearchKey).value.bytes.empty());  // MS-OXCMSG_R358
  client.save(kMessage, 2);
  EXPECT_EQ(number(kMessage, tag::PidTagCreationTime), created);
  for (u32 wanted : {tag::PidTagAccess, tag::PidTagAccessLevel, tag::PidTagChangeKey, tag::PidTagCreationTime,
                     tag::PidTagLastModificationTime, tag::PidTagSearchKey})
    // MS-OXCMSG_R1097 MS-OXCMSG_R1098 MS-OXCMSG_R1099 MS-OXCMSG_R1100 MS-OXCMSG_R1101 MS-OXCMSG_R1105
    EXPECT_EQ(get(kMessage, wanted).flag, mapi::CellFlag::value) << PropTag(wanted).to_string();
  EXPECT_NE(number(kMessage, tag::PidTagMessageSize), 0u);
}

TEST_F(Messages, AreFoundByTheirIdsAlone) {
  auto id = client.put_message(client.inbox(), "here");
  EXPECT_EQ(static_cast<u32>(open(mapi::MessageId::make(1, 0x777777), kMessage).return_value),
            0x8004010Fu);  // MS-OXCMSG_R323 MS-OXCMSG_R333
  EXPECT_EQ(open(id, kMessage, 3, client.logged_on.folder_ids[5]).return_value,
            ErrorCode::not_found);  // MS-OXCMSG_R1477
  rop::OpenMessageRequest request;
  request.input_handle_index = kNobody;
  request.output_handle_index = kMessage;
  EXPECT_EQ(client.call<rop::OpenMessageResponse>(request).return_value, ErrorCode::null_object);  // MS-OXCMSG_R1478
  EXPECT_EQ(client.handles[kMessage], rop::kNoHandle);
}

TEST_F(Messages, TellOfThemselvesWhenOpened) {
  ASSERT_EQ(client.create_message(client.inbox(), kMessage), ErrorCode::none);
  client.set(kMessage, {client.text(tag::PidTagSubject, "RE: Fathoms")});
  modify(kMessage, {recipient(0, 1, "one@ropewalk.test", "One"), recipient(1, 2, "two@ropewalk.test", "Two"),
                    recipient(2, 3, "three@ropewalk.test", "Three")});
  auto id = client.save(kMessage).message_id;
  auto opened = open(id, kAgain);
  ASSERT_EQ(opened.return_value, ErrorCode::none);
  EXPECT_EQ(opened.summary.subject_prefix.text() + opened.summary.normalized_subject.text(),
            "RE: Fathoms");                             // MS-OXCMSG_R676 MS-OXCMSG_R678
  EXPECT_EQ(opened.summary.recipient_count, 3u);        // MS-OXCMSG_R679
  ASSERT_EQ(opened.summary.recipient_rows.size(), 3u);  // MS-OXCMSG_R683 MS-OXCMSG_R684 MS-OXCMSG_R328
  for (u8 i = 0; i < 3; ++i)
    EXPECT_EQ(opened.summary.recipient_rows[i].recipient_type,
              i + 1);  // MS-OXCMSG_R977 MS-OXCMSG_R978 MS-OXCMSG_R979 MS-OXCMSG_R686
  EXPECT_EQ(text(kAgain, tag::PidTagSubjectPrefix), "RE: ");         // MS-OXCMSG_R58
  EXPECT_EQ(text(kAgain, tag::PidTagNormalizedSubject), "Fathoms");  // MS-OXCMSG_R64
  EXPECT_EQ(text(kAgain, tag::PidTagSubject), "RE: Fathoms");        // MS-OXCMSG_R1239
  EXPECT_EQ(text(kAgain, tag::PidTagDisplayTo), "One");
  EXPECT_EQ(text(kAgain, tag::PidTagDisplayCc), "Two");
}

TEST_F(Messages, ReadOnlyOnesAreNotWritten) {
  auto id = client.put_message(client.inbox(), "carved in stone");
  ASSERT_EQ(open(id, kMessage, 0).return_value, ErrorCode::none);  // MS-OXCMSG_R661
  auto set = client.set(kMessage, {client.text(tag::PidTagSubject, "sand")});
  auto saved = client.save(kMessage, 2);
  EXPECT_TRUE(set.return_value != ErrorCode::none || saved.return_value != ErrorCode::none);
  ASSERT_EQ(open(id, kAgain, 1).return_value, ErrorCode::none);  // MS-OXCMSG_R663
  EXPECT_EQ(text(kAgain, tag::PidTagSubject), "carved in stone");
  client.set(kAgain, {client.text(tag::PidTagSubject, "clay")});
  EXPECT_EQ(client.save(kAgain, 1).return_value, ErrorCode::none);
  // KeepOpenReadOnly: it is still open, and no longer written.
  EXPECT_EQ(text(kAgain, tag::PidTagSubject), "clay");
  EXPECT_NE(client.set(kAgain, {client.text(tag::PidTagSubject, "dust")}).return_value, ErrorCode::none);
}

// Each opening is a transaction of its own.
TEST_F(Messages, ChangesShowOnceTheyAreSaved) {
  auto id = client.put_message(client.inbox(), "old");
  ASSERT_EQ(open(id, kMessage).return_value, ErrorCode::none);
  ASSERT_EQ(open(id, kAgain).return_value, ErrorCode::none);
  EXPECT_NE(client.handles[kMessage], client.handles[kAgain]);  // MS-OXCMSG_R1475 MS-OXCMSG_R703
  client.set(kMessage, {client.text(tag::PidTagSubject, "new")});
  EXPECT_EQ(text(kMessage, tag::PidTagSubject), "new");
  EXPECT_EQ(text(kAgain, tag::PidTagSubject), "old");  // MS-OXCMSG_R704
  ASSERT_EQ(client.save(kMessage, 2).return_value, ErrorCode::none);
  ASSERT_EQ(open(id, kInner).return_value, ErrorCode::none);
  EXPECT_EQ(text(kInner, tag::PidTagSubject), "new");
  // The other one comes too late, unless it insists.
  client.set(kAgain, {client.text(tag::PidTagSubject, "newer")});
  EXPECT_EQ(static_cast<u32>(client.save(kAgain, 2).return_value), 0x80040109u);  // MS-OXCMSG_R1053 MS-OXCMSG_R718
  EXPECT_EQ(text(kAgain, tag::PidTagSubject), "newer");
  EXPECT_EQ(client.save(kAgain, 4).return_value, ErrorCode::none);  // MS-OXCMSG_R724 MS-OXCMSG_R723
  ASSERT_EQ(open(id, 8).return_value, ErrorCode::none);
  EXPECT_EQ(text(8, tag::PidTagSubject), "newer");
}

// MS-OXCMSG_R737 MS-OXCMSG_R753
TEST_F(Messages, KeepTheirRecipients) {
  ASSERT_EQ(client.create_message(client.inbox(), kMessage), ErrorCode::none);
  recipients(kMessage, 0, ErrorCode::not_found);  // MS-OXCMSG_R403
  ASSERT_EQ(
      modify(kMessage, {recipient(0, 1, "one@ropewalk.test", "One"), recipient(7, 2, "two@ropewalk.test", "Two")}),
      ErrorCode::none);  // MS-OXCMSG_R389
  using Rows = std::map<u32, std::string>;
  EXPECT_EQ(recipients(kMessage),
            (Rows{{0, "1 one@ropewalk.test"}, {7, "2 two@ropewalk.test"}}));  // MS-OXCMSG_R394 MS-OXCMSG_R400
  EXPECT_EQ(recipients(kMessage, 1), (Rows{{7, "2 two@ropewalk.test"}}));     // MS-OXCMSG_R1495 MS-OXCMSG_R765
  recipients(kMessage, 8, ErrorCode::not_found);                              // MS-OXCMSG_R1055
  auto id = client.save(kMessage, 2).message_id;
  ASSERT_EQ(open(id, kAgain).return_value, ErrorCode::none);
  rop::ModifyRecipientRow gone;
  gone.row_id = 0;
  gone.present = false;
  ASSERT_EQ(modify(kMessage, {gone, recipient(7, 3, "deux@ropewalk.test", "Deux")}),
            ErrorCode::none);                                            // MS-OXCMSG_R390 MS-OXCMSG_R391
  EXPECT_EQ(recipients(kMessage), (Rows{{7, "3 deux@ropewalk.test"}}));  // MS-OXCMSG_R393
  EXPECT_EQ(recipients(kAgain).size(), 2u);                              // MS-OXCMSG_R395
  ASSERT_EQ(client.save(kMessage, 2).return_value, ErrorCode::none);
  ASSERT_EQ(open(id, kInner).return_value, ErrorCode::none);
  EXPECT_EQ(recipients(kInner), (Rows{{7, "3 deux@ropewalk.test"}}));
  EXPECT_EQ(modify(kNobody, {recipient(0, 1, "x@ropewalk.test", "X")}), ErrorCode::null_object);  // MS-OXCMSG_R1982
  recipients(kNobody, 0, ErrorCode::null_object);                                                 // MS-OXCMSG_R1057
}

// MS-OXCMSG_R795 MS-OXCMSG_R1145
TEST_F(Messages, AreMarkedAsRead) {
  auto id = client.put_message(client.inbox(), "news");
  auto flags = [&] {
    EXPECT_EQ(open(id, kMessage).return_value, ErrorCode::none);
    u64 all = number(kMessage, tag::PidTagMessageFlags);
    client.release(kMessage);
    return all;
  };
  EXPECT_EQ(flags() & 9, 9u);  // mfRead, mfUnsent: MS-OXCMSG_R347 MS-OXCMSG_R512
  rop::SetReadFlagsRequest request;
  request.input_handle_index = kFolder;
  std::vector<mapi::MessageId> ids = {id};
  request.message_ids = std::span<mapi::MessageId>(ids);
  request.read_flags = 0x04;
  client.call<rop::SetReadFlagsResponse>(request);
  EXPECT_EQ(flags() & 1, 0u);
  request.read_flags = 0x01;  // rfSuppressReceipt
  auto done = client.call<rop::SetReadFlagsResponse>(request);
  EXPECT_EQ(done.return_value, ErrorCode::none);  // MS-OXCMSG_R1703
  EXPECT_EQ(done.partial_completion, 0);
  EXPECT_EQ(flags() & 1, 1u);  // MS-OXCMSG_R818 MS-OXCMSG_R510
  request.read_flags = 0x04;
  client.call<rop::SetReadFlagsResponse>(request);
  EXPECT_EQ(flags() & 1, 0u);  // MS-OXCMSG_R822
  ids = {mapi::MessageId::make(1, 0x99999), id};
  request.message_ids = std::span<mapi::MessageId>(ids);
  request.read_flags = 0x01;
  EXPECT_NE(client.call<rop::SetReadFlagsResponse>(request).partial_completion, 0);  // MS-OXCMSG_R1514
  EXPECT_EQ(flags() & 1, 1u);
  request.input_handle_index = kNobody;
  EXPECT_EQ(client.call<rop::SetReadFlagsResponse>(request).return_value, ErrorCode::null_object);  // MS-OXCMSG_R1516
}

// MS-OXCMSG_R835 MS-OXCMSG_R537
TEST_F(Messages, AreMarkedAsReadOneByOne) {
  auto id = client.put_message(client.inbox(), "news");
  ASSERT_EQ(open(id, kMessage).return_value, ErrorCode::none);
  rop::SetMessageReadFlagRequest request;
  request.input_handle_index = kMessage;
  request.response_handle_index = kFolder;
  auto done = client.call<rop::SetMessageReadFlagResponse>(request);
  EXPECT_EQ(done.return_value, ErrorCode::none);
  EXPECT_EQ(done.read_status_changed, 0);                     // MS-OXCMSG_R1841 MS-OXCMSG_R846
  ASSERT_EQ(open(id, kAgain).return_value, ErrorCode::none);  // MS-OXCMSG_R1710
  EXPECT_EQ(number(kAgain, tag::PidTagMessageFlags) & 1, 1u);
  EXPECT_EQ(number(kAgain, tag::PidTagRead), 1u);  // MS-OXCMSG_R2045
  request.input_handle_index = kNobody;
  EXPECT_EQ(client.call<rop::SetMessageReadFlagResponse>(request).return_value,
            ErrorCode::null_object);  // MS-OXCMSG_R1521
}

TEST_F(Messages, OfAFolderItselfAreSaidToBe) {
  auto id = client.put_message(client.inbox(), "settings", 1, true);  // MS-OXCMSG_R988
  ASSERT_EQ(open(id, kMessage).return_value, ErrorCode::none);
  EXPECT_EQ(number(kMessage, tag::PidTagMessageFlags) & 0x40, 0x40u);  // MS-OXCMSG_R527
  id = client.put_message(client.inbox(), "mail");                     // MS-OXCMSG_R987
  ASSERT_EQ(open(id, kAgain).return_value, ErrorCode::none);
  EXPECT_EQ(number(kAgain, tag::PidTagMessageFlags) & 0x40, 0u);
}

// MS-OXCMSG_R861 MS-OXCMSG_R875 MS-OXCMSG_R853 MS-OXCMSG_R890
TEST_F(Messages, KeepTheirAttachments) {
  ASSERT_EQ(client.create_message(client.inbox(), kMessage), ErrorCode::none);
  auto first = create_attachment(kMessage, kAttachment);
  ASSERT_EQ(first.return_value, ErrorCode::none);
  EXPECT_EQ(number(kAttachment, tag::PidTagAttachNumber), first.attachment_id);  // MS-OXCMSG_R867 MS-OXCROPS_R2175
  EXPECT_EQ(number(kAttachment, tag::PidTagRenderingPosition) & 0xFFFFFFFF, 0xFFFFFFFFu);  // MS-OXCMSG_R451
  EXPECT_EQ(get(kAttachment, tag::PidTagCreationTime).flag, mapi::CellFlag::value);        // MS-OXCMSG_R2035
  client.set(kAttachment,
             {client.text(tag::PidTagAttachLongFilename, "splice.txt"), client.number(tag::PidTagAttachMethod, 1),
              binary(tag::PidTagAttachDataBinary, "eye splice, back splice")});
  ASSERT_EQ(save_attachment(kAttachment), ErrorCode::none);
  auto second = create_attachment(kMessage, kInner);
  EXPECT_NE(second.attachment_id, first.attachment_id);  // MS-OXCMSG_R1836 MS-OXCMSG_R448
  client.release(kInner);                                // never saved
  auto id = client.save(kMessage, 2).message_id;
  ASSERT_EQ(open(id, kAgain).return_value, ErrorCode::none);
  EXPECT_EQ(number(kAgain, tag::PidTagHasAttachments), 1u);                                // MS-OXCMSG_R498
  EXPECT_EQ(number(kAgain, tag::PidTagMessageFlags) & 0x10, 0x10u);                        // MS-OXCMSG_R522
  EXPECT_EQ(open_attachment(kAgain, second.attachment_id, kInner), ErrorCode::not_found);  // MS-OXCMSG_R446
  EXPECT_EQ(open_attachment(kAgain, 4711, kInner), ErrorCode::not_found);                  // MS-OXCMSG_R440
  ASSERT_EQ(open_attachment(kAgain, first.attachment_id, kInner), ErrorCode::none);
  EXPECT_EQ(text(kInner, tag::PidTagAttachLongFilename), "splice.txt");  // MS-OXCMSG_R436
  EXPECT_EQ(text_of(get(kInner, tag::PidTagAttachDataBinary).value.bytes),
            "eye splice, back splice");  // MS-OXCMSG_R236 MS-OXCMSG_R590
  EXPECT_GE(number(kInner, tag::PidTagAttachSize), 23u);
  EXPECT_EQ(open_attachment(kNobody, 0, 8), ErrorCode::null_object);              // MS-OXCMSG_R1620
  EXPECT_EQ(create_attachment(kNobody, 8).return_value, ErrorCode::null_object);  // MS-OXCMSG_R1712
  EXPECT_EQ(save_attachment(kMessage), ErrorCode::not_supported);                 // MS-OXCMSG_R467

  rop::GetAttachmentTableRequest list;
  list.input_handle_index = kAgain;
  list.output_handle_index = kTable;
  ASSERT_EQ(client.call<rop::GetAttachmentTableResponse>(list).return_value, ErrorCode::none);  // MS-OXCMSG_R905
  std::vector<PropTag> columns = {PropTag(tag::PidTagAttachNumber), PropTag(tag::PidTagAttachLongFilename)};
  rop::SetColumnsRequest set;
  set.input_handle_index = kTable;
  set.property_tags = std::span<PropTag>(columns);
  ASSERT_EQ(client.call<rop::SetColumnsResponse>(set).return_value, ErrorCode::none);
  rop::QueryRowsRequest query;
  query.input_handle_index = kTable;
  query.forward_read = 1;
  query.row_count = 10;
  auto rows = client.call<rop::QueryRowsResponse>(query, columns);
  ASSERT_EQ(rows.rows.size(), 1u);  // MS-OXCMSG_R490
  EXPECT_EQ(rows.rows[0].cells[0].value.number, first.attachment_id);
  EXPECT_EQ(utf8(rows.rows[0].cells[1]), "splice.txt");  // MS-OXCMSG_R907
  list.input_handle_index = kNobody;
  EXPECT_EQ(client.call<rop::GetAttachmentTableResponse>(list).return_value,
            ErrorCode::null_object);  // MS-OXCMSG_R1526
}

// Saving an attachment changes the message that it is part of, nobody else's: MS-OXCMSG_R1062.
TEST_F(Messages, AttachmentsAreSavedWithTheirMessage) {
  auto id = client.put_message(client.inbox(), "bare");
  ASSERT_EQ(open(id, kMessage).return_value, ErrorCode::none);
  auto created = create_attachment(kMessage, kAttachment);
  client.set(kAttachment, {client.number(tag::PidTagAttachMethod, 1), binary(tag::PidTagAttachDataBinary, "x")});
  ASSERT_EQ(save_attachment(kAttachment), ErrorCode::none);
  ASSERT_EQ(open(id, kAgain).return_value, ErrorCode::none);
  EXPECT_EQ(open_attachment(kAgain, created.attachment_id, kInner), ErrorCode::not_found);
  ASSERT_EQ(client.save(kMessage, 2).return_value, ErrorCode::none);
  ASSERT_EQ(open(id, 8).return_value, ErrorCode::none);
  EXPECT_EQ(open_attachment(8, created.attachment_id, kInner), ErrorCode::none);
}

// MS-OXCMSG_R881 MS-OXCMSG_R596
TEST_F(Messages, HoldOtherMessages) {
  ASSERT_EQ(client.create_message(client.inbox(), kMessage), ErrorCode::none);
  auto created = create_attachment(kMessage, kAttachment);
  client.set(kAttachment, {client.number(tag::PidTagAttachMethod, 5)});
  rop::OpenEmbeddedMessageRequest request;
  request.input_handle_index = kAttachment;
  request.output_handle_index = kInner;
  request.code_page_id = 0x0FFF;
  request.open_mode_flags = 0;
  EXPECT_EQ(client.call<rop::OpenEmbeddedMessageResponse>(request).return_value, ErrorCode::not_found);
  request.open_mode_flags = 2;  // MS-OXCMSG_R913
  auto inner = client.call<rop::OpenEmbeddedMessageResponse>(request);
  ASSERT_EQ(inner.return_value, ErrorCode::none);
  EXPECT_EQ(inner.reserved, 0);
  client.set(kInner, {client.text(tag::PidTagSubject, "inside")});
  modify(kInner, {recipient(0, 1, "in@ropewalk.test", "In")});
  ASSERT_EQ(client.save(kInner).return_value, ErrorCode::none);  // MS-OXCMSG_R481
  ASSERT_EQ(save_attachment(kAttachment), ErrorCode::none);
  auto id = client.save(kMessage).message_id;
  ASSERT_EQ(open(id, kAgain).return_value, ErrorCode::none);
  ASSERT_EQ(open_attachment(kAgain, created.attachment_id, 8), ErrorCode::none);
  request.input_handle_index = 8;
  request.output_handle_index = 9;
  request.open_mode_flags = 0;
  inner = client.call<rop::OpenEmbeddedMessageResponse>(request);
  ASSERT_EQ(inner.return_value, ErrorCode::none);
  EXPECT_EQ(inner.summary.normalized_subject.text(), "inside");
  EXPECT_EQ(inner.summary.recipient_count, 1u);
  EXPECT_EQ(text(9, tag::PidTagSubject), "inside");
  request.input_handle_index = kNobody;
  EXPECT_EQ(client.call<rop::OpenEmbeddedMessageResponse>(request).return_value,
            ErrorCode::null_object);  // MS-OXCMSG_R1525
}

// What the server answered success to is there when it comes back.
TEST_F(Messages, OutliveTheServer) {
  auto id = client.put_message(client.inbox(), "kept");
  server.restart();
  RopClient again(server);
  again.logon();
  rop::OpenMessageRequest request;
  request.output_handle_index = kMessage;
  request.folder_id = again.inbox();
  request.message_id = id;
  ASSERT_EQ(again.call<rop::OpenMessageResponse>(request).return_value, ErrorCode::none);
  PropTag tags[] = {PropTag(tag::PidTagSubject)};
  EXPECT_EQ(utf8(again.get(kMessage, tags).cells[0]), "kept");
}

}  // namespace
}  // namespace ropewalk
