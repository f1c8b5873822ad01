#include "cli/text_table.h"

#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

TEST(TextTable, WidthCountsCellsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("😀"), 2u);
  EXPECT_EQ(display_width("\xFF"), 1u);
}

TEST(TextTable, NothingInASubjectReachesTheTerminalAsACommand) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\uFFFD[2Jb");
  EXPECT_EQ(printable("a\r\nb\tc"), "a  b c");
  EXPECT_EQ(printable("a\r\nb\tc\x07", true), "a\nb\tc\uFFFD");
  EXPECT_EQ(printable("\u202Eevil"), "\uFFFDevil");
}

TEST(TextTable, CutsAtCellBoundaries) {
  EXPECT_EQ(fitted("hello", 5), "hello");
  EXPECT_EQ(fitted("hello", 4), "hel…");
  EXPECT_EQ(fitted("日本語", 5), "日本…");
  EXPECT_EQ(fitted("日本語", 4), "日…");
}

TEST(TextTable, NoLineIsWiderThanTheTerminal) {
  TextTable table({{"Name"}, {"Size", true, 4, false}});
  table.add({"a subject that is far too long for this", "12"});
  table.add({"日本語日本語日本語日本語日本語", "3456"});
  for (std::size_t width : {8u, 20u, 33u}) {
    std::string text = table.to_text(width);
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = text.find('\n', at);
      EXPECT_LE(display_width(std::string_view(text).substr(at, end - at)), width) << text;
      at = end + 1;
    }
  }
  EXPECT_EQ(table.to_text(0),
            "Name                                     Size\n"
            "a subject that is far too long for this    12\n"
            "日本語日本語日本語日本語日本語           3456\n");
}

}  // namespace
}  // namespace ropewalk::cli
