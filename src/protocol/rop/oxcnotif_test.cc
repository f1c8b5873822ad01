// Which fields NotificationData has for which event, [MS-OXCNOTIF] 2.2.1.4.1.2. The sizes of these fields:
// MS-OXCNOTIF_R137 MS-OXCNOTIF_R139 MS-OXCNOTIF_R140 MS-OXCNOTIF_R144 MS-OXCNOTIF_R148 MS-OXCNOTIF_R152
// MS-OXCNOTIF_R156 MS-OXCNOTIF_R160 MS-OXCNOTIF_R162 MS-OXCNOTIF_R169 MS-OXCNOTIF_R173 MS-OXCNOTIF_R177
// MS-OXCNOTIF_R181 MS-OXCNOTIF_R185 MS-OXCNOTIF_R189 MS-OXCNOTIF_R193 MS-OXCNOTIF_R205 MS-OXCNOTIF_R209
// MS-OXCNOTIF_R213 MS-OXCNOTIF_R217
#include "protocol/rop/oxcnotif.h"

#include <gtest/gtest.h>

#include "wire/generate.h"
#include "wire/tree.h"

namespace ropewalk::rop {
namespace {

constexpr u16 T = 0x1000, U = 0x2000, S = 0x4000, M = 0x8000;

// "Name:width ..." of an instance drawn with these values, in wire order. Fields of varying width stand without one.
std::string layout(u16 flags, u16 table_event = 1, u16 tag_count = 0) {
  wire::Random random{std::mt19937_64(flags + table_event)};
  const wire::StructInfo& info = wire::struct_info<NotificationData>;
  wire::Pin pins[] = {{"NotificationFlags", flags}, {"TableEventType", table_event}, {"TagCount", tag_count}};
  for (int attempt = 0; attempt < 50; ++attempt) {
    Arena arena;
    void* object = wire::generate(info, random, arena, nullptr, pins);
    if (object == nullptr) continue;
    wire::OutBuffer out;
    wire::Encoder encoder(out);
    info.encode(encoder, object);
    wire::Tree tree = wire::read_tree(info, out.view(), arena);
    if (tree.error) return tree.error->text();
    std::string all;
    for (const wire::Node& node : tree.root.fields) {
      all += (all.empty() ? "" : " ") + node.name;
      if (node.name != "TableRowData" && node.name != "MessageClass" && node.name != "Tags")
        all += ":" + std::to_string(node.length);
    }
    return all;
  }
  return "no instance";
}

TEST(NotificationData, OfNewMail) {
  // MS-OXCNOTIF_R17103 MS-OXCNOTIF_R17501 MS-OXCNOTIF_R21501 MS-OXCNOTIF_R22101 MS-OXCNOTIF_R22601 MS-OXCNOTIF_R12402
  // MS-OXCNOTIF_R17905 MS-OXCNOTIF_R18303 MS-OXCNOTIF_R18703 MS-OXCNOTIF_R19103 MS-OXCNOTIF_R19503
  EXPECT_EQ(layout(kNotifyNewMail | M),
            "NotificationFlags:2 FolderId:8 MessageId:8 MessageFlags:4 UnicodeFlag:1 MessageClass");
}

TEST(NotificationData, OfObjectsThatComeAndGo) {
  // MS-OXCNOTIF_R17901 MS-OXCNOTIF_R19501 MS-OXCNOTIF_R21502 MS-OXCNOTIF_R22102 MS-OXCNOTIF_R22602 MS-OXCNOTIF_R20302
  EXPECT_EQ(layout(kNotifyObjectCreated), "NotificationFlags:2 FolderId:8 ParentFolderId:8 TagCount:2");
  EXPECT_EQ(layout(kNotifyObjectCreated | M), "NotificationFlags:2 FolderId:8 MessageId:8 TagCount:2");
  EXPECT_EQ(layout(kNotifyObjectCreated | M | S),
            "NotificationFlags:2 FolderId:8 MessageId:8 ParentFolderId:8 TagCount:2");
  EXPECT_EQ(layout(kNotifyObjectDeleted), "NotificationFlags:2 FolderId:8 ParentFolderId:8");  // MS-OXCNOTIF_R17902
  EXPECT_EQ(layout(kNotifyObjectDeleted | M), "NotificationFlags:2 FolderId:8 MessageId:8");
}

TEST(NotificationData, OfObjectsThatMove) {
  // MS-OXCNOTIF_R18301 MS-OXCNOTIF_R18302 MS-OXCNOTIF_R18701 MS-OXCNOTIF_R18702 MS-OXCNOTIF_R19101
  EXPECT_EQ(layout(kNotifyObjectMoved | M), "NotificationFlags:2 FolderId:8 MessageId:8 OldFolderId:8 OldMessageId:8");
  EXPECT_EQ(layout(kNotifyObjectCopied | M), "NotificationFlags:2 FolderId:8 MessageId:8 OldFolderId:8 OldMessageId:8");
  EXPECT_EQ(layout(kNotifyObjectMoved),
            "NotificationFlags:2 FolderId:8 ParentFolderId:8 OldFolderId:8 OldParentFolderId:8");
}

TEST(NotificationData, OfObjectsThatChange) {
  // MS-OXCNOTIF_R19502 MS-OXCNOTIF_R202 MS-OXCNOTIF_R203 MS-OXCNOTIF_R20301 MS-OXCNOTIF_R194
  EXPECT_EQ(layout(kNotifyObjectModified | M), "NotificationFlags:2 FolderId:8 MessageId:8 TagCount:2");
  EXPECT_EQ(layout(kNotifyObjectModified | M, 1, 3), "NotificationFlags:2 FolderId:8 MessageId:8 TagCount:2 Tags");
  EXPECT_EQ(layout(kNotifyObjectModified | M, 1, 0xFFFF), "NotificationFlags:2 FolderId:8 MessageId:8 TagCount:2");
  // MS-OXCNOTIF_R207 MS-OXCNOTIF_R20701 MS-OXCNOTIF_R20702 MS-OXCNOTIF_R211 MS-OXCNOTIF_R21101 MS-OXCNOTIF_R21102
  // MS-OXCNOTIF_R112 MS-OXCNOTIF_R115
  EXPECT_EQ(layout(kNotifyObjectModified | T), "NotificationFlags:2 FolderId:8 TagCount:2 TotalMessageCount:4");
  EXPECT_EQ(layout(kNotifyObjectModified | U), "NotificationFlags:2 FolderId:8 TagCount:2 UnreadMessageCount:4");
  EXPECT_EQ(layout(kNotifyObjectModified | T | U),
            "NotificationFlags:2 FolderId:8 TagCount:2 TotalMessageCount:4 UnreadMessageCount:4");
}

TEST(NotificationData, OfTables) {
  // MS-OXCNOTIF_R12401 MS-OXCNOTIF_R128 MS-OXCNOTIF_R14204 MS-OXCNOTIF_R14604 MS-OXCNOTIF_R15004 MS-OXCNOTIF_R15403
  // MS-OXCNOTIF_R15803 MS-OXCNOTIF_R16403 MS-OXCNOTIF_R16703 MS-OXCNOTIF_R17101 MS-OXCNOTIF_R17502
  EXPECT_EQ(layout(kNotifyTableModified | M, 1), "NotificationFlags:2 TableEventType:2");
  // MS-OXCNOTIF_R129 MS-OXCNOTIF_R131 MS-OXCNOTIF_R14201 MS-OXCNOTIF_R14203 MS-OXCNOTIF_R14601 MS-OXCNOTIF_R14603
  // MS-OXCNOTIF_R15001 MS-OXCNOTIF_R15003 MS-OXCNOTIF_R15401 MS-OXCNOTIF_R15402 MS-OXCNOTIF_R15801 MS-OXCNOTIF_R15802
  // MS-OXCNOTIF_R161002 MS-OXCNOTIF_R161003 MS-OXCNOTIF_R16401 MS-OXCNOTIF_R16402 MS-OXCNOTIF_R16701
  // MS-OXCNOTIF_R16702 MS-OXCNOTIF_R163
  for (u16 event : {3, 5})
    EXPECT_EQ(layout(kNotifyTableModified | M, event),
              "NotificationFlags:2 TableEventType:2 TableRowFolderID:8 TableRowMessageID:8 TableRowInstance:4 "
              "InsertAfterTableRowFolderID:8 InsertAfterTableRowID:8 InsertAfterTableRowInstance:4 TableRowDataSize:2 "
              "TableRowData");
  // MS-OXCNOTIF_R130 MS-OXCNOTIF_R14202 MS-OXCNOTIF_R14602 MS-OXCNOTIF_R15002
  EXPECT_EQ(layout(kNotifyTableModified | M, 4),
            "NotificationFlags:2 TableEventType:2 TableRowFolderID:8 TableRowMessageID:8 TableRowInstance:4");
  // MS-OXCNOTIF_R161004: of a hierarchy table there are folders alone.
  EXPECT_EQ(layout(kNotifyTableModified, 3),
            "NotificationFlags:2 TableEventType:2 TableRowFolderID:8 InsertAfterTableRowFolderID:8 TableRowDataSize:2 "
            "TableRowData");
}

// The bits above the type are not the type's: MS-OXCNOTIF_R138 MS-OXCNOTIF_R118.
TEST(NotificationData, FlagsStandBesideTheType) {
  NotificationFlags flags{static_cast<u16>(kNotifyObjectModified | T | M)};
  EXPECT_EQ(flags.type(), kNotifyObjectModified);
  EXPECT_TRUE(flags.has(T) && flags.has(M));
  EXPECT_FALSE(flags.has(U) || flags.has(S));
}

}  // namespace
}  // namespace ropewalk::rop
