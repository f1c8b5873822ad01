// `ropewalk directory sync`, with OpenLDAP's slapd on the loopback.
#include "cli/directory_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "cli/program.h"
#include "directory/address_book.h"
#include "directory/directory_test_support.h"
#include "directory/slapd_test_support.h"
#include "store/mailbox_stores.h"

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;

class DirectorySync : public directory::DirectoryTest {
 protected:
  struct Ran {
    int code;
    std::string out, err;
  };
  Ran sync(std::vector<const char*> more = {}) {
    const std::string data = folder();
    std::vector<const char*> arguments{"ropewalk", "directory", "sync", "--data", data.c_str()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run_program(static_cast<int>(arguments.size()), arguments.data());
    std::string out = testing::internal::GetCapturedStdout();
    return {code, out, testing::internal::GetCapturedStderr()};
  }
};

TEST_F(DirectorySync, CopiesNowAndSaysWhatItDid) {
  Ran ran = sync();
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("ropewalk.toml names no LDAP server: its section [ldap] says which"));
  if (!directory::Slapd::is_there()) GTEST_SKIP() << "no slapd here: packages.txt names it";
  directory::Slapd slapd(root_ / "ldap");
  slapd.load(std::string(directory::Slapd::kEntries) +
             "\ndn: cn=Nobody,dc=example\nobjectClass: inetOrgPerson\ncn: Nobody\nsn: Nobody\n"
             "\ndn: cn=Wrong,dc=example\nobjectClass: inetOrgPerson\ncn: Wrong\nsn: Wrong\nmail: no address\n");
  ASSERT_TRUE(slapd.start());
  const auto settings = slapd.settings();
  std::ofstream(folder() + "/ropewalk.toml")
      << "[ldap]\nurl = \"" << settings.url << "\"\ncertificate = \"" << settings.certificate << "\"\nbind_dn = \""
      << settings.bind_dn << "\"\npassword = \"" << settings.password << "\"\nbase = \"" << settings.base << "\"\n";
  ran = sync();
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("5 entries of " + settings.url));
  EXPECT_THAT(ran.out, HasSubstr(": 3 added, 0 changed, 0 gone, 1 skipped; 1 REJECTED\n"));
  EXPECT_THAT(ran.err, HasSubstr("skipped cn=Nobody,dc=example: it has no mail address\n"));
  EXPECT_THAT(ran.err, HasSubstr("rejected cn=Wrong,dc=example: "));
  const auto user = directory_->find_by_address("user1@ropewalk.test");
  ASSERT_TRUE(user.ok() && *user);
  EXPECT_TRUE(std::filesystem::exists(store::MailboxStores(folder()).path_of((*user)->mailbox_guid)));
  ran = sync({"--json"});
  const auto json = boost::json::parse(ran.out).as_object();
  EXPECT_EQ(json.at("added").to_number<int>(), 0);
  EXPECT_EQ(json.at("changed").to_number<int>(), 0);
  EXPECT_EQ(json.at("skipped_entries").as_array()[0].at("dn").as_string(), "cn=Nobody,dc=example");
  slapd.stop();
  ran = sync();
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("cannot reach the LDAP server " + settings.url));
}

}  // namespace
}  // namespace ropewalk::cli
