// What a client is told of the tables it looks at, [MS-OXCNOTIF] 3.1.4.3, on a running server.
#include "protocol/rop/oxcnotif.h"
#include "rop_client.h"

namespace ropewalk {
namespace {

using rop::NotificationData;
using rop::TableEventType;

constexpr u8 kFolder = 1, kTable = 4;
constexpr u8 kDepth = 0x04, kNoNotifications = 0x10;

class TableNotifications : public Live {
 protected:
  TableNotifications() { EXPECT_EQ(client.open_folder(client.inbox(), kFolder), ErrorCode::none); }

  void open_contents(u8 flags = 0) {
    rop::GetContentsTableRequest open;
    open.input_handle_index = kFolder;
    open.output_handle_index = kTable;
    open.table_flags = flags;
    ASSERT_EQ(client.call<rop::GetContentsTableResponse>(open).return_value, ErrorCode::none);
    columns_ = {PropTag(tag::PidTagSubject), PropTag(tag::PidTagImportance)};
    set_columns();
  }
  void open_hierarchy(mapi::FolderId folder, u8 flags = 0) {
    ASSERT_EQ(client.open_folder(folder, kFolder), ErrorCode::none);
    rop::GetHierarchyTableRequest open;
    open.input_handle_index = kFolder;
    open.output_handle_index = kTable;
    open.table_flags = flags;
    ASSERT_EQ(client.call<rop::GetHierarchyTableResponse>(open).return_value, ErrorCode::none);
    columns_ = {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagContentCount)};
    set_columns();
  }
  void set_columns() {
    rop::SetColumnsRequest set;
    set.input_handle_index = kTable;
    set.property_tags = std::span<PropTag>(columns_);
    ASSERT_EQ(client.call<rop::SetColumnsResponse>(set).return_value, ErrorCode::none);
  }
  // A table view is there from now on.
  void look() {
    rop::QueryRowsRequest query;
    query.input_handle_index = kTable;
    query.forward_read = 1;
    query.row_count = 50;
    ASSERT_EQ(client.call<rop::QueryRowsResponse>(query, columns_).return_value, ErrorCode::none);
    client.notifications.clear();
  }
  void mark(mapi::MessageId id, u8 flags) {
    std::vector<mapi::MessageId> ids = {id};
    rop::SetReadFlagsRequest read;
    read.input_handle_index = kFolder;
    read.message_ids = std::span<mapi::MessageId>(ids);
    read.read_flags = flags;
    client.call<rop::SetReadFlagsResponse>(read);
  }
  void remove(mapi::MessageId id) {
    std::vector<mapi::MessageId> ids = {id};
    rop::DeleteMessagesRequest remove;
    remove.input_handle_index = kFolder;
    remove.message_ids = std::span<mapi::MessageId>(ids);
    client.call<rop::DeleteMessagesResponse>(remove);
  }
  // What came with the last answers or comes with an empty request: all of it is of the table.
  std::vector<NotificationData> told() {
    client.take_notifications(client.send().rops());
    std::vector<NotificationData> all;
    for (const auto& event : std::exchange(client.notifications, {})) {
      EXPECT_EQ(event.notification_handle, client.handles[kTable]);
      EXPECT_TRUE(event.notification_data.is(rop::kNotifyTableModified));
      all.push_back(event.notification_data);
    }
    return all;
  }
  NotificationData told_one() {
    auto all = told();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? NotificationData{} : all[0];
  }
  mapi::PropertyRow row_of(const NotificationData& data) {
    mapi::RowColumns rows{columns_};
    wire::Context context = wire::add_context(rows, nullptr);
    auto row = wire::decode<mapi::PropertyRow>(data.table_row_data, client.arena, &context);
    EXPECT_TRUE(row.ok()) << (row.ok() ? "" : row.error().text());
    return row.ok() && row->cells.size() == columns_.size() ? *row : mapi::PropertyRow{};
  }

  std::vector<PropTag> columns_;
};

TEST_F(TableNotifications, RowsThatCome) {
  open_contents();
  look();
  auto first = client.put_message(client.inbox(), "first");
  // MS-OXCNOTIF_R23 MS-OXCNOTIF_R129 MS-OXCNOTIF_R261 MS-OXCNOTIF_R257 MS-OXCNOTIF_R12401
  auto added = told_one();
  EXPECT_EQ(added.table_event_type, TableEventType::row_added);
  EXPECT_TRUE(added.about_message());
  EXPECT_EQ(added.table_row_folder_id, client.inbox());  // MS-OXCNOTIF_R141 MS-OXCNOTIF_R14201
  EXPECT_EQ(added.table_row_message_id, first);          // MS-OXCNOTIF_R145 MS-OXCNOTIF_R14601
  EXPECT_EQ(added.table_row_instance, 0u);               // MS-OXCNOTIF_R15001
  EXPECT_TRUE(added.insert_after_table_row_id.is_null());
  auto row = row_of(added);  // MS-OXCNOTIF_R166 MS-OXCNOTIF_R16701 MS-OXCNOTIF_R16401 MS-OXCNOTIF_R163
  ASSERT_EQ(row.cells.size(), 2u);
  EXPECT_EQ(utf8(row.cells[0]), "first");
  EXPECT_EQ(row.cells[1].value.number, 1u);

  auto second = client.put_message(client.inbox(), "second", 2);
  added = told_one();
  EXPECT_EQ(added.table_row_message_id, second);
  EXPECT_EQ(added.insert_after_table_row_folder_id, client.inbox());  // MS-OXCNOTIF_R15401
  EXPECT_EQ(added.insert_after_table_row_id, first);                  // MS-OXCNOTIF_R15801 MS-OXCNOTIF_R161002
  EXPECT_EQ(row_of(added).cells[1].value.number, 2u);
}

TEST_F(TableNotifications, RowsThatChangeAndGo) {
  auto first = client.put_message(client.inbox(), "first");
  auto second = client.put_message(client.inbox(), "second");
  open_contents();
  look();
  mark(second, 0x04);
  auto modified = told_one();  // MS-OXCNOTIF_R25 MS-OXCNOTIF_R131 MS-OXCNOTIF_R263
  EXPECT_EQ(modified.table_event_type, TableEventType::row_modified);
  EXPECT_EQ(modified.table_row_folder_id, client.inbox());               // MS-OXCNOTIF_R14203
  EXPECT_EQ(modified.table_row_message_id, second);                      // MS-OXCNOTIF_R14603
  EXPECT_EQ(modified.table_row_instance, 0u);                            // MS-OXCNOTIF_R15003
  EXPECT_EQ(modified.insert_after_table_row_folder_id, client.inbox());  // MS-OXCNOTIF_R15402
  EXPECT_EQ(modified.insert_after_table_row_id, first);                  // MS-OXCNOTIF_R15802 MS-OXCNOTIF_R161003
  EXPECT_EQ(utf8(row_of(modified).cells[0]), "second");                  // MS-OXCNOTIF_R16702 MS-OXCNOTIF_R16402
  remove(first);
  auto deleted = told_one();  // MS-OXCNOTIF_R24 MS-OXCNOTIF_R130 MS-OXCNOTIF_R262
  EXPECT_EQ(deleted.table_event_type, TableEventType::row_deleted);
  EXPECT_EQ(deleted.table_row_folder_id, client.inbox());  // MS-OXCNOTIF_R14202
  EXPECT_EQ(deleted.table_row_message_id, first);          // MS-OXCNOTIF_R14602
  EXPECT_EQ(deleted.table_row_instance, 0u);               // MS-OXCNOTIF_R15002
  EXPECT_TRUE(deleted.table_row_data.empty());
}

// Several changes of one row between two answers are one.
TEST_F(TableNotifications, SayTheLastOfARow) {
  auto kept = client.put_message(client.inbox(), "kept");
  open_contents();
  look();
  RopClient other(server);
  other.logon();
  ASSERT_EQ(other.open_folder(other.inbox(), kFolder), ErrorCode::none);
  auto passing = other.put_message(other.inbox(), "came and went");
  std::vector<mapi::MessageId> ids = {passing};
  rop::DeleteMessagesRequest gone;
  gone.input_handle_index = kFolder;
  gone.message_ids = std::span<mapi::MessageId>(ids);
  other.call<rop::DeleteMessagesResponse>(gone);
  std::vector<mapi::MessageId> marked = {kept};
  for (u8 flags : {u8{0x04}, u8{0x00}, u8{0x04}}) {
    rop::SetReadFlagsRequest read;
    read.input_handle_index = kFolder;
    read.message_ids = std::span<mapi::MessageId>(marked);
    read.read_flags = flags;
    other.call<rop::SetReadFlagsResponse>(read);
  }
  auto only = told_one();
  EXPECT_EQ(only.table_event_type, TableEventType::row_modified);
  EXPECT_EQ(only.table_row_message_id, kept);
}

TEST_F(TableNotifications, OfManyRowsAndOfViewsTheTableAlone) {
  open_contents();
  look();
  RopClient other(server);
  other.logon();
  for (int i = 0; i < 40; ++i) other.put_message(other.inbox(), "one of many");
  auto changed = told_one();  // MS-OXCNOTIF_R22 MS-OXCNOTIF_R128 MS-OXCNOTIF_R264
  EXPECT_EQ(changed.table_event_type, TableEventType::table_changed);
  // MS-OXCNOTIF_R14204 MS-OXCNOTIF_R14604 MS-OXCNOTIF_R15004 MS-OXCNOTIF_R15403 MS-OXCNOTIF_R15803 MS-OXCNOTIF_R16403
  // MS-OXCNOTIF_R16703
  EXPECT_FALSE(changed.about_row());
  EXPECT_TRUE(told().empty());

  std::vector<mapi::SortOrder> orders(1);
  orders[0].tag = PropTag(tag::PidTagSubject);
  rop::SortTableRequest sort;
  sort.input_handle_index = kTable;
  sort.sort.orders = std::span<mapi::SortOrder>(orders);
  ASSERT_EQ(client.call<rop::SortTableResponse>(sort).return_value, ErrorCode::none);
  look();
  client.put_message(client.inbox(), "somewhere between");
  EXPECT_EQ(told_one().table_event_type, TableEventType::table_changed);
}

TEST_F(TableNotifications, OfItsOwnPartOfTheFolder) {
  open_contents();
  look();
  client.put_message(client.inbox(), "hidden", 1, true);
  client.put_message(client.logged_on.folder_ids[5], "elsewhere");
  EXPECT_TRUE(told().empty());
}

// Exchange 2010 and later: MS-OXCNOTIF_R245 MS-OXCNOTIF_R281 MS-OXCNOTIF_R252
TEST_F(TableNotifications, WhileThereIsAView) {
  open_contents();
  client.put_message(client.inbox(), "before the first look");
  EXPECT_TRUE(told().empty());
  look();
  client.put_message(client.inbox(), "seen");
  EXPECT_EQ(told().size(), 1u);
  rop::ResetTableRequest reset;
  reset.input_handle_index = kTable;
  ASSERT_EQ(client.call<rop::ResetTableResponse>(reset).return_value, ErrorCode::none);
  client.put_message(client.inbox(), "after the reset");
  EXPECT_TRUE(told().empty());
  set_columns();
  look();
  client.put_message(client.inbox(), "seen again");
  EXPECT_EQ(told().size(), 1u);
}

// Every other ROP that makes a view: MS-OXCNOTIF_R249 MS-OXCNOTIF_R250 MS-OXCNOTIF_R251 MS-OXCNOTIF_R253
TEST_F(TableNotifications, ViewsAreMadeByEveryLook) {
  auto expect_told = [&](const char* by) {
    client.put_message(client.inbox(), by);
    EXPECT_EQ(told().size(), 1u) << by;
    rop::ResetTableRequest reset;
    reset.input_handle_index = kTable;
    client.call<rop::ResetTableResponse>(reset);
    set_columns();
  };
  open_contents();
  rop::QueryPositionRequest position;
  position.input_handle_index = kTable;
  client.call<rop::QueryPositionResponse>(position);  // MS-OXCNOTIF_R279
  expect_told("QueryPosition");
  rop::QueryColumnsAllRequest all;
  all.input_handle_index = kTable;
  client.call<rop::QueryColumnsAllResponse>(all);  // MS-OXCNOTIF_R277
  expect_told("QueryColumnsAll");
  rop::SeekRowRequest seek;
  seek.input_handle_index = kTable;
  client.call<rop::SeekRowResponse>(seek);  // MS-OXCNOTIF_R283
  expect_told("SeekRow");
  std::vector<mapi::Restriction> wanted(1);
  wanted[0].type = mapi::RestrictType::exist;
  wanted[0].tag = PropTag(tag::PidTagSubject);
  rop::FindRowRequest find;
  find.input_handle_index = kTable;
  find.restriction = std::span<mapi::Restriction>(wanted);
  client.call<rop::FindRowResponse>(find, columns_);  // MS-OXCNOTIF_R275
  expect_told("FindRow");
}

TEST_F(TableNotifications, NotOfTablesWithout) {
  open_contents(kNoNotifications);
  look();
  client.put_message(client.inbox(), "nobody wants to know");
  EXPECT_TRUE(told().empty());  // MS-OXCNOTIF_R258
}

TEST_F(TableNotifications, OfSubfolders) {
  const mapi::FolderId top = client.logged_on.folder_ids[3];
  open_hierarchy(top);
  look();
  client.put_message(client.inbox(), "one more");
  auto counted = told_one();
  EXPECT_EQ(counted.table_event_type, TableEventType::row_modified);
  EXPECT_FALSE(counted.about_message());
  EXPECT_EQ(counted.table_row_folder_id, client.inbox());
  auto row = row_of(counted);
  ASSERT_EQ(row.cells.size(), 2u);
  EXPECT_EQ(utf8(row.cells[0]), "Inbox");
  EXPECT_EQ(row.cells[1].value.number, 1u);

  auto made = client.create_folder(kFolder, "A new one", 6);
  ASSERT_EQ(made.return_value, ErrorCode::none);
  auto added = told_one();
  EXPECT_EQ(added.table_event_type, TableEventType::row_added);
  EXPECT_EQ(added.table_row_folder_id, made.folder_id);
  EXPECT_TRUE(added.insert_after_table_row_folder_id.is_null());  // the first by name
  EXPECT_EQ(utf8(row_of(added).cells[0]), "A new one");
  // What happens further down is not in this table, but that the row has subfolders now is.
  ASSERT_EQ(client.create_folder(6, "Below", 7).return_value, ErrorCode::none);
  auto parent = told_one();
  EXPECT_EQ(parent.table_event_type, TableEventType::row_modified);
  EXPECT_EQ(parent.table_row_folder_id, made.folder_id);

  rop::DeleteFolderRequest gone;
  gone.input_handle_index = kFolder;
  gone.delete_folder_flags = 0x05;
  gone.folder_id = made.folder_id;
  ASSERT_EQ(client.call<rop::DeleteFolderResponse>(gone).return_value, ErrorCode::none);
  auto deleted = told_one();
  EXPECT_EQ(deleted.table_event_type, TableEventType::row_deleted);
  EXPECT_EQ(deleted.table_row_folder_id, made.folder_id);
}

TEST_F(TableNotifications, OfAllFoldersBelow) {
  const mapi::FolderId top = client.logged_on.folder_ids[3];
  open_hierarchy(top, kDepth);
  look();
  ASSERT_EQ(client.open_folder(client.inbox(), 6), ErrorCode::none);
  auto made = client.create_folder(6, "Below the Inbox", 7);
  ASSERT_EQ(made.return_value, ErrorCode::none);
  bool seen = false;
  for (const auto& event : told()) {
    if (event.table_event_type != TableEventType::row_added) continue;
    seen = true;
    EXPECT_EQ(event.table_row_folder_id, made.folder_id);
    EXPECT_EQ(event.insert_after_table_row_folder_id, client.inbox());
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace ropewalk
