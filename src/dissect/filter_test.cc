#include "dissect/filter.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/hex.h"
#include "dissect/catalogue.h"
#include "dissect/kinds.h"

namespace ropewalk::dissect {
namespace {

const FilterNames kNames{{"mapi", "dcerpc"},
                         {{"mapi.rop", "text", "the names of the ROPs"},
                          {"mapi.error", "uint32", "the error code"},
                          {"frame.time_relative", "double", "seconds"},
                          {"ip.src", "address", "the sender"}}};

// An operation of two ROPs, the second of which failed, with whatever tree a test wants.
class FakeSubject final : public FilterSubject {
 public:
  explicit FakeSubject(wire::Node tree) : tree_(std::move(tree)) {}
  bool has_layer(std::string_view layer) const override { return layer == "mapi"; }
  void attribute(std::size_t number, std::vector<FilterValue>& values) const override {
    switch (number) {
      case 0:
        values.push_back({.text = "RopLogon"});
        values.push_back({.text = "RopOpenFolder"});
        break;
      case 1:
        values.push_back({.number = 0, .meaning = "Success"});
        values.push_back({.number = 0x8004010F, .meaning = "ecNotFound"});
        break;
      case 2:
        values.push_back({.real = 1.5});
        break;
      default:
        values.push_back({.text = "192.0.2.7"});
    }
  }
  const wire::Node& tree() const override { return tree_; }

 private:
  wire::Node tree_;
};

wire::Node tree_of(std::string_view kind, std::string_view hex, const KindOptions& options = {}) {
  Arena arena;
  wire::Tree tree = read_kind(*find_kind(kind), *from_hex(hex), arena, options);
  EXPECT_FALSE(tree.error) << tree.error->text();
  return tree.root;
}

wire::Node open_folder() { return tree_of("rop-request", "02 00 00 01 0100000000000005 00"); }

bool matches(const FilterSubject& subject, std::string_view text) {
  auto filter = Filter::parse(text, kNames);
  EXPECT_TRUE(filter) << filter.error().text;
  return filter && filter->matches(subject);
}

std::string error_of(std::string_view text) {
  auto filter = Filter::parse(text, kNames);
  return filter ? "no error" : filter.error().text;
}

TEST(Filter, FieldsOfStructures) {
  FakeSubject subject(open_folder());
  EXPECT_TRUE(matches(subject, "mapi.OpenFolder"));
  EXPECT_TRUE(matches(subject, "mapi.OpenFolder.FolderId"));
  EXPECT_TRUE(matches(subject, "mapi.OpenFolder.FolderId == 0x0500000000000001"));
  EXPECT_FALSE(matches(subject, "mapi.OpenFolder.FolderId == 0x0500000000000002"));
  EXPECT_TRUE(matches(subject, "mapi.FolderId > 5"));
  EXPECT_FALSE(matches(subject, "mapi.GetContentsTable.LogonId"));
  EXPECT_TRUE(matches(subject, "mapi.OpenFolder.RopId == RopOpenFolder"));
  EXPECT_TRUE(matches(subject, "mapi.OpenFolder.RopId == 2"));
  EXPECT_TRUE(matches(subject, "mapi.OpenFolder.RopId in {1, 2..3, \"RopRelease\"}"));
  EXPECT_FALSE(matches(subject, "mapi.OpenFolder.RopId in {3..200}"));
  EXPECT_TRUE(matches(subject, "mapi.OpenFolder.InputHandleIndex < mapi.OpenFolder.OutputHandleIndex"));
}

TEST(Filter, AttributesAndLayers) {
  FakeSubject subject(open_folder());
  EXPECT_TRUE(matches(subject, ""));
  EXPECT_TRUE(matches(subject, "mapi"));
  EXPECT_FALSE(matches(subject, "dcerpc"));
  EXPECT_TRUE(matches(subject, "mapi.rop == \"RopOpenFolder\""));
  EXPECT_TRUE(matches(subject, "mapi.error != 0 or mapi.error == 0"));
  EXPECT_TRUE(matches(subject, "mapi.error == ecNotFound"));
  EXPECT_TRUE(matches(subject, "mapi.error >= 0x80000000"));
  EXPECT_TRUE(matches(subject, "frame.time_relative > 1 and frame.time_relative < 1.75"));
  EXPECT_TRUE(matches(subject, "ip.src == 192.0.2.7"));
  EXPECT_TRUE(matches(subject, "ip.src == 192.0.2.0/28"));
  EXPECT_FALSE(matches(subject, "ip.src != 192.0.2.0/28"));
  EXPECT_FALSE(matches(subject, "ip.src == 192.0.2.0/30 or ip.src == 2001:db8::/32"));
  EXPECT_TRUE(matches(subject, "ip.src in {10.0.0.0/8, 192.0.2.0/24}"));
  EXPECT_TRUE(matches(subject, "ip.src contains \"192.\""));
}

// wireshark-filter(4): == asks for any of the values, != for all of them.
TEST(Filter, QuantifiersAsInWireshark4) {
  FakeSubject subject(open_folder());
  EXPECT_FALSE(matches(subject, "mapi.error != 0"));
  EXPECT_TRUE(matches(subject, "mapi.error !== 0"));
  EXPECT_TRUE(matches(subject, "mapi.error == 0"));
  EXPECT_FALSE(matches(subject, "mapi.error === 0"));
  EXPECT_FALSE(matches(subject, "all mapi.rop contains \"Open\""));
  EXPECT_TRUE(matches(subject, "any mapi.rop contains \"Open\""));
  EXPECT_TRUE(matches(subject, "all mapi.rop contains \"Rop\""));
  EXPECT_TRUE(matches(subject, "count(mapi.rop) == 2"));
}

TEST(Filter, Connectives) {
  FakeSubject subject(open_folder());
  EXPECT_TRUE(matches(subject, "not dcerpc"));
  EXPECT_TRUE(matches(subject, "!dcerpc && (mapi || dcerpc)"));
  EXPECT_TRUE(matches(subject, "dcerpc and dcerpc or mapi"));  // and binds tighter
  EXPECT_FALSE(matches(subject, "dcerpc and (dcerpc or mapi)"));
  EXPECT_TRUE(matches(subject, "mapi xor dcerpc"));
  EXPECT_FALSE(matches(subject, "mapi ^^ mapi"));
}

TEST(Filter, TextAndBytes) {
  KindOptions options;
  options.columns = *parse_columns("PidTagSubject,PidTagMessageSize");
  FakeSubject row(tree_of("property-row", "00 4800 6900 0000 10000000", options));
  EXPECT_TRUE(matches(row, "mapi.PidTagSubject == \"Hi\""));
  EXPECT_TRUE(matches(row, "mapi.PR_SUBJECT matches \"^h.$\""));
  EXPECT_FALSE(matches(row, "mapi.PidTagSubject matches \"^x\""));
  EXPECT_TRUE(matches(row, "lower(mapi.PidTagSubject) == \"hi\""));
  EXPECT_TRUE(matches(row, "len(mapi.PidTagSubject) == 2"));
  EXPECT_TRUE(matches(row, "mapi.PidTagMessageSize & 0x10"));
  EXPECT_FALSE(matches(row, "mapi.PidTagMessageSize & 0x20"));
  FakeSubject tagged(tree_of("tagged-property-value", "1F003700 4800 6900 0000"));
  EXPECT_TRUE(matches(tagged, "mapi.PidTagSubject == \"Hi\""));
  EXPECT_FALSE(matches(tagged, "mapi.PidTagBody"));
  FakeSubject stream(tree_of("rop-response", "2C 01 00000000 0300 AABBCC"));
  EXPECT_TRUE(matches(stream, "mapi.ReadStream.Data contains bb:cc"));
  EXPECT_FALSE(matches(stream, "mapi.ReadStream.Data contains cc:bb"));
  EXPECT_TRUE(matches(stream, "mapi.ReadStream.Data == aa:bb:cc"));
}

// [MS-OXCROPS] has none of these; wireshark-filter(4) does.
TEST(Filter, Slices) {
  FakeSubject stream(tree_of("rop-response", "2C 01 00000000 0500 AABBCCDDEE"));
  for (const char* held :
       {"mapi.ReadStream.Data[0:2] == aa:bb", "mapi.ReadStream.Data[1-2] == bb:cc", "mapi.ReadStream.Data[4] == ee",
        "mapi.ReadStream.Data[:3] == aa:bb:cc", "mapi.ReadStream.Data[3:] == dd:ee",
        "mapi.ReadStream.Data[-2:2] == dd:ee", "mapi.ReadStream.Data[0,3-4] == aa:dd:ee",
        "mapi.ReadStream.Data[0:2] == 0xaabb", "len(mapi.ReadStream.Data[1:3]) == 3", "mapi.ReadStream.Data[0:4]",
        "mapi.ReadStream.Data[1:] contains cc:dd", "mapi.Data[0] in {99, 0xAA}", "not mapi.ReadStream.Data[0:6]",
        "not mapi.ReadStream.Data[5]", "mapi.ReadStream.Data[0:2] < ab:00"})
    EXPECT_TRUE(matches(stream, held)) << held;
  for (const char* other : {"mapi.ReadStream.Data[0:2] == aa:cc", "mapi.ReadStream.Data[1:2] == aa:bb",
                            "mapi.ReadStream.Data[-6:2] == aa:bb"})
    EXPECT_FALSE(matches(stream, other)) << other;
  FakeSubject tagged(tree_of("tagged-property-value", "1F003700 4800 6900 0000"));
  EXPECT_TRUE(matches(tagged, "mapi.PidTagSubject[0:1] == \"H\""));
  EXPECT_TRUE(matches(tagged, "mapi.PidTagSubject[0] == 48"));
  EXPECT_TRUE(matches(tagged, "lower(mapi.PidTagSubject[:2]) == \"hi\""));
  EXPECT_TRUE(matches(tagged, "mapi.rop[0:3] == \"Rop\""));
  for (const char* wrong : {"mapi.Data[", "mapi.Data[]", "mapi.Data[x]", "mapi.Data[:]", "mapi.Data[3-1]",
                            "mapi.Data[0:0]", "mapi.Data[0:4 == 1", "mapi.Data[99999999999]"})
    EXPECT_TRUE(error_of(wrong).starts_with("filter, column ")) << wrong << ": " << error_of(wrong);
}

TEST(Filter, ErrorsSayWhereAndWhat) {
  EXPECT_EQ(error_of("mapi.OpenFoldr.FolderId == 1").substr(0, 60),
            "filter, column 1: \"mapi.OpenFoldr.FolderId\" is not a field; ");
  EXPECT_NE(error_of("mapi.OpenFoldr.FolderId").find("mapi.OpenFolder.FolderId"), std::string::npos);
  EXPECT_EQ(error_of("(mapi"), "filter, column 6: a closing parenthesis is missing");
  EXPECT_EQ(error_of("mapi.rop =="), "filter, column 12: a field or a value is missing");
  EXPECT_EQ(error_of("mapi.rop == \"x"), "filter, column 13: the string has no closing quote");
  EXPECT_NE(error_of("mapi.rop matches \"(\"").find("missing closing parenthesis"), std::string::npos);
  EXPECT_NE(error_of("5 == mapi.rop").find("is not a field"), std::string::npos);
  EXPECT_NE(error_of("mapi mapi").find("column 6"), std::string::npos);
  EXPECT_NE(error_of("mapi.rop in 5").find("in needs a set"), std::string::npos);
  EXPECT_NE(error_of(std::string(5000, '(')).find("more than 100"), std::string::npos);
  EXPECT_NE(error_of("ip.src == 999.1.1.1").find("column 11: \"999.1.1.1\" is no address"), std::string::npos);
  EXPECT_NE(error_of("ip.src in {10.0.0.0/33}").find("is no address"), std::string::npos);
  EXPECT_NE(error_of("frame.time_relative > \"1\"").find("without quotes"), std::string::npos);
  EXPECT_NE(error_of("mapi and ;").find("';'"), std::string::npos);
}

TEST(Filter, NeverEndingPatternsEnd) {
  KindOptions options;
  options.columns = *parse_columns("PidTagSubject");
  std::string hex = "00";
  for (int i = 0; i < 60; ++i) hex += "6100";
  FakeSubject row(tree_of("property-row", hex + "0000", options));
  EXPECT_FALSE(matches(row, "mapi.PidTagSubject matches \"^(a+)+$b\""));
}

TEST(Filter, Completions) {
  auto found = filter_completions("mapi.OpenFolder.F", kNames, 10);
  EXPECT_NE(std::ranges::find(found, "mapi.OpenFolder.FolderId"), found.end());
  EXPECT_EQ(filter_completions("mapi.", kNames, 7).size(), 7u);
  EXPECT_FALSE(filter_completions("mapi.PidTagSubj", kNames, 10).empty());
}

TEST(Catalogue, NamesAreWhatFiltersCanSay) {
  ASSERT_GT(catalogue().size(), 1000u);
  for (const CatalogueEntry& entry : catalogue()) {
    EXPECT_TRUE(std::ranges::all_of(entry.name, [](char c) {
      return std::isalnum(static_cast<u8>(c)) || c == '.' || c == '_';
    })) << entry.name;
    EXPECT_FALSE(entry.meaning.empty()) << entry.name;
    EXPECT_TRUE(Filter::parse(entry.name, kNames)) << entry.name;
  }
  auto folder_id = find_in_catalogue("mapi.OpenFolder.FolderId");
  ASSERT_EQ(folder_id.size(), 1u);
  EXPECT_EQ(folder_id[0].type, "FolderId");
  EXPECT_NE(folder_id[0].meaning.find("[MS-OXCROPS] 2.2.4.1.1"), std::string::npos) << folder_id[0].meaning;
}

}  // namespace
}  // namespace ropewalk::dissect
