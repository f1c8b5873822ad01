// Restrictions of every kind on one object, [MS-OXCDATA] 2.12.
#include <gtest/gtest.h>

#include "base/utf16.h"
#include "mapi/property_bag.h"
#include "mapi/property_tags.h"
#include "mapi/value_fields.h"
#include "store/restriction_eval.h"
#include "store/text_key.h"

namespace ropewalk::store {
namespace {

using mapi::PropTag;
using mapi::PropType;
using mapi::RelOp;
using mapi::Restriction;
using mapi::RestrictType;
using mapi::Value;
namespace tag = mapi::tag;

class BagSource final : public PropertySource {
 public:
  explicit BagSource(const mapi::PropertyBag& bag) : bag_(bag) {}
  std::optional<mapi::Property> property(PropTag wanted, Arena&) const override {
    const mapi::Property* there = bag_.find_id(wanted.id());
    return there == nullptr ? std::nullopt : std::optional(*there);
  }

 private:
  const mapi::PropertyBag& bag_;
};

class Restrictions : public testing::Test {
 protected:
  Restrictions() {
    bag.set_text(PropTag(tag::PidTagSubject), "Grüße aus Ulm");
    bag.set_text(PropTag(tag::PidTagSenderName), "grüsse aus ulm");
    bag.set(PropTag(tag::PidTagImportance), Value::of(u32{2}));
    bag.set(PropTag(tag::PidTagSensitivity), Value::of(i32{-5}));
    bag.set(PropTag(tag::PidTagMessageDeliveryTime), Value::of(FileTime{1000}));
    const u8 bytes[] = {1, 2, 3, 4};
    bag.set_bytes(PropTag(tag::PidTagSearchKey), bytes);
    auto items = arena.make<Value>(2);
    items[0] = Value::of(mapi::utf16_in(arena, "Red"));
    items[1] = Value::of(mapi::utf16_in(arena, "Blue"));
    bag.set(kKeywords, Value::of(wire::List<Value>(items)));
  }

  bool holds(const Restriction& node) {
    EXPECT_TRUE(check_restriction(node).ok());
    return satisfies(BagSource(bag), node, arena);
  }
  Restriction property(u32 the_tag, RelOp op, Value value) {
    return leaf(RestrictType::property, PropTag(the_tag), op, PropTag(the_tag), value);
  }
  Restriction leaf(RestrictType type, PropTag on, RelOp op, PropTag value_tag, Value value) {
    Restriction node;
    node.type = type;
    node.relop = op;
    node.tag = on;
    auto values = arena.make<mapi::TaggedPropertyValue>(1);
    values[0].tag = value_tag;
    values[0].value = value;
    node.values = wire::List<mapi::TaggedPropertyValue>(values);
    return node;
  }
  Restriction content(std::string_view text, u16 low, u16 high) {
    Restriction node = leaf(RestrictType::content, PropTag(tag::PidTagSubject), RelOp::eq, PropTag(tag::PidTagSubject),
                            Value::of(mapi::utf16_in(arena, text)));
    node.fuzzy_level_low = low;
    node.fuzzy_level_high = high;
    return node;
  }
  Restriction parent(RestrictType type, std::initializer_list<Restriction> of) {
    Restriction node;
    node.type = type;
    node.present = 1;
    auto children = arena.make<Restriction>(of.size());
    std::ranges::copy(of, children.begin());
    node.children = wire::List<Restriction>(children);
    return node;
  }

  static constexpr PropTag kKeywords{0x8001, PropType::multiple_string};
  mapi::PropertyBag bag;
  Arena arena;
};

TEST_F(Restrictions, PropertiesAreCompared) {
  EXPECT_TRUE(holds(property(tag::PidTagImportance, RelOp::eq, Value::of(u32{2}))));
  EXPECT_TRUE(holds(property(tag::PidTagImportance, RelOp::ge, Value::of(u32{2}))));
  EXPECT_FALSE(holds(property(tag::PidTagImportance, RelOp::lt, Value::of(u32{2}))));
  EXPECT_TRUE(holds(property(tag::PidTagSensitivity, RelOp::lt, Value::of(u32{0}))));
  EXPECT_TRUE(holds(property(tag::PidTagMessageDeliveryTime, RelOp::gt, Value::of(FileTime{999}))));
  EXPECT_TRUE(holds(property(tag::PidTagSubject, RelOp::eq, Value::of(mapi::utf16_in(arena, "GRÜSSE AUS ulm")))));
  EXPECT_TRUE(holds(property(tag::PidTagSubject, RelOp::lt, Value::of(mapi::utf16_in(arena, "H")))));
  EXPECT_FALSE(holds(property(tag::PidTagBody, RelOp::eq, Value::of(ByteView()))));
  EXPECT_TRUE(holds(property(tag::PidTagBody, RelOp::ne, Value::of(ByteView()))));
  const u8 later[] = {1, 2, 4};
  EXPECT_TRUE(holds(property(tag::PidTagSearchKey, RelOp::lt, Value::of(ByteView(later)))));
}

TEST_F(Restrictions, OneValueOfManySuffices) {
  const PropTag single(0x8001, PropType::string);
  EXPECT_TRUE(
      holds(leaf(RestrictType::property, kKeywords, RelOp::eq, single, Value::of(mapi::utf16_in(arena, "blue")))));
  EXPECT_FALSE(
      holds(leaf(RestrictType::property, kKeywords, RelOp::eq, single, Value::of(mapi::utf16_in(arena, "green")))));
}

TEST_F(Restrictions, ContentByFuzzyLevels) {
  EXPECT_TRUE(holds(content("Grüße aus Ulm", mapi::kFuzzyFullString, 0)));
  EXPECT_FALSE(holds(content("grüße aus ulm", mapi::kFuzzyFullString, 0)));
  EXPECT_TRUE(holds(content("grüße aus ulm", mapi::kFuzzyFullString, mapi::kFuzzyIgnoreCase)));
  EXPECT_TRUE(holds(content("AUS", mapi::kFuzzySubstring, mapi::kFuzzyIgnoreCase)));
  EXPECT_FALSE(holds(content("AUS", mapi::kFuzzyPrefix, mapi::kFuzzyIgnoreCase)));
  EXPECT_TRUE(holds(content("Gr", mapi::kFuzzyPrefix, 0)));
  EXPECT_TRUE(holds(content("Gru", mapi::kFuzzyPrefix, mapi::kFuzzyIgnoreNonspace)));
  EXPECT_TRUE(holds(content("gru", mapi::kFuzzyPrefix, mapi::kFuzzyLoose)));
  const u8 middle[] = {2, 3};
  Restriction bytes = leaf(RestrictType::content, PropTag(tag::PidTagSearchKey), RelOp::eq,
                           PropTag(tag::PidTagSearchKey), Value::of(ByteView(middle)));
  bytes.fuzzy_level_low = mapi::kFuzzySubstring;
  EXPECT_TRUE(holds(bytes));
  bytes.fuzzy_level_low = mapi::kFuzzyPrefix;
  EXPECT_FALSE(holds(bytes));
}

TEST_F(Restrictions, LogicAndTheOtherKinds) {
  const Restriction yes = property(tag::PidTagImportance, RelOp::eq, Value::of(u32{2}));
  const Restriction no = property(tag::PidTagImportance, RelOp::eq, Value::of(u32{1}));
  EXPECT_TRUE(holds(parent(RestrictType::and_, {yes, yes})));
  EXPECT_FALSE(holds(parent(RestrictType::and_, {yes, no})));
  EXPECT_TRUE(holds(parent(RestrictType::or_, {no, yes})));
  EXPECT_FALSE(holds(parent(RestrictType::or_, {})));
  EXPECT_TRUE(holds(parent(RestrictType::and_, {})));
  EXPECT_TRUE(holds(parent(RestrictType::not_, {no})));
  EXPECT_FALSE(holds(parent(RestrictType::comment, {no})));
  EXPECT_TRUE(holds(parent(RestrictType::annotation, {yes})));
  Restriction compare;
  compare.type = RestrictType::compare_properties;
  compare.relop = RelOp::eq;
  compare.tag = PropTag(tag::PidTagSubject);
  compare.tag2 = PropTag(tag::PidTagSenderName);
  EXPECT_TRUE(holds(compare));
  Restriction mask;
  mask.type = RestrictType::bit_mask;
  mask.tag = PropTag(tag::PidTagImportance);
  mask.number = 2;
  mask.bit_mask_relop = mapi::BitMaskRelOp::nez;
  EXPECT_TRUE(holds(mask));
  mask.bit_mask_relop = mapi::BitMaskRelOp::eqz;
  EXPECT_FALSE(holds(mask));
  Restriction size;
  size.type = RestrictType::size;
  size.relop = RelOp::eq;
  size.tag = PropTag(tag::PidTagSearchKey);
  size.number = 4;
  EXPECT_TRUE(holds(size));
  Restriction exist;
  exist.type = RestrictType::exist;
  exist.tag = PropTag(tag::PidTagSubject);
  EXPECT_TRUE(holds(exist));
  exist.tag = PropTag(tag::PidTagBody);
  EXPECT_FALSE(holds(exist));
  Restriction null;
  null.type = RestrictType::null;
  EXPECT_TRUE(holds(null));
}

TEST_F(Restrictions, WhatCannotBeEvaluatedIsRefused) {
  Restriction count = parent(RestrictType::count, {property(tag::PidTagImportance, RelOp::eq, Value::of(u32{2}))});
  EXPECT_EQ(check_restriction(count).error().code, mapi::ErrorCode::too_complex);
  Restriction not_one;
  not_one.type = RestrictType::not_;
  EXPECT_EQ(check_restriction(not_one).error().code, mapi::ErrorCode::invalid_param);
  Restriction nested = property(tag::PidTagImportance, RelOp::eq, Value::of(u32{2}));
  for (int i = 0; i < kMostRestrictionLevels + 1; ++i) nested = parent(RestrictType::not_, {nested});
  EXPECT_EQ(check_restriction(nested).error().code, mapi::ErrorCode::too_complex);
}

TEST(TextKeys, OrderAndFold) {
  auto key = [](std::string_view utf8) {
    std::vector<u8> out;
    append_sort_key(utf8_to_utf16(utf8), out);
    return out;
  };
  EXPECT_EQ(key("ABC"), key("abc"));
  EXPECT_LT(key("a"), key("b"));
  EXPECT_LT(key("e"), key("é"));
  EXPECT_LT(key("é"), key("f"));
  EXPECT_LE(key(std::string(5000, 'z')).size(), kMostSortKey);
  EXPECT_EQ(fold_name("ÜBER"), "über");
  EXPECT_EQ(fold_name("Inbox"), "inbox");
}

}  // namespace
}  // namespace ropewalk::store
