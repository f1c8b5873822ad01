// Against OpenLDAP's slapd, started here on the loopback with TLS.
#include "directory/ldap_source.h"

#include <gmock/gmock.h>
#include <poll.h>

#include "directory/address_book_test_support.h"
#include "directory/authenticator.h"
#include "directory/ntlm_source.h"
#include "directory/property_texts.h"
#include "directory/slapd_test_support.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

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
    skipped_.clear();
    LdapSource source(settings_);
    LdapSource::Listener listener;
    listener.make_user = [&](const std::string& address, const std::string& name) -> Result<i64> {
      ROPEWALK_TRY(const User user, directory_->add_user({.address = address, .name = name}));
      return user.id;
    };
    listener.reject = [&](const std::string& dn, const std::string& why) { rejected_.push_back(dn + ": " + why); };
    listener.skip = [&](const std::string& dn, const std::string& why) { skipped_.push_back(dn + ": " + why); };
    return source.copy_into(*book_, listener);
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
  std::vector<std::string> rejected_, skipped_;
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

TEST_F(LdapTest, WhoIsRenamedStaysWhoHeIs) {
  const std::string uuid = "entryUUID: 00112233-4455-6677-8899-aabbccddee0";
  const auto entries = [&](const std::string& two) {
    std::string text = Slapd::kEntries;
    text.insert(text.find("uid: user1"), uuid + "1\n");
    return text.substr(0, text.find("dn: uid=user2")) + two;
  };
  const std::string people = "objectClass: inetOrgPerson\nsn: Two\ncn: User Two\nuserPassword: second secret\n";
  const auto reload = [&](const std::string& two) {
    slapd_->stop();
    slapd_->load(entries(two));
    ASSERT_TRUE(slapd_->start());
  };
  reload("dn: uid=user2,dc=example\n" + people + uuid + "2\nuid: user2\nmail: user2@ropewalk.test\n");
  ASSERT_EQ(copied().imported.added, 2u);
  const Object two = at("user2@ropewalk.test");
  reload("dn: cn=Married\\, Two,dc=example\n" + people + uuid + "2\nmail: married@ropewalk.test\n");
  EXPECT_EQ(copied().imported.added, 0u);
  EXPECT_EQ(at("married@ropewalk.test").id, two.id) << "another DN and another address";
  EXPECT_EQ(at("user2@ropewalk.test").id, two.id) << "mail to the old one still arrives";
  EXPECT_EQ(at("married@ropewalk.test").legacy_dn, two.legacy_dn);
  LdapSource source(settings_);
  const auto provenance = book_->provenance(two.id);
  ASSERT_TRUE(provenance.ok());
  EXPECT_TRUE(*source.is_password(provenance->origin, "second secret")) << "a comma within a name";
  // Somebody else gets the DN: not the mailbox.
  reload("dn: cn=Married\\, Two,dc=example\n" + people + uuid + "3\nmail: newcomer@ropewalk.test\n");
  EXPECT_EQ(copied().imported.added, 1u);
  EXPECT_NE(at("newcomer@ropewalk.test").id, two.id);
  EXPECT_TRUE((*book_->find(two.id))->hidden);
  EXPECT_FALSE(*source.is_password(book_->provenance(two.id)->origin, "second secret"));
  // Somebody else gets the address: not the mailbox either.
  reload("dn: cn=Third,dc=example\n" + people + uuid + "4\nmail: married@ropewalk.test\n");
  copied();
  EXPECT_THAT(rejected_,
              Contains(AllOf(HasSubstr("cn=Third,dc=example: "), HasSubstr("there is one with this address already"))));
}

TEST_F(LdapTest, PeopleSignInUnderTheNamesTheyHaveThere) {
  std::string text = Slapd::kEntries;
  text.insert(text.find("uid: user1"), "employeeNumber: first.user@corp.example\n");
  slapd_->stop();
  slapd_->load(text);
  ASSERT_TRUE(slapd_->start());
  settings_.attributes["userPrincipalName"] = "employeeNumber";
  add({.address = "first.user@ropewalk.test"});
  copied();
  EXPECT_EQ(who("one@ropewalk.test"), "user1@ropewalk.test") << "another address";
  EXPECT_EQ(who("FIRST.user@corp.example"), "user1@ropewalk.test");
  EXPECT_EQ(who("CORP\\first.user"), "user1@ropewalk.test");
  EXPECT_EQ(who("ROPEWALK\\first.user"), "first.user@ropewalk.test");
  EXPECT_EQ(who("first.user"), "") << "two";
  const auto by_ticket = [&](const char* principal) {
    auto found = directory_->find_by_principal(principal);
    return found.ok() && *found ? (*found)->address : "";
  };
  EXPECT_EQ(by_ticket("first.user@CORP.EXAMPLE"), "user1@ropewalk.test");
  EXPECT_EQ(by_ticket("user1@ROPEWALK.TEST"), "") << "whoever that is in the realm: he has another name there";
  EXPECT_EQ(by_ticket("user2@ROPEWALK.TEST"), "user2@ropewalk.test");
  EXPECT_EQ(by_ticket("one@ROPEWALK.TEST"), "") << "another address is no name of a realm";
}

TEST_F(LdapTest, WhoIsPassedOverIsTold) {
  settings_.people = "(objectClass=*)";
  std::string text = Slapd::kEntries;
  text.erase(text.find("mail: user2"), 26);
  slapd_->stop();
  slapd_->load(text);
  ASSERT_TRUE(slapd_->start());
  const LdapCounts counts = copied();
  EXPECT_EQ(counts.imported.skipped, 2u);
  EXPECT_THAT(skipped_, UnorderedElementsAre("dc=example: it has no mail address",
                                             "uid=user2,dc=example: it has no mail address"));
  EXPECT_THAT(rejected_, Contains("cn=all,dc=example: there is nobody called uid=user2,dc=example to point at"));
}

TEST_F(LdapTest, ThousandsComePageByPage) {
  std::string text = Slapd::kEntries;
  for (int i = 0; i < 1234; ++i) {
    const std::string name = "person" + std::to_string(i);
    text += "\ndn: uid=" + name + ",dc=example\nobjectClass: inetOrgPerson\nuid: " + name + "\ncn: " + name +
            "\nsn: x\nmail: " + name + "@ropewalk.test\n";
  }
  slapd_->stop();
  slapd_->limit(700);
  slapd_->load(text);
  ASSERT_TRUE(slapd_->start());
  settings_.mailboxes = false;
  EXPECT_EQ(copied().imported.added, 1237u);
  EXPECT_EQ(copied().imported.changed, 0u);
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
  EXPECT_THAT(error_of(copy()), HasSubstr("nobody who is trusted has signed its certificate"));
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

TEST_F(LdapTest, WithoutStartTlsThereIsNoPassword) {
  slapd_->stop();
  slapd_->without_tls();
  ASSERT_TRUE(slapd_->start());
  settings_.url = "ldap://127.0.0.1:" + std::to_string(slapd_->port());
  EXPECT_THAT(error_of(copy()),
              AllOf(HasSubstr("cannot reach the LDAP server ldap://127.0.0.1"), HasSubstr("with TLS")));
  LdapSource source(settings_);
  EXPECT_THAT(error_of(source.is_password("uid=user1,dc=example", "first secret")), HasSubstr("with TLS"));
  settings_.in_the_clear = true;
  EXPECT_EQ(copied().imported.added, 3u) << "only who asks for it";
}

// The names within the certificate are looked at too.
TEST_F(LdapTest, ACertificateForAnotherNameIsRefused) {
  ASSERT_TRUE(net::make_self_signed(slapd_->path("certificate.pem"), slapd_->path("key.pem"), {"elsewhere.test"}).ok());
  slapd_->stop();
  ASSERT_TRUE(slapd_->start());
  const std::string url = settings_.url;
  EXPECT_EQ(error_of(copy()), "cannot reach the LDAP server " + url + ": its certificate is not for 127.0.0.1");
  settings_.url = "ldap://127.0.0.1:" + std::to_string(slapd_->port());
  EXPECT_EQ(error_of(copy()),
            "cannot reach the LDAP server " + settings_.url + ": its certificate is not for 127.0.0.1");
  LdapSource source(settings_);
  EXPECT_THAT(error_of(source.is_password("uid=user1,dc=example", "first secret")), HasSubstr("not for 127.0.0.1"));
}

// Whoever a server names instead of itself gets no password, nor is he asked for entries.
TEST_F(LdapTest, ReferralsAreNotFollowed) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
  slapd_->stop();
  slapd_->load(std::string(Slapd::kEntries) +
               "\ndn: ou=elsewhere,dc=example\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\n"
               "ref: ldap://127.0.0.1:" +
               std::to_string(ntohs(at.sin_port)) + "/ou=elsewhere,dc=example\n");
  ASSERT_TRUE(slapd_->start());
  EXPECT_EQ(copied().imported.added, 3u);
  LdapSource source(settings_);
  const auto answer = source.is_password("uid=user3,ou=elsewhere,dc=example", "third secret");
  EXPECT_TRUE(!answer.ok() || !*answer);
  pollfd waiting{listener, POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 200), 0) << "somebody connected";
  close(listener);
}

// A password that is changed or taken away there is good here no longer than it is remembered.
TEST_F(LdapTest, WhatWasRightIsRememberedForAWhile) {
  copied();
  LdapSource source(settings_);
  AuthenticatorOptions options;
  auto now = std::chrono::steady_clock::now();
  options.now = [&] { return now; };
  options.remember = std::chrono::minutes(5);
  options.elsewhere = passwords_of(source, *book_);
  Authenticator authenticator(*directory_, options);
  const auto sign_in = [&](const char* password) {
    return authenticator.verify("user1@ropewalk.test", password, "192.0.2.1").refusal;
  };
  EXPECT_EQ(sign_in("first secret"), Refusal::none);
  std::string text = Slapd::kEntries;
  text.replace(text.find("first secret"), 12, "other secret");
  slapd_->stop();
  slapd_->load(text);
  ASSERT_TRUE(slapd_->start());
  EXPECT_EQ(sign_in("other secret"), Refusal::none) << "the new one at once";
  EXPECT_EQ(sign_in("first secret"), Refusal::wrong_password) << "and then not the old one";
  now += std::chrono::minutes(4);
  EXPECT_EQ(sign_in("other secret"), Refusal::none);
  slapd_->stop();
  EXPECT_EQ(sign_in("other secret"), Refusal::none);
  now += std::chrono::minutes(1) + std::chrono::seconds(1);
  EXPECT_EQ(sign_in("other secret"), Refusal::unavailable) << "using it does not prolong it";
}

TEST_F(LdapTest, NtlmSaysWhyItCannot) {
  copied();
  const auth::HashAnswer answer = ntlm_source(*directory_)("user1", "");
  EXPECT_FALSE(answer.nt_hash);
  EXPECT_EQ(answer.reason, auth::Reason::switched_off);
  EXPECT_EQ(answer.text,
            "NTLM cannot check the password of user1@ropewalk.test, which only the LDAP server knows: it takes Basic, "
            "or Kerberos");
  EXPECT_FALSE(*directory_->has_ntlm_users()) << "NTLM is not even offered";
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
