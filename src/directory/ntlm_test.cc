// Hashes for NTLM, and how they are kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "directory/directory_test_support.h"
#include "directory/ntlm_source.h"
#include "directory/secret_box.h"
#include "sql/database.h"

namespace ropewalk::directory {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class NtlmTest : public DirectoryTest {
 protected:
  auth::HashAnswer ask(std::string_view account, std::string_view domain = "") {
    return ntlm_source(*directory_)(account, domain);
  }
  std::string key_file() const { return folder() + "/ntlm.key"; }
  std::string sealed(const std::string& address) {
    auto database = sql::Database::open(folder() + "/directory.db");
    auto row = database->prepare("SELECT hex(nt_hash) FROM user WHERE address = ?");
    EXPECT_TRUE(*row->bind(1, address).step());
    return std::string(row->text(0));
  }
};

TEST_F(NtlmTest, HashesAreStoredForThoseWithNtlmAlone) {
  add({.address = "user1@ropewalk.test", .password = "one"});
  EXPECT_FALSE(std::filesystem::exists(key_file()));
  add({.address = "user2@ropewalk.test", .password = "two", .ntlm = true});
  open();  // all of it is in the files
  EXPECT_FALSE((*directory_->find_by_address("user1@ropewalk.test"))->ntlm);
  EXPECT_TRUE((*directory_->find_by_address("user2@ropewalk.test"))->ntlm);
  EXPECT_EQ(sealed("user1@ropewalk.test"), "");
  EXPECT_EQ(sealed("user2@ropewalk.test").size(), 2u * (12 + 16 + 16));
  EXPECT_EQ(ask("user2").nt_hash, auth::nt_hash("two"));
  EXPECT_EQ(ask("USER2@ropewalk.test").nt_hash, auth::nt_hash("two"));
  EXPECT_EQ(ask("user2", "ROPEWALK").nt_hash, auth::nt_hash("two"));
  auth::HashAnswer none = ask("user1");
  EXPECT_FALSE(none.nt_hash);
  EXPECT_EQ(none.reason, auth::Reason::switched_off);
  EXPECT_THAT(none.text, StartsWith("NTLM is not switched on for user1@ropewalk.test"));
  none = ask("user3", "ROPEWALK");
  EXPECT_EQ(none.reason, auth::Reason::unknown_user);
  EXPECT_EQ(none.text, "user \"ROPEWALK\\user3\" is unknown");
  EXPECT_THAT(add_error({.address = "user4@ropewalk.test", .ntlm = true}), HasSubstr("only be switched on with"));
}

TEST_F(NtlmTest, IsSwitchedOnWithThePasswordAndOff) {
  add({.address = "user1@ropewalk.test", .password = "one"});
  EXPECT_THAT(directory_->switch_ntlm_on("user1@ropewalk.test", "two").error().text,
              HasSubstr("cannot switch NTLM on for user1@ropewalk.test: the password is not the user's"));
  EXPECT_FALSE(ask("user1").nt_hash);
  ASSERT_TRUE(directory_->switch_ntlm_on("USER1@ropewalk.test", "one").ok());
  EXPECT_EQ(ask("user1").nt_hash, auth::nt_hash("one"));
  const u64 before = directory_->generation();
  ASSERT_TRUE(directory_->switch_ntlm_off("user1@ropewalk.test").ok());
  EXPECT_NE(directory_->generation(), before);
  EXPECT_FALSE(ask("user1").nt_hash);
  EXPECT_EQ(sealed("user1@ropewalk.test"), "");
  EXPECT_FALSE(directory_->switch_ntlm_on("user9@ropewalk.test", "one").ok());
  EXPECT_FALSE(directory_->switch_ntlm_off("user9@ropewalk.test").ok());
  add({.address = "user2@ropewalk.test"});
  EXPECT_FALSE(directory_->switch_ntlm_on("user2@ropewalk.test", "").ok());
}

TEST_F(NtlmTest, ANewPasswordIsNtlmsToo) {
  add({.address = "user1@ropewalk.test", .password = "one", .ntlm = true});
  add({.address = "user2@ropewalk.test", .password = "two"});
  ASSERT_TRUE(directory_->set_password("user1@ropewalk.test", "new").ok());
  EXPECT_EQ(ask("user1").nt_hash, auth::nt_hash("new"));
  ASSERT_TRUE(directory_->set_password("user2@ropewalk.test", "new").ok());
  EXPECT_FALSE(ask("user2").nt_hash);
  ASSERT_TRUE(directory_->set_password("user2@ropewalk.test", "newer", true).ok());
  EXPECT_EQ(ask("user2").nt_hash, auth::nt_hash("newer"));
}

TEST_F(NtlmTest, TheKeyFileIsForItsOwnerAloneAndNeeded) {
  add({.address = "user1@ropewalk.test", .password = "one", .ntlm = true});
  struct stat info {};
  ASSERT_EQ(::stat(key_file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(info.st_size, 32);
  ASSERT_EQ(::chmod(key_file().c_str(), 0640), 0);
  EXPECT_EQ(ask("user1").reason, auth::Reason::unavailable);
  EXPECT_THAT(ask("user1").text, HasSubstr("may be read by others than its owner: chmod 600"));
  ASSERT_EQ(::chmod(key_file().c_str(), 0600), 0);
  EXPECT_TRUE(ask("user1").nt_hash);
  std::filesystem::rename(key_file(), key_file() + ".away");
  EXPECT_THAT(ask("user1").text, HasSubstr("ntlm.key is missing"));
  add({.address = "user2@ropewalk.test", .password = "two", .ntlm = true});  // makes another key
  EXPECT_THAT(ask("user1").text, HasSubstr("sealed with another key"));
  EXPECT_TRUE(ask("user2").nt_hash);
  std::filesystem::resize_file(key_file(), 31);
  EXPECT_THAT(ask("user2").text, HasSubstr("it has to have 32 bytes"));
}

TEST_F(NtlmTest, AHashIsNoGoodInAnotherRow) {
  add({.address = "user1@ropewalk.test", .password = "one", .ntlm = true});
  add({.address = "user2@ropewalk.test", .password = "two", .ntlm = true});
  auto database = sql::Database::open(folder() + "/directory.db");
  ASSERT_TRUE(database
                  ->run("UPDATE user SET nt_hash = (SELECT nt_hash FROM user WHERE address = ?) WHERE address = ?",
                        "user2@ropewalk.test", "user1@ropewalk.test")
                  .ok());
  EXPECT_FALSE(ask("user1").nt_hash);
  EXPECT_EQ(ask("user1").reason, auth::Reason::unavailable);
}

TEST_F(NtlmTest, ADirectoryOfBeforeGainsTheColumn) {
  directory_.reset();
  std::filesystem::remove_all(folder());
  std::filesystem::create_directory(folder());
  {
    auto database = sql::Database::open(folder() + "/directory.db");
    ASSERT_TRUE(database
                    ->execute("CREATE TABLE user (id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL COLLATE "
                              "NOCASE UNIQUE, local_part TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL, legacy_dn "
                              "TEXT NOT NULL COLLATE NOCASE UNIQUE, mailbox_guid BLOB NOT NULL UNIQUE, password TEXT "
                              "NOT NULL DEFAULT '', password_version INTEGER NOT NULL DEFAULT 1, created INTEGER NOT "
                              "NULL) STRICT; INSERT INTO user VALUES (1, 'user1@ropewalk.test', 'user1', 'user1', "
                              "'/o=A/cn=1', x'00112233445566778899aabbccddeeff', '', 1, 0); PRAGMA user_version = 1")
                    .ok());
  }
  open();
  auto user = directory_->find_by_address("user1@ropewalk.test");
  ASSERT_TRUE(user.ok() && *user);
  EXPECT_FALSE((*user)->ntlm);
  ASSERT_TRUE(directory_->set_password("user1@ropewalk.test", "one", true).ok());
  EXPECT_EQ(ask("user1").nt_hash, auth::nt_hash("one"));
}

TEST(SecretBoxTest, ProcessesThatMakeAKeyAtOnceGetTheSame) {
  std::string root = (std::filesystem::temp_directory_path() / "ropewalk-key-XXXXXX").string();
  ASSERT_NE(mkdtemp(root.data()), nullptr);
  const std::string path = root + "/key";
  const auto secret = std::vector<u8>(16, 7), about = std::vector<u8>{1};
  std::vector<std::vector<u8>> sealed(6);
  std::vector<std::thread> threads;
  for (auto& one : sealed) threads.emplace_back([&] { one = *SecretBox::open_or_make(path)->seal(secret, about); });
  for (std::thread& thread : threads) thread.join();
  auto box = SecretBox::open(path);
  ASSERT_TRUE(box.ok() && *box);
  for (auto& one : sealed) {
    auto plain = (*box)->unseal(one, about);
    ASSERT_TRUE(plain.ok()) << plain.error().text;
    EXPECT_EQ(*plain, secret);
    EXPECT_FALSE((*box)->unseal(one, secret).ok());
    one[20] ^= 1;
    EXPECT_FALSE((*box)->unseal(one, about).ok());
  }
  EXPECT_NE(sealed[0], sealed[1]);
  std::filesystem::remove_all(root);
}

TEST_F(NtlmTest, AClientSignsInAgainstTheDirectory) {
  add({.address = "user1@ropewalk.test", .password = "one", .ntlm = true});
  auth::ServerOptions server_options;
  server_options.hashes = ntlm_source(*directory_);
  auto server = std::move(*auth::make_server(auth::Mechanism::ntlm, server_options));
  auth::ClientOptions options{.account = "User1", .domain = "ROPEWALK", .password = "one"};
  auto client = std::move(*auth::make_client(auth::Mechanism::ntlm, options));
  auto challenge = server->step(client->step({})->token);
  ASSERT_TRUE(challenge.ok());
  auto last = server->step(client->step(challenge->token)->token);
  ASSERT_TRUE(last.ok()) << last.error().text;
  EXPECT_EQ(login_of(*server), "ROPEWALK\\User1");
  EXPECT_EQ(who(login_of(*server)), "user1@ropewalk.test");
}

}  // namespace
}  // namespace ropewalk::directory
