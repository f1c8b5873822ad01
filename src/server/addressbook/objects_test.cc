// Objects and their properties, names, the hierarchy, templates, changes:
// [MS-OXNSPI] 3.1.4.1, 3.1.4.2, 3.1.4.3, 3.1.4.6, 3.1.4.7.
#include "server/addressbook/cells.h"
#include "server/addressbook/test_book.h"

namespace ropewalk::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

constexpr u32 kEphemeral = 2, kSkipObjects = 1;

// ---- NspiBind ----

// MS-OXNSPI_R668, MS-OXNSPI_R676, MS-OXNSPI_R700
TEST_F(NspiTest, OpensSessions) {
  EXPECT_EQ(service_->bind(caller(), 0, begin()), ErrorCode::none);
  for (u32 flags : {0x20u, 0xFFFFFFFFu})
    EXPECT_EQ(service_->bind(caller(), flags, begin()), ErrorCode::none);  // MS-OXNSPI_R1668
  EXPECT_FALSE(service_->server_guid().is_null());
  const Guid guid = service_->server_guid();
  serve();
  EXPECT_EQ(service_->server_guid(), guid) << "identifiers outlive a restart";
  nspi::Stat stat = begin();
  for (u32 page : {0u, 1252u, 1251u, 932u, 65001u, 20261u}) {
    stat.code_page = page;
    EXPECT_EQ(service_->bind(caller(), 0, stat), ErrorCode::none) << page;
  }
  // MS-OXNSPI_R696, MS-OXCDATA_R973, MS-OXCDATA_R974
  stat.code_page = 4711;
  EXPECT_EQ(service_->bind(caller(), 0, stat), ErrorCode::invalid_codepage);
  stat.code_page = 1200;  // MS-OXNSPI_R680
  EXPECT_EQ(service_->bind(caller(), 0, stat), ErrorCode::not_supported);
  EXPECT_EQ(service_->bind({0, "somebody", "127.0.0.1"}, 0, begin()), ErrorCode::login_failure);
  EXPECT_THAT(refused_, HasSubstr("somebody at 127.0.0.1, NspiBind"));
}

// ---- identifiers ----

// MS-OXNSPI_R384, MS-OXNSPI_R392, MS-OXNSPI_R393, MS-OXNSPI_R395, MS-OXNSPI_R1717, MS-OXNSPI_R397, MS-OXNSPI_R1718,
// MS-OXNSPI_R399, MS-OXNSPI_R1719, MS-OXNSPI_R401, MS-OXNSPI_R1664, MS-OXNSPI_R403, MS-OXNSPI_R1720, MS-OXNSPI_R405,
// MS-OXNSPI_R406, MS-OXNSPI_R409, MS-OXNSPI_R411, MS-OXNSPI_R604, MS-OXNSPI_R901
TEST_F(NspiTest, NamesObjectsForEver) {
  for (const Object& object : {alpha_, foxtrot_, golf_, kilo_, juliett_}) {
    const Property id = property(object.id, tag::PidTagEntryId);
    ASSERT_EQ(id.tag, PropTag(tag::PidTagEntryId));
    auto read = wire::decode<mapi::AddressBookEntryId>(id.value.bytes, arena_);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->flags, (std::array<u8, 4>{}));
    EXPECT_EQ(read->provider_uid, guid_literal("c840a7dc-42c0-1a10-b4b9-08002b2fe182"));
    EXPECT_EQ(read->body.version, 1u);
    Entry entry;
    entry.object = object;
    EXPECT_EQ(read->body.type, display_type(entry));
    EXPECT_EQ(read->body.x500_dn.text(), object.legacy_dn);
  }
  // MS-OXNSPI_R2001: the same in every session
  const Property before = property(alpha_.id, tag::PidTagEntryId);
  serve();
  EXPECT_TRUE(mapi::equal_values(PropType::binary, before.value, property(alpha_.id, tag::PidTagEntryId).value));
}

// MS-OXNSPI_R361, MS-OXNSPI_R362, MS-OXNSPI_R364, MS-OXNSPI_R1713, MS-OXNSPI_R366, MS-OXNSPI_R1714, MS-OXNSPI_R368,
// MS-OXNSPI_R1715, MS-OXNSPI_R370, MS-OXNSPI_R372, MS-OXNSPI_R1716, MS-OXNSPI_R374, MS-OXNSPI_R375, MS-OXNSPI_R378,
// MS-OXNSPI_R380, MS-OXNSPI_R381, MS-OXNSPI_R605, MS-OXNSPI_R606, MS-OXNSPI_R105, MS-OXNSPI_R899
TEST_F(NspiTest, NamesObjectsForASession) {
  const Property id = property(golf_.id, tag::PidTagEntryId, kEphemeral);
  ASSERT_EQ(id.value.bytes.size(), 32u);
  EXPECT_THAT(id.value.bytes.first(4), ElementsAre(0x87, 0, 0, 0));
  auto read = wire::decode<mapi::EphemeralEntryId>(id.value.bytes, arena_);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->provider_uid, service_->server_guid());
  EXPECT_EQ(read->body.version, 1u);
  EXPECT_EQ(read->body.type, kDistList);
  EXPECT_EQ(read->body.mid, golf_.id);
  // MS-OXNSPI_R1994, MS-OXNSPI_R1995: the same in every call
  EXPECT_TRUE(mapi::equal_values(PropType::binary, id.value, property(golf_.id, tag::PidTagEntryId, kEphemeral).value));
  // MS-OXNSPI_R609, MS-OXNSPI_R1706
  EXPECT_EQ(load_le<u32>(property(golf_.id, tag::PidTagInstanceKey).value.bytes.data()), golf_.id);
}

// The codes with which methods answer: MS-OXNSPI_R1661, MS-OXCDATA_R897, MS-OXCDATA_R898.
static_assert(static_cast<u32>(ErrorCode::none) == 0 && static_cast<u32>(ErrorCode::unbind_success) == 1 &&
              static_cast<u32>(ErrorCode::warn_with_errors) == 0x00040380 &&
              static_cast<u32>(ErrorCode::error) == 0x80004005 &&
              static_cast<u32>(ErrorCode::not_supported) == 0x80040102 &&
              static_cast<u32>(ErrorCode::invalid_object) == 0x80040108 &&
              static_cast<u32>(ErrorCode::not_found) == 0x8004010F &&
              static_cast<u32>(ErrorCode::login_failure) == 0x80040111 &&
              static_cast<u32>(ErrorCode::too_complex) == 0x80040117 &&
              static_cast<u32>(ErrorCode::invalid_codepage) == 0x8004011E &&
              static_cast<u32>(ErrorCode::invalid_locale) == 0x8004011F &&
              static_cast<u32>(ErrorCode::table_too_big) == 0x80040403 &&
              static_cast<u32>(ErrorCode::invalid_bookmark) == 0x80040405 &&
              static_cast<u32>(ErrorCode::access_denied) == 0x80070005 &&
              static_cast<u32>(ErrorCode::mapi_oom) == 0x8007000E &&
              static_cast<u32>(ErrorCode::invalid_param) == 0x80070057);

// Ids of objects and lists stay away from those that mean positions and from those with the high bit.
TEST_F(NspiTest, NumbersObjectsAwayFromPositions) {
  const auto lists = *book_->lists();
  for (const auto& one : lists) EXPECT_TRUE(one.id >= 16 && one.id < 0x80000000);
  for (const Object& object : {alpha_, golf_, juliett_}) EXPECT_TRUE(object.id >= 16 && object.id < 0x80000000);
}

// ---- properties ----

// What every object has, MS-OXNSPI_R1721 to MS-OXNSPI_R1736, here one by one: MS-OXNSPI_R1722, MS-OXNSPI_R1723,
// MS-OXNSPI_R1724, MS-OXNSPI_R1725, MS-OXNSPI_R1726, MS-OXNSPI_R1727, MS-OXNSPI_R1728, MS-OXNSPI_R1729,
// MS-OXNSPI_R1730, MS-OXNSPI_R1731, MS-OXNSPI_R1732, MS-OXNSPI_R1733, MS-OXNSPI_R1734, MS-OXNSPI_R1735. Ids and types:
// MS-OXPROPS_R4969, MS-OXPROPS_R4970, MS-OXPROPS_R4981, MS-OXPROPS_R4982, MS-OXPROPS_R5163, MS-OXPROPS_R5164,
// MS-OXPROPS_R5316, MS-OXPROPS_R5317, MS-OXPROPS_R6014, MS-OXPROPS_R6015, MS-OXPROPS_R6035, MS-OXPROPS_R6036,
// MS-OXPROPS_R6056, MS-OXPROPS_R6057, MS-OXPROPS_R6100, MS-OXPROPS_R6101, MS-OXPROPS_R6605, MS-OXPROPS_R6606,
// MS-OXPROPS_R6626, MS-OXPROPS_R6627, MS-OXPROPS_R6889, MS-OXPROPS_R6890, MS-OXPROPS_R6891, MS-OXPROPS_R7109,
// MS-OXPROPS_R7110, MS-OXPROPS_R7825, MS-OXPROPS_R7826, MS-OXPROPS_R8385, MS-OXPROPS_R8386, MS-OXPROPS_R8770,
// MS-OXPROPS_R8771, MS-OXPROPS_R8815, MS-OXPROPS_R8816
TEST_F(NspiTest, EveryObjectHasWhatItMust) {
  constexpr u32 kRequired[] = {0x0FFE0003, 0x3F080003, 0x39FF001F, 0xFFFD0003, 0x0FFF0102, 0x0FF60102,
                               0x300B0102, 0x0FF90102, 0x3002001F, 0x3003001F, 0x39000003, 0x39020102,
                               0x3A20001F, 0x3001001F, 0x0FF80102, 0x803C001F};
  for (const Object& object : {alpha_, foxtrot_, golf_, kilo_, india_, juliett_})
    for (u32 required : kRequired) EXPECT_EQ(property(object.id, required).tag, PropTag(required)) << object.name;
  const std::string dn = alpha_.legacy_dn;
  EXPECT_EQ(text(property(alpha_.id, 0x3003001F)), dn);
  EXPECT_EQ(text(property(alpha_.id, 0x803C001F)), dn);
  EXPECT_EQ(text(property(alpha_.id, 0x3002001F)), "EX");
  EXPECT_EQ(text(property(charlie_.id, 0x3001001F)), "Çharlie Three");
  EXPECT_EQ(text(property(charlie_.id, 0x39FF001E)), "?harlie Three");
  EXPECT_EQ(text(property(alpha_.id, 0x39FE001F)), "user1@ropewalk.test");
  EXPECT_THAT(property(alpha_.id, 0x0FF80102).value.bytes, testing::ElementsAreArray(mapi::kAddressBookProvider.bytes));
  std::string key = "EX:" + dn;
  std::ranges::transform(key, key.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  EXPECT_EQ(text_of(property(alpha_.id, 0x300B0102).value.bytes), key + '\0');
  const Property permanent = property(alpha_.id, 0x0FFF0102);
  for (u32 same : {0x0FF90102u, 0x39020102u})
    EXPECT_TRUE(mapi::equal_values(PropType::binary, property(alpha_.id, same).value, permanent.value));
}

// MS-OXNSPI_R1737, MS-OXNSPI_R1738, MS-OXOABK_R892, MS-OXPROPS_R5798, MS-OXPROPS_R5799, MS-OXPROPS_R5800,
// MS-OXPROPS_R5806, MS-OXPROPS_R5807, MS-OXNSPI_R31: what groups have
TEST_F(NspiTest, GroupsAreContainers) {
  for (const Object& group : {golf_, kilo_}) {
    EXPECT_EQ(property(group.id, tag::PidTagObjectType).value.number, 8u);
    EXPECT_EQ(property(group.id, tag::PidTagContainerFlags).value.number, 9u);
    const Property contents = property(group.id, tag::PidTagContainerContents);
    EXPECT_EQ(contents.tag, PropTag(0x360F000D));
    EXPECT_EQ(contents.value.number, 0u);
  }
  EXPECT_EQ(property(alpha_.id, tag::PidTagContainerContents).tag.type(), PropType::error_code);
  EXPECT_EQ(property(golf_.id, tag::PidTagAddressBookDistributionListMemberCount).value.number, 4u)
      << "each once, however groups contain each other";
  EXPECT_EQ(property(golf_.id, tag::PidTagAddressBookDistributionListExternalMemberCount).value.number, 1u);
}

// MS-OXNSPI_R48, MS-OXNSPI_R49, MS-OXNSPI_R50, MS-OXNSPI_R51, MS-OXNSPI_R55, MS-OXNSPI_R1662, MS-OXNSPI_R1663; none is
// an organization, a template or a search: MS-OXNSPI_R53001, MS-OXNSPI_R59, MS-OXNSPI_R63, MS-OXNSPI_R1999,
// MS-OXNSPI_R1997
TEST_F(NspiTest, TellsKindsApart) {
  const std::pair<Object, u32> kinds[] = {{alpha_, 0},   {india_, 0}, {golf_, 1},
                                          {juliett_, 2}, {kilo_, 3},  {foxtrot_, 6}};
  for (const auto& [object, type] : kinds) EXPECT_EQ(property(object.id, tag::PidTagDisplayType).value.number, type);
  // What icons are chosen by: rooms apart from people; whose calendar may be shared.
  EXPECT_EQ(property(alpha_.id, tag::PidTagDisplayTypeEx).value.number, 0x40000000u);
  EXPECT_EQ(property(india_.id, tag::PidTagDisplayTypeEx).value.number, 0x40000007u);
  EXPECT_EQ(property(golf_.id, tag::PidTagDisplayTypeEx).value.number, 1u);
  EXPECT_EQ(property(alpha_.id, tag::PidTagObjectType).value.number, 6u);
  EXPECT_EQ(property(juliett_.id, tag::PidTagObjectType).value.number, 3u);
}

// MS-OXNSPI_R859, MS-OXNSPI_R867, MS-OXNSPI_R868, MS-OXNSPI_R869, MS-OXNSPI_R905, MS-OXNSPI_R915, MS-OXNSPI_R886,
// MS-OXNSPI_R911, MS-OXNSPI_R912, MS-OXNSPI_R913: what is asked for, in that order, twice if it is asked for twice
TEST_F(NspiTest, ReadsProperties) {
  const std::vector<PropTag> tags = {PropTag(tag::PidTagSmtpAddress), PropTag(tag::PidTagDisplayName),
                                     PropTag(tag::PidTagSmtpAddress)};
  auto answer = service_->get_props(caller(), 0, at(alpha_.id), NspiColumns(tags), arena_);
  EXPECT_EQ(answer.error, ErrorCode::none);
  ASSERT_TRUE(answer.row && answer.row->size() == 3);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*answer.row)[i].tag, tags[i]);
  // MS-OXNSPI_R909, MS-OXNSPI_R910, MS-OXCDATA_R2054, MS-OXCDATA_R2055, MS-OXCDATA_R2070, MS-OXCDATA_R2071
  const std::vector<PropTag> absent = {PropTag(tag::PidTagTitle), PropTag(tag::PidTagDisplayName), PropTag(0x12340003)};
  answer = service_->get_props(caller(), 0, at(alpha_.id), NspiColumns(absent), arena_);
  EXPECT_EQ(answer.error, ErrorCode::warn_with_errors);
  ASSERT_TRUE(answer.row);
  EXPECT_EQ((*answer.row)[0].tag, PropTag(0x3A17000A));
  EXPECT_EQ((*answer.row)[0].value.number, 0x8004010Fu);
  EXPECT_EQ((*answer.row)[1].tag, PropTag(0x3001001F));
  EXPECT_EQ((*answer.row)[2].tag, PropTag(0x1234000A));
  // MS-OXNSPI_R907, MS-OXNSPI_R1985: nobody has no values, nor have positions
  for (u32 nobody : {0x7FFFFFF0u, 0u, 1u, 2u, 0xFFFFFFFFu}) {
    answer = service_->get_props(caller(), 0, at(nobody), NspiColumns(tags), arena_);
    EXPECT_EQ(answer.error, ErrorCode::warn_with_errors);
    ASSERT_TRUE(answer.row);
    for (const Property& cell : *answer.row) EXPECT_EQ(cell.tag.type(), PropType::error_code);
  }
  // MS-OXNSPI_R2003005: a list that is not there
  answer = service_->get_props(caller(), 0, at(alpha_.id, 4711), NspiColumns(tags), arena_);
  EXPECT_EQ(answer.error, ErrorCode::warn_with_errors);
  EXPECT_EQ(text((*answer.row)[1]), "Alpha One");
}

// MS-OXNSPI_R1693: without a list of properties, those that NspiGetPropList tells. MS-OXNSPI_R1925
TEST_F(NspiTest, ReadsAllProperties) {
  for (u32 flags : {0u, kSkipObjects, 0xFFFFFFF8u}) {
    const auto list = service_->get_prop_list(caller(), flags, golf_.id, 1252);
    const auto answer = service_->get_props(caller(), flags, at(golf_.id), std::nullopt, arena_);
    EXPECT_EQ(answer.error, ErrorCode::none);
    std::vector<PropTag> tags;
    for (const Property& cell : *answer.row) tags.push_back(cell.tag);
    EXPECT_EQ(tags, list.tags);
  }
  // In Unicode where the client's code page is that.
  nspi::Stat stat = at(golf_.id);
  stat.code_page = 1200;
  const auto answer = service_->get_props(caller(), 0, stat, std::nullopt, arena_);
  EXPECT_EQ(answer.error, ErrorCode::none);
  for (const Property& cell : *answer.row) EXPECT_NE(mapi::base_type(cell.tag.type()), PropType::string8);
  // Of nobody: MS-OXNSPI_R877
  const auto nobody = service_->get_props(caller(), 0, at(0x7FFFFFF0), std::nullopt, arena_);
  EXPECT_EQ(nobody.error, ErrorCode::invalid_object);
  EXPECT_FALSE(nobody.row);
  // MS-OXNSPI_R873
  const PropTag narrow(0x3001001E);
  EXPECT_EQ(service_->get_props(caller(), 0, stat, NspiColumns(std::span(&narrow, 1)), arena_).error,
            ErrorCode::not_supported);
}

// MS-OXNSPI_R828, MS-OXNSPI_R834, MS-OXNSPI_R836, MS-OXNSPI_R854, MS-OXNSPI_R855, MS-OXNSPI_R858
TEST_F(NspiTest, TellsWhatAnObjectHas) {
  const auto answer = service_->get_prop_list(caller(), 0, golf_.id, 1252);
  EXPECT_EQ(answer.error, ErrorCode::none);
  EXPECT_THAT(answer.tags, IsSupersetOf({PropTag(0x0FFF0102), PropTag(0x3001001E), PropTag(0x8009000D),
                                         PropTag(0x360F000D), PropTag(0x800F101E), PropTag(0x3A00001E)}));
  // MS-OXNSPI_R852: texts as 8-bit ones
  for (PropTag tag : answer.tags) EXPECT_NE(mapi::base_type(tag.type()), PropType::string);
  // Each has a value.
  for (PropTag tag : answer.tags) EXPECT_EQ(property(golf_.id, tag.value).tag, tag);
  // MS-OXNSPI_R848, MS-OXNSPI_R104
  const auto skipped = service_->get_prop_list(caller(), kSkipObjects, golf_.id, 1252);
  for (PropTag tag : skipped.tags) EXPECT_NE(tag.type(), PropType::object);
  EXPECT_LT(skipped.tags.size(), answer.tags.size());
  EXPECT_EQ(service_->get_prop_list(caller(), 0xFFFFFFFE, golf_.id, 1252).tags, answer.tags);  // MS-OXNSPI_R1924
  EXPECT_EQ(service_->get_prop_list(caller(), 0, 0x7FFFFFF0, 1252).error, ErrorCode::invalid_object);
}

// MS-OXNSPI_R801, MS-OXNSPI_R802, MS-OXNSPI_R808, MS-OXNSPI_R809, MS-OXNSPI_R810, MS-OXNSPI_R824, MS-OXNSPI_R827
TEST_F(NspiTest, TellsWhatObjectsMayHave) {
  const auto wide = service_->query_columns(caller(), 0x80000000), narrow = service_->query_columns(caller(), 0);
  EXPECT_EQ(wide.error, ErrorCode::none);
  // MS-OXNSPI_R820, MS-OXNSPI_R115, MS-OXNSPI_R822, MS-OXNSPI_R116
  for (PropTag tag : wide.tags) EXPECT_NE(mapi::base_type(tag.type()), PropType::string8);
  for (PropTag tag : narrow.tags) EXPECT_NE(mapi::base_type(tag.type()), PropType::string);
  EXPECT_THAT(wide.tags, IsSupersetOf({PropTag(0x3001001F), PropTag(0x0FFF0102), PropTag(0x8009000D),
                                       PropTag(0x3A701102), PropTag(0x8C6A1102), PropTag(0x30070040)}));
  EXPECT_EQ(wide.tags.size(), narrow.tags.size());
  EXPECT_EQ(service_->query_columns(caller(), 0x7FFFFFFF).tags, narrow.tags);  // MS-OXNSPI_R1923
  // MS-OXNSPI_R37: PtypUnspecified is none; MS-OXNSPI_R1656, MS-OXNSPI_R1657, MS-OXNSPI_R1658
  for (PropTag tag : wide.tags) EXPECT_TRUE(is_nspi_type(tag.type()) && tag.type() != PropType::unspecified);
}

// MS-OXNSPI_R433, MS-OXNSPI_R446, MS-OXNSPI_R447, MS-OXNSPI_R448, MS-OXNSPI_R450 and each method's
TEST_F(NspiTest, ConvertsTexts) {
  auto name = [&](u32 tag, u32 page) { return property(charlie_.id, tag, 0, page); };
  // MS-OXNSPI_R1934, MS-OXNSPI_R1942, MS-OXNSPI_R455, MS-OXNSPI_R1968, MS-OXNSPI_R1969
  EXPECT_EQ(text_of(name(0x3001001E, 1252).value.bytes), "\xC7harlie Three");
  EXPECT_EQ(text_of(name(0x3001001E, 850).value.bytes), "\x80harlie Three");
  EXPECT_EQ(text_of(name(0x3001001E, 65001).value.bytes), "Çharlie Three");
  EXPECT_EQ(text_of(name(0x3001001E, 932).value.bytes), "?harlie Three");
  EXPECT_EQ(text_of(name(0x3001001E, 20261).value.bytes), "\xC7harlie Three");
  EXPECT_EQ(text(name(0x3001001F, 1252)), "Çharlie Three");
  EXPECT_EQ(text(name(0x3001001F, 1200)), "Çharlie Three");
  // MS-OXNSPI_R1950, MS-OXNSPI_R1958: natively 8-bit
  EXPECT_EQ(text(name(0x39FF001F, 1252)), "?harlie Three");
  EXPECT_EQ(text_of(name(0x39FF001E, 932).value.bytes), "?harlie Three");
  // Without a type: its own.
  EXPECT_EQ(name(0x30010000, 1252).tag, PropTag(0x3001001F));
  // MS-OXNSPI_R1935, MS-OXNSPI_R1943, MS-OXNSPI_R1951, MS-OXNSPI_R1959, MS-OXNSPI_R456, MS-OXNSPI_R1970,
  // MS-OXNSPI_R1971: NspiQueryRows
  const std::vector<PropTag> columns = {PropTag(0x3001001E), PropTag(0x3001001F), PropTag(0x39FF001E),
                                        PropTag(0x39FF001F)};
  auto check = [&](const std::optional<NspiRows>& rows) {
    ASSERT_TRUE(rows && rows->rows.size() == 1);
    EXPECT_EQ(text_of(rows->rows[0][0].value.bytes), "\xC7harlie Three");
    EXPECT_EQ(text(rows->rows[0][1]), "Çharlie Three");
    EXPECT_EQ(text_of(rows->rows[0][2].value.bytes), "?harlie Three");
    EXPECT_EQ(text(rows->rows[0][3]), "?harlie Three");
  };
  check(query(at(charlie_.id), 1, columns).rows);
  // MS-OXNSPI_R1936, MS-OXNSPI_R1944, MS-OXNSPI_R1952, MS-OXNSPI_R1960, MS-OXNSPI_R457, MS-OXNSPI_R1972,
  // MS-OXNSPI_R1973: NspiGetMatches
  const auto filter = starts_with(tag::PidTagDisplayName, "çh");
  check(service_->get_matches(caller(), begin(), &filter, std::nullopt, 9, NspiColumns(columns), arena_).rows);
  // MS-OXNSPI_R1937, MS-OXNSPI_R1945, MS-OXNSPI_R1953, MS-OXNSPI_R1961, MS-OXNSPI_R458, MS-OXNSPI_R1974,
  // MS-OXNSPI_R1975: NspiSeekEntries
  const std::vector<u32> one = {charlie_.id};
  check(service_->seek_entries(caller(), begin(), name_sought("c"), NspiTable(one), NspiColumns(columns), arena_).rows);
  // MS-OXNSPI_R1938, MS-OXNSPI_R1939, MS-OXNSPI_R1946, MS-OXNSPI_R1947, MS-OXNSPI_R1954, MS-OXNSPI_R1955,
  // MS-OXNSPI_R1962, MS-OXNSPI_R1963, MS-OXNSPI_R459, MS-OXNSPI_R460, MS-OXNSPI_R1976, MS-OXNSPI_R1977,
  // MS-OXNSPI_R1978, MS-OXNSPI_R1979: NspiResolveNames and NspiResolveNamesW
  const std::vector<std::optional<std::string>> names = {"charl"};
  for (bool unicode : {false, true})
    check(service_->resolve_names(caller(), begin(), NspiColumns(columns), names, unicode, arena_).rows);
}

// Clients ask for lists of texts as 8-bit ones too. No text is null.
TEST_F(NspiTest, ConvertsListsOfTexts) {
  const Property narrow = property(alpha_.id, 0x800F101E), wide = property(alpha_.id, 0x800F101F);
  ASSERT_EQ(narrow.tag, PropTag(0x800F101E));
  ASSERT_EQ(narrow.value.items.size(), wide.value.items.size());
  EXPECT_EQ(text_of(narrow.value.items[0].bytes), "SMTP:user1@ropewalk.test");
  for (const Value& item : wide.value.items) EXPECT_NE(item.bytes.data(), nullptr);
  EXPECT_EQ(text(property(alpha_.id, 0x800F001F)), "SMTP:user1@ropewalk.test") << "one of them where one is asked for";
}

// Links in the types clients ask for.
TEST_F(NspiTest, ReadsLinks) {
  EXPECT_EQ(property(golf_.id, 0x8009000D).tag, PropTag(0x8009000D));
  EXPECT_EQ(property(alpha_.id, 0x8009000D).tag.type(), PropType::error_code);
  EXPECT_EQ(text(property(bravo_.id, 0x8005001F)), alpha_.legacy_dn);
  EXPECT_EQ(text(property(alpha_.id, 0x8008001E)), golf_.legacy_dn);
  const Property members = property(golf_.id, 0x8009101F);
  EXPECT_EQ(members.value.items.size(), 4u) << "without who is hidden";
}

}  // namespace
}  // namespace ropewalk::server
