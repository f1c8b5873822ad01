// Signing in over HTTP with NTLM and Negotiate: what holds for a connection, and what is refused.
#include <gmock/gmock.h>

#include "auth/http_auth.h"
#include "server/endpoint_fixture.h"

namespace ropewalk::server {
namespace {

using auth::Mechanism;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpSignInTest : public Endpoint {
 protected:
  void begin() {
    start();
    ASSERT_TRUE(server_->directory().set_password("user1@ropewalk.test", "secret", true).ok());
  }
  // A connection that says nothing of who it is.
  std::unique_ptr<TestClient> connection() {
    auto made = client();
    made->headers.erase("Authorization");
    return made;
  }
  std::unique_ptr<auth::SecurityContext> context(Mechanism mechanism, const std::string& password = "secret",
                                                 std::vector<u8> bindings = {}) {
    auth::ClientOptions options;
    options.account = "user1@ropewalk.test";
    options.password = password;
    options.service = "HTTP";
    options.host = "localhost";
    options.use_kerberos = false;
    options.channel_bindings = std::move(bindings);
    auto made = auth::make_client(mechanism, options);
    EXPECT_TRUE(made.ok());
    return std::move(*made);
  }
  static std::string header(Mechanism mechanism, auth::SecurityContext& context, ByteView token) {
    auto step = context.step(token);
    EXPECT_TRUE(step.ok()) << (step.ok() ? "" : step.error().text);
    return step.ok() ? auth::http_token_header(mechanism, step->token) : "";
  }
  static std::vector<u8> challenge_in(const TestReply& reply) {
    auto token = auth::parse_http_token(reply.headers.get("WWW-Authenticate"));
    EXPECT_TRUE(token.ok() && *token);
    return token.ok() && *token ? (*token)->token : std::vector<u8>();
  }
  // One ping with that Authorization, and none afterwards.
  static TestReply ping_with(TestClient& at, std::string authorization) {
    at.headers["Authorization"] = std::move(authorization);
    TestReply reply = at.ping();
    at.headers.erase("Authorization");
    return reply;
  }
  // The whole sign-in; the last answer.
  TestReply sign_in(TestClient& at, Mechanism mechanism, const std::string& password = "secret",
                    std::vector<u8> bindings = {}) {
    auto mine = context(mechanism, password, std::move(bindings));
    TestReply reply = ping_with(at, header(mechanism, *mine, {}));
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(reply.headers.all("WWW-Authenticate").size(), 1u);  // [MS-NTHT] 3.2.5: the challenge alone
    return ping_with(at, header(mechanism, *mine, challenge_in(reply)));
  }
};

TEST_F(HttpSignInTest, OnlyWhatCanSucceedIsOffered) {
  start();
  auto offered = [&] { return connection()->ping().headers.all("WWW-Authenticate").size(); };
  EXPECT_EQ(offered(), 1u);  // Basic: NTLM is on for nobody, and there is no keytab
  ASSERT_TRUE(server_->directory().set_password("user2@ropewalk.test", "secret", true).ok());
  TestReply reply = connection()->ping();
  EXPECT_THAT(reply.headers.all("WWW-Authenticate"), ElementsAre("Negotiate", "NTLM", StartsWith("Basic realm=")));
  ASSERT_TRUE(server_->directory().switch_ntlm_off("user2@ropewalk.test").ok());
  EXPECT_EQ(offered(), 1u);
}

TEST_F(HttpSignInTest, SchemesCanBeSwitchedOff) {
  config_.http_schemes = {.negotiate = false, .ntlm = true, .basic = false};
  begin();
  EXPECT_THAT(connection()->ping().headers.all("WWW-Authenticate"), ElementsAre("NTLM"));
  EXPECT_EQ(client()->ping().status, 401);  // with the right password
  auto one = connection();
  EXPECT_EQ(ping_with(*one, header(Mechanism::negotiate, *context(Mechanism::negotiate), {})).status, 401);
  EXPECT_EQ(sign_in(*one, Mechanism::ntlm).code(), 0);
  EXPECT_THAT(log(), AllOf(HasSubstr("Basic is switched off"), HasSubstr("Negotiate is not offered")));
}

TEST_F(HttpSignInTest, WhoSignedInHoldsForTheConnectionAlone) {
  begin();
  for (Mechanism mechanism : {Mechanism::ntlm, Mechanism::negotiate}) {
    auto one = connection(), other = connection();
    TestReply last = sign_in(*one, mechanism);
    EXPECT_EQ(last.code(), 0);
    const bool negotiates = mechanism == Mechanism::negotiate;
    EXPECT_EQ(last.headers.get("Persistent-Auth"), negotiates ? "true" : "");
    EXPECT_EQ(last.headers.has("WWW-Authenticate"), negotiates);  // the last token: the server's own proof
    EXPECT_EQ(one->ping().code(), 0);
    EXPECT_EQ(one->ping().headers.has("WWW-Authenticate"), false);
    EXPECT_EQ(one->connect(dns_[0]).body<mapihttp::ConnectResponse>().error_code, ErrorCode::none);
    EXPECT_EQ(one->execute(bytes_of("rops")).code(), 0);
    EXPECT_EQ(other->ping().status, 401);
    one->http().close();
    EXPECT_EQ(one->ping().status, 401);  // the same client, on a new connection
  }
}

// Some clients send NTLM's own messages under Negotiate's name, without SPNEGO around them.
TEST_F(HttpSignInTest, NtlmMayStandUnderNegotiatesName) {
  begin();
  auto one = connection();
  auto bare = context(Mechanism::ntlm);
  const std::string first = header(Mechanism::negotiate, *bare, {});
  EXPECT_THAT(first, StartsWith("Negotiate TlRMTVNT"));
  TestReply reply = ping_with(*one, first);
  EXPECT_EQ(reply.status, 401);
  EXPECT_THAT(reply.headers.all("WWW-Authenticate"), ElementsAre(StartsWith("Negotiate TlRMTVNT")));
  EXPECT_EQ(ping_with(*one, header(Mechanism::negotiate, *bare, challenge_in(reply))).code(), 0);
  EXPECT_EQ(one->ping().code(), 0);
  // After one that failed the next begins anew.
  auto wrong = connection();
  EXPECT_EQ(sign_in(*wrong, Mechanism::ntlm, "wrong").status, 401);
  EXPECT_EQ(sign_in(*wrong, Mechanism::ntlm).code(), 0);
}

TEST_F(HttpSignInTest, AnotherSignInTakesTheConnectionOver) {
  begin();
  auto one = connection();
  EXPECT_EQ(sign_in(*one, Mechanism::ntlm).code(), 0);
  EXPECT_EQ(ping_with(*one, directory::basic_header("user2@ropewalk.test", "secret")).code(), 0);
  EXPECT_EQ(one->ping().status, 401);
  EXPECT_EQ(sign_in(*one, Mechanism::ntlm).code(), 0);
  EXPECT_EQ(ping_with(*one, "NTLM !!!").status, 401);
  EXPECT_EQ(one->ping().status, 401);
  EXPECT_EQ(sign_in(*one, Mechanism::ntlm).code(), 0);
  EXPECT_EQ(ping_with(*one, header(Mechanism::ntlm, *context(Mechanism::ntlm), {})).status, 401);
  EXPECT_EQ(one->ping().status, 401);  // one half of a sign-in is none
}

TEST_F(HttpSignInTest, ChangesOfTheDirectoryAreFeltAtOnce) {
  begin();
  auto one = connection();
  EXPECT_EQ(sign_in(*one, Mechanism::ntlm).code(), 0);
  ASSERT_TRUE(server_->directory().set_password("user2@ropewalk.test", "another").ok());
  EXPECT_EQ(one->ping().code(), 0);
  ASSERT_TRUE(server_->directory().set_password("user1@ropewalk.test", "another").ok());
  EXPECT_EQ(one->ping().status, 401);
  EXPECT_EQ(sign_in(*one, Mechanism::ntlm, "another").code(), 0);
  ASSERT_TRUE(server_->directory().remove("user1@ropewalk.test").ok());
  EXPECT_EQ(one->ping().status, 401);
}

TEST_F(HttpSignInTest, GuessesAreCountedWithThoseOfBasic) {
  config_.failures_in_a_row = 4;
  begin();
  for (Mechanism mechanism : {Mechanism::ntlm, Mechanism::negotiate})
    EXPECT_EQ(sign_in(*connection(), mechanism, "wrong").status, 401);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(TestClient(url(), "user1@ropewalk.test", "wrong").ping().status, 401);
  TestReply limited = sign_in(*connection(), Mechanism::ntlm);
  EXPECT_EQ(limited.status, 503);
  EXPECT_NE(limited.headers.get("Retry-After"), "");
  EXPECT_THAT(log(),
              AllOf(HasSubstr("POST /mapi/emsmdb/: refused with 401: "), HasSubstr("wrong password"),
                    HasSubstr("refused with 503: "), HasSubstr("too many failed attempts"), Not(HasSubstr("TlRM"))));
}

// An answer is to the challenge of its own connection.
TEST_F(HttpSignInTest, AnAnswerIsNoGoodTwice) {
  begin();
  auto one = connection(), other = connection();
  auto mine = context(Mechanism::ntlm);
  const std::string first = header(Mechanism::ntlm, *mine, {});
  const std::string answer = header(Mechanism::ntlm, *mine, challenge_in(ping_with(*one, first)));
  EXPECT_EQ(ping_with(*other, first).status, 401);
  EXPECT_EQ(ping_with(*other, answer).status, 401);
  EXPECT_EQ(other->ping().status, 401);
  EXPECT_EQ(ping_with(*one, answer).code(), 0);
  EXPECT_EQ(ping_with(*one, answer).status, 401);  // the sign-in is over: this begins another
  EXPECT_EQ(one->ping().status, 401);
}

TEST_F(HttpSignInTest, TokensCutShortAreRefused) {
  config_.failures_in_a_row = 10'000;
  begin();
  for (Mechanism mechanism : {Mechanism::ntlm, Mechanism::negotiate}) {
    std::size_t size = 1;
    for (std::size_t kept = 0; kept < size; ++kept) {
      auto one = connection();
      auto mine = context(mechanism);
      auto token = mine->step({});
      ASSERT_TRUE(token.ok());
      EXPECT_EQ(ping_with(*one, auth::http_token_header(
                                    mechanism, ByteView(token->token).first(std::min(kept, token->token.size()))))
                    .status,
                401);
      EXPECT_EQ(one->ping().status, 401);
      TestReply challenge = ping_with(*one, auth::http_token_header(mechanism, token->token));
      auto answer = mine->step(challenge_in(challenge));
      ASSERT_TRUE(answer.ok()) << answer.error().text;
      size = answer->token.size();
      EXPECT_GE(ping_with(*one, auth::http_token_header(mechanism, ByteView(answer->token).first(kept))).status, 401);
      EXPECT_EQ(one->ping().status, 401);
      kept += 10;
    }
  }
  EXPECT_EQ(server_->sessions().size(), 0u);
}

TEST_F(HttpSignInTest, ChannelBindingsAreThoseOfTheTlsConnection) {
  config_.http_port.reset();
  config_.https_port = 0;
  config_.require_channel_bindings = true;
  begin();
  for (Mechanism mechanism : {Mechanism::ntlm, Mechanism::negotiate}) {
    auto one = connection();
    EXPECT_EQ(one->ping().status, 401);
    std::vector<u8> right = auth::tls_server_end_point(one->http().peer_certificate());
    ASSERT_FALSE(right.empty());
    std::vector<u8> wrong = right;
    wrong.back() ^= 1;
    EXPECT_EQ(sign_in(*one, mechanism, "secret", wrong).status, 401);
    EXPECT_EQ(sign_in(*one, mechanism).status, 401);
    EXPECT_EQ(sign_in(*one, mechanism, "secret", right).code(), 0);
  }
  EXPECT_THAT(log(), AllOf(HasSubstr("bound the sign-in to another TLS connection"),
                           HasSubstr("did not bind the sign-in to the TLS connection")));
}

}  // namespace
}  // namespace ropewalk::server
