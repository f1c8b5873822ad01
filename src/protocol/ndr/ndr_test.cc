#include "protocol/ndr/ndr.h"

#include <gtest/gtest.h>

#include "protocol/dcerpc/interface.h"
#include "protocol/echo/methods.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/epm/methods.h"
#include "protocol/mgmt/methods.h"
#include "protocol/ndr/test_stub.h"

namespace ropewalk::ndr {
namespace {

std::vector<u8> hex(std::string_view text) { return *from_hex(text); }

template <class T>
std::string encoded(const T& value, const Format& format) {
  wire::Context context = wire::add_context(format, nullptr);
  wire::OutBuffer out;
  EXPECT_TRUE(wire::encode(value, out, &context));
  return to_hex(out.view());
}

// A structure with every kind of pointer, and one that refers to itself.
struct Node {
  static constexpr std::string_view kName = "Node";
  static constexpr Alignment kAlignment = {4, 8};
  static constexpr bool kHasPointers = true;
  u8 letter{};
  Pointer<Node> next;
  RefPointer<u16> number;
  FullPointer<String> name;
  static void ndr(auto& m, auto& n) {
    n("letter", m.letter);
    n("next", m.next);
    n("number", m.number);
    n("name", m.name);
  }
};
struct Nodes {
  static constexpr std::string_view kName = "Nodes";
  Node first;
  Pointer<Array<Node>> others;
  u32 status{};
  static void fields(auto& m, auto& v) {
    Ndr n(v);
    n("first", m.first);
    n("others", m.others);
    n("status", m.status);
  }
};

// [C706] 14.3.12.3: the referents of a structure's pointers come when the structure is complete, in the pointers'
// order.
TEST(Ndr, DefersReferents) {
  u16 one = 0x1111, two = 0x2222;
  String text = String::of("ab");
  Node second;
  second.letter = 2;
  second.number = RefPointer<u16>::to(two);
  Nodes nodes;
  nodes.first.letter = 1;
  nodes.first.next = Pointer<Node>::to(second);
  nodes.first.number = RefPointer<u16>::to(one);
  nodes.first.name = FullPointer<String>::to(text);
  nodes.status = 0x77777777;
  EXPECT_EQ(encoded(nodes, {}),
            "01000000"
            "00000200"
            "04000200"
            "08000200"  // first: letter, next, number, name
            "02000000"
            "00000000"
            "0C000200"
            "00000000"
            "2222"
            "1111"  // *next and its number; *number
            "03000000"
            "00000000"
            "03000000"
            "616200"
            "00"  // *name
            "00000000"
            "77777777");
  EXPECT_EQ(encoded(nodes, {true, false}),
            "01000000"
            "00020000"
            "00020004"
            "00020008"
            "02000000"
            "00000000"
            "0002000C"
            "00000000"
            "2222"
            "1111"
            "00000003"
            "00000000"
            "00000003"
            "616200"
            "00"
            "00000000"
            "77777777");
  EXPECT_EQ(encoded(nodes, {false, true}),
            "0100000000000000"
            "0000020000000000"
            "0400020000000000"
            "0800020000000000"
            "0200000000000000"
            "0000000000000000"
            "0C00020000000000"
            "0000000000000000"
            "2222"
            "1111"
            "00000000"
            "0300000000000000"
            "0000000000000000"
            "0300000000000000"
            "616200"
            "0000000000"
            "0000000000000000"
            "77777777");
}

struct Two {
  static void fields(auto& m, auto& v) {
    Ndr n(v);
    n("one", m.one);
    n("two", m.two);
  }
  FullPointer<u32> one, two;
};

// [C706] 14.3.12.2: equal referents are one target, which stands in the stub once.
TEST(Ndr, FullPointersShareTheirTarget) {
  auto stub =
      hex("05000000"
          "2a000000"
          "05000000");
  Arena arena;
  auto two = wire::decode<Two>(stub, arena);
  ASSERT_TRUE(two.ok()) << two.error().text();
  EXPECT_EQ(*two->one, 42u);
  EXPECT_EQ(two->one.target, two->two.target);
  EXPECT_EQ(encoded(*two, {}), to_hex(stub));
}

TEST(Ndr, StringsMustEndWhereTheyClaim) {
  Arena arena;
  auto decode = [&](std::string_view text) {
    auto bytes = hex(text);
    return wire::decode<emsmdb::EcDoConnectIn>(bytes, arena).ok();
  };
  std::string rest = "0000" + std::string(2 * 40, '0');  // to the next 4-byte boundary, and the other parameters
  EXPECT_TRUE(
      decode("02000000"
             "00000000"
             "02000000"
             "4100" +
             rest));
  EXPECT_FALSE(
      decode("02000000"
             "00000000"
             "02000000"
             "4142" +
             rest));  // no terminator
  EXPECT_FALSE(
      decode("02000000"
             "01000000"
             "02000000"
             "4100" +
             rest));  // an offset
  EXPECT_FALSE(
      decode("01000000"
             "00000000"
             "02000000"
             "4100" +
             rest));  // longer than it may be
  EXPECT_FALSE(
      decode("02000000"
             "00000000"
             "02000000"
             "0000" +
             rest));  // shorter than it claims
}

TEST(Ndr, CountsOutOfTheBlueAreRefused) {
  Arena arena(1 << 20);
  auto huge =
      hex("ffffffff"
          "00000000");
  EXPECT_FALSE(wire::decode<echo::DataOut>(huge, arena).ok());
  Format ndr64{false, true};
  wire::Context context = wire::add_context(ndr64, nullptr);
  auto wide =
      hex("ffffffffffffffff"
          "00000000");
  EXPECT_FALSE(wire::decode<echo::DataOut>(wide, arena, &context).ok());
  EXPECT_FALSE(wire::decode<echo::TestSurrounding>(wide, arena, &context).ok());
}

TEST(Ndr, NestingIsBounded) {
  std::vector<u8> stub;
  for (int i = 0; i < 4000; ++i) {
    auto node =
        hex("01000000"
            "04000000"
            "04000000"
            "00000000");
    stub.insert(stub.end(), node.begin(), node.end());
  }
  Arena arena;
  auto deep = wire::decode<Nodes>(stub, arena);
  ASSERT_FALSE(deep.ok());
  EXPECT_EQ(deep.error().kind, wire::ErrorKind::too_deep);
}

TEST(Ndr, EveryMethodRoundTripsInEveryFormat) {
  std::vector<const wire::StructInfo*> all = {&wire::struct_info<Nodes>};
  for (const dcerpc::Interface* known : dcerpc::known_interfaces()) {
    for (const dcerpc::Method& method : known->methods) {
      if (method.in != nullptr) all.push_back(method.in);
      if (method.out != nullptr) all.push_back(method.out);
    }
  }
  EXPECT_GE(all.size(), 50u);
  for (const Format& format : kFormats) {
    wire::Context context = wire::add_context(format, nullptr);
    for (const wire::StructInfo* info : all) {
      wire::Random random{std::mt19937_64(3)};
      int made = 0;
      for (int i = 0; i < 400 && made < 12; ++i) {
        Arena arena;
        void* object = wire::generate(*info, random, arena, &context);
        if (object == nullptr) continue;
        wire::OutBuffer out;
        wire::Encoder encoder(out, &context);
        info->encode(encoder, object);
        ASSERT_TRUE(encoder.ok()) << info->name;
        if (out.size() == 0) continue;
        std::size_t consumed = 0;
        void* again = wire::decode_fast(*info, out.view(), arena, &context, consumed);
        if (again == nullptr && info->source.find("2.2.1.2.2") != std::string::npos) continue;
        if (again == nullptr) {
          wire::Tree tree = wire::read_tree(*info, out.view(), arena, &context);
          if (tree.error && tree.error->detail == "a value outside its range") continue;
          FAIL() << info->name << ": " << (tree.error ? tree.error->text() : "?") << ": " << to_hex(out.view());
        }
        ++made;
        ASSERT_EQ(check_stub(*info, out.view(), &context), "") << info->name << " " << format.ndr64;
        for (std::size_t n = 0; n < out.size(); ++n)
          ASSERT_EQ(check_stub(*info, out.view().first(n), &context), "") << info->name << " cut at " << n;
        for (int flip = 0; flip < 12; ++flip) {
          std::vector<u8> bent(out.view().begin(), out.view().end());
          bent[random.below(bent.size())] ^= static_cast<u8>(1 << random.below(8));
          ASSERT_EQ(check_stub(*info, bent, &context), "") << info->name << " " << to_hex(bent);
        }
      }
      std::string_view name = info->name;
      if (name != "EcDummyRpc-in" && name != "mgmt-in" && name != "echo_SinkData-out") {
        EXPECT_GE(made, 8) << info->name << " " << format.ndr64;
      }
    }
  }
}

}  // namespace
}  // namespace ropewalk::ndr
