// Bytes of the ROPs whose layout has forms and conditions, put together by hand from [MS-OXCROPS].
#include <gtest/gtest.h>

#include "base/utf16.h"
#include "protocol/rop/control.h"
#include "protocol/rop/oxcfold.h"
#include "protocol/rop/oxcmsg.h"
#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/oxcstor.h"
#include "protocol/rop/oxctabl.h"
#include "protocol/rop/rop_buffer.h"
#include "protocol/rop/streams.h"
#include "wire/test_round_trip.h"

namespace ropewalk::rop {
namespace {

// Decodes all of `text`, and holds the other readings to it.
template <class T>
struct Decoded {
  Arena arena;
  std::vector<u8> bytes;
  T value{};

  explicit Decoded(std::string_view text, const wire::Context* context = nullptr) : bytes(*from_hex(text)) {
    auto result = wire::decode<T>(bytes, arena, context);
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().text());
    if (result.ok()) value = *result;
    EXPECT_EQ(wire::check_bytes(wire::struct_info<T>, bytes, context), "");
  }
  const T* operator->() const { return &value; }
};

std::string hex(std::string_view text) { return to_hex(*from_hex(text)); }

template <class T>
std::string encoded(const T& value, const wire::Context* context = nullptr) {
  wire::OutBuffer out;
  EXPECT_TRUE(wire::encode(value, out, context));
  return to_hex(out.view());
}

constexpr std::string_view kThirteenFolders =
    "0100000000000001 0100000000000002 0100000000000003 0100000000000004 0100000000000005 0100000000000006"
    "0100000000000007 0100000000000008 0100000000000009 010000000000000A 010000000000000B 010000000000000C"
    "010000000000000D";

TEST(LogonRops, RequestsMayNameNoMailbox) {
  Decoded<LogonRequest> named("FE 00 00 01 0C000001 00000000 0600 2F6F3D6E7800");
  EXPECT_EQ(named->essdn.text(), "/o=nx");
  EXPECT_EQ(named->logon_flags, kLogonPrivate);
  Decoded<LogonRequest> nameless("FE 00 00 00 02000000 00000000 0000");
  EXPECT_FALSE(nameless->has_essdn);
}

// MS-OXCROPS_R53, MS-OXCROPS_R63, MS-OXCROPS_R65
TEST(LogonRops, PrivateMailboxes) {
  Decoded<LogonResponse> response("FE 00 00000000 01" + std::string(kThirteenFolders) +
                                  "07 0102030405060708090A0B0C0D0E0F10 0100 1112131415161718191A1B1C1D1E1F20"
                                  "1E 0A 17 06 1F 0C E807 0102030405060708 00000000");
  ASSERT_EQ(response->folder_ids.size(), kLogonFolders);
  EXPECT_EQ(response->folder_ids[12].to_string(), "0001-00000000000D");
  EXPECT_EQ(response->response_flags, kLogonReserved | kLogonOwnerRight | kLogonSendAsRight);
  EXPECT_EQ(response->logon_time.hour, 23);
  EXPECT_EQ(response->logon_time.year, 2024);
  EXPECT_EQ(encoded(response.value), to_hex(response.bytes));
}

// MS-OXCROPS_R102, MS-OXCROPS_R106
TEST(LogonRops, PublicFolders) {
  Decoded<LogonResponse> response("FE 00 00000000 00" + std::string(kThirteenFolders) +
                                  "0100 1112131415161718191A1B1C1D1E1F20 00000000000000000000000000000000");
  EXPECT_EQ(response->repl_id, 1);
  EXPECT_EQ(response->per_user_guid, Guid{});
}

// MS-OXCROPS_R119, MS-OXCROPS_R124, MS-OXCROPS_R126
TEST(LogonRops, Redirection) {
  Decoded<LogonResponse> response("FE 00 78040000 01 0A 65783031 2E74657374 00");
  EXPECT_EQ(response->return_value, mapi::ErrorCode::wrong_server);
  EXPECT_EQ(response->server_name.text(), "ex01.test");
}

TEST(LogonRops, FailuresEndAtTheReturnValue) {
  Decoded<LogonResponse> response("FE 00 F2030000");
  EXPECT_FALSE(response->ok());
}

TEST(LogonRops, AResponseWithoutItsThirteenFoldersIsNotWritten) {
  wire::OutBuffer out;
  EXPECT_FALSE(wire::encode(LogonResponse{}, out));
  EXPECT_EQ(out.size(), 0u);
}

// MS-OXCROPS_R211
TEST(LogonRops, ReceiveFolderRowsHaveTheirOwnColumns) {
  Decoded<GetReceiveFolderTableResponse> response(
      "68 00 00000000 02000000"
      "00 0100000000000005 49504D00 0080C5E9A5C3D901"
      "01 00 0100000000000005 00 00 0A 0F010480");
  ASSERT_EQ(response->rows.size(), 2u);
  EXPECT_EQ(text_of(response->rows[0].cells[1].value.bytes), "IPM");
  EXPECT_EQ(response->rows[1].cells[2].flag, mapi::CellFlag::error);
}

// MS-OXCROPS_R307, MS-OXCROPS_R4630, MS-OXCROPS_R312, MS-OXCROPS_R313, MS-OXCROPS_R316, MS-OXCROPS_R4631
TEST(LogonRops, ServersOfGhostedFoldersAlone) {
  Decoded<PublicFolderIsGhostedResponse> here("45 00 00000000 00");
  EXPECT_TRUE(here->servers.empty());
  Decoded<PublicFolderIsGhostedResponse> elsewhere("45 00 00000000 01 0200 0100 6100 626300");
  ASSERT_EQ(elsewhere->servers.size(), 2u);
  EXPECT_EQ(elsewhere->servers[1].text(), "bc");
  EXPECT_EQ(elsewhere->cheap_servers_count, 1);
}

TEST(LogonRops, ReplGuidIsThereAtTheStartOfPrivateMailboxes) {
  std::string start = "64 00 00 0102030405060708090A0B0C0D0E0F10 000000000001 0000 01 00000000 0200 AABB";
  Decoded<WritePerUserInformationRequest> first(start + "1112131415161718191A1B1C1D1E1F20");
  EXPECT_EQ(first->repl_guid.bytes[15], 0x20);
  Decoded<WritePerUserInformationRequest> later(
      "64 00 00 0102030405060708090A0B0C0D0E0F10 000000000001 0000 01 02000000 0200 AABB");
  EXPECT_EQ(later->data.size(), 2u);
  PublicLogons logons;
  logons.ids.set(0);
  wire::Context context = wire::add_context(logons, nullptr);
  Decoded<WritePerUserInformationRequest> on_public(start, &context);
  EXPECT_EQ(on_public->data_offset, 0u);
}

// MS-OXCROPS_R568, MS-OXCROPS_R569
TEST(FolderRops, OpenFolder) {
  Decoded<OpenFolderRequest> request("02 00 00 01 0100000000000005 04");
  EXPECT_EQ(request->folder_id, mapi::FolderId::make(1, 5));
  EXPECT_EQ(request->open_mode_flags, 4);
  Decoded<OpenFolderResponse> plain("02 01 00000000 01 00");
  EXPECT_EQ(plain->has_rules, 1);
  Decoded<OpenFolderResponse> ghosted("02 01 00000000 00 01 0100 0100 6100");
  EXPECT_EQ(ghosted->servers.size(), 1u);
  Decoded<OpenFolderResponse> failed("02 01 0F010480");
  EXPECT_EQ(failed->return_value, mapi::ErrorCode::not_found);
}

// MS-OXCROPS_R622, MS-OXCROPS_R4613, MS-OXCROPS_R626, MS-OXCROPS_R627, MS-OXCROPS_R630, MS-OXCROPS_R631,
// MS-OXCROPS_R642, MS-OXCROPS_R634, MS-OXCROPS_R635, MS-OXCROPS_R643, MS-OXCROPS_R638, MS-OXCROPS_R644,
// MS-OXCROPS_R639
TEST(FolderRops, CreateFolderTellsMoreOfExistingFolders) {
  Decoded<CreateFolderResponse> fresh("1C 01 00000000 0100000000000005 00");
  EXPECT_EQ(fresh->is_existing_folder, 0);
  Decoded<CreateFolderResponse> existing("1C 01 00000000 0100000000000005 01 01 00");
  EXPECT_EQ(existing->has_rules, 1);
  Decoded<CreateFolderResponse> ghosted("1C 01 00000000 0100000000000005 01 00 01 0200 0100 6100 6200");
  EXPECT_EQ(ghosted->servers.size(), 2u);
}

TEST(FolderRops, CreateFolderInEitherWidth) {
  Decoded<CreateFolderRequest> wide("1C 00 00 01 01 01 00 00 41000000 0000");
  EXPECT_EQ(utf16_to_utf8(wide->display_name), "A");
  EXPECT_TRUE(wide->comment.empty());
  Decoded<CreateFolderRequest> narrow("1C 00 00 01 01 00 00 00 4142 00 43 00");
  EXPECT_EQ(text_of(narrow->display_name), "AB");
  EXPECT_EQ(text_of(narrow->comment), "C");
}

TEST(FolderRops, NullDestinationsNameTheIndex) {
  Decoded<MoveCopyMessagesResponse> missing("33 02 03050000 07000000 01");
  EXPECT_TRUE(missing->null_destination());
  EXPECT_EQ(missing->dest_handle_index, 7u);
  EXPECT_EQ(missing->partial_completion, 1);
  Decoded<MoveCopyMessagesResponse> moved("33 02 00000000 00");
  EXPECT_TRUE(moved->ok());
  Decoded<MoveCopyMessagesResponse> failed("33 02 05000780 01");
  EXPECT_EQ(failed->partial_completion, 1);
  Decoded<CopyToResponse> copied("39 00 03050000 01000000");
  EXPECT_EQ(copied->dest_handle_index, 1u);
  Decoded<CopyToStreamResponse> streamed("3A 00 03050000 01000000 0000000000000000 0000000000000000");
  EXPECT_EQ(streamed->dest_handle_index, 1u);
}

TEST(FolderRops, RefusalsOfACopyNameItsDestination) {
  CopyFolderRequest request;
  request.source_handle_index = 3;
  request.dest_handle_index = 4;
  wire::OutBuffer out;
  ASSERT_TRUE(encode_failure(RopId::copy_folder, &request, mapi::ErrorCode::dst_null_object, out));
  EXPECT_EQ(to_hex(out.view()), hex("36 03 03050000 04000000 00"));
}

TEST(FolderRops, SearchCriteriaMayHaveNoRestriction) {
  Decoded<SetSearchCriteriaRequest> none("30 00 00 0000 0100 0100000000000005 02000000");
  EXPECT_TRUE(none->restriction.empty());
  EXPECT_EQ(none->folder_ids.size(), 1u);
  Decoded<SetSearchCriteriaRequest> one("30 00 00 0500 08 1E001A00 0000 02000000");
  ASSERT_EQ(one->restriction.size(), 1u);
  EXPECT_EQ(one->restriction[0].type, mapi::RestrictType::exist);
  Arena arena;
  auto long_size = *from_hex("30 00 00 0600 08 1E001A00 0000 02000000");
  auto refused = wire::decode<SetSearchCriteriaRequest>(long_size, arena);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, wire::ErrorKind::leftover);
}

TEST(TableRops, SortTable) {
  Decoded<SortTableRequest> request("13 00 00 02 0200 0100 0100 1F300880 00 4000060E 01");
  ASSERT_EQ(request->sort.orders.size(), 2u);
  EXPECT_EQ(request->sort.category_count, 1);
  EXPECT_EQ(request->sort.orders[0].tag, mapi::PropTag(0x8008301F));
  EXPECT_EQ(request->sort.orders[1].order, mapi::SortDirection::descending);
  Decoded<SortTableResponse> response("13 01 00000000 00");
  EXPECT_EQ(response->table_status, TableStatus::complete);
}

// MS-OXCROPS_R1190, MS-OXCROPS_R1192
TEST(TableRops, QueryRowsInBothWidthsOfRow) {
  mapi::PropTag tags[] = {mapi::PropTag(0x0037001F), mapi::PropTag(0x0E080003)};
  mapi::RowColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
  Decoded<QueryRowsResponse> response(
      "15 00 00000000 02 0200"
      "00 4100 0000 2A000000"
      "01 0A 0F010480 00 FFFFFFFF",
      &context);
  ASSERT_EQ(response->rows.size(), 2u);
  EXPECT_EQ(utf16_to_utf8(response->rows[0].cells[0].value.bytes), "A");
  EXPECT_EQ(response->rows[1].cells[1].value.integer32(), -1);

  QueryRowsResponse bytes_alone;
  bytes_alone.origin = BookmarkOrigin::end;
  bytes_alone.row_count = 2;
  bytes_alone.row_data = ByteView(response.bytes).subspan(9);
  EXPECT_EQ(encoded(bytes_alone), to_hex(response.bytes));
}

TEST(TableRops, RowsAreReadUnderTheirOwnTypes) {
  mapi::PropTag tags[] = {mapi::PropTag(0x00370000)};  // of no type: each row says which
  mapi::RowColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
  Decoded<QueryRowsResponse> response("15 00 00000000 02 0200 00 0300 2A000000 01 1E00 00 4100", &context);
  EXPECT_EQ(response->rows[0].cells[0].type, mapi::PropType::integer32);
  EXPECT_EQ(text_of(response->rows[1].cells[0].value.bytes), "A");
}

// MS-OXCROPS_R1484
TEST(TableRops, FindRowHasARowOnlyWhereItSays) {
  mapi::PropTag tags[] = {mapi::PropTag(0x0E080003)};
  mapi::RowColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
  Decoded<FindRowResponse> without("4F 00 00000000 00 00", &context);
  EXPECT_EQ(without->row.cells.size(), 0u);
  Decoded<FindRowResponse> with("4F 00 00000000 00 01 00 2A000000", &context);
  EXPECT_EQ(with->row.cells[0].value.number, 42u);
}

TEST(TableRops, FindRowRequest) {
  Decoded<FindRowRequest> request("4F 00 01 01 0E00 04 04 0300080E 0300080E 2A000000 00 0000");
  ASSERT_EQ(request->restriction.size(), 1u);
  EXPECT_EQ(request->restriction[0].relop, mapi::RelOp::eq);
  EXPECT_EQ(request->origin, BookmarkOrigin::beginning);
}

TEST(TableRops, SeekRowGoesBackwards) {
  Decoded<SeekRowRequest> request("18 00 00 02 FEFFFFFF 01");
  EXPECT_EQ(request->row_count, -2);
  Decoded<SeekRowResponse> response("18 00 00000000 01 FFFFFFFF");
  EXPECT_EQ(response->rows_sought, -1);
}

constexpr std::string_view kSmtpRow = "1B06 6100 4000 6200 0000 4100 0000 4200 0000 0100 00 2A000000";

TEST(MessageRops, OpenMessageHoldsRecipientsUnderItsOwnColumns) {
  Decoded<OpenMessageResponse> response(
      "03 01 00000000 01 03 52453A20 00 04 16040000 0200 0100 0300150C 02"
      "01 E404 0000 1900" +
      std::string(kSmtpRow) + "02 E404 0000 1900" + std::string(kSmtpRow));
  const MessageSummary& summary = response->summary;
  EXPECT_EQ(summary.subject_prefix.text(), "RE: ");
  EXPECT_EQ(summary.normalized_subject.text(), "\xD0\x96");
  ASSERT_EQ(summary.recipient_rows.size(), 2u);
  EXPECT_EQ(summary.recipient_rows[1].recipient_type, static_cast<u8>(RecipientType::cc));
  EXPECT_EQ(utf16_to_utf8(summary.recipient_rows[1].row.simple_display_name), "B");
  EXPECT_EQ(summary.recipient_rows[0].row.properties.cells[0].value.number, 42u);
}

// MS-OXCROPS_R1777, MS-OXCROPS_R1778
TEST(MessageRops, CreateMessageMayKeepItsId) {
  Decoded<CreateMessageResponse> without("06 01 00000000 00");
  EXPECT_TRUE(without->message_id.is_null());
  Decoded<CreateMessageResponse> with("06 01 00000000 01 0100000000000009");
  EXPECT_EQ(with->message_id, mapi::MessageId::make(1, 9));
}

TEST(MessageRops, SaveChangesIsAnsweredAtTheResponseIndex) {
  Decoded<SaveChangesMessageRequest> request("0C 00 03 02 0A");
  EXPECT_EQ(request->response_handle_index, 3);
  EXPECT_EQ(request->input_handle_index, 2);
  Decoded<SaveChangesMessageResponse> saved("0C 03 00000000 02 0100000000000009");
  EXPECT_EQ(saved->input_handle_index, 2);
  wire::OutBuffer out;
  ASSERT_TRUE(encode_failure(RopId::save_changes_message, &request.value, mapi::ErrorCode::null_object, out));
  EXPECT_EQ(to_hex(out.view()), hex("0C 03 B9040000"));
}

TEST(MessageRops, ModifyRecipientsRemovesRowsWithoutContent) {
  Decoded<ModifyRecipientsRequest> request("0E 00 00 0100 0300150C 0200 00000000 01 1900" + std::string(kSmtpRow) +
                                           "01000000 00 0000");
  ASSERT_EQ(request->recipient_rows.size(), 2u);
  EXPECT_TRUE(request->recipient_rows[0].present);
  EXPECT_FALSE(request->recipient_rows[1].present);
}

TEST(MessageRops, ReadRecipientsTakesItsColumnsFromOutside) {
  std::string text = "0F 00 00000000 01 00000000 01 E404 0000 1900" + std::string(kSmtpRow);
  Decoded<ReadRecipientsResponse> unknown(text);
  EXPECT_EQ(to_hex(unknown->recipient_rows[0].row.property_bytes), hex("00 2A000000"));
  mapi::PropTag tags[] = {mapi::PropTag(0x0C150003)};
  mapi::RecipientColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
  Decoded<ReadRecipientsResponse> known(text, &context);
  EXPECT_EQ(known->recipient_rows[0].row.properties.cells[0].value.number, 42u);
}

// MS-OXCROPS_R20004
TEST(MessageRops, GetMessageStatusIsAnsweredUnderAnotherId) {
  GetMessageStatusRequest request;
  request.input_handle_index = 4;
  wire::OutBuffer out;
  ASSERT_TRUE(encode_failure(RopId::get_message_status, &request, mapi::ErrorCode::not_found, out));
  EXPECT_EQ(to_hex(out.view()), hex("20 04 0F010480"));
  Decoded<GetMessageStatusResponse> response("20 04 00000000 01000000");
  EXPECT_EQ(response->message_status_flags, 1u);
}

// MS-OXCROPS_R2109, MS-OXCROPS_R2110, MS-OXCROPS_R2113, MS-OXCROPS_R2114
TEST(MessageRops, ReadFlagsOfPublicFoldersComeWithClientData) {
  Decoded<SetMessageReadFlagRequest> on_private("11 00 01 02 05");
  EXPECT_EQ(on_private->read_flags, 5);
  std::string client_data = "000102030405060708090A0B0C0D0E0F1011121314151617";
  PublicLogons logons;
  logons.ids.set(9);
  wire::Context context = wire::add_context(logons, nullptr);
  Decoded<SetMessageReadFlagRequest> on_public("11 09 01 02 05" + client_data, &context);
  EXPECT_EQ(on_public->client_data[23], 0x17);
  Decoded<SetMessageReadFlagResponse> unchanged("11 01 00000000 00");
  EXPECT_EQ(unchanged->read_status_changed, 0);
  Decoded<SetMessageReadFlagResponse> changed("11 01 00000000 01 09" + client_data);
  EXPECT_EQ(changed->logon_id, 9);
}

TEST(PropertyRops, NamesOfEitherKind) {
  Decoded<GetPropertyIdsFromNamesRequest> request(
      "56 00 00 02 0200"
      "00 0820060000000000C000000000000046 02850000"
      "01 2903020000000000C000000000000046 06 6100 6200 0000");
  ASSERT_EQ(request->property_names.size(), 2u);
  EXPECT_EQ(request->property_names[0].lid, 0x8502u);
  EXPECT_EQ(utf16_to_utf8(request->property_names[1].name.bytes), "ab");
}

// What Exchange answers where it knows one name of two.
TEST(PropertyRops, IdsComeWithAWarningToo) {
  Decoded<GetPropertyIdsFromNamesResponse> response("56 00 80030400 0200 3E86 0000");
  EXPECT_EQ(response->return_value, mapi::ErrorCode::warn_with_errors);
  EXPECT_TRUE(response->ok());
  ASSERT_EQ(response->property_ids.size(), 2u);
  EXPECT_EQ(response->property_ids[0], 0x863E);
  EXPECT_EQ(response->property_ids[1], 0);
  EXPECT_EQ(encoded(response.value), to_hex(response.bytes));
  Decoded<GetPropertyIdsFromNamesResponse> failed("56 00 05000780");
  EXPECT_FALSE(failed->ok());
}

TEST(PropertyRops, SetPropertiesCountsItsValuesInBytesToo) {
  Decoded<SetPropertiesRequest> request(
      "0A 00 00 2400 0200 1F003D00 0000 1F001D0E 480065006C006C006F00200057006F0072006C0064000000");
  ASSERT_EQ(request->property_values.size(), 2u);
  EXPECT_EQ(utf16_to_utf8(request->property_values[1].value.bytes), "Hello World");
  Decoded<SetPropertiesResponse> response("0A 00 00000000 0100 0100 1F001D0E 05000780");
  ASSERT_EQ(response->property_problems.size(), 1u);
  EXPECT_EQ(response->property_problems[0].index, 1);
}

TEST(PropertyRops, QueryNamedPropertiesPairsIdsWithNames) {
  Decoded<QueryNamedPropertiesRequest> of_all("5F 00 00 00 00");
  EXPECT_EQ(of_all->has_guid, 0);
  Decoded<QueryNamedPropertiesResponse> response(
      "5F 00 00000000 0100 0180 00 0820060000000000C000000000000046 02850000");
  ASSERT_EQ(response->property_names.size(), 1u);
  // MS-OXCROPS_R2980
  Decoded<QueryNamedPropertiesResponse> partly("5F 00 80030400 0100 0180 00 0820060000000000C000000000000046 02850000");
  EXPECT_EQ(partly->property_ids.size(), 1u);
  QueryNamedPropertiesResponse odd;
  u16 ids[] = {0x8001};
  odd.property_ids = wire::List<u16>::view(ids);
  wire::OutBuffer out;
  EXPECT_FALSE(wire::encode(odd, out));
}

TEST(StreamRops, ReadStreamMayAskForMoreThan64KiB) {
  Decoded<ReadStreamRequest> some("2C 00 00 0010");
  EXPECT_EQ(some->byte_count, 0x1000);
  Decoded<ReadStreamRequest> more("2C 00 00 BEBA 00000200");
  EXPECT_EQ(more->maximum_byte_count, 0x20000u);
}

// MS-OXCROPS_R3481
TEST(StreamRops, WriteAndCommitIsAnsweredLikeWriteUnderItsOwnId) {
  Decoded<WriteStreamResponse> written("2D 00 00000000 0500");
  Decoded<WriteAndCommitStreamResponse> committed("90 00 00000000 0500");
  EXPECT_EQ(written->written_size, committed->written_size);
  Decoded<WriteStreamExtendedResponse> extended("A3 00 00000000 05000000");
  EXPECT_EQ(extended->written_size, 5u);
}

TEST(ControlRops, BufferTooSmallReturnsTheRequests) {
  Decoded<BufferTooSmallResponse> response("FF 0080 010000 010001");
  EXPECT_EQ(response->size_needed, 0x8000);
  EXPECT_EQ(response->request_buffers.size(), 6u);
}

TEST(ControlRops, BackoffNamesRops) {
  Decoded<BackoffResponse> response("F9 01 E8030000 01 04 D0070000 0200 AABB");
  ASSERT_EQ(response->backoff_rop_data.size(), 1u);
  EXPECT_EQ(response->backoff_rop_data[0].rop_id_backoff, RopId::get_hierarchy_table);
  EXPECT_EQ(response->backoff_rop_data[0].duration, 2000u);
}

}  // namespace
}  // namespace ropewalk::rop
