#include "cli/html_text.h"

#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

TEST(HtmlText, BlocksListsAndReferences) {
  EXPECT_EQ(html_to_text("<html><head><title>no</title><style>p{}</style></head><body><p>One &amp;\n two</p>"
                         "<ul><li>a</li><li>b</li></ul><div>x<br>y</div>&#8217;&#x41;&nope;</body>"),
            "One & two\n\n- a\n- b\n\nx\ny\n’A&nope;\n");
}

TEST(HtmlText, LinksShowWhereTheyLead) {
  EXPECT_EQ(html_to_text("<a href=\"https://ropewalk.test/a\">here</a>"), "here <https://ropewalk.test/a>\n");
  EXPECT_EQ(html_to_text("<a href='https://ropewalk.test'>https://ropewalk.test</a>"), "https://ropewalk.test\n");
}

TEST(HtmlText, BrokenInputComesToAnEnd) {
  EXPECT_EQ(html_to_text("a < b <"), "a < b <\n");
  EXPECT_EQ(html_to_text("x<!-- never closed"), "x\n");
  EXPECT_EQ(html_to_text("<script>while(1)"), "");
  EXPECT_EQ(html_to_text("<p title=\"never closed>text"), "text\n");
  EXPECT_EQ(html_to_text("&#99999999999;"), "&#99999999999;\n");
}

}  // namespace
}  // namespace ropewalk::cli
