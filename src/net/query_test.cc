#include "net/query.h"

#include <gtest/gtest.h>

namespace ropewalk::net {
namespace {

TEST(Query, NamesAndValuesAreDecoded) {
  const Query query = parse_query("filter=a%20%3d%3D+b&Protocol=AutodiscoverV1&empty=&none");
  EXPECT_EQ(query.at("filter"), "a == b");
  EXPECT_EQ(query.at("PROTOCOL"), "AutodiscoverV1");
  EXPECT_EQ(query.at("empty"), "");
  EXPECT_FALSE(query.contains("none"));
}

TEST(Query, WhatIsNotEncodedStays) {
  const Query query = parse_query("a=100%&b=%zz&c=%4&d=%0x&&=&e=1&E=2");
  EXPECT_EQ(query.at("a"), "100%");
  EXPECT_EQ(query.at("b"), "%zz");
  EXPECT_EQ(query.at("c"), "%4");
  EXPECT_EQ(query.at("d"), "%0x");
  EXPECT_EQ(query.at("e"), "1");
  EXPECT_TRUE(parse_query("").empty());
}

}  // namespace
}  // namespace ropewalk::net
