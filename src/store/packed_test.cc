// Packed properties: every type there and back, references, damage.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "mapi/property_tags.h"
#include "mapi/restriction.h"
#include "store/packed.h"
#include "store/record.h"

namespace ropewalk::store {
namespace {

using mapi::PropTag;
using mapi::PropType;
using mapi::Value;

const std::vector<PropType> kTypes = {
    PropType::integer16,
    PropType::integer32,
    PropType::floating32,
    PropType::floating64,
    PropType::currency,
    PropType::floating_time,
    PropType::boolean,
    PropType::integer64,
    PropType::string8,
    PropType::string,
    PropType::time,
    PropType::guid,
    PropType::server_id,
    PropType::binary,
    PropType::multiple_integer16,
    PropType::multiple_integer32,
    PropType::multiple_integer64,
    PropType::multiple_string8,
    PropType::multiple_string,
    PropType::multiple_time,
    PropType::multiple_guid,
    PropType::multiple_binary,
};

ByteView random_bytes(Arena& arena, PropType type) {
  auto size = type == PropType::guid ? std::size_t{16} : *rc::gen::inRange<std::size_t>(0, 40) * 2;
  auto bytes = arena.make<u8>(size);
  for (u8& byte : bytes) byte = *rc::gen::arbitrary<u8>();
  return bytes;
}

Value random_value(Arena& arena, PropType type) {
  if (mapi::is_multiple(type)) {
    auto items = arena.make<Value>(*rc::gen::inRange<std::size_t>(0, 5));
    for (Value& item : items) item = random_value(arena, mapi::base_type(type));
    return Value::of(wire::List<Value>(items));
  }
  switch (type) {
    case PropType::integer16:
      return Value::of(i32{*rc::gen::arbitrary<i16>()});
    case PropType::integer32:
      return Value::of(*rc::gen::arbitrary<i32>());
    case PropType::floating32:
      return Value::of(u64{*rc::gen::arbitrary<u32>()});
    case PropType::boolean:
      return Value::of(*rc::gen::arbitrary<bool>());
    case PropType::string8:
    case PropType::string:
    case PropType::binary:
    case PropType::server_id:
    case PropType::guid:
      return Value::of(random_bytes(arena, type));
    default:
      return Value::of(*rc::gen::arbitrary<u64>());
  }
}

RC_GTEST_PROP(Packed, ComesBackAsItWas, ()) {
  Arena arena;
  std::map<u16, mapi::Property> properties;
  Packer packer;
  const auto count = *rc::gen::inRange(0, 30);
  for (int i = 0; i < count; ++i) {
    const PropTag tag(*rc::gen::inRange<u16>(1, 60), *rc::gen::elementOf(kTypes));
    const Value value = random_value(arena, tag.type());
    packer.add(tag, value);
    properties[tag.id()] = {tag, value};
  }
  const auto bytes = packer.pack();
  PackedView view{ByteView(bytes)};
  RC_ASSERT(view.size() == properties.size());
  for (const auto& [id, property] : properties) {
    auto entry = view.find_id(id);
    RC_ASSERT(entry.has_value());
    RC_ASSERT(entry->tag == property.tag);
    auto value = view.value(*entry, arena);
    RC_ASSERT(value.has_value());
    RC_ASSERT(mapi::equal_values(property.tag.type(), property.value, *value));
  }
  RC_ASSERT(!view.find_id(60).has_value());
}

// Whatever the bytes, nothing is read beyond them (the sanitizers watch) and nothing is said that is not there.
RC_GTEST_PROP(Packed, DamageIsHarmless, ()) {
  Arena arena;
  Packer packer;
  for (u16 id = 1; id < 12; ++id) {
    const PropTag tag(id, *rc::gen::elementOf(kTypes));
    packer.add(tag, random_value(arena, tag.type()));
  }
  packer.add(PropTag(20, PropType::binary), Reference{Reference::Place::content, 5000, 77});
  auto bytes = packer.pack();
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i)
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^= *rc::gen::arbitrary<u8>();
  bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
  const std::vector<u8> exact(bytes);  // its capacity is its size
  PackedView view{ByteView(exact)};
  for (std::size_t i = 0; i < view.size(); ++i) {
    const auto entry = view.entry(i);
    (void)view.reference(entry);
    auto value = view.value(entry, arena);
    if (value && (entry.tag.type() == PropType::binary || entry.tag.type() == PropType::string))
      RC_ASSERT(value->bytes.empty() || value->bytes.data() + value->bytes.size() <= exact.data() + exact.size());
  }
}

TEST(Packed, NumbersWithTheTopBitAreNotReferences) {
  Packer packer;
  packer.add(PropTag(0x1000, PropType::integer32), Value::of(u32{0xFFFFFFFF}));
  packer.add(PropTag(0x1001, PropType::binary), Reference{Reference::Place::cold, 600, 0});
  const auto bytes = packer.pack();
  PackedView view{ByteView(bytes)};
  Arena arena;
  EXPECT_EQ(view.find(PropTag(0x1000, PropType::integer32), arena)->integer32(), -1);
  EXPECT_FALSE(view.find(PropTag(0x1001, PropType::binary), arena).has_value());
  auto reference = view.reference(*view.find_id(0x1001));
  ASSERT_TRUE(reference.has_value());
  EXPECT_EQ(reference->place, Reference::Place::cold);
  EXPECT_EQ(reference->size, 600u);
}

TEST(Packed, RestrictionsAreKept) {
  mapi::Restriction exist;
  exist.type = mapi::RestrictType::exist;
  exist.tag = PropTag(mapi::tag::PidTagSubject);
  Value value;
  value.restriction = &exist;
  Packer packer;
  packer.add(PropTag(0x1000, PropType::restriction), value);
  const auto bytes = packer.pack();
  Arena arena;
  auto back = PackedView(ByteView(bytes)).find(PropTag(0x1000, PropType::restriction), arena);
  ASSERT_TRUE(back.has_value() && back->restriction != nullptr);
  EXPECT_EQ(back->restriction->type, mapi::RestrictType::exist);
  EXPECT_EQ(back->restriction->tag, exist.tag);
}

}  // namespace
}  // namespace ropewalk::store
