// The offline address book's files as `ropewalk decode` shows them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.h"
#include "dissect/kinds.h"
#include "protocol/oab/compressed.h"
#include "protocol/oab/details.h"
#include "wire/test_round_trip.h"

namespace ropewalk::dissect {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Put together by hand from [MS-OXOAB] 2.9: the header, the metadata with both tables, the list's record, one object.
constexpr const char* kDetails =
    "2000000071E4C132010000006C000000040000001F000068000000001E0004680000000003000168000000001E0002680000"
    "0000080000001E000330020000001F00FE39020000001F00013001000000030000390000000003000539000000000B00403A"
    "000000001F100F8000000000031005680000000044000000F05C476C6F62616C2041646472657373204C697374002F00822C"
    "0131313131313131312D323232322D333333332D343434342D3535353535353535353535350070000000FF2F6F3D526F7065"
    "77616C6B2F636E3D757365723100757365723140726F706577616C6B2E7465737400C39C736572000084000000400102534D"
    "54503A757365723140726F706577616C6B2E7465737400736D74703A7540726F706577616C6B2E746573740001841F000430";

std::vector<u8> details() { return *from_hex(kDetails); }

std::string shown(const char* kind, ByteView bytes) {
  Arena arena;
  const wire::Tree tree = read_kind(*find_kind(kind), bytes, arena, {});
  EXPECT_FALSE(tree.error) << tree.error->text();
  return wire::to_text(tree.root);
}

// Bytes, tree, JSON, bytes; and every shorter piece of it is an error or reads the same by all readings.
void expect_same_again(const char* name, ByteView bytes) {
  const Kind& kind = *find_kind(name);
  Arena arena;
  const wire::Tree tree = read_kind(kind, bytes, arena, {});
  auto again = write_kind(kind, wire::to_json(tree.root), arena, {});
  ASSERT_TRUE(again.ok()) << name << ": " << again.error().text;
  EXPECT_EQ(to_hex(*again), to_hex(bytes)) << name;
  if (kind.info == nullptr) return;
  for (std::size_t n = 0; n <= bytes.size(); n += n + 40 < bytes.size() ? 3 : 1)
    ASSERT_EQ(wire::check_bytes(*kind.info, bytes.first(n), nullptr), "") << name << " of " << n;
}

TEST(OabKinds, ReadWhatIsWrittenByHand) {
  const auto file = details();
  const std::string text = shown("oab", file);
  EXPECT_THAT(text, AllOf(HasSubstr("PidTagOfflineAddressBookName"), HasSubstr("\\Global Address List"),
                          HasSubstr("PidTagSmtpAddress"), HasSubstr("user1@ropewalk.test"), HasSubstr("0x800F101F"),
                          HasSubstr("smtp:u@ropewalk.test")));
  EXPECT_THAT(text, AllOf(HasSubstr("Value: 300"), HasSubstr("Value: 1073741824"), HasSubstr("Value: 805568543")));
  Arena arena;
  auto read = oab::DetailsReader::read(file, arena);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(read->objects.size(), 1u);
}

TEST(OabKinds, ComeBackAsTheyWere) {
  const auto file = details();
  auto next = file;
  next[next.size() - 1] ^= 1;
  for (const char* name : {"oab", "oab-details"}) expect_same_again(name, file);
  for (const char* name : {"oab", "oab-compressed"}) expect_same_again(name, oab::compress_file(file));
  for (const char* name : {"oab", "oab-patch"}) expect_same_again(name, *oab::make_patch(file, next));
}

TEST(OabKinds, ShowWhatIsCompressed) {
  const std::string text = shown("oab", oab::compress_file(details()));
  EXPECT_THAT(text, AllOf(HasSubstr("LZX_HDR"), HasSubstr("ulUncompSize"), HasSubstr("Uncompressed"),
                          HasSubstr("user1@ropewalk.test")));
  const auto patch = *oab::make_patch(details(), details());
  EXPECT_THAT(shown("oab", patch), AllOf(HasSubstr("PATCH_HDR"), HasSubstr("ulSourceCRC"), HasSubstr("PATCH_BLK")));
}

TEST(OabKinds, ReadManifests) {
  const std::string manifest =
      "<?xml version='1.0'?><OAB><OAL id='g' dn='/' name='\\List'>\n<Full seq='4' ver='32' size='5' "
      "uncompressedsize='9' SHA='ab'>\n g-data-4.lzx\n</Full><Other/></OAL></OAB>";
  const std::string text = shown("oab", bytes_of(manifest));
  EXPECT_THAT(text, AllOf(HasSubstr("Full"), HasSubstr("uncompressedsize"), HasSubstr("g-data-4.lzx")));
  Arena arena;
  const Kind& kind = *find_kind("oab-manifest");
  const wire::Tree tree = read_kind(kind, bytes_of(manifest), arena, {});
  auto again = write_kind(kind, wire::to_json(tree.root), arena, {});
  ASSERT_TRUE(again.ok());
  EXPECT_THAT(std::string(text_of(*again)), HasSubstr("SHA=\"ab\">g-data-4.lzx</Full>"));
  for (std::string_view wrong : {"<OAB", "<OAL/>", "<"}) {
    const wire::Tree refused = read_kind(kind, bytes_of(wrong), arena, {});
    EXPECT_TRUE(refused.error) << wrong;
  }
}

TEST(OabKinds, RefuseWhatIsNone) {
  Arena arena;
  for (const char* hex : {"", "20", "FFFFFFFF", "0300000001000000", "0300000002000000FF"})
    EXPECT_TRUE(read_kind(*find_kind("oab"), *from_hex(hex), arena, {}).error) << hex;
  EXPECT_FALSE(write_kind(*find_kind("oab"), boost::json::value(nullptr), arena, {}).ok());
}

}  // namespace
}  // namespace ropewalk::dissect
