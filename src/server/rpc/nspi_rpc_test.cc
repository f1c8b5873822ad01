// The address book's interface over RPC: each method's parameters and results as the IDL has them, MS-OXNSPI_R8,
// MS-OXNSPI_R9, MS-OXNSPI_R1502, MS-OXNSPI_R134.
#include "server/rpc/nspi_rpc.h"

#include <list>

#include "directory/address_book.h"
#include "mapi/property_tags.h"
#include "mapi/value_fields.h"
#include "protocol/nspi/values.h"
#include "server/addressbook/cells.h"
#include "server/rpc/http_test_client.h"

namespace ropewalk::server {
namespace {

using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
using nspi::nspi_ids;
using nspi::nspi_row;
using nspi::nspi_tags;
using nspi::nspi_value;
using testing::ElementsAre;
using testing::HasSubstr;
namespace tag = mapi::tag;

class NspiOverRpc : public Endpoint {
 protected:
  void begin(const std::string& at = "localhost:6004") {
    start();
    client_.emplace(port(), "user1@ropewalk.test", at);
    ASSERT_TRUE(client_->connect(nspi::kNspi.id));
    nspi::FlatUid guid;
    nspi::BindIn in;
    in.stat = stat();
    in.server_guid = ndr::Pointer<nspi::FlatUid>::to(guid);
    auto out = call<nspi::BindOut>(0, in);
    ASSERT_EQ(out.return_value, ErrorCode::none);
    ASSERT_TRUE(out.server_guid);
    guid_ = out.server_guid->uid;
    handle_ = out.handle;
    ASSERT_FALSE(handle_.is_null());
    auto group = server_->address_book().add(directory::Kind::group, named("Group"));
    ASSERT_TRUE(group.ok()) << group.error().text;
    group_ = group->id;
    for (i64 id = 1; id <= 2; ++id) {
      auto object = server_->address_book().find_by_user(id);
      ASSERT_TRUE(object.ok() && *object);
      users_.push_back(**object);
      ASSERT_TRUE(server_->address_book().add_link(group_, directory::Link::member, users_.back().id).ok());
    }
    ASSERT_TRUE(server_->address_book().add_link(group_, directory::Link::owner, users_[0].id).ok());
  }
  static directory::ObjectChange named(const std::string& name) {
    directory::ObjectChange change;
    change.name = name;
    change.address = "group1@ropewalk.test";
    return change;
  }
  static nspi::Stat stat(u32 record = 0, u32 container = 0) {
    nspi::Stat stat;
    stat.current_record = record;
    stat.container_id = container;
    stat.code_page = 1252;
    stat.sort_locale = stat.template_locale = 0x409;
    return stat;
  }
  template <class Out, class In>
  Out call(u16 opnum, const In& in) {
    const ndr::Format format = client_->format();
    const wire::Context context = wire::add_context(format, nullptr);
    wire::OutBuffer stub;
    EXPECT_TRUE(wire::encode(in, stub, &context));
    auto reply = client_->call(opnum, stub.view());
    fault_ = reply ? reply->fault : 0xFFFFFFFF;
    if (!reply || reply->fault != 0) return {};
    replies_.push_back(std::move(reply->stub));
    const wire::Context back = wire::add_context(reply->format, nullptr);
    auto out = wire::decode<Out>(replies_.back(), arena_, &back);
    EXPECT_TRUE(out.ok()) << nspi::kNspi.methods[0].name << opnum;
    return out.ok() ? *out : Out{};
  }
  // With the session's handle.
  template <class In>
  In with_handle() const {
    In in;
    in.handle = handle_;
    return in;
  }
  ndr::Pointer<nspi::PropTagArray> columns(std::vector<u32> tags) {
    std::vector<PropTag> made;
    for (u32 one : tags) made.emplace_back(one);
    return nspi_tags(made, arena_);
  }
  std::string text(const nspi::PropertyValue& value) {
    const Property property = property_of(value, arena_);
    return mapi::text_of_value(property.tag.type(), property.value, 1252);
  }

  std::optional<HttpRpcClient> client_;
  std::list<std::vector<u8>> replies_;
  ndr::ContextHandle handle_;
  Guid guid_;
  u32 group_ = 0, fault_ = 0;
  std::vector<directory::Object> users_;
  Arena arena_;
};

// MS-OXNSPI_R1669, MS-OXNSPI_R674, MS-OXNSPI_R675, MS-OXNSPI_R697, MS-OXNSPI_R1993, MS-OXNSPI_R136, MS-OXNSPI_R1562,
// MS-OXNSPI_R1592; MS-OXNSPI_R701, MS-OXNSPI_R1672, MS-OXNSPI_R1673, MS-OXNSPI_R706, MS-OXNSPI_R712, MS-OXNSPI_R716;
// MS-OXCDATA_R6, MS-OXCDATA_R9, MS-OXCDATA_R10
TEST_F(NspiOverRpc, SessionsBeginAndEnd) {
  begin();
  // MS-OXNSPI_R413: one handle for call after call
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(call<nspi::QueryColumnsOut>(16, with_handle<nspi::QueryColumnsIn>()).return_value, ErrorCode::none);
  nspi::BindIn quiet;
  quiet.stat = stat();
  EXPECT_FALSE(call<nspi::BindOut>(0, quiet).server_guid) << "nobody asked";
  quiet.stat.code_page = 4711;
  const auto refused = call<nspi::BindOut>(0, quiet);
  EXPECT_EQ(refused.return_value, ErrorCode::invalid_codepage);
  EXPECT_TRUE(refused.handle.is_null());
  auto in = with_handle<nspi::UnbindIn>();
  in.reserved = 77;
  const auto out = call<nspi::UnbindOut>(1, in);
  EXPECT_EQ(out.return_value, 1u);
  EXPECT_TRUE(out.handle.is_null());
  call<nspi::UnbindOut>(1, in);
  EXPECT_EQ(fault_, dcerpc::kContextMismatch);
  call<nspi::QueryColumnsOut>(16, with_handle<nspi::QueryColumnsIn>());
  EXPECT_EQ(fault_, dcerpc::kContextMismatch);
  EXPECT_THAT(log(), HasSubstr("user1@ropewalk.test at 127.0.0.1, NspiBind: nobody knows the code page 4711"));
}

// A handle of another interface is none here.
TEST_F(NspiOverRpc, ForeignHandlesAreNone) {
  begin();
  auto in = with_handle<nspi::QueryColumnsIn>();
  in.handle.uuid = Guid::random();
  call<nspi::QueryColumnsOut>(16, in);
  EXPECT_EQ(fault_, dcerpc::kContextMismatch);
  call<nspi::QueryColumnsOut>(15, in);
  EXPECT_EQ(fault_, dcerpc::kOpnumOutOfRange);
  call<nspi::QueryColumnsOut>(2, nspi::QueryColumnsOut{});
  EXPECT_EQ(fault_, dcerpc::kBadStubData);
}

// MS-OXNSPI_R1675, MS-OXNSPI_R1676, MS-OXNSPI_R1868, MS-OXNSPI_R1872, MS-OXNSPI_R1587
TEST_F(NspiOverRpc, Positions) {
  begin("localhost:6001");
  auto in = with_handle<nspi::UpdateStatIn>();
  in.stat = stat(users_[0].id);
  in.stat.delta = 1;
  for (u32 reserved : {0u, 0x80000000u}) {
    in.reserved = reserved;
    in.delta = {};
    EXPECT_FALSE(call<nspi::UpdateStatOut>(2, in).delta);
    for (i32 said : {0, 4711}) {
      in.delta = ndr::Pointer<i32>::to(said);
      const auto out = call<nspi::UpdateStatOut>(2, in);
      EXPECT_EQ(out.return_value, ErrorCode::none);
      ASSERT_TRUE(out.delta);
      EXPECT_EQ(*out.delta, 1);
      EXPECT_EQ(out.stat.current_record, users_[1].id);
      EXPECT_EQ(out.stat.total_records, 3u);
    }
  }
}

// MS-OXNSPI_R1680, MS-OXNSPI_R1575, MS-OXNSPI_R234, MS-OXNSPI_R236, MS-OXNSPI_R1574, MS-OXNSPI_R1709, MS-OXNSPI_R229,
// MS-OXNSPI_R230, MS-OXNSPI_R231, MS-OXNSPI_R1573, MS-OXNSPI_R1708, MS-OXNSPI_R219, MS-OXNSPI_R224, MS-OXNSPI_R1572;
// MS-OXCDATA_R82, MS-OXCDATA_R83, MS-OXCDATA_R84, MS-OXCDATA_R97, MS-OXCDATA_R99, MS-OXCDATA_R456, MS-OXCDATA_R457,
// MS-OXCDATA_R458
TEST_F(NspiOverRpc, Rows) {
  begin();
  auto in = with_handle<nspi::QueryRowsIn>();
  in.stat = stat();
  in.count = 0x80000000;
  in.columns = columns({0x3001001F, 0x3001001E, 0x39000003, 0x3A17001F});
  const auto out = call<nspi::QueryRowsOut>(3, in);
  EXPECT_EQ(out.return_value, ErrorCode::none);
  ASSERT_TRUE(out.rows && out.rows->size() == 3);
  EXPECT_EQ(out.stat.current_record, 2u);
  const nspi::PropertyRow& row = out.rows->items[1];
  EXPECT_EQ(row.reserved, 0u);
  ASSERT_EQ(row.size(), 4u);
  for (const auto& value : row.array->items) EXPECT_EQ(value.reserved, 0u);
  EXPECT_EQ(text(row.array->items[0]), "The user1");
  EXPECT_EQ(text(row.array->items[1]), "The user1");
  EXPECT_EQ(row.array->items[2].number, 0);
  // MS-OXNSPI_R194
  EXPECT_EQ(row.array->items[3].tag, PropTag(0x3A17000A));
  EXPECT_EQ(row.array->items[3].error, ErrorCode::not_found);
  // An Explicit Table.
  ndr::Array<u32> table;
  std::vector<u32> ids = {users_[1].id};
  table.items = std::span(ids);
  in.table = ndr::Pointer<ndr::Array<u32>>::to(table);
  EXPECT_EQ(text(call<nspi::QueryRowsOut>(3, in).rows->items[0].array->items[0]), "The user2");
  in.table = {};
  in.stat.container_id = 4711;
  const auto refused = call<nspi::QueryRowsOut>(3, in);
  EXPECT_EQ(refused.return_value, ErrorCode::invalid_bookmark);
  EXPECT_FALSE(refused.rows);
}

// MS-OXNSPI_R1681, MS-OXNSPI_R1702, MS-OXNSPI_R1024
TEST_F(NspiOverRpc, Seeking) {
  begin();
  auto in = with_handle<nspi::SeekEntriesIn>();
  in.stat = stat();
  in.target = nspi_value({PropTag(0x3001001F), Value::of(mapi::utf16_in(arena_, "the user2"))}, arena_);
  in.columns = columns({0x3001001F});
  for (u32 reserved : {0u, 5u}) {
    in.reserved = reserved;
    const auto out = call<nspi::SeekEntriesOut>(4, in);
    EXPECT_EQ(out.return_value, ErrorCode::none);
    EXPECT_EQ(out.stat.current_record, users_[1].id);
    ASSERT_TRUE(out.rows && out.rows->size() == 1);
  }
  const std::vector<u32> ids = {group_, users_[1].id};
  in.table = nspi_ids(ids, arena_);
  EXPECT_EQ(call<nspi::SeekEntriesOut>(4, in).stat.position, 1u);
}

// Every condition that RestrictionUnion_r has. MS-OXNSPI_R1682, MS-OXNSPI_R1899, MS-OXNSPI_R1109
TEST_F(NspiOverRpc, Matches) {
  begin();
  auto in = with_handle<nspi::GetMatchesIn>();
  in.stat = stat();
  in.requested = 50;
  in.reserved2 = 77;
  auto found = [&](const nspi::Restriction& filter) {
    in.filter = ndr::Pointer<nspi::Restriction>::to(filter);
    const auto out = call<nspi::GetMatchesOut>(5, in);
    EXPECT_EQ(out.return_value, ErrorCode::none) << mapi::name(out.return_value);
    std::vector<u32> ids;
    if (out.ids) ids.assign(out.ids->items.begin(), out.ids->items.end());
    return ids;
  };
  auto of = [&](mapi::RestrictType type, u32 number, u32 tag) {
    nspi::Restriction made;
    made.type.value = static_cast<u32>(type);
    made.number = number;
    made.tag = PropTag(tag);
    return made;
  };
  using mapi::RestrictType;
  const auto value = nspi_value({PropTag(0x39000003), Value::of(1u)}, arena_);
  auto group = of(RestrictType::property, 4, 0x39000003);
  group.value = ndr::Pointer<nspi::PropertyValue>::to(value);
  EXPECT_THAT(found(group), ElementsAre(group_));
  auto others = of(RestrictType::not_, 0, 0);
  others.child = ndr::Pointer<nspi::Restriction>::to(group);
  EXPECT_THAT(found(others), ElementsAre(users_[0].id, users_[1].id));
  nspi::Restriction parts[] = {group, others};
  ndr::Array<nspi::Restriction> array;
  array.items = std::span<nspi::Restriction>(parts);
  auto either = of(RestrictType::or_, 0, 0);
  either.children.array = ndr::Pointer<ndr::Array<nspi::Restriction>>::to(array);
  EXPECT_EQ(found(either).size(), 3u);
  either.type.value = static_cast<u32>(RestrictType::and_);
  EXPECT_EQ(found(either).size(), 0u);
  const auto prefix = nspi_value({PropTag(0x3001001E), Value::of(bytes_of("the"))}, arena_);
  auto content = of(RestrictType::content, 0x00010002, 0x3001001E);
  content.value = ndr::Pointer<nspi::PropertyValue>::to(prefix);
  EXPECT_THAT(found(content), ElementsAre(users_[0].id, users_[1].id));
  auto bits = of(RestrictType::bit_mask, 1, 0x0FFE0003);
  bits.operand = 8;
  EXPECT_THAT(found(bits), ElementsAre(group_));
  EXPECT_THAT(found(of(RestrictType::exist, 0, 0x360F000D)), ElementsAre(group_));
  auto size = of(RestrictType::size, 4, 0x0FF60102);
  size.operand = 4;
  EXPECT_EQ(found(size).size(), 3u);
  auto compare = of(RestrictType::compare_properties, 4, 0x3003001F);
  compare.tag2 = PropTag(0x803C001F);
  EXPECT_EQ(found(compare).size(), 3u);
  // Deeper than is read.
  nspi::Restriction chain[70];
  chain[0] = group;
  for (std::size_t i = 1; i < std::size(chain); ++i) {
    chain[i] = of(RestrictType::not_, 0, 0);
    chain[i].child = ndr::Pointer<nspi::Restriction>::to(chain[i - 1]);
  }
  in.filter = ndr::Pointer<nspi::Restriction>::to(chain[69]);
  const auto deep = call<nspi::GetMatchesOut>(5, in);
  EXPECT_TRUE(fault_ == dcerpc::kBadStubData || deep.return_value == ErrorCode::too_complex);
  // The members of the group, with rows.
  in.filter = {};
  in.stat = stat(group_, tag::PidTagAddressBookMember);
  in.columns = columns({0x3001001F});
  const auto out = call<nspi::GetMatchesOut>(5, in);
  EXPECT_EQ(out.return_value, ErrorCode::none);
  EXPECT_EQ(out.stat.container_id, group_);
  ASSERT_TRUE(out.ids && out.rows);
  EXPECT_EQ(out.ids->size(), 2u);
  EXPECT_EQ(out.rows->size(), 2u);
  // By a name, with a reserved list.
  nspi::PropertyName name;
  name.id = 0x8009;
  in.stat.container_id = 0;
  in.property_name = ndr::Pointer<nspi::PropertyName>::to(name);
  in.table = out.ids;
  EXPECT_EQ(call<nspi::GetMatchesOut>(5, in).ids->size(), 2u);
}

// MS-OXNSPI_R1683, MS-OXNSPI_R1915, MS-OXNSPI_R1870; MS-OXNSPI_R1684, MS-OXNSPI_R1699; MS-OXNSPI_R140,
// MS-OXNSPI_R1563, MS-OXCDATA_R187, MS-OXCDATA_R189, MS-OXCDATA_R191
TEST_F(NspiOverRpc, OrderOfIds) {
  begin();
  auto in = with_handle<nspi::ResortRestrictionIn>();
  in.stat = stat();
  in.reserved = 9;
  std::vector<u32> ids = {users_[1].id, group_};
  in.in_ids = *nspi_ids(ids, arena_);
  for (bool given : {false, true}) {
    in.out_ids = given ? nspi_ids(ids, arena_) : ndr::Pointer<nspi::MinimalIds>();
    const auto out = call<nspi::ResortRestrictionOut>(6, in);
    EXPECT_EQ(out.return_value, ErrorCode::none);
    ASSERT_TRUE(out.out_ids);
    EXPECT_THAT(std::vector<u32>(out.out_ids->items.begin(), out.out_ids->items.end()),
                ElementsAre(group_, users_[1].id));
  }
  auto compare = with_handle<nspi::CompareMIdsIn>();
  compare.stat = stat();
  compare.reserved = 7;
  compare.id1 = group_;
  compare.id2 = users_[1].id;
  EXPECT_LT(call<nspi::CompareMIdsOut>(10, compare).result, 0);
}

// MS-OXNSPI_R1685, MS-OXNSPI_R1700; MS-OXNSPI_R1678; MS-OXNSPI_R1677, MS-OXNSPI_R1922
TEST_F(NspiOverRpc, DnsAndTags) {
  begin();
  auto in = with_handle<nspi::DNToMIdIn>();
  in.reserved = 3;
  std::string dn = users_[1].legacy_dn;
  ndr::String one = ndr::String::of(dn), other = ndr::String::of("/o=Nobody");
  ndr::Pointer<ndr::String> names[] = {ndr::Pointer<ndr::String>::to(one), ndr::Pointer<ndr::String>::to(other), {}};
  in.names.items = std::span<ndr::Pointer<ndr::String>>(names);
  const auto out = call<nspi::DNToMIdOut>(7, in);
  ASSERT_TRUE(out.ids);
  EXPECT_THAT(std::vector<u32>(out.ids->items.begin(), out.ids->items.end()), ElementsAre(users_[1].id, 0, 0));
  auto list = with_handle<nspi::GetPropListIn>();
  list.id = users_[0].id;
  list.code_page = 1252;
  EXPECT_GT(call<nspi::GetPropListOut>(8, list).tags->size(), 15u);
  list.id = 4711;
  const auto nobody = call<nspi::GetPropListOut>(8, list);
  EXPECT_EQ(nobody.return_value, ErrorCode::invalid_object);
  EXPECT_FALSE(nobody.tags);
  auto all = with_handle<nspi::QueryColumnsIn>();
  all.reserved = 1;
  EXPECT_GT(call<nspi::QueryColumnsOut>(16, all).columns->size(), 50u);
}

// Values of every type that an object has here: MS-OXNSPI_R1679, MS-OXNSPI_R26, MS-OXNSPI_R27, MS-OXNSPI_R1505,
// MS-OXNSPI_R1506, MS-OXNSPI_R1507, MS-OXNSPI_R1508, MS-OXNSPI_R1509, MS-OXNSPI_R1511, MS-OXNSPI_R1512,
// MS-OXNSPI_R1515, MS-OXNSPI_R1516, MS-OXNSPI_R1517, MS-OXNSPI_R2, MS-OXNSPI_R3
TEST_F(NspiOverRpc, ValuesOfEveryType) {
  begin();
  directory::ObjectChange change;
  change.set.set(PropTag(tag::PidTagCreationTime), Value::of(FileTime{0x01D9000000000001}));
  Value certificates[] = {Value::of(bytes_of("one")), Value::of(bytes_of("two"))};
  change.set.set(PropTag(tag::PidTagUserX509Certificate), Value::of(wire::List<Value>(certificates)));
  ASSERT_TRUE(server_->address_book().change(users_[0].id, change).ok());
  auto in = with_handle<nspi::GetPropsIn>();
  in.stat = stat(users_[0].id);
  in.tags = columns({0x39000003, 0x3A40000B, 0x3001001E, 0x3001001F, 0x300B0102, 0x30070040, 0x800F101E, 0x800F101F,
                     0x3A701102, 0x3A17001F, 0x8008000D});
  const auto out = call<nspi::GetPropsOut>(9, in);
  EXPECT_EQ(out.return_value, ErrorCode::warn_with_errors);
  ASSERT_TRUE(out.row && out.row->size() == 11);
  const auto& values = out.row->array->items;
  EXPECT_EQ(values[0].number, 0);  // MS-OXNSPI_R181, MS-OXCDATA_R2691
  EXPECT_EQ(values[1].number, 1);  // MS-OXNSPI_R182, MS-OXNSPI_R183, MS-OXCDATA_R2698
  // MS-OXNSPI_R184, MS-OXNSPI_R185, MS-OXCDATA_R2701; MS-OXNSPI_R188, MS-OXNSPI_R189, MS-OXCDATA_R2700
  EXPECT_EQ(text(values[2]), "The user1");
  EXPECT_EQ(text(values[3]), "The user1");
  // MS-OXNSPI_R186, MS-OXNSPI_R144, MS-OXNSPI_R145, MS-OXNSPI_R147, MS-OXNSPI_R1564, MS-OXCDATA_R2707
  ASSERT_TRUE(values[4].binary.array);
  EXPECT_EQ(values[4].binary.count, values[4].binary.array->bytes.size());
  EXPECT_EQ(values[5].time.time().value, 0x01D9000000000001u);  // MS-OXNSPI_R192, MS-OXNSPI_R193, MS-OXCDATA_R2702
  // MS-OXNSPI_R199, MS-OXNSPI_R200, MS-OXNSPI_R156, MS-OXNSPI_R157, MS-OXNSPI_R159, MS-OXNSPI_R160, MS-OXNSPI_R1567,
  // MS-OXCDATA_R2716
  ASSERT_EQ(values[6].texts8.size(), 1u);
  EXPECT_EQ(values[6].texts8.array->items[0]->text.text(), "SMTP:user1@ropewalk.test");
  // MS-OXNSPI_R208, MS-OXNSPI_R209, MS-OXNSPI_R169, MS-OXNSPI_R170, MS-OXNSPI_R172, MS-OXNSPI_R173, MS-OXNSPI_R1570,
  // MS-OXCDATA_R2715
  EXPECT_EQ(values[7].texts.size(), 1u);
  // MS-OXNSPI_R202, MS-OXNSPI_R161, MS-OXNSPI_R162, MS-OXNSPI_R164, MS-OXNSPI_R1568, MS-OXCDATA_R2719
  ASSERT_EQ(values[8].binaries.size(), 2u);
  EXPECT_EQ(text_of(values[8].binaries.array->items[1].array->bytes), "two");
  EXPECT_EQ(values[9].tag.type(), PropType::error_code);  // MS-OXCDATA_R2697
  EXPECT_EQ(values[10].number, 0);                        // MS-OXNSPI_R1707
}

// What counts are too high for the IDL's range() is no stub: MS-OXNSPI_R146, MS-OXNSPI_R158, MS-OXNSPI_R163,
// MS-OXNSPI_R171, MS-OXNSPI_R187, MS-OXNSPI_R201, MS-OXNSPI_R203, MS-OXNSPI_R204, MS-OXNSPI_R210
TEST_F(NspiOverRpc, CountsAreBounded) {
  // What nobody may send nobody is given, either.
  auto can_be_read = [&](const nspi::PropertyValue& value) {
    nspi::SeekEntriesIn in;
    in.target = value;
    const ndr::Format format{};
    const wire::Context context = wire::add_context(format, nullptr);
    wire::OutBuffer stub;
    Arena reading(256u << 20);
    EXPECT_TRUE(wire::encode(in, stub, &context));
    return wire::decode<nspi::SeekEntriesIn>(stub.view(), reading, &context).ok();
  };
  Arena arena(256u << 20);
  auto fits = [&](PropTag tag, const Value& value) { return cell_of(tag, {tag, value}, 1252, arena).has_value(); };
  const std::vector<u8> bytes(nspi::kMaxBinary + 1);
  for (std::size_t size : {std::size_t{nspi::kMaxBinary}, bytes.size()}) {
    const PropTag tag(0x30010102);
    const Value value = Value::of(ByteView(bytes).first(size));
    EXPECT_EQ(can_be_read(nspi_value({tag, value}, arena)), size == nspi::kMaxBinary);
    EXPECT_EQ(fits(tag, value), size == nspi::kMaxBinary);
  }
  std::vector<Value> many(nspi::kMaxCount + 1, Value::of(bytes_of("x ")));
  for (u32 type : {0x101Eu, 0x101Fu, 0x1102u}) {
    for (std::size_t count : {std::size_t{nspi::kMaxCount}, many.size()}) {
      const PropTag tag(0x30010000 | type);
      const Value value = Value::of(wire::List<Value>(std::span<Value>(many).first(count)));
      EXPECT_EQ(can_be_read(nspi_value({tag, value}, arena)), count == nspi::kMaxCount);
      EXPECT_EQ(fits(tag, value), count == nspi::kMaxCount);
    }
  }
}

// MS-OXNSPI_R1686, MS-OXNSPI_R1289; MS-OXNSPI_R1687
TEST_F(NspiOverRpc, Changes) {
  begin();
  auto in = with_handle<nspi::ModPropsIn>();
  in.stat = stat(users_[0].id);
  in.reserved = 5;
  in.tags = columns({});
  Value certificates[] = {Value::of(bytes_of("one"))};
  const Property certificate{PropTag(tag::PidTagUserX509Certificate), Value::of(wire::List<Value>(certificates))};
  in.row = nspi_row({&certificate, 1}, arena_);
  EXPECT_EQ(call<nspi::ModPropsOut>(11, in).return_value, ErrorCode::none);
  in.stat = stat(users_[1].id);
  EXPECT_EQ(call<nspi::ModPropsOut>(11, in).return_value, ErrorCode::access_denied);
  in.tags = {};
  EXPECT_EQ(call<nspi::ModPropsOut>(11, in).return_value, ErrorCode::invalid_param);

  auto link = with_handle<nspi::ModLinkAttIn>();
  link.flags = 1;
  link.tag = PropTag(tag::PidTagAddressBookMember);
  link.id = group_;
  auto get = with_handle<nspi::GetPropsIn>();
  get.stat = stat(users_[1].id);
  get.tags = columns({0x0FFF0102});
  nspi::Binary ids[] = {call<nspi::GetPropsOut>(9, get).row->array->items[0].binary};
  ndr::Array<nspi::Binary> array;
  array.items = std::span<nspi::Binary>(ids);
  link.entry_ids.array = ndr::Pointer<ndr::Array<nspi::Binary>>::to(array);
  EXPECT_EQ(call<nspi::ModLinkAttOut>(14, link).return_value, ErrorCode::none);
  EXPECT_THAT(*server_->address_book().members(group_), ElementsAre(users_[0].id));
  link.id = users_[0].id;
  EXPECT_EQ(call<nspi::ModLinkAttOut>(14, link).return_value, ErrorCode::access_denied);
}

// MS-OXNSPI_R1674; MS-OXNSPI_R1690
TEST_F(NspiOverRpc, SpecialTables) {
  begin();
  auto in = with_handle<nspi::GetSpecialTableIn>();
  in.stat = stat();
  in.flags = 4;
  in.version = 12;
  const auto out = call<nspi::GetSpecialTableOut>(12, in);
  EXPECT_EQ(out.return_value, ErrorCode::none);
  EXPECT_EQ(out.version, 12u);
  ASSERT_TRUE(out.rows && out.rows->size() > 4);
  EXPECT_EQ(text(out.rows->items[0].array->items[4]), "Global Address List");
  auto info = with_handle<nspi::GetTemplateInfoIn>();
  info.flags = 1;
  info.code_page = 1252;
  info.locale = 0x409;
  EXPECT_EQ(call<nspi::GetTemplateInfoOut>(13, info).row->array->items[0].tag, PropTag(0x00010102));
  ndr::String dn = ndr::String::of("/o=Ropewalk/cn=Address-Templates/cn=409/cn=EX");
  info.dn = ndr::Pointer<ndr::String>::to(dn);
  EXPECT_EQ(call<nspi::GetTemplateInfoOut>(13, info).return_value, ErrorCode::none);
  info.code_page = 1200;
  const auto refused = call<nspi::GetTemplateInfoOut>(13, info);
  EXPECT_EQ(refused.return_value, ErrorCode::invalid_codepage);
  EXPECT_FALSE(refused.row);
}

// MS-OXNSPI_R1688, MS-OXNSPI_R1363; MS-OXNSPI_R1689, MS-OXNSPI_R1414: clients set the reserved parameter to 0x80000000.
TEST_F(NspiOverRpc, Names) {
  begin();
  for (u32 reserved : {0u, 0x80000000u}) {
    auto in = with_handle<nspi::ResolveNamesIn>();
    in.reserved = reserved;
    in.stat = stat();
    ndr::String one = ndr::String::of("user2"), several = ndr::String::of("user");
    ndr::Pointer<ndr::String> names[] = {
        ndr::Pointer<ndr::String>::to(one), {}, ndr::Pointer<ndr::String>::to(several)};
    in.names.items = std::span<ndr::Pointer<ndr::String>>(names);
    in.columns = columns({0x0FFF0102});
    const auto out = call<nspi::ResolveNamesOut>(19, in);
    EXPECT_EQ(out.return_value, ErrorCode::none);
    ASSERT_TRUE(out.ids && out.rows && out.rows->size() == 1);
    EXPECT_THAT(std::vector<u32>(out.ids->items.begin(), out.ids->items.end()), ElementsAre(2, 0, 1));

    auto wide = with_handle<nspi::ResolveNamesWIn>();
    wide.reserved = reserved;
    wide.stat = stat();
    ndr::WideString name;
    name.text.bytes = mapi::utf16_in(arena_, "user1");
    ndr::Pointer<ndr::WideString> wide_names[] = {ndr::Pointer<ndr::WideString>::to(name), {}};
    wide.names.items = std::span<ndr::Pointer<ndr::WideString>>(wide_names);
    wide.columns = in.columns;
    const auto resolved = call<nspi::ResolveNamesWOut>(20, wide);
    EXPECT_EQ(resolved.return_value, ErrorCode::none);
    ASSERT_TRUE(resolved.rows && resolved.rows->size() == 1);
    EXPECT_EQ(resolved.rows->items[0].array->items[0].binary.array->bytes[0], 0) << "permanent";
  }
}

// As [MS-NSPI] 3.1.4.16 and 3.1.4.17 have them, which [MS-OXNSPI] has withdrawn: names are tags in PS_MAPI.
TEST_F(NspiOverRpc, NamedProperties) {
  begin();
  const auto set_of = [](const Guid& set) {
    nspi::FlatUid uid;
    uid.uid = set;
    return uid;
  };
  const nspi::FlatUid mapi_set = set_of(guid_literal("00020328-0000-0000-c000-000000000046"));
  const nspi::FlatUid other_set = set_of(guid_literal("00020329-0000-0000-c000-000000000046"));
  // Of no set, and no tags: every tag, without a name. Of PS_MAPI they are too many.
  auto in = with_handle<nspi::GetNamesFromIDsIn>();
  auto out = call<nspi::GetNamesFromIDsOut>(17, in);
  EXPECT_EQ(out.return_value, ErrorCode::none);
  ASSERT_TRUE(out.tags && out.names);
  EXPECT_GT(out.tags->size(), 50u);
  ASSERT_EQ(out.names->items.size(), out.tags->size());
  for (const auto& name : out.names->items) EXPECT_FALSE(name.guid);
  in.guid = ndr::Pointer<nspi::FlatUid>::to(mapi_set);
  out = call<nspi::GetNamesFromIDsOut>(17, in);
  EXPECT_EQ(out.return_value, ErrorCode::not_supported);
  EXPECT_FALSE(out.tags);
  EXPECT_FALSE(out.names);
  // Of some: a name for each that has one in that set.
  in.tags = columns({0x3001001F, 0x12340003});
  for (const nspi::FlatUid* set : {&mapi_set, &other_set}) {
    in.guid = ndr::Pointer<nspi::FlatUid>::to(*set);
    out = call<nspi::GetNamesFromIDsOut>(17, in);
    EXPECT_EQ(out.return_value, ErrorCode::none);
    EXPECT_FALSE(out.tags);
    ASSERT_TRUE(out.names && out.names->items.size() == 2);
    EXPECT_EQ(bool(out.names->items[0].guid), set == &mapi_set);
    EXPECT_EQ(out.names->items[0].id, set == &mapi_set ? 0x3001001F : 0);
    EXPECT_FALSE(out.names->items[1].guid);
  }
  // And back, whatever the type.
  nspi::PropertyName known, unknown, none;
  known.guid = unknown.guid = ndr::Pointer<nspi::FlatUid>::to(mapi_set);
  known.id = 0x3001001F;
  unknown.id = 0x12340003;
  none.id = 0x3001001F;
  ndr::Pointer<nspi::PropertyName> names[] = {ndr::Pointer<nspi::PropertyName>::to(known),
                                              ndr::Pointer<nspi::PropertyName>::to(unknown),
                                              ndr::Pointer<nspi::PropertyName>::to(none)};
  auto back = with_handle<nspi::GetIDsFromNamesIn>();
  back.names.items = std::span<ndr::Pointer<nspi::PropertyName>>(names).first(1);
  auto ids = call<nspi::GetIDsFromNamesOut>(18, back);
  EXPECT_EQ(ids.return_value, ErrorCode::none);
  ASSERT_TRUE(ids.tags && ids.tags->size() == 1);
  EXPECT_EQ(ids.tags->items[0], PropTag(0x30010000));
  back.names.items = std::span<ndr::Pointer<nspi::PropertyName>>(names);
  ids = call<nspi::GetIDsFromNamesOut>(18, back);
  EXPECT_EQ(ids.return_value, ErrorCode::warn_with_errors);
  ASSERT_TRUE(ids.tags && ids.tags->size() == 3);
  EXPECT_EQ(ids.tags->items[1], PropTag(0x0000000A));
  EXPECT_EQ(ids.tags->items[2], PropTag(0x0000000A));
  back.flags = 2;
  ids = call<nspi::GetIDsFromNamesOut>(18, back);
  EXPECT_EQ(ids.return_value, ErrorCode::access_denied);
  EXPECT_FALSE(ids.tags);
}

}  // namespace
}  // namespace ropewalk::server
