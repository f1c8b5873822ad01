// Protection looked at from outside: what two of our own contexts say to each other, opened with the password.
#include "dissect/security.h"

#include <gtest/gtest.h>

#include "auth/context_test_support.h"
#include "auth/ntlm_keys.h"

namespace ropewalk::dissect {
namespace {

using auth::Direction;
using auth::Level;
using auth::Mechanism;
using auth::NegotiateFlags;
using capture::Side;

constexpr std::size_t kHeader = 24, kTrailer = 8;

struct Case {
  Mechanism mechanism;
  bool version_1;
  Level level;
  std::string_view text;
};

class ObservedNtlm : public testing::TestWithParam<Case> {
 protected:
  ObservedNtlm() { secrets_.nt_hashes.emplace("user1", auth::nt_hash("secret")); }

  // The two sides' contexts, whose tokens the observer sees.
  auth::Conversation talk(SecurityObserver& observer, Level level) {
    auth::ClientOptions client{.account = "user1", .domain = "ROPEWALK", .password = "secret", .level = level};
    client.use_kerberos = false;
    client.ntlm_v1 = GetParam().version_1;
    auth::ServerOptions server;
    server.hashes = auth::one_user("user1", "secret");
    server.allow_ntlm_v1 = true;
    return auth::talk(auth::make_client(GetParam().mechanism, client), auth::make_server(GetParam().mechanism, server),
                      [&](int turn, const std::vector<u8>& token) {
                        if (!token.empty()) observer.token(turn % 2 == 0 ? Side::client : Side::server, token);
                      });
  }
  Secrets secrets_;
};

TEST_P(ObservedNtlm, IsOpenedWithThePassword) {
  const Case& how = GetParam();
  SecurityObserver observer(secrets_, static_cast<dcerpc::AuthType>(how.mechanism),
                            static_cast<dcerpc::AuthLevel>(how.level));
  auth::Conversation both = talk(observer, how.level);
  ASSERT_TRUE(both.both_done()) << both.client_refusal << both.server_refusal;
  EXPECT_EQ(observer.user(), "ROPEWALK\\user1");
  for (int i = 0; i < 12; ++i) {
    const bool by_client = i % 3 != 0;
    std::vector<u8> pdu(kHeader + static_cast<std::size_t>(i) * 16 + kTrailer, static_cast<u8>(i));
    const std::vector<u8> plain = pdu;
    const std::size_t trailer = pdu.size() - kTrailer;
    std::vector<u8> signature(16);
    const auth::MessageParts parts{ByteView(pdu).first(kHeader), std::span(pdu).subspan(kHeader, trailer - kHeader),
                                   ByteView(pdu).subspan(trailer), true};
    Status made = (by_client ? both.client : both.server)->protect(how.level, parts, signature);
    ASSERT_TRUE(made.ok()) << made.error().text;
    auto opened = observer.open(by_client ? Side::client : Side::server, pdu, kHeader, trailer, signature);
    ASSERT_EQ(opened.state, SecurityObserver::State::opened) << i << ": " << opened.text;
    EXPECT_EQ(opened.text, how.text);
    EXPECT_EQ(pdu, plain) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Versions, ObservedNtlm,
    testing::Values(Case{Mechanism::ntlm, false, Level::privacy, "decrypted: NTLM, privacy (6)"},
                    Case{Mechanism::ntlm, true, Level::privacy, "decrypted: NTLM, privacy (6)"},
                    Case{Mechanism::ntlm, true, Level::integrity, "signature is good: NTLM, integrity (5)"},
                    Case{Mechanism::negotiate, false, Level::privacy, "decrypted: NTLM inside SPNEGO, privacy (6)"},
                    Case{Mechanism::negotiate, true, Level::privacy, "decrypted: NTLM inside SPNEGO, privacy (6)"}));

// Before extended session security both directions share one key stream, [MS-NLMP] 3.4.4.1.
TEST(SharedKeyStream, IsFollowedThroughBothDirections) {
  std::vector<u8> challenge, authenticate;
  auth::ServerOptions server;
  server.hashes = auth::one_user("user1", "secret");
  server.allow_ntlm_v1 = server.allow_weak_keys = true;
  auth::ClientOptions client{.account = "user1", .domain = "", .password = "secret", .level = Level::connect};
  client.ntlm_v1 = true;
  constexpr u8 kExtendedByte = NegotiateFlags::kExtendedSessionSecurity >> 16;
  auth::Conversation both = auth::talk(auth::make_client(Mechanism::ntlm, client),
                                       auth::make_server(Mechanism::ntlm, server), [&](int turn, auto& token) {
                                         if (turn == 0) token[14] &= static_cast<u8>(~kExtendedByte);
                                         if (turn == 1) challenge = token;
                                         if (turn == 2) authenticate = token;
                                       });
  ASSERT_FALSE(authenticate.empty()) << both.client_refusal << both.server_refusal;
  auto observed = auth::observe_ntlm(challenge, authenticate, auth::nt_hash("secret"));
  ASSERT_TRUE(observed.ok()) << observed.error().text;
  ASSERT_FALSE(observed->of_server);
  auth::Key16 key{};
  ASSERT_EQ(both.client->session_key().size(), key.size());
  std::ranges::copy(both.client->session_key(), key.begin());
  const NegotiateFlags flags{load_le<u32>(authenticate.data() + 60)};
  ASSERT_FALSE(flags.has(NegotiateFlags::kExtendedSessionSecurity));
  auth::NtlmSession of_client(flags, key, Direction::client_to_server), of_server(of_client);
  for (int i = 0; i < 6; ++i) {
    std::vector<u8> body(64, static_cast<u8>(i)), plain = body, signature(16), copy;
    const auth::MessageParts parts{.body = body};
    // The one that receives has gone through the same bytes: its stream is the sender's.
    auth::NtlmSession& sender = i % 2 == 0 ? of_client : of_server;
    sender.seal(parts, signature);
    (i % 2 == 0 ? of_server : of_client) = sender;
    Status good =
        observed->of(i % 2 == 0 ? Direction::client_to_server : Direction::server_to_client).unseal(parts, signature);
    ASSERT_TRUE(good.ok()) << i << ": " << good.error().text;
    EXPECT_EQ(body, plain);
  }
}

}  // namespace
}  // namespace ropewalk::dissect
