#include <gtest/gtest.h>

#include "base/hex.h"
#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/ids.h"
#include "mapi/value_fields.h"
#include "wire/describe.h"
#include "wire/test_round_trip.h"

namespace ropewalk::mapi {
namespace {

void round_trip(const wire::StructInfo& info, const wire::Context* context, int times) {
  EXPECT_EQ(wire::check_round_trips(info, context, times), "");
}

TEST(Values, RoundTrip) {
  round_trip(wire::struct_info<TaggedPropertyValue>, nullptr, 1000);
  round_trip(wire::struct_info<TypedPropertyValue>, nullptr, 1000);
  round_trip(wire::struct_info<Restriction>, nullptr, 500);
  WideCounts wide;
  wire::Context context = wire::add_context(wide, nullptr);
  round_trip(wire::struct_info<Restriction>, &context, 200);
}

TEST(Values, RowsRoundTripWithTheirColumns) {
  PropTag tags[] = {PropTag(0x0037001F), PropTag(0x0E080003), PropTag(0x0E060040), PropTag(0x00000000 | 0x37010000),
                    PropTag(0x10131102)};
  RowColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
  round_trip(wire::struct_info<PropertyRow>, &context, 500);
}

TEST(Values, NotFoundNamesTheProperty) {
  PropTag tags[] = {PropTag(0x0037001F)};
  RowColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
  Arena arena;
  auto bytes = *from_hex("00 4100 42");
  auto row = wire::decode<PropertyRow>(bytes, arena, &context);
  ASSERT_FALSE(row.ok());
  EXPECT_EQ(row.error().text(), "PropertyRow.PidTagSubject: 4 bytes needed, 3 left at 0x0001");
}

TEST(Ids, KeepTheCounterBigEndian) {
  auto id = FolderId::make(1, 0x0A);
  EXPECT_EQ(id.value, 0x0A00000000000001u);
  EXPECT_EQ(id.globcnt(), 0x0Au);
  EXPECT_EQ(id.to_string(), "0001-00000000000A");
}

TEST(CodePages, ConvertBothWays) {
  EXPECT_EQ(string8_to_utf8(bytes_of("\xCF\xF0\xE8\xE2\xE5\xF2"), 1251),
            "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82");
  EXPECT_EQ(utf8_to_string8("\xD0\x9F", 1251), std::vector<u8>{0xCF});
  EXPECT_EQ(utf8_to_string8("\xD0\x9F", 1252), std::vector<u8>{'?'});
  EXPECT_TRUE(is_known_code_page(932));
  EXPECT_FALSE(is_known_code_page(64999));
}

TEST(Restrictions, DeepNestingIsRefused) {
  std::vector<u8> bytes(5000, 0x02);  // NOT NOT NOT ...
  Arena arena;
  auto result = wire::decode<Restriction>(bytes, arena);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, wire::ErrorKind::too_deep);
}

}  // namespace
}  // namespace ropewalk::mapi
