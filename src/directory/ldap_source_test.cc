// Against OpenLDAP's slapd, started here on the loopback with TLS.
#include "directory/ldap_source.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "directory/address_book_test_support.h"
#include "directory/authenticator.h"
#include "directory/property_texts.h"
#include "mapi/property_tags.h"
#include "net/tls.h"

namespace ropewalk::directory {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSlapd = "/usr/sbin/slapd";

int free_port() {
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  bind(s, reinterpret_cast<sockaddr*>(&at), size);
  getsockname(s, reinterpret_cast<sockaddr*>(&at), &size);
  close(s);
  return ntohs(at.sin_port);
}

bool answers(int port) {
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<u16>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool is_open = connect(s, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  close(s);
  return is_open;
}

constexpr const char* kEntries = R"(dn: dc=example
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: uid=user1,dc=example
objectClass: inetOrgPerson
uid: user1
cn: Üser One
sn: One
givenName: User
mail: user1@ropewalk.test
mail: one@ropewalk.test
departmentNumber: Sales
employeeType: Tower 7
manager: uid=user2,dc=example
jpegPhoto:: /9j/
userPassword: first secret

dn: uid=user2,dc=example
objectClass: inetOrgPerson
uid: user2
cn: User Two
sn: Two
mail: user2@ropewalk.test
userPassword: second secret

dn: cn=all,dc=example
objectClass: groupOfNames
cn: all
member: uid=user1,dc=example
member: uid=user2,dc=example
)";

class LdapTest : public AddressBookTest {
 protected:
  void SetUp() override {
    AddressBookTest::SetUp();
    if (access(kSlapd, X_OK) != 0) GTEST_SKIP() << "no " << kSlapd << ": packages.txt names slapd";
    std::filesystem::create_directory(root_ / "ldap");
    ASSERT_TRUE(net::make_self_signed(path("certificate.pem"), path("key.pem"), {"127.0.0.1"}).ok());
    std::ofstream(path("slapd.conf")) << "include /etc/ldap/schema/core.schema\n"
                                         "include /etc/ldap/schema/cosine.schema\n"
                                         "include /etc/ldap/schema/inetorgperson.schema\n"
                                         "modulepath /usr/lib/ldap\nmoduleload back_mdb\n"
                                         "pidfile "
                                      << path("pid")
                                      << "\n"
                                         "TLSCertificateFile "
                                      << path("certificate.pem")
                                      << "\n"
                                         "TLSCertificateKeyFile "
                                      << path("key.pem")
                                      << "\n"
                                         "security simple_bind=1\n"
                                         "database mdb\nmaxsize 67108864\nsuffix \"dc=example\"\n"
                                         "rootdn \"cn=reader,dc=example\"\nrootpw reading\n"
                                         "directory "
                                      << path("") << "\n";
    load(kEntries);
    port_ = free_port();
    tls_port_ = free_port();
    start();
    settings_.url = "ldaps://127.0.0.1:" + std::to_string(tls_port_);
    settings_.certificate = path("certificate.pem");
    settings_.bind_dn = "cn=reader,dc=example";
    settings_.password = "reading";
    settings_.base = "dc=example";
    settings_.timeout = std::chrono::seconds(5);
  }
  void TearDown() override {
    stop();
    AddressBookTest::TearDown();
  }
  std::string path(const std::string& name) const { return root_ / "ldap" / name; }

  // All that slapd has from now on; while it does not run.
  void load(const std::string& ldif) {
    for (const char* name : {"data.mdb", "lock.mdb"}) std::filesystem::remove(path(name));
    std::ofstream(path("entries.ldif")) << ldif;
    const std::string command = "/usr/sbin/slapadd -f " + path("slapd.conf") + " -l " + path("entries.ldif") + " >" +
                                path("slapadd.log") + " 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  void start() {
    const std::string urls =
        "ldap://127.0.0.1:" + std::to_string(port_) + " ldaps://127.0.0.1:" + std::to_string(tls_port_);
    slapd_ = fork();
    if (slapd_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // whatever becomes of this test
      (void)!freopen("/dev/null", "w", stdout);
      (void)!freopen(path("slapd.log").c_str(), "w", stderr);
      execl(kSlapd, kSlapd, "-f", path("slapd.conf").c_str(), "-h", urls.c_str(), "-d", "0", nullptr);
      _exit(127);
    }
    for (int i = 0; i < 500 && !answers(tls_port_); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ASSERT_TRUE(answers(tls_port_)) << "slapd does not start";
  }
  void stop() {
    if (slapd_ <= 0) return;
    kill(slapd_, SIGTERM);
    waitpid(slapd_, nullptr, 0);
    slapd_ = 0;
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
  int port_ = 0, tls_port_ = 0;
  pid_t slapd_ = 0;
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
  const std::string all = kEntries;
  stop();
  load(all.substr(0, all.find("dn: uid=user2")));
  start();
  const LdapCounts counts = copied();
  EXPECT_EQ(counts.gone, 2u) << "user2 and the group";
  EXPECT_TRUE((*book_->find(two.id))->hidden) << "the mailbox stays";
  EXPECT_FALSE((*book_->find(one.id))->hidden);
  EXPECT_FALSE(*book_->find_by_origin("cn=all,dc=example"));
  stop();
  load(all);
  start();
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
  stop();
  EXPECT_EQ(sign_in("user1@ropewalk.test", "first secret"), Refusal::none) << "remembered";
  const Verdict verdict = authenticator.verify("user2", "second secret", "192.0.2.1");
  EXPECT_EQ(verdict.refusal, Refusal::unavailable);
  EXPECT_THAT(verdict.reason, HasSubstr("cannot reach the LDAP server ldaps://127.0.0.1"));
  EXPECT_EQ(sign_in("local", "local secret"), Refusal::none);
}

TEST_F(LdapTest, AnOutageLeavesTheAddressBookAsItIs) {
  copied();
  stop();
  auto counts = copy();
  ASSERT_FALSE(counts.ok());
  EXPECT_THAT(counts.error().text, HasSubstr("cannot reach the LDAP server ldaps://127.0.0.1"));
  EXPECT_THAT(shown("All Users"), ElementsAre("Üser One", "User Two"));
  load("dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n");
  start();
  EXPECT_THAT(error_of(copy()), HasSubstr("there is nobody under dc=example"));
  EXPECT_THAT(shown("All Users"), ElementsAre("Üser One", "User Two"));
}

TEST_F(LdapTest, NothingGoesInTheClear) {
  settings_.url = "ldap://127.0.0.1:" + std::to_string(port_);
  EXPECT_EQ(copied().imported.added, 3u) << "StartTLS";
  settings_.certificate.clear();
  EXPECT_THAT(error_of(copy()), HasSubstr("with TLS")) << "nobody vouches for the certificate";
  settings_.certificate = "/nowhere.pem";
  EXPECT_FALSE(copy().ok());
  settings_.certificate = path("certificate.pem");
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
