#include "session/handle_table.h"

#include <gtest/gtest.h>

namespace ropewalk::session {
namespace {

struct Thing : Object {
  static constexpr ObjectKind kKind = ObjectKind::folder;
  explicit Thing(u8 logon, ObjectKind kind = kKind) : Object(kind, logon) {}
};

TEST(HandleTable, HandlesAreNeverUsedAgain) {
  HandleTable table;
  u32 first = table.add(std::make_unique<Thing>(0));
  EXPECT_NE(table.find_as<Thing>(first), nullptr);
  EXPECT_TRUE(table.release(first));
  EXPECT_FALSE(table.release(first));
  u32 second = table.add(std::make_unique<Thing>(0));
  EXPECT_NE(second, first);
  EXPECT_EQ(table.find(first), nullptr);
}

TEST(HandleTable, ReleasingALogonReleasesWhatWasOpenedInIt) {
  HandleTable table;
  u32 logon = table.add(std::make_unique<Thing>(1, ObjectKind::logon));
  u32 mine = table.add(std::make_unique<Thing>(1));
  u32 other = table.add(std::make_unique<Thing>(2));
  EXPECT_TRUE(table.release(logon));
  EXPECT_EQ(table.find(mine), nullptr);
  EXPECT_NE(table.find(other), nullptr);
}

TEST(HandleTable, IsBounded) {
  HandleTable table;
  for (std::size_t i = 0; i < HandleTable::kMaxObjects; ++i)
    ASSERT_NE(table.add(std::make_unique<Thing>(0)), kNoHandle);
  EXPECT_EQ(table.add(std::make_unique<Thing>(0)), kNoHandle);
}

}  // namespace
}  // namespace ropewalk::session
