#include <gtest/gtest.h>

#include "base/hex.h"
#include "base/utf16.h"
#include "protocol/ntlmssp/messages.h"
#include "wire/test_round_trip.h"

namespace ropewalk::ntlmssp {
namespace {

TEST(NtlmMessages, EveryReadingAgrees) {
  const wire::StructInfo* infos[] = {&wire::struct_info<NegotiateMessage>,
                                     &wire::struct_info<ChallengeMessage>,
                                     &wire::struct_info<AuthenticateMessage>,
                                     &wire::struct_info<AvPairs>,
                                     &wire::struct_info<Ntlmv2Response>,
                                     &wire::struct_info<NtlmResponse>,
                                     &wire::struct_info<LmResponse>,
                                     &wire::struct_info<Lmv2Response>,
                                     &wire::struct_info<SingleHostData>,
                                     &wire::struct_info<MessageSignature>,
                                     &wire::struct_info<ExtendedMessageSignature>};
  for (const wire::StructInfo* info : infos) EXPECT_EQ(wire::check_round_trips(*info, nullptr, 40), "");
}

std::string tree_of(ByteView bytes) {
  Arena arena;
  const wire::StructInfo* info = message_info(bytes);
  if (info == nullptr) return "no message";
  EXPECT_EQ(wire::check_bytes(*info, bytes, nullptr), "");
  wire::Tree tree = wire::read_tree(*info, bytes, arena);
  EXPECT_FALSE(tree.error) << tree.error->text();
  return wire::to_text(tree.root);
}

std::string text_in(const PayloadField& field, ByteView message) {
  auto bytes = field.in(message);
  return bytes ? utf16_to_utf8(*bytes) : "outside";
}

// [MS-NLMP] 4.2.4.3
const char* const kChallenge =
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef0000000000000000240024004400000006007017"
    "0000000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000";
const char* const kAuthenticate =
    "4e544c4d5353500003000000180018006c00000054005400840000000c000c0048000000080008005400000010001000"
    "5c00000010001000d8000000358288e20501280a0000000f44006f006d00610069006e00550073006500720043004f004d00"
    "5000550054004500520086c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa68cd0ab851e51c96aabc927bebef6a1c"
    "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300"
    "650072007600650072000000000000000000c5dad2544fc9799094ce1ce90bc9d03e";

TEST(NtlmMessages, ThePublishedChallenge) {
  auto bytes = *from_hex(kChallenge);
  Arena arena;
  auto message = read_message<ChallengeMessage>(bytes, arena);
  ASSERT_TRUE(message.ok()) << message.error().text();
  EXPECT_TRUE(message->negotiate_flags.has(NegotiateFlags::k128 | NegotiateFlags::kExtendedSessionSecurity));
  EXPECT_EQ(text_in(message->target_name, bytes), "Server");
  auto pairs = wire::decode<AvPairs>(*message->target_info.in(bytes), arena);
  ASSERT_TRUE(pairs.ok()) << pairs.error().text();
  ASSERT_NE(pairs->find(AvId::nb_domain_name), nullptr);
  EXPECT_EQ(utf16_to_utf8(pairs->find(AvId::nb_domain_name)->value), "Domain");
  EXPECT_EQ(pairs->find(AvId::flags), nullptr);
  const std::string tree = tree_of(bytes);
  EXPECT_NE(tree.find("Text: Server"), std::string::npos) << tree;
  EXPECT_NE(tree.find("MsvAvNbDomainName"), std::string::npos) << tree;
}

TEST(NtlmMessages, ThePublishedAuthenticate) {
  auto bytes = *from_hex(kAuthenticate);
  Arena arena;
  auto message = read_message<AuthenticateMessage>(bytes, arena);
  ASSERT_TRUE(message.ok()) << message.error().text();
  EXPECT_TRUE(message->has_version);
  EXPECT_FALSE(message->has_mic);  // its payload begins where the MIC would stand
  EXPECT_EQ(text_in(message->user_name, bytes), "User");
  EXPECT_EQ(text_in(message->domain_name, bytes), "Domain");
  EXPECT_EQ(text_in(message->workstation, bytes), "COMPUTER");
  auto response = wire::decode<Ntlmv2Response>(*message->nt_challenge_response.in(bytes), arena);
  ASSERT_TRUE(response.ok()) << response.error().text();
  EXPECT_EQ(response->client_challenge.av_pairs.pairs.size(), 3u);
  EXPECT_EQ(response->client_challenge.av_pairs.padding.size(), 4u);
  const std::string tree = tree_of(bytes);
  EXPECT_NE(tree.find("NTLMv2_CLIENT_CHALLENGE"), std::string::npos) << tree;
  EXPECT_NE(tree.find("Text: COMPUTER"), std::string::npos) << tree;
}

TEST(NtlmMessages, SendersOfManyAges) {
  Arena arena;
  // 32 bytes: no Version (Windows 2000, curl); a domain in front of where Version would stand
  auto plain = *from_hex("4e544c4d535350000100000006820800 00000000 00000000 00000000 00000000");
  auto negotiate = read_message<NegotiateMessage>(plain, arena);
  ASSERT_TRUE(negotiate.ok()) << negotiate.error().text();
  EXPECT_FALSE(negotiate->has_version);
  tree_of(plain);
  auto old = *from_hex("4e544c4d5353500001000000 06920000 0400 0400 20000000 0000 0000 24000000 48656c6f");
  negotiate = read_message<NegotiateMessage>(old, arena);
  ASSERT_TRUE(negotiate.ok()) << negotiate.error().text();
  EXPECT_FALSE(negotiate->has_version);
  EXPECT_EQ(text_of(*negotiate->domain_name.in(old)), "Helo");
  EXPECT_NE(tree_of(old).find("Text: Helo"), std::string::npos);
  // a challenge without TargetInfo
  auto short_challenge = *from_hex("4e544c4d5353500002000000 0400 0400 20000000 05820000 0123456789abcdef 44004f00");
  auto challenge = read_message<ChallengeMessage>(short_challenge, arena);
  ASSERT_TRUE(challenge.ok()) << challenge.error().text();
  EXPECT_FALSE(challenge->has_target_info);
  EXPECT_EQ(text_in(challenge->target_name, short_challenge), "DO");
}

TEST(NtlmMessages, WhatIsNoneIsSaidToBeNone) {
  Arena arena;
  auto bytes = *from_hex(kChallenge);
  EXPECT_EQ(read_message<NegotiateMessage>(bytes, arena).error().text(),
            "NEGOTIATE_MESSAGE: MessageType is 2, not 1 at 0x0008");
  bytes[0] = 'M';
  EXPECT_FALSE(read_message<ChallengeMessage>(bytes, arena).ok());
  EXPECT_EQ(message_info(bytes), nullptr);
  PayloadField outside{4, 4, 0xFFFFFFFE};
  EXPECT_FALSE(outside.in(bytes));
  outside = {8, 8, static_cast<u32>(bytes.size()) - 7};
  EXPECT_FALSE(outside.in(bytes));
}

TEST(NtlmMessages, PartsStandWhereTheFieldsSay) {
  auto name = utf8_to_utf16("SERVER");
  ChallengeMessage message;
  message.negotiate_flags.value = NegotiateFlags::kUnicode;
  auto bytes = write_message<ChallengeMessage>(
      message, {{&ChallengeMessage::target_name, name}, {&ChallengeMessage::target_info, ByteView(name).first(4)}});
  Arena arena;
  auto read = read_message<ChallengeMessage>(bytes, arena);
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->target_name.offset, 56u);
  EXPECT_EQ(text_in(read->target_name, bytes), "SERVER");
  EXPECT_EQ(text_in(read->target_info, bytes), "SE");
}

}  // namespace
}  // namespace ropewalk::ntlmssp
