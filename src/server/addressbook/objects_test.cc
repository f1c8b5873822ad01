// Objects and their properties, names, the hierarchy, templates, changes:
// [MS-OXNSPI] 3.1.4.1, 3.1.4.2, 3.1.4.3, 3.1.4.6, 3.1.4.7.
#include "protocol/nspi/templates.h"
#include "server/addressbook/cells.h"
#include "server/addressbook/test_book.h"
#include "wire/test_round_trip.h"

namespace ropewalk::server {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

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
  for (const Object& object : {alpha_, foxtrot_, golf_, kilo_, india_, juliett_, hidden_})
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

// ---- NspiDNToMId ----

// MS-OXNSPI_R1243, MS-OXNSPI_R1249, MS-OXNSPI_R1251, MS-OXNSPI_R1260, MS-OXNSPI_R1262, MS-OXNSPI_R1263,
// MS-OXNSPI_R1264, MS-OXNSPI_R1266, MS-OXNSPI_R413
TEST_F(NspiTest, FindsDns) {
  std::string upper = bravo_.legacy_dn;
  std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  const auto rooms = list("All Rooms");
  const std::vector<std::optional<std::string>> names = {alpha_.legacy_dn, "/o=Nobody/cn=x",  std::nullopt, upper, "",
                                                         rooms.legacy_dn,  hidden_.legacy_dn, "not a DN"};
  const auto answer = service_->dn_to_mid(caller(), names);
  EXPECT_EQ(answer.error, ErrorCode::none);
  EXPECT_THAT(answer.ids, ElementsAre(alpha_.id, 0, 0, bravo_.id, 0, rooms.id, hidden_.id, 0));
}

// ---- NspiGetMatches ----

// MS-OXNSPI_R1077, MS-OXNSPI_R1081, MS-OXNSPI_R1086, MS-OXNSPI_R1091, MS-OXNSPI_R1092, MS-OXNSPI_R1097,
// MS-OXNSPI_R1167: those of the list, in its order, that satisfy a condition
TEST_F(NspiTest, FindsMatches) {
  using mapi::RestrictType;
  const auto group = starts_with(tag::PidTagDisplayName, "g"), hotel = starts_with(tag::PidTagDisplayName, "H");
  const auto type = [&](u32 value) {
    return condition(RestrictType::property, tag::PidTagDisplayType, Value::of(value));
  };
  EXPECT_THAT(matches(group).ids, ElementsAre(golf_.id));  // MS-OXNSPI_R1911
  EXPECT_THAT(matches(type(0)).ids,
              ElementsAre(alpha_.id, bravo_.id, charlie_.id, echo_.id, india_.id));  // MS-OXNSPI_R1912
  // MS-OXNSPI_R1909, MS-OXNSPI_R1908, MS-OXNSPI_R1913
  EXPECT_THAT(matches(together(RestrictType::or_, {hotel, group})).ids, ElementsAre(golf_.id, hotel_.id));
  EXPECT_THAT(matches(together(RestrictType::and_, {type(1), hotel})).ids, ElementsAre(hotel_.id));
  EXPECT_THAT(matches(together(RestrictType::not_, {type(0)})).ids,
              ElementsAre(foxtrot_.id, golf_.id, hotel_.id, juliett_.id, kilo_.id));
  // MS-OXNSPI_R1914
  mapi::Restriction exists;
  exists.type = RestrictType::exist;
  exists.tag = PropTag(tag::PidTagContainerContents);
  EXPECT_THAT(matches(exists).ids, ElementsAre(golf_.id, hotel_.id, kilo_.id));
  exists.tag = PropTag(tag::PidTagTitle);
  EXPECT_THAT(matches(exists).ids, IsEmpty());
  EXPECT_EQ(matches(exists).error, ErrorCode::none);
  // In a list; not whom it does not show.
  EXPECT_THAT(matches(type(0), 100, list("All Rooms").id).ids, ElementsAre(india_.id));
  EXPECT_THAT(matches(starts_with(tag::PidTagDisplayName, "Delta")).ids, IsEmpty());
  // What is stored of objects.
  EXPECT_THAT(
      matches(condition(RestrictType::property, tag::PidTagAccount, Value::of(mapi::utf16_in(arena_, "USER5")))).ids,
      ElementsAre(echo_.id));
  // 8-bit texts are in the STAT's code page.
  auto narrow = starts_with(tag::PidTagDisplayName, "");
  narrow.values[0].tag = narrow.tag = PropTag(0x3001001E);
  narrow.values[0].value = Value::of(bytes_of("\xC7h"));
  EXPECT_THAT(matches(narrow).ids, ElementsAre(charlie_.id));
}

// What clients ask when a name is in no list: an ambiguous name as a condition.
TEST_F(NspiTest, FindsAmbiguousNamesAsConditions) {
  using mapi::RestrictType;
  const auto called = [&](std::string_view name) {
    return condition(RestrictType::property, tag::PidTagAnr, Value::of(mapi::utf16_in(arena_, name)));
  };
  EXPECT_THAT(matches(called("echo")).ids, ElementsAre(echo_.id));
  EXPECT_THAT(matches(called("user")).ids, ElementsAre(alpha_.id, bravo_.id, charlie_.id, echo_.id));
  EXPECT_THAT(matches(called("user4")).ids, IsEmpty()) << "who is hidden";
  EXPECT_THAT(matches(together(RestrictType::and_, {called("group"), starts_with(tag::PidTagDisplayName, "H")})).ids,
              ElementsAre(hotel_.id));
  EXPECT_THAT(matches(together(RestrictType::or_, {called("echo"), called("alpha")})).ids,
              ElementsAre(alpha_.id, echo_.id));
  EXPECT_THAT(matches(together(RestrictType::not_, {called("user")})).ids, Not(Contains(alpha_.id)));
  EXPECT_THAT(matches(called("user"), 100, list("All Contacts").id).ids, IsEmpty());
  std::vector<mapi::Restriction> many(100, called("a"));
  EXPECT_EQ(matches(together(RestrictType::or_, many)).error, ErrorCode::too_complex);
}

// MS-OXNSPI_R1090, MS-OXNSPI_R1149, MS-OXCDATA_R989, MS-OXCDATA_R990: never more than asked for
TEST_F(NspiTest, GivesNoMoreMatchesThanAskedFor) {
  const auto all = together(mapi::RestrictType::and_, {});
  EXPECT_EQ(matches(all, 10).ids.size(), 10u);
  EXPECT_EQ(matches(all, 0xFFFFFFFF).ids.size(), 10u);
  for (u32 most : {0u, 1u, 9u}) {
    const auto answer = matches(all, most);
    EXPECT_EQ(answer.error, ErrorCode::table_too_big);
    EXPECT_THAT(answer.ids, IsEmpty());  // MS-OXNSPI_R1635
  }
  EXPECT_EQ(opened(golf_.id, tag::PidTagAddressBookMember, 3).error, ErrorCode::table_too_big);
}

// MS-OXNSPI_R1144, MS-OXNSPI_R1131: the members of a group, whatever list one came from
TEST_F(NspiTest, OpensPropertiesThatNameObjects) {
  auto answer = opened(golf_.id, tag::PidTagAddressBookMember);
  EXPECT_EQ(answer.error, ErrorCode::none);
  EXPECT_THAT(answer.ids, ElementsAre(alpha_.id, bravo_.id, foxtrot_.id, hotel_.id)) << "sorted, without who is hidden";
  // MS-OXNSPI_R1146, MS-OXNSPI_R1147
  nspi::Stat expected = at(golf_.id, golf_.id);
  EXPECT_EQ(std::memcmp(&answer.stat, &expected, sizeof expected), 0);
  EXPECT_THAT(opened(hotel_.id, tag::PidTagAddressBookMember).ids, ElementsAre(golf_.id)) << "groups in a cycle";
  EXPECT_THAT(opened(alpha_.id, 0x8008000D).ids, ElementsAre(golf_.id));
  EXPECT_THAT(opened(alpha_.id, tag::PidTagAddressBookReports).ids, ElementsAre(bravo_.id));
  EXPECT_THAT(opened(bravo_.id, tag::PidTagAddressBookManager).ids, ElementsAre(alpha_.id));
  EXPECT_THAT(opened(golf_.id, tag::PidTagAddressBookOwner).ids, ElementsAre(alpha_.id));
  EXPECT_THAT(opened(alpha_.id, tag::PidTagAddressBookMember).ids, IsEmpty());
  EXPECT_THAT(opened(kilo_.id, tag::PidTagAddressBookMember).ids,
              ElementsAre(alpha_.id, bravo_.id, charlie_.id, echo_.id))
      << "by its filter";
  // By name, as old clients do.
  const NspiPropertyName name{{}, 0x8009};
  EXPECT_EQ(service_->get_matches(caller(), at(golf_.id), nullptr, name, 9, std::nullopt, arena_).ids.size(), 4u);
  // MS-OXNSPI_R1138: nobody
  EXPECT_EQ(opened(0x7FFFFFF0, tag::PidTagAddressBookMember).error, ErrorCode::error);
  EXPECT_EQ(opened(golf_.id, tag::PidTagDisplayName).error, ErrorCode::not_supported);
  // MS-OXNSPI_R101, MS-OXNSPI_R99: a table to be changed, and one that is not
  nspi::Stat stat = at(golf_.id, tag::PidTagAddressBookMember);
  stat.sort_type = 1001;
  EXPECT_EQ(service_->get_matches(caller(), stat, nullptr, std::nullopt, 9, std::nullopt, arena_).error,
            ErrorCode::none);
  stat = at(alpha_.id, tag::PidTagAddressBookReports);
  stat.sort_type = 1001;
  EXPECT_EQ(service_->get_matches(caller(), stat, nullptr, std::nullopt, 9, std::nullopt, arena_).error,
            ErrorCode::not_supported);
  stat.sort_type = 1000;
  EXPECT_EQ(service_->get_matches(caller(), stat, nullptr, std::nullopt, 9, std::nullopt, arena_).error,
            ErrorCode::none);
}

// MS-OXNSPI_R1094, MS-OXNSPI_R1095, MS-OXNSPI_R1155, MS-OXNSPI_R1696, MS-OXNSPI_R1165, MS-OXNSPI_R1166
TEST_F(NspiTest, GivesTheRowsOfMatches) {
  const std::vector<PropTag> columns = {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagEntryId)};
  nspi::Stat stat = at(golf_.id, tag::PidTagAddressBookMember);
  const auto answer = service_->get_matches(caller(), stat, nullptr, std::nullopt, 50, NspiColumns(columns), arena_);
  ASSERT_TRUE(answer.rows);
  EXPECT_THAT(texts(*answer.rows), ElementsAre("Alpha One", "bravo Two", "Foxtrot Six", "Hotel Group"));
  for (const auto& row : answer.rows->rows) EXPECT_EQ(row[1].value.bytes[0], 0x87);
  stat.container_id = stat.current_record;
  EXPECT_EQ(std::memcmp(&answer.stat, &stat, sizeof stat), 0);
}

TEST_F(NspiTest, RefusesToFindMatches) {
  const auto all = together(mapi::RestrictType::and_, {});
  auto error = [&](const nspi::Stat& stat, const mapi::Restriction& filter) {
    const PropTag name(tag::PidTagDisplayName);
    const auto answer =
        service_->get_matches(caller(), stat, &filter, std::nullopt, 50, NspiColumns(std::span(&name, 1)), arena_);
    EXPECT_THAT(answer.ids, IsEmpty());
    EXPECT_FALSE(answer.rows);                                    // MS-OXNSPI_R1756
    EXPECT_EQ(std::memcmp(&answer.stat, &stat, sizeof stat), 0);  // MS-OXNSPI_R1636
    return answer.error;
  };
  EXPECT_EQ(error(begin(4711), all), ErrorCode::invalid_bookmark);  // MS-OXNSPI_R1122
  nspi::Stat stat = begin();
  stat.sort_type = 1000;
  EXPECT_EQ(error(stat, all), ErrorCode::not_supported);  // MS-OXNSPI_R1105
  stat = begin();
  stat.code_page = 1200;
  EXPECT_EQ(error(stat, all), ErrorCode::not_supported);  // MS-OXNSPI_R1101
  // Deeper than anything is: MS-OXCDATA_R965, MS-OXCDATA_R966
  mapi::Restriction deep = all;
  for (int i = 0; i < 200; ++i) deep = together(mapi::RestrictType::not_, {deep});
  EXPECT_EQ(error(begin(), deep), ErrorCode::too_complex);
  mapi::Restriction broken;
  broken.type = mapi::RestrictType::property;
  EXPECT_EQ(error(begin(), broken), ErrorCode::invalid_param);
  broken.type = mapi::RestrictType::not_;
  EXPECT_EQ(error(begin(), broken), ErrorCode::invalid_param);
}

// ---- names ----

// MS-OXNSPI_R87, MS-OXNSPI_R616, MS-OXNSPI_R1611, MS-OXNSPI_R1341, MS-OXNSPI_R1342, MS-OXNSPI_R1351, MS-OXNSPI_R1355,
// MS-OXNSPI_R1374, MS-OXNSPI_R1375, MS-OXNSPI_R1377, MS-OXNSPI_R1392, MS-OXNSPI_R1393, MS-OXNSPI_R1394,
// MS-OXNSPI_R1403, MS-OXNSPI_R1406, MS-OXNSPI_R1425, MS-OXNSPI_R1426, MS-OXNSPI_R1428, MS-OXNSPI_R1443,
// MS-OXNSPI_R1650
TEST_F(NspiTest, ResolvesNames) {
  constexpr u32 kNobody = 0, kSeveral = 1, kOne = 2;
  // MS-OXNSPI_R90, MS-OXNSPI_R622; MS-OXNSPI_R89, MS-OXNSPI_R620; MS-OXNSPI_R88, MS-OXNSPI_R618
  EXPECT_THAT(resolve({"echo", "user", "nobody"}), ElementsAre(kOne, kSeveral, kNobody));
  // MS-OXNSPI_R623, MS-OXNSPI_R624: nothing is nobody
  EXPECT_THAT(resolve({std::nullopt, "", "   "}), Each(kNobody));
  EXPECT_THAT(resolve({"=user1", "ONE", "charlie", " Echo Five ", "group1", "contact1@"}), Each(kOne));
  EXPECT_THAT(resolve({"user1@ropewalk.test", "SMTP:USER1@ROPEWALK.TEST", alpha_.legacy_dn}), Each(kOne));
  EXPECT_THAT(resolve({"Delta", "=user4", "user4@ropewalk.test", hidden_.legacy_dn}), Each(kNobody)) << "hidden";
  EXPECT_THAT(resolve({"echo", "foxtrot", "user"}, list("All Contacts").id), ElementsAre(kNobody, kOne, kNobody));
}

// MS-OXNSPI_R1343, MS-OXNSPI_R1347, MS-OXNSPI_R1349, MS-OXNSPI_R1353, MS-OXNSPI_R1354, MS-OXNSPI_R1379,
// MS-OXNSPI_R1395, MS-OXNSPI_R1399, MS-OXNSPI_R1404, MS-OXNSPI_R1405, MS-OXNSPI_R1430: a row for each that is one
TEST_F(NspiTest, GivesTheRowsOfResolvedNames) {
  const std::vector<std::optional<std::string>> names = {"golf", "user", "echo"};
  const std::vector<PropTag> columns = {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagEntryId)};
  for (bool unicode : {true, false}) {
    const auto answer = service_->resolve_names(caller(), begin(), NspiColumns(columns), names, unicode, arena_);
    ASSERT_TRUE(answer.rows);
    EXPECT_THAT(texts(*answer.rows), ElementsAre("Golf Group", "Echo Five"));
    // Permanent identifiers: clients will not send to others.
    for (const auto& row : answer.rows->rows) EXPECT_EQ(row[1].value.bytes[0], 0);
    const auto chosen = service_->resolve_names(caller(), begin(), std::nullopt, names, unicode, arena_);
    ASSERT_TRUE(chosen.rows);
    EXPECT_EQ(chosen.rows->columns[3], PropTag(unicode ? 0x3001001F : 0x3001001E));
  }
}

TEST_F(NspiTest, RefusesToResolveNames) {
  const std::vector<std::optional<std::string>> names = {"echo"};
  for (bool unicode : {false, true}) {
    // MS-OXNSPI_R1372, MS-OXNSPI_R1423; MS-OXNSPI_R1367, MS-OXNSPI_R1760, MS-OXNSPI_R1418, MS-OXNSPI_R1761
    auto answer = service_->resolve_names(caller(), begin(4711), std::nullopt, names, unicode, arena_);
    EXPECT_EQ(answer.error, ErrorCode::invalid_bookmark);
    EXPECT_THAT(answer.ids, IsEmpty());
    EXPECT_FALSE(answer.rows);
    nspi::Stat stat = begin();
    stat.code_page = 1200;  // MS-OXNSPI_R1359, MS-OXNSPI_R1410
    EXPECT_EQ(service_->resolve_names(caller(), stat, std::nullopt, names, unicode, arena_).error,
              ErrorCode::not_supported);
  }
}

// ---- NspiGetSpecialTable ----

// MS-OXNSPI_R724, MS-OXNSPI_R726, MS-OXNSPI_R728, MS-OXNSPI_R743, MS-OXNSPI_R760, MS-OXNSPI_R765, MS-OXNSPI_R767
TEST_F(NspiTest, TellsTheHierarchy) {
  const auto answer = service_->get_special_table(caller(), 4, begin(), 0, arena_);
  EXPECT_EQ(answer.error, ErrorCode::none);
  const auto lists = *book_->lists();
  ASSERT_EQ(answer.rows.size(), lists.size());
  std::vector<std::string> names;
  for (const auto& row : answer.rows) {
    // MS-OXNSPI_R1863, MS-OXNSPI_R1864: these properties, in this order
    ASSERT_GE(row.size(), 6u);
    constexpr u32 kOrder[] = {0x0FFF0102, 0x36000003, 0x30050003, 0xFFFD0003, 0x3001001F, 0xFFFB000B, 0xFFFC0102};
    for (std::size_t i = 0; i < row.size(); ++i) EXPECT_EQ(row[i].tag, PropTag(kOrder[i]));
    const auto depth = row[2].value.number;
    EXPECT_EQ(row.size(), depth == 0 ? 6u : 7u);
    names.push_back(text(row[4]));
    // MS-OXNSPI_R1865, MS-OXNSPI_R56, MS-OXNSPI_R1998, MS-OXOABK_R29
    auto id = wire::decode<mapi::AddressBookEntryId>(row[0].value.bytes, arena_);
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(id->body.type, 0x100u);
    EXPECT_EQ(row[1].value.number & 9, 9u);
    if (row[3].value.number == 0)  // MS-OXNSPI_R1866, MS-OXOABK_R30, MS-OXNSPI_R2003004
      EXPECT_EQ(id->body.x500_dn.text(), "/");
    else
      EXPECT_TRUE(id->body.x500_dn.text().starts_with("/guid=") && id->body.x500_dn.text().size() == 38);
    // Each can be browsed, read and found.
    const auto mid = static_cast<u32>(row[3].value.number);
    EXPECT_EQ(service_->update_stat(caller(), begin(mid)).error, ErrorCode::none);
  }
  EXPECT_EQ(names.front(), "Global Address List");
  EXPECT_THAT(names, IsSupersetOf({"All Address Lists", "All Users", "All Rooms", "All Groups", "All Contacts"}));
  EXPECT_EQ(text(property(list("All Rooms").id, tag::PidTagDisplayName)), "All Rooms");
  // MS-OXNSPI_R748001, MS-OXNSPI_R750001: the version has no effect, and stays
  const auto again = service_->get_special_table(caller(), 4, begin(), 77, arena_);
  EXPECT_EQ(again.rows.size(), lists.size());
  EXPECT_EQ(again.version, 77u);
  EXPECT_EQ(service_->get_special_table(caller(), 0xFFFFFFF9 | 4, begin(), 0, arena_).rows.size(),
            lists.size());  // MS-OXNSPI_R1740
}

// MS-OXNSPI_R111, MS-OXNSPI_R762, MS-OXNSPI_R454, MS-OXNSPI_R1933, MS-OXNSPI_R1941, MS-OXNSPI_R1966, MS-OXNSPI_R1967
TEST_F(NspiTest, TellsTheHierarchyIn8Bits) {
  auto added = book_->add_list(0, "Zürich");
  ASSERT_TRUE(added.ok());
  nspi::Stat stat = begin();
  stat.code_page = 850;
  auto name = [&](u32 flags) {
    const auto answer = service_->get_special_table(caller(), flags, stat, 0, arena_);
    for (const auto& row : answer.rows)
      if (row[3].value.number == added->id) return row[4];
    return Property{};
  };
  EXPECT_EQ(name(0).tag, PropTag(0x3001001E));
  EXPECT_EQ(text_of(name(0).value.bytes), "Z\x81rich");
  EXPECT_EQ(text(name(4)), "Zürich");
  stat.code_page = 1200;  // MS-OXNSPI_R732, MS-OXNSPI_R736
  const auto refused = service_->get_special_table(caller(), 0, stat, 0, arena_);
  EXPECT_EQ(refused.error, ErrorCode::not_supported);
  EXPECT_THAT(refused.rows, IsEmpty());
  EXPECT_EQ(service_->get_special_table(caller(), 4, stat, 0, arena_).error, ErrorCode::none);
}

// MS-OXNSPI_R752, MS-OXNSPI_R109, MS-OXNSPI_R60, MS-OXNSPI_R1996
TEST_F(NspiTest, TellsHowAddressesAreMade) {
  const auto answer = service_->get_special_table(caller(), 2, begin(), 0, arena_);
  EXPECT_EQ(answer.error, ErrorCode::none);
  std::vector<std::string> types;
  for (const auto& row : answer.rows) {
    for (const Property& cell : row) {
      EXPECT_NE(cell.tag.type(), PropType::string);
      if (cell.tag.id() == 0x3002) types.push_back(text(cell));
      if (cell.tag.id() != 0x0FFF) continue;
      auto id = wire::decode<mapi::AddressBookEntryId>(cell.value.bytes, arena_);
      ASSERT_TRUE(id.ok());
      EXPECT_EQ(id->body.type, 0x102u);
      const std::string dn(id->body.x500_dn.text());
      EXPECT_EQ(service_->get_template_info(caller(), 1, 0, dn, 1252, 0, arena_).error, ErrorCode::none);
    }
  }
  EXPECT_THAT(types, ElementsAre("SMTP", "EX"));
  // MS-OXNSPI_R741, MS-OXNSPI_R110: Unicode is ignored here
  const auto both = service_->get_special_table(caller(), 6, begin(), 0, arena_);
  ASSERT_EQ(both.rows.size(), answer.rows.size());
  EXPECT_EQ(both.rows[0][0].tag, answer.rows[0][0].tag);
  // MS-OXNSPI_R757, MS-OXNSPI_R758: no rows for a locale that nobody knows
  nspi::Stat stat = begin();
  stat.template_locale = 0xFFF0;
  const auto none = service_->get_special_table(caller(), 2, stat, 0, arena_);
  EXPECT_EQ(none.error, ErrorCode::none);
  EXPECT_THAT(none.rows, IsEmpty());
}

// ---- NspiGetTemplateInfo ----

// MS-OXNSPI_R1444, MS-OXNSPI_R1456, MS-OXNSPI_R1458, MS-OXNSPI_R1478, MS-OXNSPI_R1486, MS-OXNSPI_R1490,
// MS-OXNSPI_R1492, MS-OXNSPI_R120, MS-OXOABKT_R302
TEST_F(NspiTest, GivesTemplates) {
  auto texts_of_template = [&](u32 type, u32 locale, u32 code_page = 1252) {
    const auto answer = service_->get_template_info(caller(), 0x61, type, std::nullopt, code_page, locale, arena_);
    EXPECT_EQ(answer.error, ErrorCode::none);
    if (!answer.row || answer.row->size() != 1) return std::string();
    EXPECT_EQ((*answer.row)[0].tag, PropTag(0x00010102));
    auto read = wire::decode<nspi::TemplateData>((*answer.row)[0].value.bytes, arena_);
    EXPECT_TRUE(read.ok());
    EXPECT_EQ(read->type, 1u);
    EXPECT_EQ(read->rows[0].type, nspi::ControlType::page);
    EXPECT_EQ(read->rows[0].text, 8 + 36 * read->rows.size());
    std::string all;
    for (const auto& row : read->rows) {
      const std::size_t at = row.text - (8 + 36 * read->rows.size());
      EXPECT_LT(at, read->texts.size());
      all += std::string(reinterpret_cast<const char*>(read->texts.data()) + at) + "\n";
    }
    return all;
  };
  for (u32 type : {0u, 1u, 2u, 3u, 6u, 0x200u})
    EXPECT_THAT(texts_of_template(type, 0x409), testing::StartsWith("General\n"));
  EXPECT_THAT(texts_of_template(1, 0x409), HasSubstr("\nMembers\n"));
  EXPECT_THAT(texts_of_template(0, 0x407), HasSubstr("\nB\xFCro:\n"));
  EXPECT_THAT(texts_of_template(0, 0x407, 65001), HasSubstr("\nBüro:\n"));
  EXPECT_THAT(texts_of_template(0, 0x0C07), testing::StartsWith("Allgemein\n")) << "as the language";
  EXPECT_THAT(texts_of_template(0, 0x40C), testing::StartsWith("General\n")) << "English where there is no other";
  // MS-OXNSPI_R1692: other flags do not matter
  EXPECT_EQ(service_->get_template_info(caller(), 0xFFFFFFFB, 0, std::nullopt, 1252, 0x409, arena_).row->size(), 1u);
}

// MS-OXNSPI_R1982, MS-OXNSPI_R1983: by a DN, type and locale do not matter
TEST_F(NspiTest, GivesTemplatesByDn) {
  const std::string dn = "/o=Ropewalk/cn=Address-Templates/cn=409/cn=SMTP";
  const auto one = service_->get_template_info(caller(), 1, 0, dn, 1252, 0x409, arena_);
  const auto other = service_->get_template_info(caller(), 1, 77, "/O=ROPEWALK" + dn.substr(11), 1252, 0xFFF0, arena_);
  ASSERT_TRUE(one.row && other.row);
  EXPECT_TRUE(mapi::equal_values(PropType::binary, (*one.row)[0].value, (*other.row)[0].value));
}

TEST_F(NspiTest, RefusesTemplates) {
  auto error = [&](u32 type, const std::optional<std::string>& dn, u32 page, u32 locale) {
    const auto answer = service_->get_template_info(caller(), 1, type, dn, page, locale, arena_);
    EXPECT_FALSE(answer.row);  // MS-OXNSPI_R1462
    return answer.error;
  };
  EXPECT_EQ(error(0, std::nullopt, 1200, 0x409), ErrorCode::invalid_codepage);  // MS-OXNSPI_R1467
  EXPECT_EQ(error(0, std::nullopt, 4711, 0x409), ErrorCode::invalid_codepage);  // MS-OXNSPI_R1469
  // MS-OXNSPI_R1476, MS-OXCDATA_R975, MS-OXCDATA_R976
  EXPECT_EQ(error(0, std::nullopt, 1252, 0xFFF0), ErrorCode::invalid_locale);
  EXPECT_EQ(error(0x55, std::nullopt, 1252, 0x409), ErrorCode::invalid_locale);
  EXPECT_EQ(error(0, "/o=Nobody", 1252, 0x409), ErrorCode::invalid_locale);
}

TEST(NspiTemplates, AreDescribedOnce) {
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<nspi::TemplateData>, nullptr, 200), "");
}

// ---- changes ----

// MS-OXNSPI_R1267, MS-OXNSPI_R1268, MS-OXNSPI_R1276, MS-OXNSPI_R1305, MS-OXPROPS_R5309, MS-OXPROPS_R5310,
// MS-OXPROPS_R8875, MS-OXPROPS_R8876
TEST_F(NspiTest, ChangesOnesOwnCertificates) {
  Value items[] = {Value::of(bytes_of("one")), Value::of(bytes_of("two"))};
  const Property certificates{PropTag(tag::PidTagUserX509Certificate), Value::of(wire::List<Value>(items))};
  const std::vector<PropTag> none;
  EXPECT_EQ(service_->mod_props(caller(), at(alpha_.id), NspiColumns(none), {&certificates, 1}), ErrorCode::none);
  EXPECT_EQ(property(alpha_.id, tag::PidTagUserX509Certificate).value.items.size(), 2u);
  const std::vector<PropTag> gone = {PropTag(tag::PidTagUserX509Certificate),
                                     PropTag(tag::PidTagAddressBookX509Certificate)};
  EXPECT_EQ(service_->mod_props(caller(), at(alpha_.id), NspiColumns(gone), {}), ErrorCode::none);
  EXPECT_EQ(property(alpha_.id, tag::PidTagUserX509Certificate).tag.type(), PropType::error_code);
}

TEST_F(NspiTest, RefusesChangesOfProperties) {
  Value items[] = {Value::of(bytes_of("one"))};
  const Property certificates{PropTag(tag::PidTagUserX509Certificate), Value::of(wire::List<Value>(items))};
  const Property title{PropTag(tag::PidTagTitle), Value::of(mapi::utf16_in(arena_, "Director"))};
  const std::vector<PropTag> none, title_gone = {PropTag(tag::PidTagDisplayName)};
  auto error = [&](const nspi::Stat& stat, NspiColumns removed, const Property& value) {
    const auto code = service_->mod_props(caller(), stat, removed, {&value, 1});
    return code;
  };
  EXPECT_EQ(error(at(alpha_.id), std::nullopt, certificates), ErrorCode::invalid_param);        // MS-OXNSPI_R1291
  EXPECT_EQ(error(at(0x7FFFFFF0), NspiColumns(none), certificates), ErrorCode::invalid_param);  // MS-OXNSPI_R1293
  EXPECT_EQ(error(at(golf_.id), NspiColumns(none), certificates), ErrorCode::invalid_object);
  // MS-OXCDATA_R907, MS-OXCDATA_R908: others' and what is not for clients
  EXPECT_EQ(error(at(bravo_.id), NspiColumns(none), certificates), ErrorCode::access_denied);
  EXPECT_THAT(refused_, HasSubstr("somebody else's"));
  EXPECT_EQ(error(at(alpha_.id), NspiColumns(none), title), ErrorCode::access_denied);
  EXPECT_EQ(error(at(alpha_.id), NspiColumns(title_gone), certificates), ErrorCode::access_denied);
  nspi::Stat stat = at(alpha_.id);
  stat.code_page = 1200;
  EXPECT_EQ(error(stat, NspiColumns(none), certificates), ErrorCode::not_supported);  // MS-OXNSPI_R1280
  // MS-OXNSPI_R1284: nothing changed
  for (u32 id : {alpha_.id, bravo_.id})
    EXPECT_EQ(property(id, tag::PidTagUserX509Certificate).tag.type(), PropType::error_code);
  EXPECT_EQ(text(property(alpha_.id, tag::PidTagDisplayName)), "Alpha One");
}

// MS-OXNSPI_R1306, MS-OXNSPI_R1893, MS-OXNSPI_R2002, MS-OXNSPI_R1317, MS-OXNSPI_R1340
TEST_F(NspiTest, ChangesMembersAndDelegates) {
  const PropTag member(tag::PidTagAddressBookMember), delegates(tag::PidTagAddressBookPublicDelegates);
  auto members = [&] { return *book_->linked(golf_.id, Link::member); };
  const ByteView echo = property(echo_.id, tag::PidTagEntryId).value.bytes;
  const ByteView charlie = property(charlie_.id, tag::PidTagEntryId, kEphemeral).value.bytes;
  const ByteView alpha = property(alpha_.id, tag::PidTagEntryId).value.bytes;
  const std::vector<ByteView> some = {echo, charlie, alpha};
  // MS-OXNSPI_R1335, MS-OXNSPI_R129; who is in already stays
  EXPECT_EQ(service_->mod_link_att(caller(), 0, member, golf_.id, some), ErrorCode::none);
  EXPECT_THAT(members(), ElementsAre(bravo_.id, alpha_.id, foxtrot_.id, hotel_.id, hidden_.id, echo_.id, charlie_.id));
  // MS-OXNSPI_R1332, MS-OXNSPI_R128; who is not in does not matter, nor do identifiers of nobody
  const std::vector<ByteView> gone = {echo, charlie, charlie, bytes_of("nobody")};
  EXPECT_EQ(service_->mod_link_att(caller(), 1, member, golf_.id, gone), ErrorCode::none);
  EXPECT_THAT(members(), ElementsAre(bravo_.id, alpha_.id, foxtrot_.id, hotel_.id, hidden_.id));
  EXPECT_EQ(service_->mod_link_att(caller(), 0xFFFFFFFE, member, golf_.id, some), ErrorCode::none);  // MS-OXNSPI_R1927
  EXPECT_EQ(service_->mod_link_att(caller(), 1, member, golf_.id, some), ErrorCode::none);
  // MS-OXNSPI_R1665, MS-OXNSPI_R1666: of what kind an identifier says that somebody is does not matter
  std::vector<u8> wrong_permanent(echo.begin(), echo.end()), wrong_ephemeral(charlie.begin(), charlie.end());
  wrong_permanent[24] = wrong_ephemeral[24] = 0x77;
  const std::vector<ByteView> wrong = {wrong_permanent, wrong_ephemeral};
  EXPECT_EQ(service_->mod_link_att(caller(), 0, member, golf_.id, wrong), ErrorCode::none);
  EXPECT_THAT(members(), testing::IsSupersetOf({echo_.id, charlie_.id}));
  EXPECT_EQ(service_->mod_link_att(caller(), 0, delegates, alpha_.id, {&echo, 1}), ErrorCode::none);
  EXPECT_THAT(opened(alpha_.id, delegates.value).ids, ElementsAre(echo_.id));
}

TEST_F(NspiTest, RefusesChangesOfLinks) {
  const PropTag member(tag::PidTagAddressBookMember), delegates(tag::PidTagAddressBookPublicDelegates);
  const ByteView echo = property(echo_.id, tag::PidTagEntryId).value.bytes;
  auto error = [&](const Object& who, PropTag tag, u32 id, ByteView entry) {
    return service_->mod_link_att(as(who), 0, tag, id, {&entry, 1});
  };
  EXPECT_EQ(error(alpha_, PropTag(tag::PidTagTitle), golf_.id, echo), ErrorCode::not_found);  // MS-OXNSPI_R1326
  EXPECT_EQ(error(alpha_, PropTag(tag::PidTagAddressBookReports), alpha_.id, echo), ErrorCode::not_found);
  EXPECT_EQ(error(alpha_, member, 0x7FFFFFF0, echo), ErrorCode::invalid_param);  // MS-OXNSPI_R1328
  // MS-OXNSPI_R1646, MS-OXNSPI_R1647: objects that have no such thing
  EXPECT_EQ(error(alpha_, member, alpha_.id, echo), ErrorCode::access_denied);
  EXPECT_EQ(error(alpha_, member, kilo_.id, echo), ErrorCode::access_denied);
  EXPECT_EQ(error(alpha_, delegates, golf_.id, echo), ErrorCode::access_denied);
  // Those who do not own it.
  EXPECT_EQ(error(bravo_, member, golf_.id, echo), ErrorCode::access_denied);
  EXPECT_EQ(error(alpha_, member, hotel_.id, echo), ErrorCode::access_denied);
  EXPECT_EQ(error(bravo_, delegates, alpha_.id, echo), ErrorCode::access_denied);
  // MS-OXNSPI_R1338: nobody to be added, and then nobody else either
  const std::vector<ByteView> some = {echo, bytes_of("nobody")};
  EXPECT_EQ(service_->mod_link_att(caller(), 0, member, golf_.id, some), ErrorCode::access_denied);
  // MS-OXNSPI_R2003010
  EXPECT_EQ(book_->linked(golf_.id, Link::member)->size(), 5u);
  EXPECT_THAT(*book_->linked(hotel_.id, Link::member), ElementsAre(golf_.id));
}

}  // namespace
}  // namespace ropewalk::server
