// The worked values of [MS-NLMP] 4.2.
#include <gtest/gtest.h>

#include "auth/ntlm_keys.h"
#include "auth/ntlm_session.h"
#include "base/hex.h"
#include "base/utf16.h"

namespace ropewalk::auth {
namespace {

using F = NegotiateFlags;

template <std::size_t N>
std::array<u8, N> bytes(std::string_view hex) {
  std::array<u8, N> out{};
  auto read = from_hex(hex);
  EXPECT_TRUE(read && read->size() == N) << hex;
  if (read && read->size() == N) std::copy(read->begin(), read->end(), out.begin());
  return out;
}
std::string hex(ByteView b) { return to_hex(b); }
std::string upper(std::string_view text) { return to_hex(*from_hex(text)); }

const Block8 kServerChallenge = bytes<8>("0123456789abcdef");
const Block8 kClientChallenge = bytes<8>("aaaaaaaaaaaaaaaa");
const Key16 kRandomSessionKey = bytes<16>("55555555555555555555555555555555");
const NegotiateFlags kFlagsV1{0xe2028233}, kFlagsClientChallenge{0x820a8233}, kFlagsV2{0xe28a8233};

struct Sealed {
  std::string data, signature;
};
// GSS_WrapEx of "Plaintext", from the client.
Sealed seal_plaintext(NegotiateFlags flags, const Key16& key) {
  auto text = utf8_to_utf16("Plaintext");
  std::array<u8, 16> signature{};
  NtlmSession session(flags, key, Direction::client_to_server);
  session.seal({.body = text}, signature);
  Sealed sealed{hex(text), hex(signature)};
  NtlmSession peer(flags, key, Direction::server_to_client);
  EXPECT_TRUE(peer.unseal({.body = text}, signature).ok());
  EXPECT_EQ(text, utf8_to_utf16("Plaintext"));
  return sealed;
}

// 4.2.2
TEST(NtlmValues, Version1) {
  ASSERT_TRUE(legacy_crypto_available().ok()) << legacy_crypto_available().error().text;
  const auto lm = lm_hash("Password");
  ASSERT_TRUE(lm);
  EXPECT_EQ(hex(*lm), upper("e52cac67419a9a224a3b108f3fa6cb6d"));
  const Key16 nt = nt_hash("Password");
  EXPECT_EQ(hex(nt), upper("a4f49c406510bdcab6824ee7c30fd852"));
  const Responses responses = respond_v1(kFlagsV1, nt, lm, kServerChallenge, kClientChallenge);
  EXPECT_EQ(hex(responses.session_base_key), upper("d87262b0cde4b1cb7499becccdf10784"));
  EXPECT_EQ(hex(responses.nt), upper("67c43011f30298a2ad35ece64f16331c44bdbed927841f94"));
  EXPECT_EQ(hex(responses.lm), upper("98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13"));
  EXPECT_EQ(respond_v1(kFlagsV1, nt, std::nullopt, kServerChallenge, kClientChallenge).lm, responses.nt);

  auto exchange = [&](u32 more) {
    return key_exchange_key_v1({kFlagsV1.value | more}, responses.session_base_key, lm, responses.lm, kServerChallenge);
  };
  EXPECT_EQ(exchange(0), responses.session_base_key);
  EXPECT_EQ(hex(exchange(F::kLmKey)), upper("b09e379f7fbecb1eaf0afdcb0383c8a0"));
  EXPECT_EQ(hex(rc4k(exchange(0), kRandomSessionKey)), upper("518822b1b3f350c8958682ecbb3e3cb7"));
  EXPECT_EQ(hex(rc4k(exchange(F::kNonNtSessionKey), kRandomSessionKey)), upper("7452ca55c225a1ca04b48fae32cf56fc"));
  EXPECT_EQ(hex(rc4k(exchange(F::kLmKey), kRandomSessionKey)), upper("4cd7bb57d697ef9b549f02b8f9b37864"));

  const Sealed sealed = seal_plaintext(kFlagsV1, kRandomSessionKey);
  EXPECT_EQ(sealed.data, upper("56fe04d861f9319af0d7238a2e3b4d457fb8"));
  EXPECT_EQ(sealed.signature, upper("0100000045c844e509dcd1df2e459d36"));
  EXPECT_EQ(crc32({utf8_to_utf16("Plaintext")}), 0x93AA847Du);
}

// 4.2.3
TEST(NtlmValues, Version1WithClientChallenge) {
  const Key16 nt = nt_hash("Password");
  const Responses responses = respond_v1(kFlagsClientChallenge, nt, {}, kServerChallenge, kClientChallenge);
  EXPECT_EQ(hex(responses.session_base_key), upper("d87262b0cde4b1cb7499becccdf10784"));
  EXPECT_EQ(hex(responses.lm), upper("aaaaaaaaaaaaaaaa00000000000000000000000000000000"));
  EXPECT_EQ(hex(responses.nt), upper("7537f803ae367128ca458204bde7caf81e97ed2683267232"));
  const Key16 key =
      key_exchange_key_v1(kFlagsClientChallenge, responses.session_base_key, {}, responses.lm, kServerChallenge);
  EXPECT_EQ(hex(key), upper("eb93429a8bd952f8b89c55b87f475edc"));
  EXPECT_EQ(hex(seal_key(kFlagsClientChallenge, key, Direction::client_to_server)),
            upper("04dd7f014d8504d265a25cc86a3a7c06"));
  EXPECT_EQ(hex(sign_key(kFlagsClientChallenge, key, Direction::client_to_server)),
            upper("60e799be5c72fc92922ae8ebe961fb8d"));
  const Sealed sealed = seal_plaintext(kFlagsClientChallenge, key);
  EXPECT_EQ(sealed.data, upper("a02372f6530273f3aa1eb90190ce5200c99d"));
  EXPECT_EQ(sealed.signature, upper("01000000ff2aeb52f681793a00000000"));
}

// 4.2.4
TEST(NtlmValues, Version2) {
  const Key16 key = ntowf_v2(nt_hash("Password"), utf8_to_utf16("User"), utf8_to_utf16("Domain"));
  EXPECT_EQ(hex(key), upper("0c868a403bfd7a93a3001ef22ef02e3f"));
  const auto info = *from_hex("02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000");
  const Responses responses = respond_v2(key, kServerChallenge, kClientChallenge, FileTime{0}, info);
  EXPECT_EQ(hex(responses.session_base_key), upper("8de40ccadbc14a82f15cb0ad0de95ca3"));
  EXPECT_EQ(hex(responses.lm), upper("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"));
  EXPECT_EQ(hex(ByteView(responses.nt).first(16)), upper("68cd0ab851e51c96aabc927bebef6a1c"));
  EXPECT_EQ(hex(ByteView(responses.nt).subspan(16)),
            upper("01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000"
                  "02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000"));
  EXPECT_EQ(hex(rc4k(responses.session_base_key, kRandomSessionKey)), upper("c5dad2544fc9799094ce1ce90bc9d03e"));
  EXPECT_EQ(hex(seal_key(kFlagsV2, kRandomSessionKey, Direction::client_to_server)),
            upper("59f600973cc4960a25480a7c196e4c58"));
  EXPECT_EQ(hex(sign_key(kFlagsV2, kRandomSessionKey, Direction::client_to_server)),
            upper("4788dc861b4782f35d43fd98fe1a2d39"));
  const Sealed sealed = seal_plaintext(kFlagsV2, kRandomSessionKey);
  EXPECT_EQ(sealed.data, upper("54e50165bf1936dc996020c1811b0f06fb5f"));
  EXPECT_EQ(sealed.signature, upper("010000007fb38ec5c55d497600000000"));
}

TEST(NtlmValues, NamesCountAsCapitalsAndLongPasswordsHaveNoLmHash) {
  const Key16 hash = nt_hash("p");
  const auto none = ByteView();
  EXPECT_EQ(ntowf_v2(hash, utf8_to_utf16("usér1"), none), ntowf_v2(hash, utf8_to_utf16("USÉR1"), none));
  EXPECT_NE(ntowf_v2(hash, none, utf8_to_utf16("a")), ntowf_v2(hash, none, utf8_to_utf16("A")));
  EXPECT_FALSE(lm_hash("123456789012345"));
  EXPECT_FALSE(lm_hash("usér"));
  // [RFC1320] A.5: MD4 of nothing
  EXPECT_EQ(hex(nt_hash("")), "31D6CFE0D16AE931B73C59D7E0C089C0");
}

class Session : public testing::TestWithParam<u32> {
 protected:
  NtlmSession client_{{GetParam()}, kRandomSessionKey, Direction::client_to_server};
  NtlmSession server_{{GetParam()}, kRandomSessionKey, Direction::server_to_client};
};

TEST_P(Session, BothWaysInTurn) {
  const auto header = *from_hex("0500000310000000");
  for (u8 i = 0; i < 50; ++i) {
    std::vector<u8> body(static_cast<std::size_t>(i) * 7, i), plain = body;
    std::array<u8, 16> signature{};
    const bool by_client = i % 3 != 0, sealed = i % 2 == 0;
    NtlmSession& from = by_client ? client_ : server_;
    NtlmSession& to = by_client ? server_ : client_;
    const MessageParts parts{header, body, header, true};
    if (sealed)
      from.seal(parts, signature);
    else
      from.sign(parts, signature);
    if (sealed && !body.empty()) {
      EXPECT_NE(body, plain);
    }
    Status opened = sealed ? to.unseal(parts, signature) : to.verify(parts, signature);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    EXPECT_EQ(body, plain);
  }
}

TEST_P(Session, ChangedMessagesAreRefusedAndSpoilNothing) {
  auto header = *from_hex("0500000310000000");
  std::vector<u8> body(100, 'x'), sealed_body;
  std::array<u8, 16> signature{};
  client_.seal({header, body, {}, true}, signature);
  sealed_body = body;
  auto attempt = [&] { return server_.unseal({header, body, {}, true}, signature); };
  for (std::size_t i : {0u, 50u, 99u}) {
    body = sealed_body;
    body[i] ^= 1;
    EXPECT_FALSE(attempt().ok());
  }
  body = sealed_body;
  header[3] ^= 4;
  EXPECT_FALSE(attempt().ok());
  header[3] ^= 4;
  for (std::size_t i : {0u, 8u, 12u, 15u}) {
    body = sealed_body;
    signature[i] ^= 1;
    EXPECT_FALSE(attempt().ok()) << i;
    signature[i] ^= 1;
  }
  body = sealed_body;
  Status good = attempt();
  ASSERT_TRUE(good.ok()) << good.error().text;
  EXPECT_EQ(body, std::vector<u8>(100, 'x'));
  body = sealed_body;
  EXPECT_FALSE(attempt().ok()) << "the same message again";
}

INSTANTIATE_TEST_SUITE_P(Flags, Session,
                         testing::Values(kFlagsV1.value, kFlagsClientChallenge.value, kFlagsV2.value,
                                         kFlagsV2.value & ~F::k128, F::kSign | F::kSeal | F::kLmKey,
                                         F::kSign | F::kSeal | F::kLmKey | F::k56));

}  // namespace
}  // namespace ropewalk::auth
