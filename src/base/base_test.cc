#include <gtest/gtest.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/filetime.h"
#include "base/guid.h"
#include "base/hex.h"
#include "base/result.h"
#include "base/utf16.h"

namespace ropewalk {
namespace {

// [RFC 4648] 10
TEST(Base64, ThePublishedExamples) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (auto [plain, coded] : examples) {
    EXPECT_EQ(to_base64(bytes_of(plain)), coded);
    std::string_view text = coded;
    EXPECT_EQ(text_of(from_base64(text).value()), plain);
    while (text.ends_with('=')) text.remove_suffix(1);
    EXPECT_EQ(text_of(from_base64(text).value()), plain);
  }
  for (const char* bad : {"Z", "Z===", "====", "Zm9v!", "Zm 9v", "Zg==Zg==", "=Zg="})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(Hex, RoundTripsAndSkipsSeparators) {
  std::vector<u8> bytes{0x00, 0x1F, 0xA0, 0xFF};
  EXPECT_EQ(to_hex(bytes), "001FA0FF");
  EXPECT_EQ(from_hex("0x00 1f-A0:ff\n"), bytes);
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_FALSE(from_hex("123"));
  EXPECT_EQ(hex_number(0x1F2, 4), "0x01F2");
}

TEST(GuidText, RoundTrips) {
  constexpr Guid common = guid_literal("00062008-0000-0000-C000-000000000046");
  EXPECT_EQ(common.bytes[0], 0x08);
  EXPECT_EQ(common.to_string(), "00062008-0000-0000-c000-000000000046");
  EXPECT_EQ(Guid::parse("{00062008-0000-0000-c000-000000000046}"), common);
  EXPECT_FALSE(Guid::parse("00062008-0000-0000-c000-00000000004"));
  EXPECT_NE(Guid::random(), Guid::random());
}

TEST(FileTimeText, RoundTripsToTheTick) {
  FileTime time{0x01C9DD5A12345678};
  EXPECT_EQ(FileTime::parse(time.to_string()), time);
  EXPECT_EQ(FileTime::from_unix(0).to_string(), "1970-01-01T00:00:00.0000000Z");
  EXPECT_EQ(FileTime{0}.to_string(), "1601-01-01T00:00:00.0000000Z");
  FileTime late{~u64{0}};
  EXPECT_EQ(late.to_string(), "0xFFFFFFFFFFFFFFFF");
  EXPECT_EQ(FileTime::parse(late.to_string()), late);
  EXPECT_FALSE(FileTime::parse("2009-13-01T00:00:00Z"));
}

TEST(Utf16, RoundTripsBeyondTheBasicPlane) {
  std::string text = "Tauwerk \xC3\xBC \xF0\x9F\xAA\xA2";
  EXPECT_EQ(utf16_to_utf8(utf8_to_utf16(text)), text);
  std::vector<u8> lone{0x00, 0xD8, 0x41, 0x00};
  EXPECT_FALSE(utf16_to_utf8_exact(lone));
  EXPECT_EQ(utf16_to_utf8(lone),
            "\xEF\xBF\xBD"
            "A");
  EXPECT_FALSE(is_utf8("\xC0\x80"));
  EXPECT_TRUE(is_utf8(text));
}

TEST(Utf16, FindsTheFirstZeroUnit) {
  for (std::size_t length = 0; length < 40; ++length) {
    std::vector<u8> bytes(length, 0x80);
    EXPECT_EQ(find_utf16_zero(bytes.data(), bytes.data() + length), nullptr);
    for (std::size_t at = 0; at + 1 < length; at += 2) {
      std::vector<u8> with = bytes;
      if (at > 0) with[at - 1] = 0, with[at - 2] = 1;  // a zero high byte is no zero unit, nor does it spoil the next
      with[at] = with[at + 1] = 0;
      if (at + 3 < length) with[at + 2] = 1, with[at + 3] = 0;
      EXPECT_EQ(find_utf16_zero(with.data(), with.data() + length), with.data() + at) << length << " " << at;
    }
  }
}

TEST(ArenaLimit, StopsAtTheLimit) {
  Arena arena(64 << 10);
  EXPECT_EQ(arena.make<u64>(4).size(), 4u);
  EXPECT_TRUE(arena.make<u64>(1 << 20).empty());
  while (!arena.make<u64>(512).empty()) {
  }
  EXPECT_LE(arena.used(), std::size_t{128} << 10);
  arena.reset();
  EXPECT_FALSE(arena.make<u64>(16).empty());
}

TEST(ResultTest, HoldsEither) {
  Result<int> good = 3;
  Result<int> bad = Error{"no rope"};
  EXPECT_EQ(*good, 3);
  EXPECT_EQ(bad.error().text, "no rope");
  EXPECT_EQ(bad.value_or(7), 7);
}

}  // namespace
}  // namespace ropewalk
