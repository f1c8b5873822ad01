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
