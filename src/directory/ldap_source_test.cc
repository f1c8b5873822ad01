// Against OpenLDAP's slapd, started here on the loopback with TLS.
#include "directory/ldap_source.h"

#include <gmock/gmock.h>

#include "directory/address_book_test_support.h"
#include "directory/authenticator.h"
#include "directory/property_texts.h"
#include "directory/slapd_test_support.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LdapTest : public AddressBookTest {
 protected:
  void SetUp() override {
    AddressBookTest::SetUp();
    if (!Slapd::is_there()) GTEST_SKIP() << "no slapd here: packages.txt names it";
    slapd_.emplace(root_ / "ldap");
    ASSERT_TRUE(slapd_->start());
    settings_ = slapd_->settings();
  }
  void TearDown() override {
    slapd_.reset();
    AddressBookTest::TearDown();
  }
  Result<LdapCounts> copy() {
    rejected_.clear();
    LdapSource source(settings_);
    return source.copy_into(
        *book_,
        [&](const std::string& address, const std::string& name) -> Result<i64> {
          ROPEWALK_TRY(const User user, directory_->add_user({.address = address, .name = name}));
          return user.id;
        },
        [&](const std::string& why) { rejected_.push_back(why); });
  }
  LdapCounts copied() {
    auto counts = copy();
    EXPECT_TRUE(counts.ok()) << counts.error().text;
    return counts.ok() ? *counts : LdapCounts{};
  }
  Object at(std::string_view address) {
    auto found = book_->find_by_address(address);
    EXPECT_TRUE(found.ok() && *found) << address;
    return found.ok() && *found ? **found : Object{};
  }

  LdapSettings settings_;
  std::optional<Slapd> slapd_;
  std::vector<std::string> rejected_;
};

TEST_F(LdapTest, PeopleAndGroupsAppear) {
  settings_.attributes["office"] = "employeeType";
  const LdapCounts counts = copied();
  EXPECT_THAT(rejected_, IsEmpty());
  ASSERT_EQ(counts.imported.added, 3u);
  const Object one = at("user1@ropewalk.test"), two = at("user2@ropewalk.test");
  EXPECT_EQ(one.kind, Kind::mailbox);
  EXPECT_EQ(one.name, "Üser One");
  EXPECT_EQ(at("one@ropewalk.test").id, one.id);
  const auto bag = properties(one.id);
  EXPECT_EQ(bag.text(PropTag(tag::PidTagDepartmentName)), "Sales");
  EXPECT_EQ(bag.text(PropTag(tag::PidTagOfficeLocation)), "Tower 7");
  EXPECT_EQ(bag.find(PropTag(tag::PidTagThumbnailPhoto))->bytes.size(), 3u);
  EXPECT_THAT(*book_->linked(one.id, Link::manager), ElementsAre(two.id));
  const auto group = book_->find_by_origin("cn=all,dc=example");
  ASSERT_TRUE(group.ok() && *group);
  EXPECT_THAT(*book_->members((*group)->id), ElementsAre(one.id, two.id));
  EXPECT_THAT(named("user o"), ElementsAre(one.id));
  const LdapCounts again = copied();
  EXPECT_EQ(again.imported.changed, 0u) << "nothing is new";
}

TEST_F(LdapTest, WhoIsGoneThereIsGoneHere) {
  ASSERT_EQ(copied().imported.added, 3u);
  const Object one = at("user1@ropewalk.test"), two = at("user2@ropewalk.test");
  const std::string all = Slapd::kEntries;
  slapd_->stop();
  slapd_->load(all.substr(0, all.find("dn: uid=user2")));
  ASSERT_TRUE(slapd_->start());
  const LdapCounts counts = copied();
  EXPECT_EQ(counts.gone, 2u) << "user2 and the group";
  EXPECT_TRUE((*book_->find(two.id))->hidden) << "the mailbox stays";
  EXPECT_FALSE((*book_->find(one.id))->hidden);
  EXPECT_FALSE(*book_->find_by_origin("cn=all,dc=example"));
  slapd_->stop();
  slapd_->load(all);
  ASSERT_TRUE(slapd_->start());
  copied();
  EXPECT_FALSE((*book_->find(two.id))->hidden) << "and is seen again";
}

TEST_F(LdapTest, PeopleSignInWithTheirPasswordsThere) {
  copied();
  add({.address = "local@ropewalk.test", .password = "local secret"});
  LdapSource source(settings_);
  AuthenticatorOptions options;
  options.elsewhere = passwords_of(source, *book_);
  Authenticator authenticator(*directory_, options);
  const auto sign_in = [&](const char* login, const char* password) {
    return authenticator.verify(login, password, "192.0.2.1").refusal;
  };
  EXPECT_EQ(sign_in("user1@ropewalk.test", "first secret"), Refusal::none);
  EXPECT_EQ(sign_in("user1", "second secret"), Refusal::wrong_password);
  EXPECT_EQ(sign_in("user2", ""), Refusal::wrong_password) << "a bind without a password is none";
  EXPECT_EQ(sign_in("local", "local secret"), Refusal::none);
  EXPECT_EQ(sign_in("local", "first secret"), Refusal::wrong_password);
  slapd_->stop();
  EXPECT_EQ(sign_in("user1@ropewalk.test", "first secret"), Refusal::none) << "remembered";
  const Verdict verdict = authenticator.verify("user2", "second secret", "192.0.2.1");
  EXPECT_EQ(verdict.refusal, Refusal::unavailable);
  EXPECT_THAT(verdict.reason, HasSubstr("cannot reach the LDAP server ldaps://127.0.0.1"));
  EXPECT_THAT(source.is_password("uid=user2,dc=example", "second secret").error().text, HasSubstr("a moment ago"));
  EXPECT_EQ(sign_in("local", "local secret"), Refusal::none);
}

TEST_F(LdapTest, AnOutageLeavesTheAddressBookAsItIs) {
  copied();
  slapd_->stop();
  auto counts = copy();
  ASSERT_FALSE(counts.ok());
  EXPECT_THAT(counts.error().text, HasSubstr("cannot reach the LDAP server ldaps://127.0.0.1"));
  EXPECT_THAT(shown("All Users"), ElementsAre("Üser One", "User Two"));
  slapd_->load("dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n");
  ASSERT_TRUE(slapd_->start());
  EXPECT_THAT(error_of(copy()), HasSubstr("there is nobody under dc=example"));
  EXPECT_THAT(shown("All Users"), ElementsAre("Üser One", "User Two"));
}

TEST_F(LdapTest, NothingGoesInTheClear) {
  settings_.url = "ldap://127.0.0.1:" + std::to_string(slapd_->port());
  EXPECT_EQ(copied().imported.added, 3u) << "StartTLS";
  settings_.certificate.clear();
  EXPECT_THAT(error_of(copy()), HasSubstr("with TLS")) << "nobody vouches for the certificate";
  settings_.certificate = "/nowhere.pem";
  EXPECT_FALSE(copy().ok());
  settings_.certificate = slapd_->path("certificate.pem");
  settings_.password = "wrong";
  EXPECT_THAT(error_of(copy()), HasSubstr("cannot sign in to ldap://"));
  LdapSource source(settings_);
  EXPECT_TRUE(*source.is_password("uid=user1,dc=example", "first secret"));
  EXPECT_FALSE(*source.is_password("uid=nobody,dc=example", "first secret"));
  EXPECT_FALSE(*source.is_password("", "first secret"));
}

TEST_F(LdapTest, WhoIsHereAlreadyIsNotTakenOver) {
  add({.address = "user1@ropewalk.test", .name = "Local One", .password = "local secret"});
  copied();
  EXPECT_THAT(rejected_, Contains(HasSubstr("user1@ropewalk.test is here already, and not from there")));
  EXPECT_EQ(at("user1@ropewalk.test").name, "Local One");
  EXPECT_EQ(at("user2@ropewalk.test").kind, Kind::mailbox);
}

TEST(LdapSettings, SayWhatIsWrong) {
  LdapSettings settings;
  EXPECT_EQ(objection_to_ldap(settings), "");
  settings.url = "http://x";
  EXPECT_THAT(objection_to_ldap(settings), HasSubstr("ldaps://"));
  settings.url = "ldaps://x";
  EXPECT_THAT(objection_to_ldap(settings), HasSubstr("base"));
  settings.base = "dc=x";
  EXPECT_EQ(objection_to_ldap(settings), "");
  settings.people = "(";
  EXPECT_THAT(objection_to_ldap(settings), HasSubstr("cannot be read"));
  settings.people = "(cn=*)";
  settings.bind_dn = "cn=x";
  EXPECT_THAT(objection_to_ldap(settings), HasSubstr("go together"));
  settings.password = "x";
  settings.attributes["shoeSize"] = "x";
  EXPECT_THAT(objection_to_ldap(settings), HasSubstr("no attribute shoeSize"));
}

}  // namespace
}  // namespace ropewalk::directory
