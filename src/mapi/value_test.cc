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

// Type before id, both 16 bits: MS-OXCDATA_R181 MS-OXCDATA_R182. Then the value: MS-OXCDATA_R468
TEST(Values, TagsStandBeforeThem) {
  Arena arena;
  auto bytes = *from_hex("1F00 3700 4100 4200 0000");
  auto value = wire::decode<TaggedPropertyValue>(bytes, arena);
  ASSERT_TRUE(value.ok()) << value.error().text();
  EXPECT_EQ(value->tag.type(), PropType::string);
  EXPECT_EQ(value->tag.id(), 0x0037);
  EXPECT_EQ(value->value.bytes.size(), 4u);  // the terminator travels with it: MS-OXCDATA_R455
  bytes.resize(bytes.size() - 2);
  EXPECT_FALSE(wire::decode<TaggedPropertyValue>(bytes, arena).ok());
}

// A flag before each value, and one for the row: MS-OXCDATA_R76 MS-OXCDATA_R80 MS-OXCDATA_R473 MS-OXCDATA_R475
TEST(Values, RowsWithFlags) {
  PropTag tags[] = {PropTag(0x0E080003), PropTag(0x0037001F), PropTag(0x0E1D001F), PropTag(0x10131003)};
  RowColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
  Arena arena;
  auto bytes = *from_hex(
      "01"
      "00 05000000"  // MS-OXCDATA_R476
      "01"           // no value: MS-OXCDATA_R479
      "0A 0F010480"  // an error instead
      "00 02000000 07000000 08000000");
  auto row = wire::decode<PropertyRow>(bytes, arena, &context);
  ASSERT_TRUE(row.ok()) << row.error().text();
  ASSERT_EQ(row->cells.size(), 4u);
  EXPECT_EQ(row->cells[0].value.number, 5u);
  EXPECT_EQ(row->cells[1].flag, CellFlag::absent);
  EXPECT_EQ(row->cells[2].flag, CellFlag::error);
  EXPECT_EQ(row->cells[2].value.number, 0x8004010Fu);
  ASSERT_EQ(row->cells[3].value.items.size(), 2u);
  EXPECT_EQ(row->cells[3].value.items[1].number, 8u);
  for (u8 flag : {u8{0x02}, u8{0x09}, u8{0xFF}}) {
    bytes[1] = flag;
    EXPECT_FALSE(wire::decode<PropertyRow>(bytes, arena, &context).ok()) << int{flag};
  }
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
