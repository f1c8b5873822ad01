// NTLM and Negotiate: a client against a server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/context_test_support.h"
#include "base/utf16.h"
#include "protocol/ntlmssp/messages.h"
#include "protocol/spnego/tokens.h"

namespace ropewalk::auth {
namespace {

using testing::HasSubstr;
using namespace ntlmssp;

ClientOptions client_options(Level level = Level::privacy) {
  ClientOptions options{.account = "user1", .domain = "ROPEWALK", .password = "Passw0rd.1"};
  options.level = level;
  options.service = "exchangeMDB";
  options.host = "mail.ropewalk.test";
  options.use_kerberos = false;
  return options;
}

ServerOptions server_options() {
  ServerOptions options;
  options.hashes = one_user("user1", "Passw0rd.1");
  options.names = {"MAIL", "ROPEWALK", "mail.ropewalk.test", "ropewalk.test"};
  return options;
}

class Contexts : public testing::TestWithParam<Mechanism> {
 protected:
  Conversation talk_by(const ClientOptions& client, const ServerOptions& server, const Meddler& meddle = {}) {
    return talk(make_client(GetParam(), client), make_server(GetParam(), server), meddle);
  }
  bool negotiated() const { return GetParam() == Mechanism::negotiate; }
};

TEST_P(Contexts, SignInAndProtectMessages) {
  for (Level level : {Level::connect, Level::packet, Level::integrity, Level::privacy}) {
    Conversation both = talk_by(client_options(level), server_options());
    ASSERT_TRUE(both.both_done()) << both.client_refusal << both.server_refusal;
    EXPECT_EQ(both.legs, negotiated() ? 4 : 3);
    EXPECT_EQ(both.server->who().account, "user1");
    EXPECT_EQ(both.server->who().domain, "ROPEWALK");
    EXPECT_EQ(both.client->peer(), "mail.ropewalk.test");
    EXPECT_EQ(both.client->mechanism(), Mechanism::ntlm);
    EXPECT_EQ(both.client->strongest(), effective_level(level));
    EXPECT_EQ(both.server->strongest(), effective_level(level));
    ASSERT_EQ(both.server->session_key().size(), 16u);
    EXPECT_TRUE(equal_in_constant_time(both.client->session_key(), both.server->session_key()));
    exchange_messages(both, level, true);
    exchange_messages(both, level, false);
    if (level == Level::privacy) exchange_messages(both, Level::integrity, true);
  }
}

TEST_P(Contexts, AChangedMessageIsFoundOut) {
  Conversation both = talk_by(client_options(), server_options());
  ASSERT_TRUE(both.both_done());
  std::vector<u8> header(24, 5), body(64, 7), trailer(8, 6), signature(16);
  const MessageParts parts{header, body, trailer, true};
  ASSERT_TRUE(both.client->protect(Level::privacy, parts, signature).ok());
  trailer[4] ^= 1;
  Status bad = both.server->unprotect(Level::privacy, parts, signature);
  ASSERT_FALSE(bad.ok());
  EXPECT_THAT(bad.error().text, HasSubstr("was changed on its way"));
}

TEST_P(Contexts, MoreThanWasAgreedOnIsRefused) {
  Conversation both = talk_by(client_options(Level::integrity), server_options());
  ASSERT_TRUE(both.both_done());
  std::vector<u8> body(16), signature(16);
  Status bad = both.server->protect(Level::privacy, {.body = body}, signature);
  ASSERT_FALSE(bad.ok());
  EXPECT_THAT(bad.error().text,
              HasSubstr("at level privacy: client and server agreed on no more than level integrity"));
}

TEST_P(Contexts, WrongPasswordAndUnknownUser) {
  ClientOptions client = client_options();
  client.password = "other";
  Conversation both = talk_by(client, server_options());
  EXPECT_EQ(both.server_refusal, "user \"ROPEWALK\\user1\" gave a wrong password");
  EXPECT_EQ(both.reason, Reason::wrong_password);
  EXPECT_FALSE(both.server->done());
  EXPECT_FALSE(both.server->step({}).ok());
  client.account = "user2";
  both = talk_by(client, server_options());
  EXPECT_EQ(both.server_refusal, "user \"ROPEWALK\\user2\" is unknown");
  EXPECT_EQ(both.reason, Reason::unknown_user);
  ServerOptions off = server_options();
  off.hashes = [](auto, auto) {
    return HashAnswer{std::nullopt, Reason::switched_off, "NTLM is not switched on for user1@ropewalk.test"};
  };
  both = talk_by(client_options(), off);
  EXPECT_EQ(both.server_refusal, "NTLM is not switched on for user1@ropewalk.test");
  EXPECT_EQ(both.reason, Reason::switched_off);
  off.hashes = nullptr;
  both = talk_by(client_options(), off);
  EXPECT_EQ(both.reason, Reason::switched_off) << both.server_refusal;
}

TEST_P(Contexts, ChannelBindings) {
  const auto mine = std::vector<u8>(40, 1), other = std::vector<u8>(40, 2);
  ClientOptions client = client_options();
  ServerOptions server = server_options();
  client.channel_bindings = server.channel_bindings = mine;
  server.require_channel_bindings = true;
  EXPECT_TRUE(talk_by(client, server).both_done());
  client.channel_bindings = other;
  Conversation both = talk_by(client, server);
  EXPECT_EQ(both.reason, Reason::channel_bindings);
  EXPECT_THAT(both.server_refusal, HasSubstr("another TLS connection than this one"));
  client.channel_bindings.clear();
  both = talk_by(client, server);
  EXPECT_EQ(both.reason, Reason::channel_bindings);
  EXPECT_THAT(both.server_refusal, HasSubstr("did not bind"));
  server.require_channel_bindings = false;
  EXPECT_TRUE(talk_by(client, server).both_done());
}

TEST_P(Contexts, ClocksMayDifferByLittle) {
  ServerOptions server = server_options();
  int calls = 0;  // the challenge's time, which the client gives back; then that of judging
  server.now = [&] { return FileTime::from_unix(calls++ == 0 ? 1'600'000'000 : 1'600'000'000 + 37 * 3600); };
  Conversation both = talk_by(client_options(), server);
  EXPECT_EQ(both.reason, Reason::clock_skew);
  EXPECT_THAT(both.server_refusal, HasSubstr("the client's clock says 2020-09-13T12:26:40"));
  EXPECT_THAT(both.server_refusal, HasSubstr("129600 seconds at most"));
}

TEST_P(Contexts, Version1OnlyWhereConfigured) {
  ClientOptions client = client_options();
  client.ntlm_v1 = true;
  Conversation both = talk_by(client, server_options());
  EXPECT_EQ(both.reason, Reason::too_weak);
  EXPECT_THAT(both.server_refusal, HasSubstr("NTLM version 1, which is not allowed"));
  ServerOptions server = server_options();
  server.allow_ntlm_v1 = true;
  both = talk_by(client, server);
  ASSERT_TRUE(both.both_done()) << both.client_refusal << both.server_refusal;
  exchange_messages(both, Level::privacy, true);
  client.password = "other";
  EXPECT_EQ(talk_by(client, server).reason, Reason::wrong_password);
}

// Offset of the NTLM message inside whatever it travels in.
std::size_t ntlm_at(const std::vector<u8>& token) {
  return static_cast<std::size_t>(std::search(token.begin(), token.end(), kSignature.begin(), kSignature.end()) -
                                  token.begin());
}

TEST_P(Contexts, ATamperedMessageOfTheThreeIsFoundByItsMic) {
  // flags of the first and the second message, the MIC itself
  const std::pair<int, std::size_t> places[] = {{0, 15}, {1, 23}, {2, 80}};
  for (auto [number, offset] : places) {
    Conversation both = talk_by(client_options(), server_options(), [&](int turn, std::vector<u8>& token) {
      if (turn == number) token[ntlm_at(token) + offset] ^= offset == 80 ? 0x01 : 0x80;  // 56 bits: not used here
    });
    EXPECT_EQ(both.reason, Reason::tampered) << number << both.client_refusal << both.server_refusal;
    EXPECT_THAT(both.server_refusal, HasSubstr("the MIC of NTLM's messages does not match")) << number;
  }
}

TEST_P(Contexts, WeakKeysAreRefused) {
  // somebody takes the flags for 128 bits away
  for (int number : {0, 1}) {
    Conversation both = talk_by(client_options(), server_options(), [&](int turn, std::vector<u8>& token) {
      if (turn == number) token[ntlm_at(token) + (turn == 0 ? 15 : 23)] &= 0xDF;
    });
    EXPECT_EQ(both.reason, Reason::too_weak) << number;
  }
}

TEST_P(Contexts, RubbishIsRefused) {
  for (const std::vector<u8>& token : {std::vector<u8>{}, std::vector<u8>(3), std::vector<u8>(200'000, 0x60),
                                       std::vector<u8>(kSignature.begin(), kSignature.end())}) {
    Context server = std::move(*make_server(GetParam(), server_options()));
    auto step = server->step(token);
    ASSERT_FALSE(step.ok());
    EXPECT_EQ(step.error().reason, Reason::bad_token) << step.error().text;
    Context client = std::move(*make_client(GetParam(), client_options()));
    ASSERT_TRUE(client->step({}).ok());
    step = client->step(token);
    ASSERT_FALSE(step.ok());
    EXPECT_EQ(step.error().reason, Reason::bad_token) << step.error().text;
    std::vector<u8> body(16), signature(16);
    EXPECT_FALSE(client->protect(Level::privacy, {.body = body}, signature).ok());
  }
}

// Every message cut short at every byte, and with flipped bits: an answer or a refusal, never more.
TEST_P(Contexts, CutAndFlippedMessages) {
  for (int number : {0, 1, 2, 3}) {
    std::size_t size = 1;
    for (std::size_t cut = 0; cut < size; ++cut) {
      Conversation both = talk_by(client_options(), server_options(), [&](int turn, std::vector<u8>& token) {
        if (turn != number) return;
        size = token.size();
        if (cut < size) token.resize(cut);
      });
      // a NEGOTIATE_MESSAGE may end before Version; the MIC finds that out
      EXPECT_FALSE(both.both_done() && cut < size) << number << " " << cut;
    }
    for (std::size_t at = 0; at < size; ++at)
      (void)talk_by(client_options(), server_options(), [&](int turn, std::vector<u8>& token) {
        if (turn == number && at < token.size()) token[at] ^= static_cast<u8>(1u << (at % 8));
      });
  }
}

INSTANTIATE_TEST_SUITE_P(Ntlm, Contexts, testing::Values(Mechanism::ntlm, Mechanism::negotiate),
                         [](const auto& of) { return std::string(mechanism_name(of.param)); });

// ---- Negotiate alone ----

Conversation negotiate(const Meddler& meddle = {}, const ClientOptions& client = client_options(),
                       const ServerOptions& server = server_options()) {
  return talk(make_client(Mechanism::negotiate, client), make_server(Mechanism::negotiate, server), meddle);
}

// Rewrites a token.
void edit(std::vector<u8>& bytes, const std::function<void(spnego::NegotiationToken&)>& change) {
  const std::vector<u8> before = bytes;
  auto token = spnego::read_token(before);
  ASSERT_TRUE(token.ok()) << token.error().text;
  change(*token);
  bytes = spnego::write_token(*token);
}

TEST(Negotiate, ATamperedListOrMicIsFoundOut) {
  // a mechanism is added behind the client's: the MIC over the list no longer fits
  Conversation both = negotiate([](int turn, std::vector<u8>& bytes) {
    if (turn == 0) edit(bytes, [](auto& token) { token.init.mechanisms.mech_types.push_back(spnego::oid::kNegoEx); });
  });
  EXPECT_EQ(both.reason, Reason::tampered) << both.server_refusal;
  EXPECT_THAT(both.server_refusal, HasSubstr("somebody changed the list"));
  for (int number : {2, 3}) {
    both = negotiate([&](int turn, std::vector<u8>& bytes) {
      if (turn == number) bytes.back() ^= 1;  // mechListMIC stands last
    });
    EXPECT_EQ(both.reason, Reason::tampered) << number;
    EXPECT_FALSE(both.both_done());
    EXPECT_EQ((number == 2 ? both.server_refusal : both.client_refusal).empty(), false);
  }
}

// A client by hand, whose first mechanism is one that the server lacks: then a MIC has to come from both.
class SecondChoice : public testing::Test {
 protected:
  spnego::NegotiationToken send(spnego::NegotiationToken token) {
    auto step = server_->step(spnego::write_token(std::move(token)));
    if (!step.ok()) return refusal_ = step.error(), spnego::NegotiationToken();
    answer_ = std::move(step->token);
    if (answer_.empty()) return {};
    auto read = spnego::read_token(answer_);
    EXPECT_TRUE(read.ok()) << read.error().text;
    return std::move(*read);
  }
  static spnego::NegotiationToken with_token(ByteView bytes) {
    spnego::NegotiationToken token;
    token.resp.response_token = bytes;
    return token;
  }
  // Up to the server's accept-incomplete with its MIC.
  void talk_without_mic() {
    spnego::NegotiationToken token;
    token.is_init = true;
    token.init.mechanisms.mech_types = {spnego::oid::kNegoEx, spnego::oid::kNtlm};
    token.init.mech_token = bytes_of("for another");
    spnego::NegTokenResp resp = send(token).resp;
    EXPECT_EQ(resp.neg_state, spnego::NegState::request_mic);
    EXPECT_TRUE(resp.supported_mech && spnego::same_oid(*resp.supported_mech, spnego::oid::kNtlm));
    EXPECT_FALSE(resp.response_token);
    const auto negotiate = client_->step({})->token;
    resp = send(with_token(negotiate)).resp;
    ASSERT_TRUE(resp.response_token);
    const auto authenticate = client_->step(*resp.response_token)->token;
    resp = send(with_token(authenticate)).resp;
    EXPECT_EQ(resp.neg_state, spnego::NegState::accept_incomplete);
    EXPECT_FALSE(server_->done());
    ASSERT_TRUE(resp.mech_list_mic);
    EXPECT_TRUE(client_->check_mic(list_, *resp.mech_list_mic).ok());
    client_->restart_after_mic();
  }

  Context client_ = std::move(*make_client(Mechanism::ntlm, client_options()));
  Context server_ = std::move(*make_server(Mechanism::negotiate, server_options()));
  std::vector<u8> answer_, list_ = spnego::write_mech_list({{spnego::oid::kNegoEx, spnego::oid::kNtlm}});
  Refusal refusal_;
};

TEST_F(SecondChoice, IsConfirmedByBoth) {
  talk_without_mic();
  spnego::NegotiationToken last;
  const auto mic = client_->make_mic(list_);
  client_->restart_after_mic();
  last.resp.mech_list_mic = mic;
  send(last);
  EXPECT_EQ(refusal_.text, "");
  ASSERT_TRUE(server_->done());
  std::vector<u8> body(32, 'b'), signature(16);
  ASSERT_TRUE(client_->protect(Level::privacy, {.body = body}, signature).ok());
  Status good = server_->unprotect(Level::privacy, {.body = body}, signature);
  EXPECT_TRUE(good.ok()) << good.error().text;
}

TEST_F(SecondChoice, IsNotTakenWithoutTheClientsMic) {
  talk_without_mic();
  send({});
  EXPECT_EQ(refusal_.reason, Reason::tampered);
  EXPECT_FALSE(server_->done());
}

TEST(Negotiate, TheServersMicMustComeWhereItIsNeeded) {
  Conversation both = negotiate([](int turn, std::vector<u8>& bytes) {
    if (turn == 1) edit(bytes, [](auto& token) { token.resp.neg_state = spnego::NegState::request_mic; });
    if (turn == 3) edit(bytes, [](auto& token) { token.resp.mech_list_mic.reset(); });
  });
  EXPECT_EQ(both.reason, Reason::tampered);
  EXPECT_THAT(both.client_refusal, HasSubstr("did not confirm the list"));
}

TEST(Negotiate, BareNtlmUnderItsName) {
  Conversation both =
      talk(make_client(Mechanism::ntlm, client_options()), make_server(Mechanism::negotiate, server_options()));
  ASSERT_TRUE(both.both_done()) << both.server_refusal;
  EXPECT_EQ(both.legs, 3);
  exchange_messages(both, Level::privacy, true);
}

TEST(Negotiate, ChoicesThatCannotBe) {
  Conversation both = negotiate([](int turn, std::vector<u8>& bytes) {
    if (turn == 1) edit(bytes, [](auto& token) { token.resp.supported_mech = spnego::oid::kKerberos; });
  });
  EXPECT_THAT(both.client_refusal, HasSubstr("the server chose Kerberos, which was not offered"));
  both = negotiate([](int turn, std::vector<u8>& bytes) {
    if (turn == 1) edit(bytes, [](auto& token) { token.resp.neg_state = spnego::NegState::accept_completed; });
  });
  EXPECT_THAT(both.client_refusal, HasSubstr("accept-completed before NTLM was through"));
  both = negotiate([](int turn, std::vector<u8>& bytes) {
    if (turn == 1) edit(bytes, [](auto& token) { token.resp.neg_state = spnego::NegState::reject; });
  });
  EXPECT_THAT(both.client_refusal, HasSubstr("refused all mechanisms"));
  both = negotiate([](int turn, std::vector<u8>& bytes) {
    if (turn == 0) edit(bytes, [](auto& token) { token.init.mechanisms.mech_types = {spnego::oid::kNegoEx}; });
  });
  EXPECT_THAT(both.server_refusal, HasSubstr("the client offers NEGOEX, none of which is served"));
  ClientOptions nothing = client_options();
  nothing.use_ntlm = false;
  both = negotiate({}, nothing);
  EXPECT_THAT(both.client_refusal, HasSubstr("no mechanism can be used"));
}

TEST(Negotiate, TheServersHintNamesWhatItServes) {
  auto bytes = negotiate_hint(server_options());
  auto token = spnego::read_token(bytes);
  ASSERT_TRUE(token.ok()) << token.error().text;
  ASSERT_EQ(token->init.mechanisms.mech_types.size(), 1u);
  EXPECT_EQ(spnego::mechanism_text(token->init.mechanisms.mech_types[0]), "NTLM");
  EXPECT_TRUE(token->init.has_hints);
}

// ---- NTLM alone ----

TEST(Ntlm, AnonymousAndLmAreRefused) {
  auto server = std::move(*make_server(Mechanism::ntlm, server_options()));
  auto client = std::move(*make_client(Mechanism::ntlm, client_options(Level::connect)));
  ASSERT_TRUE(server->step(client->step({})->token).ok());
  AuthenticateMessage anonymous;
  anonymous.negotiate_flags.value = NegotiateFlags::kUnicode;
  auto step = server->step(write_message<AuthenticateMessage>(anonymous, {}));
  ASSERT_FALSE(step.ok());
  EXPECT_THAT(step.error().text, HasSubstr("anonymous"));

  server = std::move(*make_server(Mechanism::ntlm, server_options()));
  client = std::move(*make_client(Mechanism::ntlm, client_options(Level::connect)));
  ASSERT_TRUE(server->step(client->step({})->token).ok());
  const auto user = utf8_to_utf16("user1");
  const std::vector<u8> lm(24, 1);
  step = server->step(write_message<AuthenticateMessage>(
      anonymous, {{&AuthenticateMessage::user_name, user}, {&AuthenticateMessage::lm_challenge_response, lm}}));
  ASSERT_FALSE(step.ok());
  EXPECT_EQ(step.error().text, "user \"user1\" signs in with an LM response alone, which is not allowed");
  EXPECT_EQ(step.error().reason, Reason::too_weak);
}

TEST(Ntlm, WhatAClientNeeds) {
  ClientOptions options = client_options();
  options.password.clear();
  auto made = make_client(Mechanism::ntlm, options);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().reason, Reason::no_credentials);
  EXPECT_FALSE(make_client(Mechanism{14}, options).ok());
  EXPECT_FALSE(make_server(Mechanism::none, server_options()).ok());
}

TEST(Levels, HaveNamesAndAnOrder) {
  EXPECT_EQ(level_name(Level::privacy), "privacy");
  EXPECT_EQ(level_name(Level{200}), "unknown");
  EXPECT_EQ(effective_level(Level::packet), Level::integrity);
  EXPECT_EQ(effective_level(Level::standard), Level::connect);
  EXPECT_EQ(level_mismatch(Level::connect, Level::privacy),
            "client asks for connect level 2, server requires privacy level 6");
  EXPECT_EQ(level_mismatch(Level::packet, Level::integrity), "");
  EXPECT_EQ(level_mismatch(Level::privacy, Level::integrity), "");
}

}  // namespace
}  // namespace ropewalk::auth
