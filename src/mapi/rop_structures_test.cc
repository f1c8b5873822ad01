#include <gtest/gtest.h>

#include "base/utf16.h"
#include "mapi/property_name.h"
#include "mapi/property_problem.h"
#include "mapi/recipient_row.h"
#include "mapi/sort_order.h"
#include "mapi/typed_string.h"
#include "wire/test_round_trip.h"

namespace ropewalk::mapi {
namespace {

TEST(RopStructures, RoundTrip) {
  for (const wire::StructInfo* info :
       {&wire::struct_info<SortOrder>, &wire::struct_info<SortOrderSet>, &wire::struct_info<PropertyNameField>,
        &wire::struct_info<PropertyProblem>, &wire::struct_info<TypedString>, &wire::struct_info<RecipientRow>})
    EXPECT_EQ(wire::check_round_trips(*info, nullptr, 200), "");
}

TEST(RecipientRows, HoldValuesOfTheFirstColumns) {
  PropTag tags[] = {PropTag(0x39FE001F), PropTag(0x0C150003)};
  RecipientColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
  auto bytes = *from_hex(
      "1B02"  // SMTP, e-mail address, display name, Unicode
      "6100 4000 6200 0000"
      "4100 0000"
      "0100"  // one column of the two
      "00 6300 0000");
  Arena arena;
  auto row = wire::decode<RecipientRow>(bytes, arena, &context);
  ASSERT_TRUE(row.ok()) << row.error().text();
  EXPECT_EQ(row->flags.type(), RecipientAddressType::smtp);
  EXPECT_EQ(utf16_to_utf8(row->email_address), "a@b");
  EXPECT_EQ(utf16_to_utf8(row->display_name), "A");
  ASSERT_EQ(row->properties.cells.size(), 1u);
  EXPECT_EQ(row->properties.cells[0].column, tags[0]);
  wire::OutBuffer out;
  ASSERT_TRUE(wire::encode(*row, out, &context));
  EXPECT_EQ(to_hex(out.view()), to_hex(bytes));

  bytes[bytes.size() - 7] = 3;
  auto refused = wire::decode<RecipientRow>(bytes, arena, &context);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, wire::ErrorKind::malformed);
}

TEST(RecipientRows, DrawnWithColumns) {
  PropTag tags[] = {PropTag(0x39FE001F), PropTag(0x0C150003)};
  RowColumns row_columns{tags};
  RecipientColumns columns{tags};
  wire::Context rows = wire::add_context(row_columns, nullptr);
  wire::Context context = wire::add_context(columns, &rows);
  wire::Random random{std::mt19937_64(5)};
  int drawn = 0;
  for (int i = 0; i < 20000; ++i) {  // most draws name more columns than there are
    bool made = false;
    ASSERT_EQ(wire::check_instance(wire::struct_info<RecipientRow>, random, &context, made), "");
    drawn += made;
  }
  EXPECT_GT(drawn, 100);
}

TEST(TypedStrings, TakeTheShortestForm) {
  Arena arena;
  auto typed = [&](std::string_view utf8) { return TypedString::of_utf16(utf16_in(arena, utf8), arena); };
  EXPECT_EQ(typed("").type, StringType::empty);
  EXPECT_EQ(typed("caf\xC3\xA9").type, StringType::reduced_unicode);
  EXPECT_EQ(typed("caf\xC3\xA9").text(), "caf\xC3\xA9");
  EXPECT_EQ(typed("\xD0\x96").type, StringType::unicode);
  EXPECT_EQ(typed("\xD0\x96").text(), "\xD0\x96");
}

// MS-OXCDATA_R48 MS-OXCDATA_R50
TEST(PropertyProblems, NameTheTagAndTheError) {
  Arena arena;
  auto bytes = *from_hex("0100 1F001D0E 05000780");
  auto problem = wire::decode<PropertyProblem>(bytes, arena);
  ASSERT_TRUE(problem.ok()) << problem.error().text();
  EXPECT_EQ(problem->index, 1);
  EXPECT_EQ(problem->tag, PropTag(0x0E1D001F));
  EXPECT_EQ(static_cast<u32>(problem->error), 0x80070005u);
}

TEST(PropertyNames, CountTheTerminatorInTheirSize) {
  Arena arena;
  auto bytes = *from_hex("01 2903020000000000C000000000000046 06 6100 6200 0000");
  auto name = wire::decode<PropertyNameField>(bytes, arena);
  ASSERT_TRUE(name.ok()) << name.error().text();
  EXPECT_EQ(utf16_to_utf8(name->name.bytes), "ab");
}

}  // namespace
}  // namespace ropewalk::mapi
