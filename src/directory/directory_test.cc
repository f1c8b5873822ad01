#include "directory/directory_test_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "directory/authenticator.h"
#include "directory/basic_auth.h"
#include "directory/ntlm_source.h"
#include "directory/password.h"
#include "directory/rate_limit.h"

namespace ropewalk::directory {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(DirectoryTest, UsersAreFoundByEveryName) {
  const User one = add({.address = "user1@ropewalk.test"});
  EXPECT_EQ(one.name, "user1");
  EXPECT_EQ(one.legacy_dn, "/o=Ropewalk/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=user1");
  EXPECT_FALSE(one.mailbox_guid.is_null());
  EXPECT_FALSE(one.has_password);
  const User two =
      add({.address = "user2@ropewalk.test", .name = "Usér Zwei", .dn = "/o=Other/cn=Two", .password = "p"});
  EXPECT_TRUE(two.has_password);
  EXPECT_NE(two.mailbox_guid, one.mailbox_guid);

  open();  // all of it is in the file
  auto found = directory_->find_by_address("USER1@Ropewalk.Test");
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->id, one.id);
  EXPECT_EQ((*found)->mailbox_guid, one.mailbox_guid);
  found = directory_->find_by_dn("/O=OTHER/CN=two");
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->name, "Usér Zwei");
  EXPECT_EQ((*directory_->find_by_id(two.id))->address, two.address);
  EXPECT_FALSE(*directory_->find_by_id(99));
  EXPECT_FALSE(*directory_->find_by_dn("/o=Other"));
  EXPECT_FALSE(*directory_->find_by_address("user3@ropewalk.test"));
  auto all = directory_->list();
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[1].address, "user2@ropewalk.test");
}

TEST_F(DirectoryTest, LoginsHaveManyForms) {
  add({.address = "user1@ropewalk.test"});
  add({.address = "both@ropewalk.test"});
  add({.address = "both@sales.test"});
  for (const char* login :
       {"user1@ropewalk.test", "user1", "USER1", "DOMAIN\\user1", "ropewalk\\User1", "X\\user1@ropewalk.test"}) {
    EXPECT_EQ(who(login), "user1@ropewalk.test") << login;
  }
  EXPECT_EQ(who("both"), "") << "which of the two?";
  EXPECT_EQ(who("OTHER\\both"), "");
  EXPECT_EQ(who("SALES\\both"), "both@sales.test");
  EXPECT_EQ(who("ropewalk.test\\both"), "both@ropewalk.test");
  for (const char* login :
       {"", "\\", "user1\\", "\\\\user1", "user1@", "@ropewalk.test", "user1@other.test", "user_", "user%"}) {
    EXPECT_EQ(who(login), "") << login;
  }
}

TEST_F(DirectoryTest, SaysWhatIsWrongWithAUser) {
  add({.address = "user1@ropewalk.test", .dn = "/o=A/cn=One"});
  EXPECT_THAT(add_error({.address = "User1@Ropewalk.test"}), HasSubstr("there is one with this address already"));
  EXPECT_THAT(add_error({.address = "user2@ropewalk.test", .dn = "/O=a/CN=one"}), HasSubstr("another user has the DN"));
  EXPECT_THAT(add_error({.address = "user2@ropewalk.test", .dn = "cn=one"}), HasSubstr("does not begin with /o="));
  EXPECT_THAT(add_error({.address = "user2@ropewalk.test", .dn = "/o=A/cn"}), HasSubstr("\"cn\" is not of the form"));
  EXPECT_THAT(add_error({.address = "user2@ropewalk.test", .dn = "/o=A/cn=\xc3\xa9"}), HasSubstr("printable ASCII"));
  EXPECT_THAT(add_error({.address = "user2@ropewalk.test", .name = "\xff"}), HasSubstr("UTF-8"));
  const std::pair<const char*, const char*> addresses[] = {
      {"", "empty"},
      {"user", "no '@'"},
      {"a@b@c", "more than one '@'"},
      {"@b.test", "nothing before"},
      {"a@", "empty part"},
      {"a@b..test", "empty part"},
      {"a@-b.test", "begins or ends with '-'"},
      {"a b@c.test", "not allowed"},
      {"a..b@c.test", "'.' before the '@'"},
      {"a@b_c.test", "other than letters"},
      {"../../x@y.test", "'.' before the '@'"},
      {"\xc3\xa9@b.test", "not allowed"},
  };
  for (const auto& [address, why] : addresses) {
    EXPECT_THAT(add_error({.address = address}), HasSubstr(why)) << address;
  }
  EXPECT_THAT(add_error({.address = std::string(65, 'a') + "@b.test"}), HasSubstr("64 characters"));
  EXPECT_THAT(add_error({.address = "a@" + std::string(64, 'b') + ".test"}), HasSubstr("63 characters"));
  EXPECT_EQ(directory_->list()->size(), 1u);
  EXPECT_FALSE(Directory::open(folder(), "A/B").ok());
  EXPECT_FALSE(Directory::open("/proc/nowhere").ok());
}

TEST_F(DirectoryTest, DnsStayDistinct) {
  open("Contoso");
  const User one = add({.address = "user1@ropewalk.test"});
  const User other = add({.address = "user1@sales.test"});
  EXPECT_THAT(one.legacy_dn, StartsWith("/o=Contoso/ou="));
  EXPECT_THAT(other.legacy_dn, StartsWith(one.legacy_dn + "-"));
  const User odd = add({.address = "a/b=c@sales.test"});
  EXPECT_THAT(odd.legacy_dn, testing::EndsWith("/cn=a-b-c"));
}

TEST_F(DirectoryTest, RemovalAndItsGap) {
  const User one = add({.address = "user1@ropewalk.test"});
  EXPECT_TRUE(directory_->remove("USER1@ropewalk.test").ok());
  EXPECT_FALSE(directory_->remove("user1@ropewalk.test").ok());
  EXPECT_EQ(directory_->set_password("user1@ropewalk.test", "x").error().text, "there is no user user1@ropewalk.test");
  const User again = add({.address = "user1@ropewalk.test"});
  EXPECT_GT(again.id, one.id);
  EXPECT_NE(again.mailbox_guid, one.mailbox_guid);
}

TEST_F(DirectoryTest, TheFileIsForItsOwnerAlone) {
  struct stat info {};
  ASSERT_EQ(::stat(folder().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat((folder() + "/directory.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(DirectoryTest, ThreadsAndProcessesAddUsersTogether) {
  directory_.reset();  // a connection does not live through a fork
  std::filesystem::remove_all(folder());
  constexpr int kProcesses = 3, kThreads = 3, kUsers = 5;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t pid = fork();
    if (pid == 0) {
      auto directory = Directory::open(folder());
      std::atomic<int> failed = directory.ok() ? 0 : 1;
      std::vector<std::thread> threads;
      for (int thread = 0; directory.ok() && thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
          for (int i = 0; i < kUsers; ++i) {
            const std::string own = std::to_string(process) + "-" + std::to_string(thread) + "-" + std::to_string(i);
            if (!(*directory)->add_user({.address = own + "@ropewalk.test"}).ok()) ++failed;
            (void)(*directory)->add_user({.address = "shared" + std::to_string(i) + "@ropewalk.test"});
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      _exit(failed == 0 ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (pid_t pid : children) {
    int status = -1;
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
  }
  open();
  EXPECT_EQ(directory_->list()->size(), static_cast<std::size_t>(kProcesses * kThreads * kUsers + kUsers));
}

// ---- passwords ----

TEST(Password, IsHashedWithArgon2id) {
  auto hash = hash_password("correct horse");
  ASSERT_TRUE(hash.ok());
  EXPECT_THAT(*hash, StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_NE(*hash, *hash_password("correct horse")) << "the salt differs";
  EXPECT_TRUE(password_matches("correct horse", *hash));
  EXPECT_FALSE(password_matches("correct hors", *hash));
  EXPECT_FALSE(password_matches("", *hash));
  EXPECT_FALSE(password_matches("x", "plain"));
  EXPECT_FALSE(password_matches("x", ""));
  EXPECT_FALSE(hash_password("").ok());
  EXPECT_FALSE(hash_password(std::string(1025, 'x')).ok());
}

TEST(BasicAuth, ReadsTheHeader) {
  auto plain = parse_basic("Basic dXNlcjE6cGFzczp3b3Jk");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->login, "user1");
  EXPECT_EQ(plain->password, "pass:word");
  EXPECT_EQ(parse_basic("bAsIc   dXNlcjE6  ")->login, "user1") << "padding is optional, so is the password";
  EXPECT_EQ(parse_basic("Basic dXNlcjE6cA==")->password, "p");
  EXPECT_EQ(parse_basic(basic_header("D\\ü", "pä:ß"))->password, "pä:ß");
  EXPECT_EQ(parse_basic(basic_header("u", "p\xe4"))->password, "pä") << "ISO 8859-1";
  const std::string nul = basic_header(std::string("a\0b", 3), "x"), huge = basic_header("u", std::string(4000, 'x'));
  for (const std::string& bad :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Bearer abc"),
        std::string("Basic !!!!"), std::string("Basic YQ"), std::string("Basic YTpi YTpi"), std::string("Basic OnA="),
        std::string("Basic a"), std::string("Basic dXNl=jE6"), nul, huge}) {
    EXPECT_FALSE(parse_basic(bad).ok()) << bad;
  }
}

TEST(RateLimitTest, RefillsAndForgets) {
  RateLimit limit({.burst = 2, .refill = 1000ms, .most_keys = 3});
  RateLimit::Time now{};
  EXPECT_TRUE(limit.take("a", now));
  EXPECT_TRUE(limit.take("a", now));
  EXPECT_FALSE(limit.take("a", now));
  EXPECT_GT(limit.wait("a", now), 900ms);
  EXPECT_TRUE(limit.take("b", now));
  now += 1001ms;
  EXPECT_TRUE(limit.take("a", now));
  EXPECT_FALSE(limit.take("a", now));
  limit.give_back("a");
  EXPECT_TRUE(limit.take("a", now));
  now += 1h;
  EXPECT_TRUE(limit.take("a", now));
  EXPECT_TRUE(limit.take("a", now));
  EXPECT_FALSE(limit.take("a", now)) << "no more than the burst is ever saved up";
  for (int i = 0; i < 100; ++i) limit.take(std::to_string(i), now);
  EXPECT_EQ(limit.keys(), 3u);
}

class AuthenticatorTest : public DirectoryTest {
 protected:
  void SetUp() override {
    DirectoryTest::SetUp();
    add({.address = "user1@ropewalk.test", .password = "one"});
    make({});
  }
  void make(AuthenticatorOptions options) {
    options.now = [this] { return now_; };
    authenticator_ = std::make_unique<Authenticator>(*directory_, options);
  }
  Verdict verify(std::string_view login, std::string_view password, std::string_view peer = "192.0.2.1") {
    return authenticator_->verify(login, password, peer);
  }
  bool remembers(std::string_view login, std::string_view password) {
    return authenticator_->recall(login, password) != nullptr;
  }

  std::chrono::steady_clock::time_point now_{};
  std::unique_ptr<Authenticator> authenticator_;
};

TEST_F(AuthenticatorTest, RefusalsHaveReasons) {
  const Verdict good = verify("DOMAIN\\User1", "one");
  ASSERT_TRUE(good) << good.reason;
  EXPECT_EQ(good.user->address, "user1@ropewalk.test");
  const Verdict wrong = verify("user1", "two");
  EXPECT_FALSE(wrong);
  EXPECT_EQ(wrong.refusal, Refusal::wrong_password);
  EXPECT_EQ(wrong.reason, "user \"user1\" gave a wrong password");
  EXPECT_EQ(verify("user9", "one").refusal, Refusal::unknown_user);
  EXPECT_EQ(verify("user1", "").refusal, Refusal::wrong_password);
  add({.address = "user2@ropewalk.test"});
  EXPECT_EQ(verify("user2", "").refusal, Refusal::no_password);
}

// Guesses by NTLM and by Basic are counted together.
TEST_F(AuthenticatorTest, SlowsDownGuessesByNtlmToo) {
  make({.account_burst = 5});
  ASSERT_TRUE(directory_->set_password("user1@ropewalk.test", "one", true).ok());
  auth::ServerOptions options;
  options.hashes = ntlm_source(*directory_, authenticator_.get(), "192.0.2.1");
  auto attempt = [&](const std::string& password) {
    auto server = std::move(*auth::make_server(auth::Mechanism::ntlm, options));
    auto client = std::move(
        *auth::make_client(auth::Mechanism::ntlm, {.account = "user1", .domain = "ROPEWALK", .password = password}));
    auto challenge = server->step(client->step({})->token);
    auto last = server->step(client->step(challenge->token)->token);
    return last.ok() ? std::string() : last.error().text;
  };
  for (int i = 0; i < 20; ++i) EXPECT_EQ(attempt("one"), "");
  for (int i = 0; i < 4; ++i) EXPECT_THAT(attempt("two"), HasSubstr("gave a wrong password"));
  EXPECT_EQ(verify("user1", "two").refusal, Refusal::wrong_password);
  EXPECT_THAT(attempt("one"), HasSubstr("too many failed attempts for this user (\"ROPEWALK\\user1\")"));
  EXPECT_EQ(verify("user1", "one").refusal, Refusal::rate_limited);
  now_ += 16s;
  EXPECT_EQ(attempt("one"), "");
}

TEST_F(AuthenticatorTest, RemembersWhatWasRight) {
  EXPECT_FALSE(remembers("user1", "one"));
  ASSERT_TRUE(verify("user1", "one"));
  EXPECT_TRUE(remembers("USER1", "one"));
  EXPECT_FALSE(remembers("user1", "one "));
  EXPECT_FALSE(remembers("user1", "two"));
  EXPECT_FALSE(remembers("user1@ropewalk.test", "one")) << "another login is looked up once itself";
  now_ += 5min + 1s;
  EXPECT_FALSE(remembers("user1", "one"));
}

TEST_F(AuthenticatorTest, ForgetsAChangedPasswordAtOnce) {
  add({.address = "user2@ropewalk.test", .password = "two"});
  ASSERT_TRUE(verify("user1", "one"));
  ASSERT_TRUE(verify("user2", "two"));
  ASSERT_TRUE(directory_->set_password("user1@ropewalk.test", "new").ok());
  EXPECT_FALSE(remembers("user1", "one"));
  EXPECT_TRUE(remembers("user2", "two")) << "a change to somebody else costs nobody a new check";
  EXPECT_EQ(verify("user1", "one").refusal, Refusal::wrong_password);
  EXPECT_TRUE(verify("user1", "new"));
  ASSERT_TRUE(directory_->remove("user2@ropewalk.test").ok());
  EXPECT_FALSE(remembers("user2", "two"));
  EXPECT_EQ(verify("user2", "two").refusal, Refusal::unknown_user);
}

TEST_F(AuthenticatorTest, ForgetsWhatAnotherProcessChanged) {
  ASSERT_TRUE(verify("user1", "one"));
  const pid_t pid = fork();
  if (pid == 0) {
    auto other = Directory::open(folder());
    _exit(other.ok() && (*other)->set_password("user1@ropewalk.test", "new").ok() ? 0 : 1);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  ASSERT_EQ(status, 0);
  std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(remembers("user1", "one"));
  EXPECT_EQ(verify("user1", "one").refusal, Refusal::wrong_password);
  EXPECT_TRUE(verify("user1", "new"));
}

TEST_F(AuthenticatorTest, SlowsGuessingOfOneUser) {
  make({.account_burst = 3, .account_refill = 10s});
  const char* ways[] = {"user1", "A\\user1", "B\\USER1", "user1@ropewalk.test"};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(verify(ways[i], "guess", "192.0.2." + std::to_string(i)).refusal, Refusal::wrong_password);
  }
  const Verdict limited = verify(ways[3], "one", "192.0.2.9");
  EXPECT_EQ(limited.refusal, Refusal::rate_limited) << "even a right guess";
  EXPECT_THAT(limited.reason, HasSubstr("for this user"));
  EXPECT_GT(limited.retry_in, 9s);
  now_ += 11s;
  EXPECT_TRUE(verify("user1", "one"));
  EXPECT_TRUE(verify("user1@ropewalk.test", "one"));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(verify("user1", "one")) << "success costs nothing";
}

TEST_F(AuthenticatorTest, SlowsGuessingFromOnePlace) {
  make({.peer_burst = 3, .peer_refill = 1s});
  for (int i = 0; i < 3; ++i) verify("user" + std::to_string(i + 5), "guess", "2001:db8:0:1::" + std::to_string(i));
  EXPECT_EQ(verify("user1", "one", "2001:db8:0:1::ffff").refusal, Refusal::rate_limited);
  EXPECT_TRUE(verify("user1", "one", "2001:db8:0:2::1"));
  EXPECT_TRUE(verify("user1", "one", "2001:db8:0:1::ffff")) << "what is remembered needs no check";
}

TEST_F(AuthenticatorTest, ItsMemoryIsBounded) {
  make({.most_remembered = 2, .peer_burst = 1000, .most_tracked = 5});
  add({.address = "user2@ropewalk.test", .password = "one"});
  add({.address = "user3@ropewalk.test", .password = "one"});
  for (const char* login : {"user1", "user2", "user3"}) ASSERT_TRUE(verify(login, "one"));
  EXPECT_FALSE(remembers("user1", "one"));
  EXPECT_TRUE(remembers("user2", "one"));
  EXPECT_TRUE(remembers("user3", "one"));
  authenticator_->forget_all();
  EXPECT_FALSE(remembers("user3", "one"));
}

TEST_F(AuthenticatorTest, ManyThreadsAtOnce) {
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 6; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        if (verify("user1", "one")) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 6 * 200);
}

TEST_F(AuthenticatorTest, RecallingIsCheap) {
  ASSERT_TRUE(verify("user1", "one"));
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(remembers("user1", "one"));
  const auto each = (std::chrono::steady_clock::now() - begun) / 2000;
  RecordProperty("nanoseconds", static_cast<int>(std::chrono::nanoseconds(each).count()));
  EXPECT_LT(each, 1ms) << "it must not hash the password again";
}

}  // namespace
}  // namespace ropewalk::directory
