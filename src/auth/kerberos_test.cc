// Kerberos, alone and inside Negotiate, against a KDC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/context_test_support.h"
#include "auth/test_realm.h"

namespace ropewalk::auth {
namespace {

using testing::HasSubstr;

// One realm for all tests of the suite.
class Kerberos : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!TestRealm::missing().empty()) return;
    realm_ = std::make_unique<TestRealm>();
    ASSERT_TRUE(realm_->good());
    ASSERT_TRUE(realm_->add_user("user1", "Passw0rd.1"));
    for (const char* service : {"exchangeMDB/mail.ropewalk.test", "exchangeAB/mail.ropewalk.test"})
      ASSERT_TRUE(realm_->add_service(service, "keytab", "aes256-cts-hmac-sha1-96"));
    ASSERT_TRUE(realm_->add_service("aes128/mail.ropewalk.test", "keytab", "aes128-cts-hmac-sha1-96"));
    ASSERT_TRUE(realm_->add_service("sha2/mail.ropewalk.test", "keytab", "aes256-cts-hmac-sha384-192"));
    ASSERT_TRUE(realm_->add_service("rc4/mail.ropewalk.test", "keytab", "arcfour-hmac"));
    ASSERT_TRUE(realm_->add_service("elsewhere/mail.ropewalk.test", "other-keytab", "aes256-cts-hmac-sha1-96"));
  }
  static void TearDownTestSuite() { realm_.reset(); }
  void SetUp() override {
    if (!TestRealm::missing().empty()) GTEST_SKIP() << "no Kerberos realm for this test: " << TestRealm::missing();
    ASSERT_TRUE(realm_ && realm_->good());
  }

  static ClientOptions client(Level level = Level::privacy, bool dce_style = true) {
    ClientOptions options{.account = "user1", .domain = "ropewalk.test", .password = "Passw0rd.1"};
    options.level = level;
    options.service = "exchangeMDB";
    options.host = "mail.ropewalk.test";
    options.dce_style = dce_style;
    return options;
  }
  static ServerOptions server() {
    ServerOptions options;
    options.keytab = realm_->file("keytab");
    return options;
  }
  static Conversation kerberos(const ClientOptions& client, const ServerOptions& server, const Meddler& meddle = {}) {
    return talk(make_client(Mechanism::kerberos, client), make_server(Mechanism::kerberos, server), meddle);
  }
  static Conversation negotiate(const ClientOptions& client, const ServerOptions& server, const Meddler& meddle = {}) {
    return talk(make_client(Mechanism::negotiate, client), make_server(Mechanism::negotiate, server), meddle);
  }

  static std::unique_ptr<TestRealm> realm_;
};
std::unique_ptr<TestRealm> Kerberos::realm_;

TEST_F(Kerberos, SignInAndProtectMessages) {
  for (const char* service : {"exchangeMDB", "aes128", "sha2", "rc4"}) {
    for (Level level : {Level::connect, Level::packet, Level::integrity, Level::privacy}) {
      ClientOptions options = client(level);
      options.service = service;
      Conversation both = kerberos(options, server());
      ASSERT_TRUE(both.both_done()) << service << both.client_refusal << both.server_refusal;
      EXPECT_EQ(both.legs, 3);
      EXPECT_EQ(both.server->who().account, "user1");
      EXPECT_EQ(both.server->who().domain, "ROPEWALK.TEST");
      EXPECT_THAT(both.client->peer(), HasSubstr(std::string(service) + "/mail.ropewalk.test@ROPEWALK.TEST"));
      EXPECT_GE(both.server->strongest(), effective_level(level));
      EXPECT_FALSE(both.server->session_key().empty());
      EXPECT_TRUE(equal_in_constant_time(both.client->session_key(), both.server->session_key()));
      exchange_messages(both, level, true);
      exchange_messages(both, level, false);
    }
  }
}

// What Windows' and Samba's PDUs have ([RFC4121] with an extra count of 16): 76 bytes.
TEST_F(Kerberos, SizesOfSignaturesAreKnownBeforehand) {
  Conversation both = kerberos(client(), server());
  ASSERT_TRUE(both.both_done());
  for (std::size_t body : {16u, 160u, 5808u}) EXPECT_EQ(both.client->signature_size(Level::privacy, body), 76u);
  EXPECT_EQ(both.server->signature_size(Level::integrity, 48), 28u);
  EXPECT_EQ(both.server->signature_size(Level::connect, 48), 0u);
}

TEST_F(Kerberos, ChangedRepeatedAndMissingMessagesAreFoundOut) {
  for (Level level : {Level::integrity, Level::privacy}) {
    Conversation both = kerberos(client(), server());
    ASSERT_TRUE(both.both_done());
    std::vector<u8> header(24, 5), body(64, 7), trailer(8, 6);
    std::vector<u8> signature(both.client->signature_size(level, body.size()));
    const MessageParts parts{header, body, trailer, true};
    ASSERT_TRUE(both.client->protect(level, parts, signature).ok());
    const auto sealed = body;
    auto attempt = [&]() -> std::string {
      body = sealed;
      Status good = both.server->unprotect(level, parts, signature);
      return good.ok() ? "" : good.error().text;
    };
    for (u8* byte : {&header[0], &trailer[7], &signature.back()}) {
      *byte ^= 1;
      EXPECT_THAT(attempt(), HasSubstr("was changed on its way")) << level_name(level);
      *byte ^= 1;
    }
    EXPECT_EQ(attempt(), "");
    EXPECT_THAT(attempt(), HasSubstr("a message is repeated"));
    for (int i = 0; i < 2; ++i) {
      body.assign(64, 7);
      ASSERT_TRUE(both.client->protect(level, parts, signature).ok());
    }
    Status good = both.server->unprotect(level, parts, signature);
    ASSERT_FALSE(good.ok());
    EXPECT_THAT(good.error().text, HasSubstr("a message is missing or late"));
  }
}

TEST_F(Kerberos, RefusalsSayWhatDidNotMatch) {
  ClientOptions options = client();
  options.password = "other";
  Conversation both = kerberos(options, server());
  EXPECT_EQ(both.reason, Reason::wrong_password) << both.client_refusal;
  EXPECT_THAT(both.client_refusal, HasSubstr("the password is wrong"));

  options = client();
  options.account = "user2";
  both = kerberos(options, server());
  EXPECT_EQ(both.reason, Reason::unknown_user) << both.client_refusal;
  EXPECT_THAT(both.client_refusal, HasSubstr("the KDC does not know the user"));

  options = client();
  options.service = "nosuch";
  both = kerberos(options, server());
  EXPECT_EQ(both.reason, Reason::unknown_service) << both.client_refusal;
  EXPECT_THAT(both.client_refusal, HasSubstr("to nosuch/mail.ropewalk.test: the KDC does not know the service"));

  options = client();
  options.service = "elsewhere";
  both = kerberos(options, server());
  EXPECT_EQ(both.reason, Reason::unknown_service) << both.server_refusal;
  EXPECT_THAT(both.server_refusal, HasSubstr("keytab"));

  options = client();
  options.password.clear();
  both = kerberos(options, server());
  EXPECT_EQ(both.reason, Reason::no_credentials) << both.client_refusal;

  ServerOptions none = server();
  none.keytab = realm_->file("no-keytab");
  both = kerberos(client(), none);
  EXPECT_EQ(both.reason, Reason::no_credentials) << both.server_refusal;
  EXPECT_THAT(both.server_refusal, HasSubstr("no-keytab cannot be used"));

  auto made = make_server(Mechanism::kerberos, {});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().reason, Reason::switched_off);
}

TEST_F(Kerberos, ClocksMayDifferByLittle) {
  realm_->write_configuration("skew.conf", " clockskew = 1\n");
  Context from = std::move(*make_client(Mechanism::kerberos, client()));
  auto token = from->step({});
  ASSERT_TRUE(token.ok()) << token.error().text;
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  setenv("KRB5_CONFIG", realm_->file("skew.conf").c_str(), 1);
  Context to = std::move(*make_server(Mechanism::kerberos, server()));
  auto step = to->step(token->token);
  setenv("KRB5_CONFIG", realm_->file("krb5.conf").c_str(), 1);
  ASSERT_FALSE(step.ok());
  EXPECT_EQ(step.error().reason, Reason::clock_skew) << step.error().text;
  EXPECT_THAT(step.error().text, HasSubstr("the clocks of client, server and KDC differ too much"));
}

TEST_F(Kerberos, ATokenIsTakenOnce) {
  std::vector<u8> first;
  Conversation both = kerberos(client(), server(), [&](int turn, std::vector<u8>& token) {
    if (turn == 0) first = token;
  });
  ASSERT_TRUE(both.both_done());
  Context again = std::move(*make_server(Mechanism::kerberos, server()));
  auto step = again->step(first);
  ASSERT_FALSE(step.ok());
  EXPECT_EQ(step.error().reason, Reason::tampered) << step.error().text;
}

TEST_F(Kerberos, ChannelBindings) {
  ClientOptions options = client(Level::connect, false);
  ServerOptions bound = server();
  options.channel_bindings = bound.channel_bindings = std::vector<u8>(40, 1);
  bound.require_channel_bindings = true;
  Conversation both = kerberos(options, bound);
  EXPECT_TRUE(both.both_done()) << both.server_refusal;
  options.channel_bindings = std::vector<u8>(40, 2);
  both = kerberos(options, bound);
  EXPECT_EQ(both.reason, Reason::channel_bindings) << both.server_refusal;
  options.channel_bindings.clear();
  both = kerberos(options, bound);
  EXPECT_EQ(both.reason, Reason::channel_bindings) << both.server_refusal;
  EXPECT_THAT(both.server_refusal, HasSubstr("did not bind"));
}

TEST_F(Kerberos, WithATicketOfTheCache) {
  const std::string cache = "FILE:" + realm_->file("tickets");
  ASSERT_TRUE(realm_->run({"/usr/bin/kinit", "-c", cache, "user1"}, "Passw0rd.1\n"));
  ClientOptions options = client(Level::connect, false);
  options.password.clear();
  options.ticket_cache = cache;
  Conversation both = kerberos(options, server());
  ASSERT_TRUE(both.both_done()) << both.client_refusal << both.server_refusal;
  EXPECT_EQ(both.legs, 2);
  EXPECT_EQ(both.client->who().account, "user1");
}

TEST_F(Kerberos, InsideNegotiate) {
  for (bool dce_style : {true, false})
    for (Level level : {Level::connect, Level::integrity, Level::privacy}) {
      Conversation both = negotiate(client(level, dce_style), server());
      ASSERT_TRUE(both.both_done()) << both.client_refusal << both.server_refusal;
      EXPECT_EQ(both.legs, dce_style ? 4 : 2);
      EXPECT_EQ(both.server->mechanism(), Mechanism::kerberos);
      EXPECT_EQ(both.server->who().account, "user1");
      if (dce_style) exchange_messages(both, level, true);
    }
}

TEST_F(Kerberos, NegotiatesListIsProtected) {
  for (int number : {2, 3}) {
    Conversation both = negotiate(client(), server(), [&](int turn, std::vector<u8>& token) {
      if (turn == number) token.back() ^= 1;  // mechListMIC stands last
    });
    EXPECT_EQ(both.reason, Reason::tampered) << number << both.client_refusal << both.server_refusal;
  }
}

// The client's first choice is not served: NTLM, and both prove that nobody meddled with the list.
TEST_F(Kerberos, NegotiateFallsBackToNtlm) {
  ServerOptions options;
  options.hashes = one_user("user1", "Passw0rd.1");
  Conversation both = negotiate(client(), options);
  ASSERT_TRUE(both.both_done()) << both.client_refusal << both.server_refusal;
  EXPECT_EQ(both.server->mechanism(), Mechanism::ntlm);
  EXPECT_EQ(both.client->mechanism(), Mechanism::ntlm);
  EXPECT_EQ(both.legs, 6);
  exchange_messages(both, Level::privacy, true);
  // no such service at the KDC: only NTLM is offered
  ClientOptions lost = client();
  lost.service = "nosuch";
  both = negotiate(lost, options);
  ASSERT_TRUE(both.both_done()) << both.client_refusal << both.server_refusal;
  EXPECT_EQ(both.legs, 4);
  // and where NTLM is not to be used, the reasons are told
  lost.use_ntlm = false;
  both = negotiate(lost, options);
  EXPECT_THAT(both.client_refusal, HasSubstr("the KDC does not know the service"));
}

TEST_F(Kerberos, BareTokensUnderNegotiatesName) {
  for (bool dce_style : {true, false}) {
    Conversation both = talk(make_client(Mechanism::kerberos, client(Level::privacy, dce_style)),
                             make_server(Mechanism::negotiate, server()));
    if (dce_style) {  // a bare AP-REQ without GSS-API's frame is no token of Negotiate
      EXPECT_EQ(both.reason, Reason::bad_token);
      continue;
    }
    ASSERT_TRUE(both.both_done()) << both.server_refusal;
  }
}

TEST_F(Kerberos, RubbishIsRefused) {
  for (const std::vector<u8>& token : {std::vector<u8>{}, std::vector<u8>(3, 0x6E), std::vector<u8>(70'000, 0x60)}) {
    Context to = std::move(*make_server(Mechanism::kerberos, server()));
    EXPECT_FALSE(to->step(token).ok());
    Context from = std::move(*make_client(Mechanism::kerberos, client()));
    ASSERT_TRUE(from->step({}).ok());
    EXPECT_FALSE(from->step(token).ok());
  }
}

}  // namespace
}  // namespace ropewalk::auth
