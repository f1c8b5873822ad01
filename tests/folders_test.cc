// What folders do, [MS-OXCFOLD], on a running server.
#include "rop_client.h"

namespace ropewalk {
namespace {

constexpr u8 kRoot = 1, kNew = 2, kOther = 3, kTable = 4;

class Folders : public Live {
 protected:
  // The IPM subtree's folder is open at kRoot.
  Folders() { EXPECT_EQ(client.open_folder(subtree(), kRoot), ErrorCode::none); }
  mapi::FolderId subtree() const { return client.logged_on.folder_ids[3]; }

  rop::DeleteFolderResponse delete_folder(mapi::FolderId id, u8 flags, u8 parent = kRoot) {
    rop::DeleteFolderRequest request;
    request.input_handle_index = parent;
    request.delete_folder_flags = flags;
    request.folder_id = id;
    return client.call<rop::DeleteFolderResponse>(request);
  }
  u32 contents(u8 folder, u8 flags = 0) {
    rop::GetContentsTableRequest request;
    request.input_handle_index = folder;
    request.output_handle_index = kTable;
    request.table_flags = flags;
    auto response = client.call<rop::GetContentsTableResponse>(request);
    EXPECT_EQ(response.return_value, ErrorCode::none);
    client.release(kTable);
    return response.row_count;
  }
  rop::GetHierarchyTableResponse hierarchy(u8 folder, u8 flags = 0) {
    rop::GetHierarchyTableRequest request;
    request.input_handle_index = folder;
    request.output_handle_index = kTable;
    request.table_flags = flags;
    return client.call<rop::GetHierarchyTableResponse>(request);
  }
  rop::MoveCopyMessagesResponse move_or_copy(u8 from, u8 to, std::vector<mapi::MessageId> ids, bool copy) {
    rop::MoveCopyMessagesRequest request;
    request.source_handle_index = from;
    request.dest_handle_index = to;
    request.message_ids = std::span<mapi::MessageId>(ids);
    request.want_copy = copy;
    return client.call<rop::MoveCopyMessagesResponse>(request);
  }
  u64 folder_number(u8 folder, u32 wanted) {
    PropTag tags[] = {PropTag(wanted)};
    return client.get(folder, tags).cells[0].value.number;
  }
};

// MS-OXCFOLD_R9 MS-OXCFOLD_R16 MS-OXCFOLD_R460 MS-OXCFOLD_R462 MS-OXCFOLD_R46202
TEST_F(Folders, OpenByTheirId) {
  rop::OpenFolderRequest request;
  request.output_handle_index = kOther;
  request.folder_id = client.inbox();
  auto opened = client.call<rop::OpenFolderResponse>(request);
  EXPECT_EQ(opened.return_value, ErrorCode::none);  // MS-OXCFOLD_R24
  EXPECT_EQ(opened.has_rules, 0);                   // MS-OXCFOLD_R26
  EXPECT_EQ(opened.is_ghosted, 0);
  EXPECT_NE(client.handles[kOther], rop::kNoHandle);
  // Bits that mean nothing are ignored: MS-OXCFOLD_R465 MS-OXCFOLD_R46501 MS-OXCFOLD_R46502 MS-OXCFOLD_R46503
  // MS-OXCFOLD_R46504 MS-OXCFOLD_R46505 MS-OXCFOLD_R46506 MS-OXCFOLD_R46507
  for (u8 bit : {0x01, 0x02, 0x08, 0x10, 0x20, 0x40, 0x80}) {
    request.open_mode_flags = bit;
    EXPECT_EQ(client.call<rop::OpenFolderResponse>(request).return_value, ErrorCode::none) << int{bit};
    client.release(kOther);
  }
  request.open_mode_flags = 0;
  request.folder_id = mapi::FolderId::make(1, 0x123456);
  auto missing = client.call<rop::OpenFolderResponse>(request);
  EXPECT_EQ(static_cast<u32>(missing.return_value), 0x8004010Fu);  // MS-OXCFOLD_R468 MS-OXCFOLD_R469
  EXPECT_EQ(client.handles[kOther], rop::kNoHandle);
  ASSERT_EQ(client.create_message(client.inbox(), 9), ErrorCode::none);
  request.folder_id = client.inbox();
  request.input_handle_index = 9;  // a message opens no folders: MS-OXCFOLD_R472 MS-OXCFOLD_R473
  EXPECT_EQ(static_cast<u32>(client.call<rop::OpenFolderResponse>(request).return_value), 0x80040102u);
}

TEST_F(Folders, AreCreatedWithTheirName) {
  rop::CreateFolderRequest request;
  request.input_handle_index = kRoot;
  request.output_handle_index = kNew;
  request.folder_type = 1;  // MS-OXCFOLD_R46
  request.use_unicode_strings = 1;
  request.display_name = mapi::utf16_in(client.arena, "Tau und Täue");
  request.comment = mapi::utf16_in(client.arena, "what ropes are");
  auto created = client.call<rop::CreateFolderResponse>(request);  // MS-OXCFOLD_R37 MS-OXCFOLD_R476
  EXPECT_EQ(created.return_value, ErrorCode::none);                // MS-OXCFOLD_R58 MS-OXCFOLD_R483
  EXPECT_EQ(created.is_existing_folder, 0);                        // MS-OXCFOLD_R1197
  EXPECT_NE(client.handles[kNew], rop::kNoHandle);                 // MS-OXCFOLD_R43
  PropTag tags[] = {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagComment), PropTag(tag::PidTagFolderType),
                    PropTag(tag::PidTagFolderId), PropTag(tag::PidTagParentFolderId)};
  auto row = client.get(kNew, tags);
  EXPECT_EQ(utf8(row.cells[0]), "Tau und Täue");    // MS-OXCFOLD_R54 MS-OXCFOLD_R48 MS-OXCFOLD_R360
  EXPECT_EQ(utf8(row.cells[1]), "what ropes are");  // MS-OXCFOLD_R56 MS-OXCFOLD_R10359 MS-OXCFOLD_R359
  EXPECT_EQ(row.cells[2].value.number, 1u);         // MS-OXCFOLD_R811 MS-OXCFOLD_R362
  EXPECT_EQ(row.cells[3].value.number, created.folder_id.value);
  EXPECT_EQ(row.cells[4].value.number, subtree().value);
  // In eight bits too: MS-OXCFOLD_R49.
  request.use_unicode_strings = 0;
  request.output_handle_index = kOther;
  request.display_name = bytes_of(std::string_view("Lines"));
  request.comment = {};
  ASSERT_EQ(client.call<rop::CreateFolderResponse>(request).return_value, ErrorCode::none);
  EXPECT_EQ(utf8(client.get(kOther, tags).cells[0]), "Lines");
}

TEST_F(Folders, HaveNamesOfTheirOwn) {
  auto first = client.create_folder(kRoot, "Cordage", kNew);
  ASSERT_EQ(first.return_value, ErrorCode::none);
  auto second = client.create_folder(kRoot, "Cordage", kOther);
  EXPECT_EQ(static_cast<u32>(second.return_value),
            0x80040604u);  // MS-OXCFOLD_R481 MS-OXCFOLD_R491 MS-OXCFOLD_R493 MS-OXCFOLD_R480 MS-OXCFOLD_R1065
  second = client.create_folder(kRoot, "Cordage", kOther, true);
  EXPECT_EQ(second.return_value, ErrorCode::none);  // MS-OXCFOLD_R482 MS-OXCFOLD_R50
  EXPECT_EQ(second.folder_id, first.folder_id);
  EXPECT_EQ(hierarchy(kRoot).return_value, ErrorCode::none);
  client.release(kTable);
  // Another folder cannot take the name: MS-OXCFOLD_R1039.
  ASSERT_EQ(client.create_folder(kRoot, "Twine", 5).return_value, ErrorCode::none);
  auto renamed = client.set(5, {client.text(tag::PidTagDisplayName, "Cordage")});
  bool refused = renamed.return_value == ErrorCode::duplicate_name || renamed.property_problems.size() == 1;
  EXPECT_TRUE(refused);
  PropTag name[] = {PropTag(tag::PidTagDisplayName)};
  EXPECT_EQ(utf8(client.get(5, name).cells[0]), "Twine");
}

TEST_F(Folders, AreNotCreatedFromNonsense) {
  rop::CreateFolderRequest request;
  request.input_handle_index = kRoot;
  request.output_handle_index = kNew;
  request.folder_type = 7;
  request.use_unicode_strings = 1;
  request.display_name = mapi::utf16_in(client.arena, "Seven");
  request.comment = mapi::utf16_in(client.arena, "");
  EXPECT_EQ(static_cast<u32>(client.call<rop::CreateFolderResponse>(request).return_value),
            0x80070057u);  // MS-OXCFOLD_R486 MS-OXCFOLD_R487
  request.folder_type = 1;
  request.display_name = {};  // MS-OXCFOLD_R477
  EXPECT_NE(client.call<rop::CreateFolderResponse>(request).return_value, ErrorCode::none);
  request.display_name = mapi::utf16_in(client.arena, "Below a message");
  ASSERT_EQ(client.create_message(client.inbox(), 9), ErrorCode::none);
  request.input_handle_index = 9;
  EXPECT_EQ(static_cast<u32>(client.call<rop::CreateFolderResponse>(request).return_value),
            0x80040102u);  // MS-OXCFOLD_R494 MS-OXCFOLD_R495
  EXPECT_EQ(client.handles[kNew], rop::kNoHandle);
}

TEST_F(Folders, AreDeletedWhenEmptyOrWhenAsked) {
  auto folder = client.create_folder(kRoot, "Bollard", kNew).folder_id;
  client.put_message(folder, "one");
  auto kept = delete_folder(folder, 0);
  EXPECT_NE(kept.partial_completion, 0);  // MS-OXCFOLD_R371 MS-OXCFOLD_R816 MS-OXCFOLD_R817 MS-OXCFOLD_R76
  EXPECT_EQ(client.open_folder(folder, kOther), ErrorCode::none);
  EXPECT_EQ(contents(kOther), 1u);
  auto gone = delete_folder(folder, 0x01);        // MS-OXCFOLD_R75 MS-OXCFOLD_R762 MS-OXCFOLD_R1076
  EXPECT_EQ(gone.return_value, ErrorCode::none);  // MS-OXCFOLD_R95
  EXPECT_EQ(gone.partial_completion, 0);          // MS-OXCFOLD_R97
  EXPECT_EQ(client.open_folder(folder, 6), ErrorCode::not_found);

  auto above = client.create_folder(kRoot, "Quay", kNew).folder_id;
  auto below = client.create_folder(kNew, "Bitts", kOther).folder_id;
  EXPECT_NE(delete_folder(above, 0x01).partial_completion, 0);  // MS-OXCFOLD_R1079 MS-OXCFOLD_R1080 MS-OXCFOLD_R1081
  EXPECT_EQ(client.open_folder(below, 6), ErrorCode::none);
  EXPECT_EQ(delete_folder(above, 0x05).partial_completion, 0);  // MS-OXCFOLD_R763 MS-OXCFOLD_R82
  EXPECT_EQ(client.open_folder(above, 7), ErrorCode::not_found);
  EXPECT_EQ(client.open_folder(below, 7), ErrorCode::not_found);
}

TEST_F(Folders, DeletionRefusesWhatItCannotDo) {
  auto unknown = delete_folder(mapi::FolderId::make(1, 0x7777), 0);
  EXPECT_EQ(static_cast<u32>(unknown.return_value), 0x8004010Fu);  // MS-OXCFOLD_R504 MS-OXCFOLD_R507
  ASSERT_EQ(client.create_message(client.inbox(), 9), ErrorCode::none);
  EXPECT_EQ(static_cast<u32>(delete_folder(client.inbox(), 0, 9).return_value),
            0x80040102u);  // MS-OXCFOLD_R509 MS-OXCFOLD_R510
  // A mailbox keeps the folders it was made with.
  EXPECT_NE(delete_folder(client.inbox(), 0x05).return_value, ErrorCode::none);
  EXPECT_EQ(client.open_folder(client.inbox(), kOther), ErrorCode::none);
}

TEST_F(Folders, ListTheirSubfolders) {
  u32 all_before = hierarchy(kRoot, 0x04).row_count;
  client.release(kTable);
  client.create_folder(kRoot, "Deck", kNew);
  client.create_folder(kNew, "Cleat", kOther);
  client.create_folder(kNew, "Fairlead", kOther);
  auto direct = hierarchy(kNew);                      // MS-OXCFOLD_R305 MS-OXCFOLD_R306 MS-OXCFOLD_R802
  EXPECT_EQ(direct.return_value, ErrorCode::none);    // MS-OXCFOLD_R317
  EXPECT_EQ(direct.row_count, 2u);                    // MS-OXCFOLD_R318
  EXPECT_NE(client.handles[kTable], rop::kNoHandle);  // MS-OXCFOLD_R311
  client.release(kTable);
  EXPECT_EQ(hierarchy(kRoot, 0x04).row_count, all_before + 3);  // MS-OXCFOLD_R801
}

TEST_F(Folders, ListTheirMessages) {
  client.create_folder(kRoot, "Hold", kNew);
  PropTag id[] = {PropTag(tag::PidTagFolderId)};
  mapi::FolderId folder{client.get(kNew, id).cells[0].value.number};
  client.put_message(folder, "cargo");
  client.put_message(folder, "ballast");
  client.put_message(folder, "about the hold", 1, true);
  EXPECT_EQ(contents(kNew), 2u);        // MS-OXCFOLD_R320 MS-OXCFOLD_R333 MS-OXCFOLD_R663 MS-OXCFOLD_R665
  EXPECT_EQ(contents(kNew, 0x02), 1u);  // MS-OXCFOLD_R662
  EXPECT_EQ(folder_number(kNew, tag::PidTagContentCount), 2u);  // MS-OXCFOLD_R10345 MS-OXCFOLD_R346 MS-OXCFOLD_R345
  EXPECT_EQ(folder_number(kNew, tag::PidTagAssociatedContentCount), 1u);
  EXPECT_EQ(folder_number(kNew, tag::PidTagSubfolders), 0u);
}

TEST_F(Folders, MoveAndCopyMessages) {
  auto from = client.create_folder(kRoot, "From", kNew).folder_id;
  client.create_folder(kRoot, "To", kOther);
  auto one = client.put_message(from, "one"), two = client.put_message(from, "two");
  auto copied = move_or_copy(kNew, kOther, {one}, true);  // MS-OXCFOLD_R144 MS-OXCFOLD_R159 MS-OXCFOLD_R1105
  EXPECT_EQ(copied.return_value, ErrorCode::none);        // MS-OXCFOLD_R161
  EXPECT_EQ(copied.partial_completion, 0);                // MS-OXCFOLD_R163
  EXPECT_EQ(contents(kNew), 2u);
  EXPECT_EQ(contents(kOther), 1u);
  EXPECT_EQ(move_or_copy(kNew, kOther, {one, two}, false).return_value, ErrorCode::none);  // MS-OXCFOLD_R160
  EXPECT_EQ(contents(kNew), 0u);
  EXPECT_EQ(contents(kOther), 3u);
  auto partly = move_or_copy(kNew, kOther, {one}, false);  // gone from there: MS-OXCFOLD_R586 MS-OXCFOLD_R10163
  EXPECT_NE(partly.partial_completion, 0);
  ASSERT_EQ(client.create_message(from, 9), ErrorCode::none);
  EXPECT_EQ(static_cast<u32>(move_or_copy(9, kOther, {one}, false).return_value),
            0x80040102u);  // MS-OXCFOLD_R589 MS-OXCFOLD_R590
  auto nowhere = move_or_copy(kNew, 20, {one}, false);
  EXPECT_EQ(nowhere.return_value, ErrorCode::dst_null_object);
  EXPECT_EQ(nowhere.dest_handle_index, 20u);
}

TEST_F(Folders, DeleteMessages) {
  auto folder = client.create_folder(kRoot, "Bilge", kNew).folder_id;
  auto one = client.put_message(folder, "one"), two = client.put_message(folder, "two");
  auto remove = [&](u8 index, std::vector<mapi::MessageId> ids) {
    rop::DeleteMessagesRequest request;
    request.input_handle_index = index;
    request.message_ids = std::span<mapi::MessageId>(ids);
    return client.call<rop::DeleteMessagesResponse>(request);
  };
  auto removed = remove(kNew, {one});                // MS-OXCFOLD_R262 MS-OXCFOLD_R1143 MS-OXCFOLD_R436
  EXPECT_EQ(removed.return_value, ErrorCode::none);  // MS-OXCFOLD_R280
  EXPECT_EQ(removed.partial_completion, 0);          // MS-OXCFOLD_R282
  EXPECT_EQ(contents(kNew), 1u);
  auto partly = remove(kNew, {one, two});  // MS-OXCFOLD_R1147 MS-OXCFOLD_R991
  EXPECT_NE(partly.partial_completion, 0);
  EXPECT_EQ(contents(kNew), 0u);
  ASSERT_EQ(client.create_message(folder, 9), ErrorCode::none);
  EXPECT_EQ(static_cast<u32>(remove(9, {two}).return_value), 0x80040102u);  // MS-OXCFOLD_R637 MS-OXCFOLD_R638
}

TEST_F(Folders, CountTheUnread) {
  auto folder = client.create_folder(kRoot, "Log", kNew).folder_id;
  auto one = client.put_message(folder, "one");
  client.put_message(folder, "two");
  auto unread = [&] { return folder_number(kNew, tag::PidTagContentUnreadCount); };
  // What a client writes itself, it has read: MS-OXCMSG_R347.
  EXPECT_EQ(unread(), 0u);  // MS-OXCFOLD_R10347 MS-OXCFOLD_R347
  rop::SetReadFlagsRequest request;
  request.input_handle_index = kNew;
  std::vector<mapi::MessageId> ids = {one};
  request.message_ids = std::span<mapi::MessageId>(ids);
  request.read_flags = 0x04;  // rfClearReadFlag
  EXPECT_EQ(client.call<rop::SetReadFlagsResponse>(request).return_value, ErrorCode::none);
  EXPECT_EQ(unread(), 1u);
  request.read_flags = 0;
  EXPECT_EQ(client.call<rop::SetReadFlagsResponse>(request).return_value, ErrorCode::none);
  EXPECT_EQ(unread(), 0u);
}

}  // namespace
}  // namespace ropewalk
