// What tables do, [MS-OXCTABL], on a running server.
#include "rop_client.h"

namespace ropewalk {
namespace {

using testing::Test;

constexpr u8 kInbox = 1, kTable = 2, kHierarchy = 3;
const std::vector<PropTag> kColumns = {PropTag(tag::PidTagSubject), PropTag(tag::PidTagImportance),
                                       PropTag(tag::PidTagMid)};

class Tables : public Live {
 protected:
  // Six messages in the Inbox, and its contents table open at kTable.
  Tables() {
    EXPECT_EQ(client.open_folder(client.inbox(), kInbox), ErrorCode::none);
    const char* subjects[] = {"hemp", "Flax", "cotton", "jute", "Sisal", "abaca"};
    for (u64 i = 0; i < 6; ++i) client.put_message(client.inbox(), subjects[i], i % 3);
    open_contents();
  }
  void open_contents() {
    rop::GetContentsTableRequest request;
    request.input_handle_index = kInbox;
    request.output_handle_index = kTable;
    auto opened = client.call<rop::GetContentsTableResponse>(request);
    EXPECT_EQ(opened.return_value, ErrorCode::none);
    EXPECT_EQ(opened.row_count, 6u);
  }
  void open_hierarchy() {
    rop::GetHierarchyTableRequest request;
    request.input_handle_index = 0;
    request.output_handle_index = kHierarchy;
    EXPECT_EQ(client.open_folder(client.logged_on.folder_ids[3], 5), ErrorCode::none);  // the IPM subtree
    request.input_handle_index = 5;
    EXPECT_EQ(client.call<rop::GetHierarchyTableResponse>(request).return_value, ErrorCode::none);
  }
  template <class Request>
  static Request at(u8 index) {
    Request request;
    request.input_handle_index = index;
    return request;
  }
  rop::SetColumnsResponse set_columns(std::vector<PropTag> tags, u8 table = kTable, u8 flags = 0) {
    auto request = at<rop::SetColumnsRequest>(table);
    request.set_columns_flags = flags;
    request.property_tags = std::span<PropTag>(tags);
    return client.call<rop::SetColumnsResponse>(request);
  }
  rop::SortTableResponse sort(std::vector<mapi::SortOrder> orders, u8 table = kTable, u8 flags = 0) {
    auto request = at<rop::SortTableRequest>(table);
    request.sort_table_flags = flags;
    request.sort.orders = std::span<mapi::SortOrder>(orders);
    return client.call<rop::SortTableResponse>(request);
  }
  static mapi::Restriction importance_is(u64 value) {
    static mapi::TaggedPropertyValue property;
    property = RopClient::number(tag::PidTagImportance, value);
    mapi::Restriction restriction;
    restriction.type = mapi::RestrictType::property;
    restriction.relop = mapi::RelOp::eq;
    restriction.tag = PropTag(tag::PidTagImportance);
    restriction.values = std::span<mapi::TaggedPropertyValue>(&property, 1);
    return restriction;
  }
  rop::RestrictResponse restrict_to(mapi::Restriction restriction, u8 table = kTable, u8 flags = 0) {
    auto request = at<rop::RestrictRequest>(table);
    request.restrict_flags = flags;
    request.restriction = std::span<mapi::Restriction>(&restriction, 1);
    return client.call<rop::RestrictResponse>(request);
  }
  rop::QueryRowsResponse query(u16 count, bool forward = true, u8 flags = 0, u8 table = kTable) {
    auto request = at<rop::QueryRowsRequest>(table);
    request.query_rows_flags = flags;
    request.forward_read = forward;
    request.row_count = count;
    return client.call<rop::QueryRowsResponse>(request, kColumns);
  }
  static std::vector<std::string> subjects(const rop::QueryRowsResponse& response) {
    std::vector<std::string> all;
    for (const auto& row : response.rows) all.push_back(utf8(row.cells[0]));
    return all;
  }
  rop::SeekRowResponse seek(rop::BookmarkOrigin origin, i32 rows, bool wants_count = true) {
    auto request = at<rop::SeekRowRequest>(kTable);
    request.origin = origin;
    request.row_count = rows;
    request.want_row_moved_count = wants_count;
    return client.call<rop::SeekRowResponse>(request);
  }
  rop::QueryPositionResponse position(u8 table = kTable) {
    return client.call<rop::QueryPositionResponse>(at<rop::QueryPositionRequest>(table));
  }
  rop::FindRowResponse find(mapi::Restriction restriction, rop::BookmarkOrigin origin, bool backwards = false,
                            u8 table = kTable) {
    auto request = at<rop::FindRowRequest>(table);
    request.find_row_flags = backwards;
    request.restriction = std::span<mapi::Restriction>(&restriction, 1);
    request.origin = origin;
    return client.call<rop::FindRowResponse>(request, kColumns);
  }
  std::vector<u8> bookmark(u8 table = kTable) {
    auto made = client.call<rop::CreateBookmarkResponse>(at<rop::CreateBookmarkRequest>(table));
    EXPECT_EQ(made.return_value, ErrorCode::none);
    EXPECT_FALSE(made.bookmark.empty());
    return {made.bookmark.begin(), made.bookmark.end()};
  }
  rop::SeekRowBookmarkResponse seek_bookmark(ByteView bookmark, i32 rows, u8 table = kTable) {
    auto request = at<rop::SeekRowBookmarkRequest>(table);
    request.bookmark = bookmark;
    request.row_count = rows;
    request.want_row_moved_count = 1;
    return client.call<rop::SeekRowBookmarkResponse>(request);
  }
  mapi::SortOrder by(u32 tag, mapi::SortDirection order = mapi::SortDirection::ascending) {
    return {PropTag(tag), order};
  }
  using Strings = std::vector<std::string>;
};

// MS-OXCTABL_R426 MS-OXCTABL_R427 MS-OXCTABL_R813 MS-OXCTABL_R472 MS-OXCTABL_R116 MS-OXCTABL_R831 MS-OXCTABL_R829
TEST_F(Tables, RowsHaveTheColumnsThatWereSet) {
  auto set = set_columns(kColumns);
  EXPECT_EQ(set.return_value, ErrorCode::none);
  EXPECT_EQ(set.table_status, rop::TableStatus::complete);  // MS-OXCTABL_R33 MS-OXCTABL_R55
  auto rows = query(50);
  ASSERT_EQ(rows.return_value, ErrorCode::none);
  ASSERT_EQ(rows.rows.size(), 6u);  // MS-OXCTABL_R118 MS-OXCTABL_R113
  for (const auto& row : rows.rows) {
    EXPECT_EQ(row.flag, 0);  // MS-OXCDATA_R73
    EXPECT_NE(row.cells[2].value.number, 0u);
  }
  std::vector<PropTag> reversed(kColumns.rbegin(), kColumns.rend());
  EXPECT_EQ(set_columns(reversed).return_value, ErrorCode::none);
  seek(rop::BookmarkOrigin::beginning, 0);
  auto request = at<rop::QueryRowsRequest>(kTable);
  request.forward_read = 1;
  request.row_count = 1;
  auto again = client.call<rop::QueryRowsResponse>(request, reversed);
  ASSERT_EQ(again.rows.size(), 1u);
  EXPECT_EQ(again.rows[0].cells[0].value.number, rows.rows[0].cells[2].value.number);
  EXPECT_EQ(utf8(again.rows[0].cells[2]), utf8(rows.rows[0].cells[0]));
  open_hierarchy();
  std::vector<PropTag> names = {PropTag(tag::PidTagDisplayName)};
  EXPECT_EQ(set_columns(names, kHierarchy).return_value, ErrorCode::none);
  request = at<rop::QueryRowsRequest>(kHierarchy);
  request.forward_read = 1;
  request.row_count = 50;
  auto folders = client.call<rop::QueryRowsResponse>(request, names);  // MS-OXCTABL_R835
  std::set<std::string> found;
  for (const auto& row : folders.rows) found.insert(utf8(row.cells[0]));
  EXPECT_TRUE(found.contains("Inbox"));
}

// MS-OXCTABL_R77 would be shown by rows alone: a missing value makes the row a flagged one.
TEST_F(Tables, MissingValuesMakeAFlaggedRow) {
  std::vector<PropTag> tags = {PropTag(tag::PidTagSubject), PropTag(tag::PidTagInternetMessageId)};
  EXPECT_EQ(set_columns(tags).return_value, ErrorCode::none);
  auto request = at<rop::QueryRowsRequest>(kTable);
  request.forward_read = 1;
  request.row_count = 1;
  auto rows = client.call<rop::QueryRowsResponse>(request, tags);
  ASSERT_EQ(rows.rows.size(), 1u);
  EXPECT_EQ(rows.rows[0].flag, 1);  // MS-OXCDATA_R77
  EXPECT_EQ(rows.rows[0].cells[0].flag, mapi::CellFlag::value);
  EXPECT_EQ(rows.rows[0].cells[1].flag, mapi::CellFlag::error);
  EXPECT_EQ(rows.rows[0].cells[1].value.number, static_cast<u32>(ErrorCode::not_found));
}

TEST_F(Tables, ColumnsThatCannotBeAreRefused) {
  EXPECT_EQ(set_columns({}).return_value, ErrorCode::invalid_param);
  // MS-OXCTABL_R435
  EXPECT_EQ(set_columns({PropTag(0x00370000)}).return_value, ErrorCode::invalid_param);
  EXPECT_EQ(set_columns({PropTag(0x0037000A)}).return_value, ErrorCode::invalid_param);
  EXPECT_EQ(set_columns({PropTag(0x00370077)}).return_value, ErrorCode::invalid_param);
  // MS-OXCTABL_R610: after a failure there are no columns until a request succeeds.
  EXPECT_EQ(set_columns(kColumns).return_value, ErrorCode::none);
  EXPECT_EQ(set_columns({PropTag(0x0037000A)}).return_value, ErrorCode::invalid_param);
  EXPECT_EQ(query(1).return_value, ErrorCode::null_object);
}

TEST_F(Tables, WithoutColumnsThereAreNoRows) {
  EXPECT_EQ(query(1).return_value, ErrorCode::null_object);  // MS-OXCTABL_R768 MS-OXCTABL_R866 MS-OXCTABL_R867
  EXPECT_EQ(find(importance_is(1), rop::BookmarkOrigin::beginning).return_value,
            ErrorCode::null_object);                                     // MS-OXCTABL_R827 MS-OXCTABL_R539
  EXPECT_EQ(seek_bookmark({}, 1).return_value, ErrorCode::null_object);  // MS-OXCTABL_R8276
  auto free_it = at<rop::FreeBookmarkRequest>(kTable);
  EXPECT_EQ(client.call<rop::FreeBookmarkResponse>(free_it).return_value, ErrorCode::null_object);  // MS-OXCTABL_R8274
}

TEST_F(Tables, SortsByItsKeys) {
  set_columns(kColumns);
  auto sorted = sort({by(tag::PidTagSubject)});  // MS-OXCTABL_R76 MS-OXCTABL_R437 MS-OXCTABL_R447
  EXPECT_EQ(sorted.return_value, ErrorCode::none);
  EXPECT_EQ(sorted.table_status, rop::TableStatus::complete);                                     // MS-OXCTABL_R84
  EXPECT_EQ(subjects(query(50)), (Strings{"abaca", "cotton", "Flax", "hemp", "jute", "Sisal"}));  // MS-OXCTABL_R119
  EXPECT_EQ(sort({by(tag::PidTagSubject, mapi::SortDirection::descending)}).return_value,
            ErrorCode::none);           // MS-OXCTABL_R77 MS-OXCTABL_R438
  EXPECT_EQ(position().numerator, 0u);  // the cursor is back at the beginning
  EXPECT_EQ(subjects(query(50)), (Strings{"Sisal", "jute", "hemp", "Flax", "cotton", "abaca"}));
  sort({by(tag::PidTagImportance), by(tag::PidTagSubject)});
  EXPECT_EQ(subjects(query(50)), (Strings{"hemp", "jute", "Flax", "Sisal", "abaca", "cotton"}));
}

TEST_F(Tables, RestrictsToMatchingRows) {
  set_columns(kColumns);
  sort({by(tag::PidTagSubject)});
  query(3);
  auto restricted = restrict_to(importance_is(1));  // MS-OXCTABL_R451 MS-OXCTABL_R834
  EXPECT_EQ(restricted.return_value, ErrorCode::none);
  EXPECT_EQ(restricted.table_status, rop::TableStatus::complete);  // MS-OXCTABL_R94
  EXPECT_EQ(position().numerator, 0u);                             // MS-OXCTABL_R453
  EXPECT_EQ(position().denominator, 2u);
  EXPECT_EQ(subjects(query(50)), (Strings{"Flax", "Sisal"}));  // MS-OXCTABL_R452 MS-OXCTABL_R117
  open_hierarchy();
  mapi::Restriction exists;
  exists.type = mapi::RestrictType::exist;
  exists.tag = PropTag(tag::PidTagDisplayName);
  EXPECT_EQ(restrict_to(exists, kHierarchy).return_value, ErrorCode::none);  // MS-OXCTABL_R833
}

TEST_F(Tables, ResetTakesAwayColumnsOrderAndRestriction) {
  set_columns(kColumns);
  restrict_to(importance_is(1));
  query(1);
  auto reset = at<rop::ResetTableRequest>(kTable);
  EXPECT_EQ(client.call<rop::ResetTableResponse>(reset).return_value, ErrorCode::none);  // MS-OXCTABL_R564
  EXPECT_EQ(position().numerator, 0u);                                                   // MS-OXCTABL_R561
  EXPECT_EQ(position().denominator, 6u);  // MS-OXCTABL_R555 MS-OXCTABL_R556
  EXPECT_EQ(query(1).return_value, ErrorCode::null_object);
  set_columns(kColumns);
  EXPECT_EQ(query(50).rows.size(), 6u);
}

TEST_F(Tables, QueryRowsMovesTheCursor) {
  set_columns(kColumns);
  sort({by(tag::PidTagSubject)});
  auto rows = query(2);                                     // MS-OXCTABL_R462 MS-OXCTABL_R468 MS-OXCTABL_R837
  EXPECT_EQ(subjects(rows), (Strings{"abaca", "cotton"}));  // MS-OXCTABL_R112 MS-OXCTABL_R463
  EXPECT_EQ(rows.origin, rop::BookmarkOrigin::current);     // MS-OXCTABL_R110 MS-OXCTABL_R28
  auto at_two = position();                                 // MS-OXCTABL_R491 MS-OXCTABL_R846
  EXPECT_EQ(at_two.numerator, 2u);                          // MS-OXCTABL_R136
  EXPECT_EQ(at_two.denominator, 6u);                        // MS-OXCTABL_R138 MS-OXCTABL_R139
  EXPECT_EQ(subjects(query(1, true, 1)), (Strings{"Flax"}));
  EXPECT_EQ(position().numerator, 2u);  // MS-OXCTABL_R470
  rows = query(50);
  EXPECT_EQ(subjects(rows), (Strings{"Flax", "hemp", "jute", "Sisal"}));
  EXPECT_EQ(rows.origin, rop::BookmarkOrigin::end);  // MS-OXCTABL_R725
  EXPECT_EQ(position().numerator, 6u);               // MS-OXCTABL_R29
  rows = query(50);
  EXPECT_EQ(rows.return_value, ErrorCode::none);
  EXPECT_EQ(rows.rows.size(), 0u);  // MS-OXCTABL_R467
  EXPECT_EQ(rows.origin, rop::BookmarkOrigin::end);
}

TEST_F(Tables, QueryRowsReadsBackwards) {
  set_columns(kColumns);
  sort({by(tag::PidTagSubject)});
  seek(rop::BookmarkOrigin::beginning, 5);
  auto rows = query(2, false);  // MS-OXCTABL_R469
  EXPECT_EQ(subjects(rows), (Strings{"jute", "hemp"}));
  EXPECT_EQ(rows.origin, rop::BookmarkOrigin::current);  // MS-OXCTABL_R726
  EXPECT_EQ(position().numerator, 3u);
  rows = query(50, false);
  EXPECT_EQ(subjects(rows), (Strings{"Flax", "cotton", "abaca"}));
  EXPECT_EQ(rows.origin, rop::BookmarkOrigin::beginning);  // MS-OXCTABL_R896 MS-OXCTABL_R27
  EXPECT_EQ(query(1, false).rows.size(), 0u);
}

TEST_F(Tables, SeeksByRows) {
  set_columns(kColumns);
  auto sought = seek(rop::BookmarkOrigin::beginning, 4);  // MS-OXCTABL_R496 MS-OXCTABL_R141 MS-OXCTABL_R850
  EXPECT_EQ(sought.rows_sought, 4);                       // MS-OXCTABL_R150 MS-OXCTABL_R159 MS-OXCTABL_R161
  EXPECT_EQ(sought.has_sought_less, 0);                   // MS-OXCTABL_R155
  EXPECT_EQ(position().numerator, 4u);
  sought = seek(rop::BookmarkOrigin::current, 50);  // MS-OXCTABL_R497 MS-OXCTABL_R152
  EXPECT_EQ(sought.rows_sought, 2);                 // MS-OXCTABL_R163
  EXPECT_EQ(sought.has_sought_less, 1);             // MS-OXCTABL_R154 MS-OXCTABL_R157
  sought = seek(rop::BookmarkOrigin::end, -2);
  EXPECT_EQ(sought.rows_sought, -2);  // MS-OXCTABL_R160
  EXPECT_EQ(position().numerator, 4u);
  sought = seek(rop::BookmarkOrigin::current, -50);
  EXPECT_EQ(sought.rows_sought, -4);
  EXPECT_EQ(sought.has_sought_less, 1);
  EXPECT_EQ(position().numerator, 0u);
  EXPECT_EQ(seek(rop::BookmarkOrigin::custom, 1).return_value, ErrorCode::invalid_param);
}

TEST_F(Tables, SeeksByAFraction) {
  set_columns(kColumns);
  auto request = at<rop::SeekRowFractionalRequest>(kTable);  // MS-OXCTABL_R855 MS-OXCTABL_R910
  auto sought = [&](u32 numerator, u32 denominator) {
    request.numerator = numerator;
    request.denominator = denominator;
    EXPECT_EQ(client.call<rop::SeekRowFractionalResponse>(request).return_value, ErrorCode::none);
    return position().numerator;
  };
  EXPECT_EQ(sought(1, 2), 3u);
  EXPECT_EQ(sought(0, 7), 0u);  // MS-OXCTABL_R514
  EXPECT_EQ(sought(7, 7), 6u);  // MS-OXCTABL_R515
  EXPECT_EQ(sought(9, 7), 6u);
  request.denominator = 0;
  EXPECT_NE(client.call<rop::SeekRowFractionalResponse>(request).return_value, ErrorCode::none);
}

TEST_F(Tables, FindsRows) {
  set_columns(kColumns);
  sort({by(tag::PidTagSubject)});
  auto found = find(importance_is(1), rop::BookmarkOrigin::beginning);  // MS-OXCTABL_R534 MS-OXCTABL_R859
  ASSERT_EQ(found.return_value, ErrorCode::none);
  EXPECT_EQ(found.has_row_data, 1);             // MS-OXCTABL_R243 MS-OXCTABL_R242
  EXPECT_EQ(found.row_no_longer_visible, 0);    // MS-OXCTABL_R239
  EXPECT_EQ(utf8(found.row.cells[0]), "Flax");  // MS-OXCTABL_R225 MS-OXCTABL_R824 MS-OXCTABL_R540 MS-OXCTABL_R245
  EXPECT_EQ(position().numerator, 2u);
  seek(rop::BookmarkOrigin::current, 1);
  found = find(importance_is(1), rop::BookmarkOrigin::current);
  EXPECT_EQ(utf8(found.row.cells[0]), "Sisal");
  found = find(importance_is(1), rop::BookmarkOrigin::end, true);
  EXPECT_EQ(utf8(found.row.cells[0]), "Sisal");  // MS-OXCTABL_R226
  found = find(importance_is(7), rop::BookmarkOrigin::beginning);
  EXPECT_EQ(found.return_value, ErrorCode::not_found);  // MS-OXCTABL_R536 MS-OXCTABL_R544001
}

TEST_F(Tables, BookmarksLeadBack) {
  set_columns(kColumns);
  sort({by(tag::PidTagSubject)});
  seek(rop::BookmarkOrigin::beginning, 2);
  auto mark = bookmark();  // MS-OXCTABL_R522 MS-OXCTABL_R526 MS-OXCTABL_R211 MS-OXCTABL_R212
  seek(rop::BookmarkOrigin::end, 0);
  auto sought = seek_bookmark(mark, 1);  // MS-OXCTABL_R503 MS-OXCTABL_R504 MS-OXCTABL_R166 MS-OXCTABL_R508
  ASSERT_EQ(sought.return_value, ErrorCode::none);
  EXPECT_EQ(sought.rows_sought, 1);            // MS-OXCTABL_R178 MS-OXCTABL_R194
  EXPECT_EQ(sought.has_sought_less, 0);        // MS-OXCTABL_R188
  EXPECT_EQ(sought.row_no_longer_visible, 0);  // MS-OXCTABL_R183
  EXPECT_EQ(subjects(query(1)), (Strings{"hemp"}));
  sought = seek_bookmark(mark, -5);
  EXPECT_EQ(sought.rows_sought, -2);     // MS-OXCTABL_R193 MS-OXCTABL_R180
  EXPECT_EQ(sought.has_sought_less, 1);  // MS-OXCTABL_R187 MS-OXCTABL_R190
  auto free_it = at<rop::FreeBookmarkRequest>(kTable);
  free_it.bookmark = mark;
  EXPECT_EQ(client.call<rop::FreeBookmarkResponse>(free_it).return_value,
            ErrorCode::none);  // MS-OXCTABL_R545 MS-OXCTABL_R549
  EXPECT_EQ(seek_bookmark(mark, 0).return_value,
            ErrorCode::invalid_bookmark);  // MS-OXCTABL_R2481 MS-OXCTABL_R5521 MS-OXCTABL_R511
}

TEST_F(Tables, BookmarksEndWithTheView) {
  set_columns(kColumns);
  auto mark = bookmark();
  sort({by(tag::PidTagSubject)});  // MS-OXCTABL_R864 MS-OXCTABL_R904
  EXPECT_EQ(seek_bookmark(mark, 0).return_value, ErrorCode::invalid_bookmark);
  mark = bookmark();
  restrict_to(importance_is(1));  // MS-OXCTABL_R865 MS-OXCTABL_R906
  EXPECT_EQ(seek_bookmark(mark, 0).return_value, ErrorCode::invalid_bookmark);
  mark = bookmark();
  auto reset = at<rop::ResetTableRequest>(kTable);
  client.call<rop::ResetTableResponse>(reset);
  set_columns(kColumns);  // MS-OXCTABL_R863 MS-OXCTABL_R562 MS-OXCTABL_R908
  EXPECT_EQ(seek_bookmark(mark, 0).return_value, ErrorCode::invalid_bookmark);
  mark = bookmark();
  client.release(kTable);  // MS-OXCTABL_R248 MS-OXCTABL_R552
  EXPECT_EQ(seek_bookmark(mark, 0).return_value, ErrorCode::null_object);
}

// A table keeps up with its folder: what is saved and deleted after it was opened shows, at its place.
TEST_F(Tables, FollowTheirFolder) {
  set_columns(kColumns);
  sort({by(tag::PidTagSubject)});
  EXPECT_EQ(query(50).rows.size(), 6u);
  client.put_message(client.inbox(), "coir");
  seek(rop::BookmarkOrigin::beginning, 0);
  EXPECT_EQ(subjects(query(50)), (Strings{"abaca", "coir", "cotton", "Flax", "hemp", "jute", "Sisal"}));
}

// Each is for tables alone: a folder answers ecNotSupported.
TEST_F(Tables, AreTheOnlyOnesWithTableRops) {
  auto refused = [](auto response) { return response.return_value; };
  EXPECT_EQ(set_columns(kColumns, kInbox).return_value, ErrorCode::not_supported);  // MS-OXCTABL_R436 MS-OXCTABL_R45
  EXPECT_EQ(sort({by(tag::PidTagSubject)}, kInbox).return_value,
            ErrorCode::not_supported);  // MS-OXCTABL_R450 MS-OXCTABL_R57
  EXPECT_EQ(restrict_to(importance_is(1), kInbox).return_value,
            ErrorCode::not_supported);                                          // MS-OXCTABL_R461 MS-OXCTABL_R88
  EXPECT_EQ(query(1, true, 0, kInbox).return_value, ErrorCode::not_supported);  // MS-OXCTABL_R477 MS-OXCTABL_R614
  EXPECT_EQ(position(kInbox).return_value, ErrorCode::not_supported);           // MS-OXCTABL_R495 MS-OXCTABL_R612
  EXPECT_EQ(refused(client.call<rop::SeekRowResponse>(at<rop::SeekRowRequest>(kInbox))),
            ErrorCode::not_supported);  // MS-OXCTABL_R502 MS-OXCTABL_R142
  EXPECT_EQ(seek_bookmark({}, 0, kInbox).return_value,
            ErrorCode::not_supported);  // MS-OXCTABL_R512 MS-OXCTABL_R168
  EXPECT_EQ(refused(client.call<rop::SeekRowFractionalResponse>(at<rop::SeekRowFractionalRequest>(kInbox))),
            ErrorCode::not_supported);  // MS-OXCTABL_R521 MS-OXCTABL_R200
  EXPECT_EQ(refused(client.call<rop::CreateBookmarkResponse>(at<rop::CreateBookmarkRequest>(kInbox))),
            ErrorCode::not_supported);  // MS-OXCTABL_R529 MS-OXCTABL_R209
  EXPECT_EQ(refused(client.call<rop::FreeBookmarkResponse>(at<rop::FreeBookmarkRequest>(kInbox))),
            ErrorCode::not_supported);  // MS-OXCTABL_R551 MS-OXCTABL_R249
  EXPECT_EQ(refused(client.call<rop::QueryColumnsAllResponse>(at<rop::QueryColumnsAllRequest>(kInbox))),
            ErrorCode::not_supported);  // MS-OXCTABL_R533 MS-OXCTABL_R218
  EXPECT_EQ(refused(client.call<rop::ResetTableResponse>(at<rop::ResetTableRequest>(kInbox))),
            ErrorCode::not_supported);  // MS-OXCTABL_R566 MS-OXCTABL_R259
  EXPECT_EQ(refused(client.call<rop::GetStatusResponse>(at<rop::GetStatusRequest>(kInbox))),
            ErrorCode::not_supported);  // MS-OXCTABL_R490 MS-OXCTABL_R129
  EXPECT_EQ(find(importance_is(1), rop::BookmarkOrigin::beginning, false, kInbox).return_value,
            ErrorCode::not_supported);  // MS-OXCTABL_R544 MS-OXCTABL_R682
}

TEST_F(Tables, HierarchyTablesDoWhatContentsTablesDo) {
  open_hierarchy();
  EXPECT_EQ(set_columns({PropTag(tag::PidTagDisplayName)}, kHierarchy).return_value, ErrorCode::none);
  EXPECT_EQ(position(kHierarchy).return_value, ErrorCode::none);  // MS-OXCTABL_R844
  EXPECT_GT(position(kHierarchy).denominator, 3u);
  auto seek_row = at<rop::SeekRowRequest>(kHierarchy);  // MS-OXCTABL_R848
  seek_row.row_count = 1;
  EXPECT_EQ(client.call<rop::SeekRowResponse>(seek_row).return_value, ErrorCode::none);
  EXPECT_EQ(position(kHierarchy).numerator, 1u);
  auto mark = bookmark(kHierarchy);                                             // MS-OXCTABL_R857
  EXPECT_EQ(seek_bookmark(mark, 1, kHierarchy).return_value, ErrorCode::none);  // MS-OXCTABL_R852
  EXPECT_EQ(position(kHierarchy).numerator, 2u);
  auto free_it = at<rop::FreeBookmarkRequest>(kHierarchy);
  free_it.bookmark = mark;
  EXPECT_EQ(client.call<rop::FreeBookmarkResponse>(free_it).return_value, ErrorCode::none);  // MS-OXCTABL_R547
  auto fraction = at<rop::SeekRowFractionalRequest>(kHierarchy);
  fraction.denominator = 1;
  EXPECT_EQ(client.call<rop::SeekRowFractionalResponse>(fraction).return_value, ErrorCode::none);  // MS-OXCTABL_R853
  EXPECT_EQ(client.call<rop::GetStatusResponse>(at<rop::GetStatusRequest>(kHierarchy)).table_status,
            rop::TableStatus::complete);  // MS-OXCTABL_R840 MS-OXCTABL_R132 MS-OXCTABL_R792
  auto all = client.call<rop::QueryColumnsAllResponse>(at<rop::QueryColumnsAllRequest>(kHierarchy));
  EXPECT_GT(all.property_tags.size(), 5u);  // MS-OXCTABL_R875
  // A hierarchy table has no order to set: MS-OXCTABL_R450.
  EXPECT_EQ(sort({by(tag::PidTagDisplayName)}, kHierarchy).return_value, ErrorCode::not_supported);
}

TEST_F(Tables, TellTheirColumnsAndTheirState) {
  auto all = client.call<rop::QueryColumnsAllResponse>(at<rop::QueryColumnsAllRequest>(kTable));
  EXPECT_EQ(all.return_value, ErrorCode::none);  // MS-OXCTABL_R876 MS-OXCTABL_R220 MS-OXCTABL_R221
  std::set<u32> tags;
  for (PropTag one : all.property_tags) tags.insert(one.value);
  EXPECT_TRUE(tags.contains(tag::PidTagSubject));
  EXPECT_EQ(client.call<rop::GetStatusResponse>(at<rop::GetStatusRequest>(kTable)).table_status,
            rop::TableStatus::complete);  // MS-OXCTABL_R842 MS-OXCTABL_R891
}

// Asked to work asynchronously, the server does it at once: MS-OXCTABL_R812.
TEST_F(Tables, AsynchronousRequestsAreDoneAtOnce) {
  EXPECT_EQ(set_columns(kColumns, kTable, 1).table_status,
            rop::TableStatus::complete);  // MS-OXCTABL_R770 MS-OXCTABL_R795
  EXPECT_EQ(sort({by(tag::PidTagSubject)}, kTable, 1).table_status,
            rop::TableStatus::complete);  // MS-OXCTABL_R772 MS-OXCTABL_R799
  EXPECT_EQ(restrict_to(importance_is(2), kTable, 1).table_status,
            rop::TableStatus::complete);  // MS-OXCTABL_R774 MS-OXCTABL_R801 MS-OXCTABL_R810
  EXPECT_EQ(subjects(query(50)), (Strings{"abaca", "cotton"}));
}

// MS-OXCTABL_R121: what a cell of a table cannot hold is cut to 510 bytes.
TEST_F(Tables, CellsAreAtMost510Bytes) {
  client.put_message(client.inbox(), std::string(2000, 'x'));
  set_columns(kColumns);
  sort({by(tag::PidTagSubject, mapi::SortDirection::descending)});
  auto rows = query(1);
  ASSERT_EQ(rows.rows.size(), 1u);
  EXPECT_LE(rows.rows[0].cells[0].value.bytes.size(), 510u);
  EXPECT_GT(rows.rows[0].cells[0].value.bytes.size(), 400u);
}

// The columns that tell rows apart: MS-OXCTABL_R617 MS-OXCTABL_R618 MS-OXCTABL_R619 MS-OXCTABL_R620.
TEST_F(Tables, RowsTellTheirInstance) {
  std::vector<PropTag> tags = {PropTag(tag::PidTagInstID), PropTag(tag::PidTagInstanceNum), PropTag(tag::PidTagRowType),
                               PropTag(tag::PidTagDepth), PropTag(tag::PidTagMid)};
  EXPECT_EQ(set_columns(tags).return_value, ErrorCode::none);
  auto request = at<rop::QueryRowsRequest>(kTable);
  request.forward_read = 1;
  request.row_count = 50;
  auto rows = client.call<rop::QueryRowsResponse>(request, tags);
  ASSERT_EQ(rows.rows.size(), 6u);
  for (const auto& row : rows.rows) {
    EXPECT_EQ(row.flag, 0);
    EXPECT_EQ(row.cells[0].value.number, row.cells[4].value.number);
    EXPECT_EQ(row.cells[1].value.number, 0u);
    EXPECT_EQ(row.cells[2].value.number, 1u);  // MS-OXCTABL_R15 MS-OXCTABL_R13
    EXPECT_EQ(row.cells[3].value.number, 0u);  // MS-OXCTABL_R19
  }
}

}  // namespace
}  // namespace ropewalk
