#include <gtest/gtest.h>

#include <random>

#include "base/hex.h"
#include "protocol/spnego/tokens.h"

namespace ropewalk::spnego {
namespace {

// What a server of 2008 sends of itself: four mechanisms and the hint.
const char* const kInit2 =
    "607606062b0601050502a06c306aa03c303a060a2b06010401823702021e06092a864882f71201020206092a864886f712010202"
    "060a2a864886f71201020203060a2b06010401823702020aa32a3028a0261b246e6f745f646566696e65645f696e5f5246433431"
    "373840706c656173655f69676e6f7265";
// The answer with NTLM's choice.
const char* const kResp = "a11b3019a0030a0100a312041001000000baa292368b208c2a00000000";

TEST(SpnegoTokens, AServersHint) {
  auto bytes = *from_hex(kInit2);
  wire::Node tree;
  auto token = read_token(bytes, &tree);
  ASSERT_TRUE(token.ok()) << token.error().text;
  ASSERT_TRUE(token->is_init);
  ASSERT_EQ(token->init.mechanisms.mech_types.size(), 5u);
  EXPECT_EQ(mechanism_text(token->init.mechanisms.mech_types[0]), "NEGOEX");
  EXPECT_EQ(mechanism_text(token->init.mechanisms.mech_types[3]), "1.2.840.113554.1.2.2.3");
  EXPECT_EQ(mechanism_text(token->init.mechanisms.mech_types[4]), "NTLM");
  EXPECT_TRUE(token->init.has_hints);
  EXPECT_EQ(text_of(*token->init.hint_name), kHintName);
  EXPECT_FALSE(token->init.mech_list_mic);
  EXPECT_EQ(to_hex(write_token(*token)), to_hex(bytes));
  EXPECT_NE(wire::to_text(tree).find("1.3.6.1.4.1.311.2.2.10"), std::string::npos) << wire::to_text(tree);
  EXPECT_TRUE(same_oid(*token_mechanism(bytes), oid::kSpnego));
}

TEST(SpnegoTokens, AnAnswerWithAMic) {
  auto bytes = *from_hex(kResp);
  wire::Node tree;
  auto token = read_token(bytes, &tree);
  ASSERT_TRUE(token.ok()) << token.error().text;
  ASSERT_FALSE(token->is_init);
  EXPECT_EQ(token->resp.neg_state, NegState::accept_completed);
  EXPECT_FALSE(token->resp.supported_mech);
  ASSERT_TRUE(token->resp.mech_list_mic);
  EXPECT_EQ(token->resp.mech_list_mic->size(), 16u);
  EXPECT_EQ(to_hex(write_token(*token)), to_hex(bytes));
  EXPECT_NE(wire::to_text(tree).find("accept-completed"), std::string::npos) << wire::to_text(tree);
}

TEST(SpnegoTokens, AllFormsOfInit) {
  const auto mic = *from_hex("0102030405");
  std::vector<u8> long_token(70'000, 7);
  for (bool hints : {false, true}) {
    NegotiationToken token;
    token.is_init = true;
    token.init.mechanisms.mech_types = {oid::kKerberos, oid::kNtlm};
    token.init.mech_token = long_token;
    token.init.has_hints = hints;
    if (hints) token.init.hint_name = bytes_of(kHintName);
    token.init.mech_list_mic = mic;
    auto written = write_token(token);
    auto read = read_token(written);
    ASSERT_TRUE(read.ok()) << read.error().text;
    EXPECT_EQ(read->init.has_hints, hints);
    EXPECT_EQ(read->init.mech_token->size(), long_token.size());
    EXPECT_EQ(to_hex(*read->init.mech_list_mic), to_hex(mic));
  }
  EXPECT_EQ(to_hex(write_mech_list({{oid::kNtlm}})), "300C060A2B06010401823702020A");
}

TEST(SpnegoTokens, BrokenOnesSayWhere) {
  auto error = [](std::string_view hex) {
    auto bytes = *from_hex(hex);
    auto token = read_token(bytes);
    return token.ok() ? "read" : token.error().text;
  };
  EXPECT_EQ(error(""), "the SPNEGO token cannot be read: negTokenResp: nothing left where tag 0xA1 was due at 0x0000");
  EXPECT_EQ(error("a1053003a0010a"), "the SPNEGO token cannot be read: negState: no length at 0x0006");
  EXPECT_NE(error("a1073005a0030a0104").find("none of the four states"), std::string::npos);
  EXPECT_NE(error("a180300000").find("indefinite"), std::string::npos);
  EXPECT_NE(error("a185ffffffffff").find("overlong"), std::string::npos);
  EXPECT_NE(error("a184ffffffff").find("4294967295 bytes announced, 0 left"), std::string::npos);
  EXPECT_NE(error("600806062b0601050503").find("thisMech: not SPNEGO"), std::string::npos);
  EXPECT_NE(error("a102300000").find("left over"), std::string::npos);
}

TEST(SpnegoTokens, CutOrFlippedOnesAreReadOrRefused) {
  std::mt19937 random(5);
  for (const char* hex : {kInit2, kResp}) {
    const auto whole = *from_hex(hex);
    for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(read_token(ByteView(whole).first(n)).ok()) << n;
    for (int i = 0; i < 3000; ++i) {
      auto bytes = whole;
      bytes[random() % bytes.size()] ^= static_cast<u8>(1u << random() % 8);
      auto token = read_token(bytes);
      if (token.ok()) {
        EXPECT_TRUE(read_token(write_token(*token)).ok());
      }
    }
  }
}

}  // namespace
}  // namespace ropewalk::spnego
