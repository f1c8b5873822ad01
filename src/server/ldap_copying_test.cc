#include "server/ldap_copying.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "directory/directory_test_support.h"
#include "directory/slapd_test_support.h"
#include "server/config.h"

namespace ropewalk::server {
namespace {

using testing::HasSubstr;

class LdapCopyingTest : public directory::DirectoryTest {};

template <class F>
bool within_ten_seconds(F is_so) {
  for (int i = 0; i < 500; ++i) {
    if (is_so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

TEST_F(LdapCopyingTest, PeopleGetMailboxesAndStayThroughAnOutage) {
  if (!directory::Slapd::is_there()) GTEST_SKIP() << "no slapd here: packages.txt names it";
  directory::Slapd slapd(root_ / "ldap");
  ASSERT_TRUE(slapd.start());
  auto book = directory::AddressBook::open(folder());
  ASSERT_TRUE(book.ok());
  store::MailboxStores mailboxes(folder());
  Log log(LogLevel::off);
  directory::LdapSettings settings = slapd.settings();
  settings.interval = std::chrono::seconds(1);
  LdapCopying copying({folder(), **book, *directory_, mailboxes, log}, settings);
  const auto group = [&] {
    auto found = (*book)->find_by_origin("cn=all,dc=example");
    return found.ok() && found->has_value();
  };
  ASSERT_TRUE(within_ten_seconds(group));
  auto user = directory_->find_by_address("user1@ropewalk.test");
  ASSERT_TRUE(user.ok() && *user);
  EXPECT_TRUE(std::filesystem::exists(mailboxes.path_of((*user)->mailbox_guid)));
  slapd.stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_TRUE(group()) << "the last known address book stays";
  const std::string all = directory::Slapd::kEntries;
  slapd.load(all.substr(0, all.find("dn: cn=all")));
  ASSERT_TRUE(slapd.start());
  EXPECT_TRUE(within_ten_seconds([&] { return !group(); })) << "until the server is there again";
}

TEST(LdapConfig, IsRead) {
  Config config;
  Status read = parse_config(R"toml([ldap]
url = "ldaps://dc1.ropewalk.test"
certificate = "ca.pem"
bind_dn = "cn=reader"
password = "secret"
base = "dc=ropewalk,dc=test"
people = "(objectClass=user)"
groups = ""
mailboxes = false
interval = 60
[ldap.attributes]
office = "roomNumber"
)toml",
                             "a.toml", config);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(config.ldap.base, "dc=ropewalk,dc=test");
  EXPECT_EQ(config.ldap.attributes.at("office"), "roomNumber");
  EXPECT_EQ(config.ldap.interval.count(), 60);
  EXPECT_FALSE(config.ldap.mailboxes);
  const auto error_of = [](const char* text) {
    Config other;
    Status wrong = parse_config(text, "a.toml", other);
    return wrong.ok() ? std::string() : wrong.error().text;
  };
  EXPECT_THAT(error_of("[ldap]\nurl = \"ldaps://x\""), HasSubstr("a.toml:1: 'ldap': the base is missing"));
  EXPECT_THAT(error_of("[ldap]\nurl = \"http://x\"\nbase = \"dc=x\""), HasSubstr("ldaps://"));
  EXPECT_THAT(error_of("[ldap]\nurl = \"ldaps://x\"\nbase = \"dc=x\"\n[ldap.attributes]\nshoe = \"x\""),
              HasSubstr("no attribute shoe"));
  EXPECT_THAT(error_of("[ldap]\nurls = \"x\""), HasSubstr("unknown setting 'ldap.urls'"));
}

}  // namespace
}  // namespace ropewalk::server
