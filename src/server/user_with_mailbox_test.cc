#include "server/user_with_mailbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "directory/directory_test_support.h"

namespace ropewalk::server {
namespace {

using testing::HasSubstr;

class UserWithMailboxTest : public directory::DirectoryTest {};

TEST_F(UserWithMailboxTest, MakesBoth) {
  store::MailboxStores mailboxes(folder());
  auto user = add_user_with_mailbox(*directory_, mailboxes, {.address = "user1@ropewalk.test", .name = "User One"});
  ASSERT_TRUE(user.ok()) << user.error().text;
  EXPECT_EQ(user->name, "User One");
  EXPECT_TRUE(std::filesystem::exists(mailboxes.path_of(user->mailbox_guid)));
  auto again = add_user_with_mailbox(*directory_, mailboxes, {.address = "USER1@ropewalk.test"});
  ASSERT_FALSE(again.ok());
  EXPECT_THAT(again.error().text, HasSubstr("there is one with this address already"));
}

TEST_F(UserWithMailboxTest, WithoutAMailboxThereIsNoUser) {
  const std::string in_the_way = folder() + "/file";
  std::ofstream(in_the_way) << "no folder";
  store::MailboxStores mailboxes(in_the_way);
  auto user = add_user_with_mailbox(*directory_, mailboxes, {.address = "user1@ropewalk.test"});
  ASSERT_FALSE(user.ok());
  EXPECT_THAT(user.error().text, HasSubstr("cannot make the mailbox of user1@ropewalk.test: "));
  EXPECT_FALSE(*directory_->find_by_address("user1@ropewalk.test"));
}

}  // namespace
}  // namespace ropewalk::server
