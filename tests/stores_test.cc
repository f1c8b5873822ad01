// What logging on and its ROPs do, [MS-OXCSTOR], and what registered clients are told, [MS-OXCNOTIF], on a running
// server.
#include "protocol/rop/oxcnotif.h"
#include "rop_client.h"

namespace ropewalk {
namespace {

constexpr u8 kFolder = 1, kWatch = 3, kTable = 4;

class Stores : public Live {
 protected:
  rop::LogonRequest request() {
    rop::LogonRequest request;
    request.logon_flags = rop::kLogonPrivate;
    request.open_flags = 0x0100040C;
    request.essdn = wire::String8::of(server.dn(1));
    return request;
  }
  rop::GetReceiveFolderResponse receive_folder(std::string_view message_class, u8 index = 0) {
    rop::GetReceiveFolderRequest request;
    request.input_handle_index = index;
    request.message_class = wire::String8::of(message_class);
    return client.call<rop::GetReceiveFolderResponse>(request);
  }
  u32 set_receive_folder(std::string_view message_class, mapi::FolderId folder) {
    rop::SetReceiveFolderRequest request;
    request.message_class = wire::String8::of(message_class);
    request.folder_id = folder;
    return static_cast<u32>(client.call<rop::SetReceiveFolderResponse>(request).return_value);
  }
  rop::LongTermIdFromIdResponse long_term(u64 id) {
    rop::LongTermIdFromIdRequest request;
    request.object_id.value = id;
    return client.call<rop::LongTermIdFromIdResponse>(request);
  }
  rop::IdFromLongTermIdResponse short_term(const mapi::LongTermId& id) {
    rop::IdFromLongTermIdRequest request;
    request.long_term_id = id;
    return client.call<rop::IdFromLongTermIdResponse>(request);
  }
};

// MS-OXCSTOR_R13 MS-OXCSTOR_R785 MS-OXCSTOR_R106 MS-OXCSTOR_R117
TEST_F(Stores, AreLoggedOnTo) {
  auto logon = client.logged_on;
  EXPECT_EQ(static_cast<u32>(logon.return_value), 0u);  // MS-OXCSTOR_R165 MS-OXCSTOR_R166
  EXPECT_EQ(logon.logon_flags, rop::kLogonPrivate);
  ASSERT_EQ(logon.folder_ids.size(), 13u);  // MS-OXCROPS_R53 MS-OXCSTOR_R821 MS-OXCSTOR_R767
  std::set<u64> distinct;
  for (auto id : logon.folder_ids) distinct.insert(id.value);
  EXPECT_EQ(distinct.size(), 13u);
  // MS-OXCSTOR_R122 MS-OXCSTOR_R123 MS-OXCSTOR_R124 MS-OXCSTOR_R125 MS-OXCSTOR_R126 MS-OXCSTOR_R127
  EXPECT_EQ(logon.response_flags & 0x07, 0x07);
  EXPECT_FALSE(logon.repl_guid == Guid{});
  EXPECT_NE(logon.repl_id, 0);
  for (auto id : logon.folder_ids) EXPECT_EQ(id.replid(), logon.repl_id);  // MS-OXCSTOR_R131
  EXPECT_NE(client.handles[0], rop::kNoHandle);
}

TEST_F(Stores, AreGivenToTheirOwnersAlone) {
  RopClient stranger(server, 2);
  auto wanted = request();
  EXPECT_EQ(static_cast<u32>(stranger.call<rop::LogonResponse>(wanted).return_value), 0x000003F2u);  // MS-OXCSTOR_R189
  wanted.essdn = wire::String8::of("/o=Ropewalk/cn=nobody");
  EXPECT_EQ(static_cast<u32>(client.call<rop::LogonResponse>(wanted).return_value),
            0x000003EBu);  // MS-OXCSTOR_R173 MS-OXCSTOR_R788
}

// MS-OXCSTOR_R195 MS-OXCSTOR_R782
TEST_F(Stores, TellWhereMailIsReceived) {
  auto any = receive_folder("");
  EXPECT_EQ(static_cast<u32>(any.return_value), 0u);  // MS-OXCSTOR_R232 MS-OXCSTOR_R233
  EXPECT_EQ(any.folder_id, client.inbox());
  EXPECT_EQ(any.explicit_message_class.text(), "");
  EXPECT_EQ(set_receive_folder("IPM.Rope", client.logged_on.folder_ids[5]), 0u);  // MS-OXCSTOR_R59754 MS-OXCSTOR_R241
  auto rope = receive_folder("IPM.Rope.Hemp");  // MS-OXCSTOR_R847 MS-OXCSTOR_R1224 MS-OXCSTOR_R851
  EXPECT_EQ(rope.folder_id, client.logged_on.folder_ids[5]);
  EXPECT_EQ(rope.explicit_message_class.text().size(), 8u);  // MS-OXCSTOR_R197 MS-OXCSTOR_R210 MS-OXCSTOR_R211
  EXPECT_EQ(receive_folder("ipm.rope").folder_id, client.logged_on.folder_ids[5]);  // MS-OXCSTOR_R201
  EXPECT_EQ(set_receive_folder("ipm.ROPE", client.logged_on.folder_ids[4]), 0u);    // MS-OXCSTOR_R247 MS-OXCSTOR_R862
  EXPECT_EQ(receive_folder("IPM.Rope").folder_id, client.logged_on.folder_ids[4]);
  EXPECT_EQ(set_receive_folder("IPM.Rope", {}), 0u);  // MS-OXCSTOR_R864
  EXPECT_NE(receive_folder("IPM.Rope").explicit_message_class.text(), "IPM.Rope");
}

TEST_F(Stores, RefuseClassesThatCannotBe) {
  // MS-OXCSTOR_R59784 MS-OXCSTOR_R59785 MS-OXCSTOR_R234 MS-OXCSTOR_R235 MS-OXCSTOR_R203 MS-OXCSTOR_R204
  // MS-OXCSTOR_R205 MS-OXCSTOR_R206 MS-OXCSTOR_R207 and MS-OXCSTOR_R845 MS-OXCSTOR_R858 MS-OXCSTOR_R273 MS-OXCSTOR_R274
  for (const std::string& bad : {std::string(".IPM"), std::string("IPM."), std::string("IPM..Note"),
                                 std::string("IPM.N\x01ote"), std::string(300, 'x')}) {
    EXPECT_EQ(static_cast<u32>(receive_folder(bad).return_value), 0x80070057u) << bad;
    EXPECT_EQ(set_receive_folder(bad, client.inbox()), 0x80070057u) << bad;
  }
  EXPECT_EQ(set_receive_folder("IPM", client.inbox()), 0x80070005u);  // MS-OXCSTOR_R859 MS-OXCSTOR_R271 MS-OXCSTOR_R272
  EXPECT_EQ(set_receive_folder("report.ipm", client.inbox()), 0x80070005u);
  EXPECT_EQ(set_receive_folder("", {}), 0x80004005u);  // MS-OXCSTOR_R860 MS-OXCSTOR_R275 MS-OXCSTOR_R277
  ASSERT_EQ(client.open_folder(client.inbox(), kFolder), ErrorCode::none);
  EXPECT_EQ(static_cast<u32>(receive_folder("IPM", kFolder).return_value),
            0x80040102u);  // MS-OXCSTOR_R238 MS-OXCSTOR_R239 MS-OXCSTOR_R198
}

TEST_F(Stores, TranslateIds) {
  auto id = client.inbox();
  auto there = long_term(id.value);
  EXPECT_EQ(static_cast<u32>(there.return_value), 0u);                               // MS-OXCSTOR_R449 MS-OXCSTOR_R450
  EXPECT_EQ(there.long_term_id.database_guid, client.logged_on.repl_guid);           // MS-OXCSTOR_R944 MS-OXCSTOR_R1243
  EXPECT_EQ(mapi::globcnt_number(there.long_term_id.global_counter), id.globcnt());  // MS-OXCSTOR_R1244
  EXPECT_EQ(there.long_term_id.pad, 0);                                              // MS-OXCDATA_R2188
  auto back = short_term(there.long_term_id);
  EXPECT_EQ(static_cast<u32>(back.return_value), 0u);  // MS-OXCSTOR_R466 MS-OXCSTOR_R467
  EXPECT_EQ(back.object_id.value, id.value);           // MS-OXCSTOR_R1252 MS-OXCSTOR_R1253 MS-OXCSTOR_R459
  EXPECT_EQ(long_term(id.value).long_term_id.database_guid,
            there.long_term_id.database_guid);  // MS-OXCSTOR_R947 MS-OXCSTOR_R1242
  // A GUID that is new gets a REPLID, and keeps it.
  mapi::LongTermId foreign = there.long_term_id;
  foreign.database_guid = Guid::random();
  auto first = short_term(foreign);  // MS-OXCSTOR_R950 MS-OXCSTOR_R1246
  ASSERT_EQ(first.return_value, ErrorCode::none);
  u16 replid = static_cast<u16>(first.object_id.value);
  EXPECT_NE(replid, client.logged_on.repl_id);
  EXPECT_EQ(static_cast<u16>(short_term(foreign).object_id.value), replid);  // MS-OXCSTOR_R952 MS-OXCSTOR_R1251
  EXPECT_EQ(long_term(first.object_id.value).long_term_id.database_guid, foreign.database_guid);
  // MS-OXCSTOR_R440: a REPLID that nothing stands for.
  EXPECT_NE(long_term(0x0000000000017777).return_value, ErrorCode::none);
  mapi::LongTermId none = there.long_term_id;
  none.database_guid = {};
  EXPECT_EQ(static_cast<u32>(short_term(none).return_value), 0x80070057u);  // MS-OXCSTOR_R1120 MS-OXCSTOR_R1121
  none = there.long_term_id;
  none.global_counter = {};
  EXPECT_EQ(static_cast<u32>(short_term(none).return_value), 0x80070057u);  // MS-OXCSTOR_R948
}

class Notifications : public Stores {
 protected:
  // Registers for these kinds of events in the folder, or in all the mailbox.
  void watch(u16 kinds, bool whole_store = false) {
    rop::RegisterNotificationRequest request;
    request.output_handle_index = kWatch;
    request.notification_types = {kinds};
    request.want_whole_store = whole_store;
    request.folder_id = client.inbox();
    ASSERT_EQ(client.call<rop::RegisterNotificationResponse>(request).return_value, ErrorCode::none);
    ASSERT_NE(client.handles[kWatch], rop::kNoHandle);  // MS-OXCNOTIF_R35
  }
  // What the server has told; where it has not told anything yet, waits until it does.
  std::vector<rop::NotifyResponse> told() {
    if (client.notifications.empty()) {
      auto wait = client.http.notification_wait();
      EXPECT_EQ(wait.code(), 0) << wait.raw;
      auto body = wait.body<mapihttp::NotificationWaitResponse>();
      EXPECT_EQ(wait.error, "");
      if (body.event_pending != 0) client.take_notifications(client.send().rops());
    }
    return std::exchange(client.notifications, {});
  }
};

TEST_F(Notifications, TellOfNewMessages) {
  watch(rop::kNotifyObjectCreated);
  auto id = client.put_message(client.inbox(), "new");
  auto events = told();  // MS-OXCMAPIHTTP_R1371 MS-OXCMAPIHTTP_R318
  ASSERT_GE(events.size(), 1u);
  EXPECT_EQ(events[0].notification_handle, client.handles[kWatch]);  // MS-OXCNOTIF_R96 MS-OXCNOTIF_R136
  EXPECT_EQ(events[0].logon_id, 0);                                  // MS-OXCNOTIF_R97001
  const auto& data = events[0].notification_data;
  EXPECT_TRUE(data.is(rop::kNotifyObjectCreated));  // MS-OXCNOTIF_R104 MS-OXCNOTIF_R42 MS-OXCNOTIF_R13
  EXPECT_TRUE(data.about_message());                // MS-OXCNOTIF_R121
  EXPECT_EQ(data.folder_id, client.inbox());        // MS-OXCNOTIF_R170 MS-OXCNOTIF_R53
  EXPECT_EQ(data.message_id, id);                   // MS-OXCNOTIF_R174
}

TEST_F(Notifications, TellOfDeletedMovedAndModifiedOnes) {
  ASSERT_EQ(client.open_folder(client.inbox(), kFolder), ErrorCode::none);
  ASSERT_EQ(client.open_folder(client.logged_on.folder_ids[5], 6), ErrorCode::none);
  auto id = client.put_message(client.inbox(), "here");
  watch(rop::kNotifyObjectDeleted | rop::kNotifyObjectMoved | rop::kNotifyObjectCopied | rop::kNotifyObjectModified,
        true);  // MS-OXCNOTIF_R52
  auto seen = [&](u16 kind) {
    for (const auto& event : told())
      if (event.notification_data.is(kind) && event.notification_data.about_message()) return event.notification_data;
    ADD_FAILURE() << "no event " << kind;
    return rop::NotificationData{};
  };
  std::vector<mapi::MessageId> ids = {id};
  rop::MoveCopyMessagesRequest move;
  move.source_handle_index = kFolder;
  move.dest_handle_index = 6;
  move.message_ids = std::span<mapi::MessageId>(ids);
  move.want_copy = 1;
  ASSERT_EQ(client.call<rop::MoveCopyMessagesResponse>(move).return_value, ErrorCode::none);
  auto copied = seen(rop::kNotifyObjectCopied);  // MS-OXCNOTIF_R108 MS-OXCNOTIF_R46 MS-OXCNOTIF_R12
  EXPECT_EQ(copied.old_message_id, id);          // MS-OXCNOTIF_R186
  EXPECT_EQ(copied.old_folder_id, client.inbox());
  EXPECT_EQ(copied.folder_id, client.logged_on.folder_ids[5]);
  move.want_copy = 0;
  ASSERT_EQ(client.call<rop::MoveCopyMessagesResponse>(move).return_value, ErrorCode::none);
  auto moved = seen(rop::kNotifyObjectMoved);  // MS-OXCNOTIF_R107 MS-OXCNOTIF_R45 MS-OXCNOTIF_R16
  EXPECT_EQ(moved.old_message_id, id);
  EXPECT_EQ(moved.old_folder_id, client.inbox());  // MS-OXCNOTIF_R182
  rop::SetReadFlagsRequest read;
  read.input_handle_index = 6;
  std::vector<mapi::MessageId> there = {moved.message_id};
  read.message_ids = std::span<mapi::MessageId>(there);
  read.read_flags = 0x04;  // it was read; now it is not
  client.call<rop::SetReadFlagsResponse>(read);
  EXPECT_EQ(seen(rop::kNotifyObjectModified).message_id,
            moved.message_id);  // MS-OXCNOTIF_R106 MS-OXCNOTIF_R44 MS-OXCNOTIF_R15
  rop::DeleteMessagesRequest remove;
  remove.input_handle_index = 6;
  remove.message_ids = std::span<mapi::MessageId>(there);
  client.call<rop::DeleteMessagesResponse>(remove);
  EXPECT_EQ(seen(rop::kNotifyObjectDeleted).message_id,
            moved.message_id);  // MS-OXCNOTIF_R105 MS-OXCNOTIF_R43 MS-OXCNOTIF_R14
}

TEST_F(Notifications, TellOfWhatWasAskedAlone) {
  watch(rop::kNotifyObjectDeleted);
  client.put_message(client.inbox(), "created, not deleted");
  EXPECT_TRUE(told().empty());  // MS-OXCMAPIHTTP_R1372
  watch(rop::kNotifyObjectCreated);
  client.put_message(client.logged_on.folder_ids[5], "elsewhere");
  EXPECT_TRUE(told().empty());
}

// Of what another session does too.
TEST_F(Notifications, CrossSessions) {
  watch(rop::kNotifyObjectCreated);
  RopClient other(server);
  other.logon();
  auto id = other.put_message(other.inbox(), "from afar");
  auto events = told();
  ASSERT_GE(events.size(), 1u);
  EXPECT_EQ(events[0].notification_data.message_id, id);
}

// A contents table tells what became of its rows.
TEST_F(Notifications, OfTables) {
  ASSERT_EQ(client.open_folder(client.inbox(), kFolder), ErrorCode::none);
  rop::GetContentsTableRequest open;
  open.input_handle_index = kFolder;
  open.output_handle_index = kTable;
  ASSERT_EQ(client.call<rop::GetContentsTableResponse>(open).return_value, ErrorCode::none);
  std::vector<PropTag> columns = {PropTag(tag::PidTagSubject)};
  rop::SetColumnsRequest set;
  set.input_handle_index = kTable;
  set.property_tags = std::span<PropTag>(columns);
  ASSERT_EQ(client.call<rop::SetColumnsResponse>(set).return_value, ErrorCode::none);
  rop::QueryRowsRequest query;
  query.input_handle_index = kTable;
  query.forward_read = 1;
  query.row_count = 10;
  client.call<rop::QueryRowsResponse>(query, columns);
  auto id = client.put_message(client.inbox(), "a row");
  bool seen = false;
  for (const auto& event : told()) {
    if (!event.notification_data.is(rop::kNotifyTableModified)) continue;  // MS-OXCNOTIF_R110 MS-OXCNOTIF_R18
    EXPECT_EQ(event.notification_handle, client.handles[kTable]);          // MS-OXCNOTIF_R97
    seen = true;
    if (event.notification_data.about_row()) {
      EXPECT_EQ(event.notification_data.table_row_message_id, id);
    }
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace ropewalk
