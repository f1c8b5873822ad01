// The commands on the address book, run as people run them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/command.h"
#include "cli/program.h"
#include "directory/address_book.h"
#include "directory/directory.h"

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class DirectoryCommand : public testing::Test {
 protected:
  struct Ran {
    int code;
    std::string out, err;
  };

  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "ropewalk-commands-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    data_ = folder_ + "/data";
    auto directory = directory::Directory::open(data_);
    ASSERT_TRUE(directory.ok());
    ASSERT_TRUE((*directory)->add_user({.address = "user1@ropewalk.test", .name = "User One"}).ok());
    ASSERT_TRUE((*directory)->add_user({.address = "user2@ropewalk.test", .name = "User Two"}).ok());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // `ropewalk FAMILY COMMAND --data DATA ...`
  Ran run(const std::string& family, const std::string& command, const std::vector<std::string>& rest = {}) {
    std::vector<std::string> words{"ropewalk", family, command, "--data", data_};
    words.insert(words.end(), rest.begin(), rest.end());
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run_program(static_cast<int>(arguments.size()), arguments.data());
    std::string out = testing::internal::GetCapturedStdout();
    return {code, out, testing::internal::GetCapturedStderr()};
  }
  void good(const std::string& family, const std::string& command, const std::vector<std::string>& rest = {}) {
    const Ran ran = run(family, command, rest);
    EXPECT_EQ(ran.code, 0) << family << " " << command << ": " << ran.err;
    EXPECT_EQ(ran.err, "");
  }
  void bad(int code, const std::string& why, const std::string& family, const std::string& command,
           const std::vector<std::string>& rest) {
    const Ran ran = run(family, command, rest);
    EXPECT_EQ(ran.code, code) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(why));
    EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
  }
  boost::json::array listed(const std::string& family, const std::string& command = "list",
                            std::vector<std::string> rest = {}) {
    rest.push_back("--json");
    return boost::json::parse(run(family, command, rest).out).as_array();
  }
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }

  std::string folder_, data_;
};

TEST_F(DirectoryCommand, ContactsComeAndGo) {
  good("contact", "add", {"partner@elsewhere.test", "--name", "Partner", "department=Sales", "title=Chief"});
  good("contact", "set", {"partner@elsewhere.test", "title=", "manager=user1@ropewalk.test", "mobile=+49 1"});
  auto contacts = listed("contact");
  ASSERT_EQ(contacts.size(), 1u);
  const auto& one = contacts[0].as_object();
  EXPECT_EQ(one.at("displayName").as_string(), "Partner");
  EXPECT_EQ(one.at("department").as_string(), "Sales");
  EXPECT_EQ(one.at("mobile").as_string(), "+49 1");
  EXPECT_EQ(one.at("manager").as_string(), "user1@ropewalk.test");
  EXPECT_FALSE(one.contains("title"));
  EXPECT_THAT(run("contact", "list").out, HasSubstr("partner@elsewhere.test  Partner"));
  bad(1, "belongs to partner@elsewhere.test already", "contact", "add", {"partner@elsewhere.test"});
  bad(1, "is not a contact but a mailbox", "contact", "remove", {"user1@ropewalk.test"});
  bad(1, "nobody called nobody@x.test", "contact", "remove", {"nobody@x.test"});
  bad(2, "no attribute shoeSize", "contact", "set", {"partner@elsewhere.test", "shoeSize=44"});
  bad(2, "not of the form", "contact", "set", {"partner@elsewhere.test", "title"});
  bad(2, "give it as thumbnailPhoto=@FILE", "contact", "set", {"partner@elsewhere.test", "photo=x"});
  bad(2, "no-such-option", "contact", "add", {"x@elsewhere.test", "--no-such-option"});
  bad(2, "/nowhere", "contact", "set", {"partner@elsewhere.test", "photo=@/nowhere"});
  good("contact", "remove", {"Partner"});
  EXPECT_TRUE(listed("contact").empty());
}

TEST_F(DirectoryCommand, MailUsersSignInWithoutAMailbox) {
  bad(2, "--password-stdin", "contact", "add", {"partner@elsewhere.test", "--account"});
  std::istringstream secret("first secret\n");
  std::streambuf* const before = std::cin.rdbuf(secret.rdbuf());
  good("contact", "add", {"partner@elsewhere.test", "--account", "--password-stdin", "company=Elsewhere"});
  std::cin.rdbuf(before);
  EXPECT_THAT(run("contact", "list").out, HasSubstr("partner@elsewhere.test  partner  mail user"));
  EXPECT_EQ(listed("contact")[0].at("company").as_string(), "Elsewhere");
  EXPECT_THAT(run("user", "list").out, HasSubstr("partner@elsewhere.test"));
  EXPECT_FALSE(std::filesystem::exists(data_ + "/mailboxes")) << "there is no mailbox";
  bad(1, "belongs to partner@elsewhere.test already", "contact", "add", {"partner@elsewhere.test"});
  good("contact", "remove", {"partner@elsewhere.test"});
  EXPECT_TRUE(listed("contact").empty());
  EXPECT_THAT(run("user", "list").out, Not(HasSubstr("partner")));
}

TEST_F(DirectoryCommand, PublicFoldersComeAndGo) {
  good("public-folder", "add", {"Notices", "info=For everybody"});
  good("public-folder", "add", {"orders@ropewalk.test", "--name", "Orders"});
  good("public-folder", "set", {"Notices", "mail=notices@ropewalk.test"});
  auto folders = listed("public-folder");
  ASSERT_EQ(folders.size(), 2u);
  EXPECT_EQ(folders[0].at("displayName").as_string(), "Notices");
  EXPECT_EQ(folders[0].at("mail").as_string(), "notices@ropewalk.test");
  EXPECT_EQ(folders[0].at("info").as_string(), "For everybody");
  EXPECT_EQ(folders[1].at("ropewalkKind").as_string(), "public_folder");
  bad(1, "is not a public folder but a mailbox", "public-folder", "remove", {"user1@ropewalk.test"});
  good("public-folder", "remove", {"orders@ropewalk.test"});
  EXPECT_EQ(listed("public-folder").size(), 1u);
}

// An address belongs to one object, whatever it is, and is found by.
TEST_F(DirectoryCommand, OtherAddressesAreAddressesToo) {
  good("user", "set",
       {"user1@ropewalk.test", "proxyAddresses=smtp:one@ropewalk.test", "proxyAddresses=x500:/o=Old/cn=one"});
  bad(1, "the address one@ropewalk.test belongs to user1@ropewalk.test already", "contact", "add",
      {"ONE@ropewalk.test"});
  bad(1, "belongs to user1@ropewalk.test already", "user", "set",
      {"user2@ropewalk.test", "proxyAddresses=smtp:user1@ropewalk.test"});
  bad(1, "belongs to user1@ropewalk.test already", "group", "add", {"Group", "proxyAddresses=x500:/o=old/cn=ONE"});
  good("user", "set", {"one@ropewalk.test", "title=Chief"});
  auto directory = directory::Directory::open(data_);
  ASSERT_TRUE(directory.ok());
  for (const char* login : {"one@ropewalk.test", "ROPEWALK\\One@Ropewalk.test", "user1@ropewalk.test"}) {
    auto found = (*directory)->find_by_login(login);
    EXPECT_TRUE(found.ok() && *found && (*found)->address == "user1@ropewalk.test") << login;
  }
  auto by_dn = (*directory)->find_by_dn("/o=OLD/cn=one");
  EXPECT_TRUE(by_dn.ok() && *by_dn && (*by_dn)->address == "user1@ropewalk.test");
}

TEST_F(DirectoryCommand, UsersHavePropertiesToo) {
  const std::string photo = file("photo.jpg", "\xff\xd8\xff");
  good("user", "set",
       {"user1@ropewalk.test", "department=Sales", "thumbnailPhoto=@" + photo, "publicDelegates=user2@ropewalk.test",
        "displayName=User First"});
  EXPECT_THAT(run("user", "list").out, HasSubstr("User First"));
  EXPECT_THAT(run("directory", "export").out, HasSubstr("thumbnailPhoto:: /9j/"));
  bad(1, "there is no such user", "user", "set", {"user3@ropewalk.test", "department=x"});
  bad(2, "can have one value only", "user", "set", {"user1@ropewalk.test", "title=a", "title=b"});
}

TEST_F(DirectoryCommand, GroupsHaveMembers) {
  good("group", "add", {"Everybody", "--member", "user1@ropewalk.test", "managedBy=user2@ropewalk.test"});
  good("group", "add", {"sales@ropewalk.test", "--name", "Sales", "--filter", "(department=Sales)"});
  good("user", "set", {"user2@ropewalk.test", "department=Sales"});
  good("group", "add-member", {"Everybody", "Sales"});
  EXPECT_THAT(run("group", "members", {"Everybody"}).out, HasSubstr("Sales"));
  auto deep = listed("group", "members", {"Everybody", "--deep"});
  ASSERT_EQ(deep.size(), 2u);
  EXPECT_EQ(deep[1].at("mail").as_string(), "user2@ropewalk.test");
  good("group", "remove-member", {"everybody", "user1@ropewalk.test"});
  EXPECT_THAT(run("group", "members", {"Everybody"}).out, Not(HasSubstr("User One")));
  bad(1, "is no member", "group", "remove-member", {"Everybody", "user1@ropewalk.test"});
  bad(1, "whom its filter means", "group", "add-member", {"Sales", "user1@ropewalk.test"});
  bad(1, "cannot be read", "group", "set", {"Sales", "--filter", "(x"});
  bad(1, "nobody called Nobody", "group", "add", {"Half", "--member", "Nobody"});
  EXPECT_EQ(listed("group").size(), 2u) << "the one with a wrong member is not there at all";
  good("group", "remove", {"sales@ropewalk.test"});
}

TEST_F(DirectoryCommand, RoomsHaveMailboxes) {
  good("room", "add", {"room1@ropewalk.test", "--name", "Room 1", "--capacity", "12", "office=Tower"});
  good("room", "add", {"car@ropewalk.test", "--equipment"});
  auto rooms = listed("room");
  ASSERT_EQ(rooms.size(), 2u);
  EXPECT_EQ(rooms[0].at("ropewalkKind").as_string(), "room");
  EXPECT_EQ(rooms[0].at("msExchResourceCapacity").as_string(), "12");
  EXPECT_EQ(rooms[1].at("ropewalkKind").as_string(), "equipment");
  good("room", "set", {"Room 1", "capacity=20"});
  bad(2, "--capacity", "room", "add", {"room2@ropewalk.test", "--capacity", "many"});
  good("room", "remove", {"Room 1", "--delete-mailbox"});
  bad(1, "there is no such user", "user", "remove", {"room1@ropewalk.test"});
}

TEST_F(DirectoryCommand, FilesComeInAndGoOut) {
  const std::string csv = file(
      "people.csv", "name,mail,department,Shoe Size\nOne,one@x.test,Sales,44\nTwo,nonsense,,\nThree,three@x.test,,\n");
  Ran ran = run("directory", "import", {csv});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("3 entries in"));
  EXPECT_THAT(ran.out, HasSubstr("2 added, 0 changed; 1 REJECTED"));
  EXPECT_THAT(ran.err, HasSubstr("people.csv:3: cannot add the contact nonsense"));
  EXPECT_THAT(ran.err, HasSubstr("Shoe Size"));
  ran = run("directory", "import", {csv, "--json"});
  const auto counts = boost::json::parse(ran.out).as_object();
  EXPECT_EQ(counts.at("added").as_int64(), 0);
  EXPECT_EQ(counts.at("rejected").as_int64(), 1);
  EXPECT_EQ(counts.at("rejected_lines").as_array()[0].at("line").as_int64(), 3);
  good("directory", "export", {folder_ + "/all.vcf"});
  good("directory", "export", {folder_ + "/all.ldif"});
  std::ifstream written(folder_ + "/all.vcf");
  std::stringstream text;
  text << written.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("FN:User One"));
  EXPECT_EQ(run("directory", "import", {folder_ + "/all.ldif"}).code, 0) << "its own file";
  bad(2, "ends in .ldif", "directory", "import", {folder_ + "/x.txt"});
  bad(2, "cannot read", "directory", "import", {folder_ + "/none.csv"});
  bad(2, "it is a folder", "directory", "import", {folder_, "--format", "csv"});
  bad(2, "cannot write", "directory", "export", {"/nowhere/x.csv"});
  bad(2, "--format", "directory", "export", {"--format", "xml"});
  ran = run("directory", "import",
            {file("users.csv", "name,mail\nNew,new@ropewalk.test\n"), "--format", "csv", "--mailboxes"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(run("user", "list").out, HasSubstr("new@ropewalk.test"));
}

}  // namespace
}  // namespace ropewalk::cli
