#include <gtest/gtest.h>

#include "base/hex.h"
#include "wire/describe.h"
#include "wire/generate.h"
#include "wire/json_reader.h"

namespace ropewalk::wire {
namespace {

struct Leaf {
  static constexpr std::string_view kName = "Leaf";
  u16 number{};
  String16 text;
  static void fields(auto& m, auto& v) {
    v("Number", m.number);
    v("Text", m.text);
  }
};

struct Branch {
  static constexpr std::string_view kName = "Branch";
  u8 kind{};
  double weight{};
  FileTime time;
  Guid id;
  String8 label;
  List<Leaf> leaves;
  ByteView blob;
  List<Branch> child;
  List<u32> sized_numbers;
  bool has_tail{};
  i32 tail{};
  static void fields(auto& m, auto& v) {
    v("Kind", m.kind);
    v("Weight", m.weight);
    v("Time", m.time);
    v("Id", m.id);
    v("Label", m.label);
    v("LeafCount", count_of<u16>(m.leaves));
    v("Leaves", m.leaves);
    v("BlobSize", count_of<u8>(m.blob));
    v("Blob", m.blob);
    v("ChildCount", count_of<u8>(m.child));
    v.nest([&] { v("Child", m.child); });
    v.sized("NumbersSize", u16{}, [&] { v.until_end("Numbers", m.sized_numbers); });
    if (m.kind == 1) v.tail(m.has_tail, [&] { v("Tail", m.tail); });
  }
};

std::vector<u8> bytes_of_branch(const void* branch) {
  OutBuffer out;
  Encoder encoder(out);
  struct_info<Branch>.encode(encoder, branch);
  EXPECT_TRUE(encoder.ok());
  return {out.view().begin(), out.view().end()};
}

// Top level only: a nested Branch of kind 1 has no window of its own for its tail.
bool tail_is_last(const Branch& branch) {
  for (const Branch& child : branch.child)
    if (child.kind == 1 || !tail_is_last(child)) return false;
  return true;
}

TEST(Description, EveryReadingAgrees) {
  Random random{std::mt19937_64(7)};
  int tried = 0;
  while (tried < 500) {
    Arena arena;
    void* made = generate(struct_info<Branch>, random, arena);
    if (made == nullptr || !tail_is_last(*static_cast<Branch*>(made))) continue;
    ++tried;
    auto bytes = bytes_of_branch(made);

    auto decoded = decode<Branch>(bytes, arena);
    ASSERT_TRUE(decoded.ok()) << decoded.error().text();
    EXPECT_EQ(bytes_of_branch(&*decoded), bytes);

    Tree tree = read_tree(struct_info<Branch>, bytes, arena);
    ASSERT_FALSE(tree.error) << tree.error->text();
    EXPECT_EQ(tree.consumed, bytes.size());

    auto rebuilt = from_json(struct_info<Branch>, to_json(tree.root), arena);
    ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().text();
    EXPECT_EQ(bytes_of_branch(*rebuilt), bytes);
  }
}

TEST(Description, EveryTruncationFailsInBothReadersAtTheSamePlace) {
  Random random{std::mt19937_64(11)};
  for (int i = 0; i < 60; ++i) {
    Arena arena;
    void* made = generate(struct_info<Branch>, random, arena);
    if (made == nullptr || static_cast<Branch*>(made)->has_tail || !tail_is_last(*static_cast<Branch*>(made))) continue;
    auto bytes = bytes_of_branch(made);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      ByteView cut(bytes.data(), n);
      Decoder decoder(cut, arena);
      Branch value;
      Branch::fields(value, decoder);
      EXPECT_FALSE(decoder.ok());
      Tree tree = read_tree(struct_info<Branch>, cut, arena);
      ASSERT_TRUE(tree.error);
      EXPECT_EQ(tree.error->kind, decoder.error());
      EXPECT_EQ(tree.error->offset, decoder.offset()) << tree.error->text();
    }
  }
}

struct Rows {
  static constexpr std::string_view kName = "Rows";
  List<Leaf> rows;
  static void fields(auto& m, auto& v) {
    v("RowCount", count_of<u16>(m.rows));
    v("Rows", m.rows);
  }
};

TEST(Description, ErrorsNameTheField) {
  Arena arena;
  auto bytes = *from_hex("0200 0100 41000000 0200 4100");
  auto result = decode<Rows>(bytes, arena);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().text(), "Rows.Rows[1].Text: 4 bytes needed, 2 left at 0x000A");
  auto many = *from_hex("FFFF");
  EXPECT_EQ(decode<Rows>(many, arena).error().kind, ErrorKind::too_many);
}

// Groups of numbers, each ended by a zero; and a list in a list, both beginning at the same byte.
struct Groups {
  static constexpr std::string_view kName = "Groups";
  struct Group {
    static constexpr std::string_view kName = "Group";
    List<u8> numbers;
    static void fields(auto& m, auto& v) {
      v.until("Numbers", m.numbers, [](u8 number) { return number == 0; });
    }
  };
  List<Group> groups;
  static void fields(auto& m, auto& v) { v.until_end("Groups", m.groups); }
};

TEST(Description, ListsMayEndWithALastElement) {
  Arena arena;
  auto bytes = *from_hex("0102 00 00 05 00");
  auto read = decode<Groups>(bytes, arena);
  ASSERT_TRUE(read.ok()) << read.error().text();
  ASSERT_EQ(read->groups.size(), 3u);
  EXPECT_EQ(read->groups[0].numbers.size(), 3u);
  EXPECT_EQ(read->groups[1].numbers.size(), 1u);
  Tree tree = read_tree(struct_info<Groups>, bytes, arena);
  ASSERT_FALSE(tree.error) << tree.error->text();
  auto rebuilt = from_json(struct_info<Groups>, to_json(tree.root), arena);
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().text();
  OutBuffer out;
  ASSERT_TRUE(encode(*static_cast<const Groups*>(*rebuilt), out));
  EXPECT_EQ(to_hex(out.view()), to_hex(bytes));
  auto open = *from_hex("0102");
  EXPECT_EQ(decode<Groups>(open, arena).error().text(), "Groups.Groups[0].Numbers[2]: 1 byte needed, 0 left at 0x0002");
}

// Elements whose bytes are laid bare: each inside begins again at offset 0.
struct Nested {
  static constexpr std::string_view kName = "Nested";
  struct Part {
    static constexpr std::string_view kName = "Part";
    ByteView bytes;
    static void fields(auto& m, auto& v) {
      v("Size", count_of<u8>(m.bytes));
      v("Bytes", m.bytes);
      v.inside("Inside", struct_info<Groups>, [&](Arena&) { return std::optional<ByteView>(m.bytes); });
    }
  };
  List<Part> parts;
  static void fields(auto& m, auto& v) { v.until_end("Parts", m.parts); }
};

TEST(Description, TreesShowWhatIsInside) {
  Arena arena;
  auto bytes = *from_hex("03 010200 02 0100 01 09");
  Tree tree = read_tree(struct_info<Nested>, bytes, arena);
  ASSERT_FALSE(tree.error) << tree.error->text();
  const auto& parts = tree.root.fields[0].fields;
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].find("Inside")->text, "");
  EXPECT_EQ(parts[1].find("Inside")->text, "");
  EXPECT_NE(parts[2].find("Inside")->text, "");  // its group has no end; the rest is not spoilt
  EXPECT_EQ(tree.consumed, bytes.size());
}

TEST(Description, DeepNestingIsRefused) {
  std::vector<u8> bytes;
  auto head = *from_hex("00 0000000000000000 0000000000000000 00000000000000000000000000000000 00 0000 00 01");
  for (int i = 0; i < 100; ++i) bytes.insert(bytes.end(), head.begin(), head.end());
  Arena arena;
  auto result = decode<Branch>(bytes, arena);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::too_deep);
}

TEST(Description, JsonSaysWhatIsMissing) {
  Arena arena;
  auto json = boost::json::object{{"name", "Rows"}, {"fields", boost::json::array{}}};
  auto result = from_json(struct_info<Rows>, json, arena);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().text(), "Rows.RowCount: this field is missing (fields stand in wire order)");
}

}  // namespace
}  // namespace ropewalk::wire
