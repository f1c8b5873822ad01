#include "server/rop_processor.h"

#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "protocol/rop/control.h"
#include "protocol/rop/oxcnotif.h"
#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/oxctabl.h"
#include "protocol/rop/streams.h"
#include "server/rop_context.h"
#include "server/rop_test_bench.h"

namespace ropewalk::server {
namespace {

using mapi::ErrorCode;
using mapi::PropTag;
namespace tag = mapi::tag;

wire::List<mapi::TaggedPropertyValue> text_property(RopTestBench& bench, u32 wanted, std::string_view utf8) {
  auto values = bench.arena().make<mapi::TaggedPropertyValue>(1);
  values[0].tag = PropTag(wanted);
  values[0].value = mapi::Value::of(mapi::utf16_in(bench.arena(), utf8));
  return values;
}

// A new message in the Inbox at index 1's folder, at index 2; saved. Returns its id.
mapi::MessageId put_message(RopTestBench& bench, std::vector<u32>& handles, std::string_view subject) {
  rop::CreateMessageRequest create;
  create.output_handle_index = 2;
  create.folder_id = bench.store().special(store::SpecialFolder::inbox);
  EXPECT_TRUE(bench.one<rop::CreateMessageResponse>(handles, create).ok());
  rop::SetPropertiesRequest set;
  set.input_handle_index = 2;
  set.property_values = text_property(bench, tag::PidTagSubject, subject);
  auto problems = bench.one<rop::SetPropertiesResponse>(handles, set);
  EXPECT_TRUE(problems.ok());
  EXPECT_EQ(problems.property_problems.size(), 0u);
  rop::SaveChangesMessageRequest save;
  save.response_handle_index = 2;
  save.input_handle_index = 2;
  auto saved = bench.one<rop::SaveChangesMessageResponse>(handles, save);
  EXPECT_TRUE(saved.ok());
  return saved.message_id;
}

TEST(RopProcessor, LogonTellsTheFoldersOfTheMailbox) {
  RopTestBench bench;
  rop::LogonRequest request;
  request.logon_flags = rop::kLogonPrivate;
  request.essdn = wire::String8::of(RopTestBench::kDn);
  std::vector<u32> handles(1, rop::kNoHandle);
  auto response = bench.one<rop::LogonResponse>(handles, request);
  ASSERT_TRUE(response.ok());
  ASSERT_EQ(response.folder_ids.size(), 13u);
  EXPECT_EQ(response.folder_ids[4], bench.store().special(store::SpecialFolder::inbox));
  EXPECT_EQ(response.response_flags, 0x07);
  EXPECT_NE(handles[0], rop::kNoHandle);
}

TEST(RopProcessor, LogonRefusesOthersAndStrangers) {
  RopTestBench bench;
  rop::LogonRequest request;
  request.logon_flags = rop::kLogonPrivate;
  std::vector<u32> handles(1, rop::kNoHandle);
  request.essdn = wire::String8::of("/o=nobody");
  EXPECT_EQ(bench.one<rop::LogonResponse>(handles, request).return_value, ErrorCode::unknown_user);
  request.essdn = wire::String8::of("/o=Ropewalk/cn=other");
  EXPECT_EQ(bench.one<rop::LogonResponse>(handles, request).return_value, ErrorCode::login_perm);
  request.logon_flags = 0;
  EXPECT_EQ(bench.one<rop::LogonResponse>(handles, request).return_value, ErrorCode::login_failure);
  EXPECT_EQ(handles[0], rop::kNoHandle);
}

TEST(RopProcessor, MessagesAreFoundInTheContentsTable) {
  RopTestBench bench;
  auto handles = bench.logged_on();
  bench.open_folder(handles, store::SpecialFolder::inbox, 1);
  put_message(bench, handles, "Hemp");
  put_message(bench, handles, "Manila");
  rop::GetContentsTableRequest open;
  open.input_handle_index = 1;
  open.output_handle_index = 3;
  auto table = bench.one<rop::GetContentsTableResponse>(handles, open);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table.row_count, 2u);
  PropTag tags[] = {PropTag(tag::PidTagSubject), PropTag(tag::PidTagMid), PropTag(tag::PidTagInternetMessageId)};
  rop::SetColumnsRequest columns;
  columns.input_handle_index = 3;
  columns.property_tags = std::span<PropTag>(tags);
  ASSERT_TRUE(bench.one<rop::SetColumnsResponse>(handles, columns).ok());
  rop::QueryRowsRequest query;
  query.input_handle_index = 3;
  query.forward_read = 1;
  query.row_count = 50;
  auto rows = bench.one<rop::QueryRowsResponse>(handles, query, tags);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows.rows.size(), 2u);
  std::set<std::string> subjects;
  for (const auto& row : rows.rows) {
    subjects.insert(utf16_to_utf8(row.cells[0].value.bytes));
    EXPECT_EQ(row.cells[2].flag, mapi::CellFlag::error);
  }
  EXPECT_EQ(subjects, (std::set<std::string>{"Hemp", "Manila"}));
}

TEST(RopProcessor, StreamsWriteAndReadLargeBodies) {
  RopTestBench bench;
  auto handles = bench.logged_on();
  bench.open_folder(handles, store::SpecialFolder::inbox, 1);
  auto id = put_message(bench, handles, "Large");
  std::vector<u8> body(100'000, u8{'r'});
  rop::OpenStreamRequest open;
  open.input_handle_index = 2;
  open.output_handle_index = 3;
  open.property_tag = PropTag(tag::PidTagHtml);
  open.open_mode_flags = 2;
  ASSERT_TRUE(bench.one<rop::OpenStreamResponse>(handles, open).ok());
  for (std::size_t at = 0; at < body.size(); at += 20'000) {
    rop::WriteStreamRequest write;
    write.input_handle_index = 3;
    write.data = ByteView(body).subspan(at, 20'000);
    EXPECT_EQ(bench.one<rop::WriteStreamResponse>(handles, write).written_size, 20'000);
  }
  rop::CommitStreamRequest commit;
  commit.input_handle_index = 3;
  ASSERT_TRUE(bench.one<rop::CommitStreamResponse>(handles, commit).ok());
  rop::SaveChangesMessageRequest save;
  save.response_handle_index = 2;
  save.input_handle_index = 2;
  ASSERT_TRUE(bench.one<rop::SaveChangesMessageResponse>(handles, save).ok());

  rop::OpenMessageRequest reopen;
  reopen.input_handle_index = 1;
  reopen.output_handle_index = 4;
  reopen.folder_id = bench.store().special(store::SpecialFolder::inbox);
  reopen.message_id = id;
  ASSERT_TRUE(bench.one<rop::OpenMessageResponse>(handles, reopen).ok());
  open.input_handle_index = 4;
  open.output_handle_index = 5;
  open.open_mode_flags = 0;
  EXPECT_EQ(bench.one<rop::OpenStreamResponse>(handles, open).stream_size, body.size());
  std::size_t total = 0;
  for (;;) {
    rop::ReadStreamRequest read;
    read.input_handle_index = 5;
    read.byte_count = 0x7000;
    auto piece = bench.one<rop::ReadStreamResponse>(handles, read);
    ASSERT_TRUE(piece.ok());
    total += piece.data.size();
    if (piece.data.empty()) break;
  }
  EXPECT_EQ(total, body.size());
}

TEST(RopProcessor, NewMessagesAreNotified) {
  RopTestBench bench;
  auto handles = bench.logged_on();
  bench.open_folder(handles, store::SpecialFolder::inbox, 1);
  rop::RegisterNotificationRequest ask;
  ask.output_handle_index = 6;
  ask.notification_types = {0x04};
  ask.want_whole_store = 1;
  ASSERT_TRUE(bench.one<rop::RegisterNotificationResponse>(handles, ask).ok());
  auto other = bench.store().new_message(bench.store().special(store::SpecialFolder::inbox), false);
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE((*other)->save().ok());
  EXPECT_TRUE(bench.session().notifications.pending());
  auto answer = bench.run(handles);
  Arena arena;
  auto notify = wire::decode<rop::NotifyResponse>(answer.rops(), arena);
  ASSERT_TRUE(notify.ok()) << notify.error().text();
  EXPECT_EQ(notify->notification_handle, handles[6]);
  EXPECT_TRUE(notify->notification_data.about_message());
  EXPECT_EQ(notify->notification_data.message_id, (*other)->id());
  EXPECT_FALSE(bench.session().notifications.pending());
}

TEST(RopProcessor, UnservedRopsAndBadHandlesLeaveTheRestOfTheBufferWhole) {
  RopTestBench bench;
  auto handles = bench.logged_on();
  rop::GetOwningServersRequest unserved;
  rop::OpenFolderRequest stale;
  stale.input_handle_index = 7;
  rop::GetReceiveFolderRequest good;
  good.message_class = wire::String8::of("IPM.Note");
  auto answer = bench.run(handles, unserved, stale, good);
  ASSERT_EQ(answer.code, ErrorCode::none);
  Arena arena;
  std::size_t used = 0;
  auto first = wire::decode<rop::GetOwningServersResponse>(answer.rops(), arena, nullptr, &used);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->return_value, ErrorCode::not_implemented);
  ByteView rest = answer.rops().subspan(used);
  auto second = wire::decode<rop::OpenFolderResponse>(rest, arena, nullptr, &used);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->return_value, ErrorCode::null_object);
  auto third = wire::decode<rop::GetReceiveFolderResponse>(rest.subspan(used), arena);
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(third->folder_id, bench.store().special(store::SpecialFolder::inbox));
}

TEST(RopProcessor, MalformedBuffersAreRefusedWhole) {
  RopTestBench bench;
  bench.logged_on();
  std::vector<u8> buffers[] = {{},
                               {0x01},
                               {0x00, 0x00},
                               {0xFF, 0xFF},
                               {0x03, 0x00, 0x00},
                               {0x04, 0x00, 0x02, 0x00},
                               {0x03, 0x00, 0xFE, 0, 0, 0}};
  for (const auto& bytes : buffers) EXPECT_EQ(bench.run_raw(bytes).code, ErrorCode::rpc_format);
}

TEST(RopProcessor, WhatDoesNotFitComesBack) {
  RopTestBench bench;
  auto handles = bench.logged_on();
  wire::OutBuffer in;
  rop::RopWriter writer(in);
  rop::GetReceiveFolderRequest request;
  request.message_class = wire::String8::of("IPM.Note");
  for (int i = 0; i < 4; ++i) writer.add(request);
  writer.finish(handles);
  auto answer = bench.run_raw(in.view(), 120);
  ASSERT_EQ(answer.code, ErrorCode::none);
  EXPECT_LE(answer.bytes.size(), 120u);
  Arena arena;
  std::size_t used = 0;
  ByteView rops = answer.rops();
  int answered = 0;
  while (!rops.empty() && static_cast<rop::RopId>(rops[0]) == rop::RopId::get_receive_folder) {
    ASSERT_TRUE(wire::decode<rop::GetReceiveFolderResponse>(rops, arena, nullptr, &used).ok());
    rops = rops.subspan(used);
    ++answered;
  }
  EXPECT_GT(answered, 0);
  auto rest = wire::decode<rop::BufferTooSmallResponse>(rops, arena);
  ASSERT_TRUE(rest.ok());
  EXPECT_FALSE(rest->request_buffers.empty());
}

TEST(RopProcessor, ServesWhatItSays) {
  auto served = served_rops();
  EXPECT_GE(served.size(), 50u);
  for (auto id : served) EXPECT_NE(rop::request_info(id), nullptr) << rop::name(id);
}

}  // namespace
}  // namespace ropewalk::server
