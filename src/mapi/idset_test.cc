#include "mapi/idset.h"

#include <gtest/gtest.h>

#include <set>

#include "base/hex.h"
#include "wire/test_round_trip.h"

namespace ropewalk::mapi {
namespace {

TEST(GlobSets, BehaveLikeSets) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 200; ++round) {
    std::set<u64> model, other_model;
    GlobSet set, other;
    for (int i = 0; i < 60; ++i) {
      u64 low = random() % 400, high = low + random() % 9;
      GlobSet& target = i % 3 == 0 ? other : set;
      std::set<u64>& target_model = i % 3 == 0 ? other_model : model;
      bool removes = random() % 4 == 0;
      if (removes)
        target.remove(low, high);
      else
        target.insert(low, high);
      for (u64 x = low; x <= high; ++x) removes ? void(target_model.erase(x)) : void(target_model.insert(x));
    }
    ASSERT_EQ(set.count(), model.size());
    for (u64 x = 0; x < 420; ++x) ASSERT_EQ(set.contains(x), model.contains(x)) << x;
    for (std::size_t i = 1; i < set.ranges().size(); ++i) ASSERT_GT(set.ranges()[i].low, set.ranges()[i - 1].high + 1);
    GlobSet both = unite(set, other), rest = subtract(set, other);
    for (u64 x = 0; x < 420; ++x) {
      ASSERT_EQ(both.contains(x), model.contains(x) || other_model.contains(x));
      ASSERT_EQ(rest.contains(x), model.contains(x) && !other_model.contains(x));
    }
    EXPECT_TRUE(both.contains(set));
    EXPECT_TRUE(set.contains(rest));
    EXPECT_EQ(set.contains(other), std::includes(model.begin(), model.end(), other_model.begin(), other_model.end()));
  }
}

template <class Replica>
std::string encoded(const IdSet<Replica>& set) {
  wire::OutBuffer out;
  set.encode(out);
  return to_hex(out.view());
}

TEST(IdSets, WhatTheyWriteTheyRead) {
  std::mt19937_64 random(23);
  for (int round = 0; round < 300; ++round) {
    ReplIdSet set;
    u64 base = random() & 0x7FFFFFFFFFFF;
    u64 spread = u64{1} << (random() % 40);
    for (u64 n = random() % 40; n > 0; --n) {
      u64 low = (base + random() % spread) & 0x7FFFFFFFFFFF;
      set.insert(static_cast<u16>(1 + random() % 2), low, std::min<u64>(low + random() % 20, 0xFFFFFFFFFFFF));
    }
    wire::OutBuffer out;
    set.encode(out);
    auto read = ReplIdSet::decode(out.view());
    ASSERT_TRUE(read.ok()) << read.error().text() << to_hex(out.view());
    ASSERT_EQ(*read, set) << to_hex(out.view());
    EXPECT_EQ(wire::check_bytes(wire::struct_info<IdSetParts<u16>>, out.view(), nullptr), "");
  }
}

TEST(IdSets, AreWrittenBriefly) {
  ReplIdSet set;
  EXPECT_EQ(encoded(set), "");
  set.insert(1, 0x42E);
  EXPECT_EQ(encoded(set),
            "010006"
            "00000000042E"
            "00");
  set.insert(1, 0x435, 0x437);
  EXPECT_EQ(encoded(set),
            "0100"
            "050000000004"
            "012E"
            "523537"
            "50"
            "00");
  set.insert(1, 0x42F);
  set.insert(1, 0x431);
  EXPECT_EQ(encoded(set),
            "0100"
            "050000000004"
            "422E05"
            "523537"
            "50"
            "00");
  ReplGuidSet all;
  all.insert(Guid{}, 1, 0x7FFFFFFFFFFF);
  EXPECT_EQ(encoded(all), std::string(32, '0') +
                              "52"
                              "000000000001"
                              "7FFFFFFFFFFF"
                              "00");
}

// The commands of the specification's own kinds in other orders than ours: [MS-OXCFXICS] 2.2.2.6.
TEST(IdSets, ReadEveryCommand) {
  auto set = ReplIdSet::decode(*from_hex("0100 0600000001042E 050000000104 523537 50 00"));
  ASSERT_TRUE(set.ok()) << set.error().text();
  ReplIdSet expected;
  expected.insert(1, 0x1042E);
  expected.insert(1, 0x10435, 0x10437);
  EXPECT_EQ(*set, expected);
  auto nested = ReplIdSet::decode(*from_hex("0100 03000001 020002 421081 50 03020506 50 00"));
  ASSERT_TRUE(nested.ok()) << nested.error().text();
  ReplIdSet inside;
  inside.insert(1, 0x000001000210, 0x000001000211);
  inside.insert(1, 0x000001000218);
  inside.insert(1, 0x000001020506);
  EXPECT_EQ(*nested, inside);
}

TEST(IdSets, HostileBytesAreRefused) {
  auto error = [](std::string_view hex) {
    auto set = ReplIdSet::decode(*from_hex(hex));
    return set ? std::string("accepted") : set.error().text();
  };
  EXPECT_EQ(error("01"), "IDSETWithREPLID.IDSET[0].REPLID: 2 bytes needed, 1 left at 0x0000");
  EXPECT_EQ(error("0100 50"), "IDSETWithREPLID.IDSET[0].GLOBSET.Commands[0]: Pop without a Push at 0x0003");
  EXPECT_EQ(error("0100 FF"), "IDSETWithREPLID.IDSET[0].GLOBSET.Commands[0]: a GLOBSET command that is none at 0x0003");
  EXPECT_EQ(error("0100 421001 00"),
            "IDSETWithREPLID.IDSET[0].GLOBSET.Commands[0]: Bitmask without five common bytes at 0x0003");
  EXPECT_EQ(error("0100 050102030405 0207"),
            "IDSETWithREPLID.IDSET[0].GLOBSET.Commands[1]: more than six common bytes at 0x0009");
  EXPECT_EQ(error("0100 06010203040506"),
            "IDSETWithREPLID.IDSET[0].GLOBSET.Commands[1].Command: 1 byte needed, 0 left at 0x0009");
  EXPECT_EQ(error("0100 050102030405 520201 50 00"), "IDSETWithREPLID: a range that runs backwards at 0x0000");
  EXPECT_EQ(error("0100 52 000000000001 FFFFFFFFFFFF 00"), "accepted");
}

TEST(IdSets, EveryReadingAgrees) {
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<IdSetParts<u16>>, nullptr, 60), "");
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<IdSetParts<Guid>>, nullptr, 60), "");
}

}  // namespace
}  // namespace ropewalk::mapi
