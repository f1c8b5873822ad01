// Objects by DN, by conditions, by ambiguous names:
// [MS-OXNSPI] 3.1.4.1.10, 3.1.4.1.13, 3.1.4.1.16, 3.1.4.1.17, 3.1.4.7.
#include "server/addressbook/test_book.h"

namespace ropewalk::server {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// ---- NspiDNToMId ----

// MS-OXNSPI_R1243, MS-OXNSPI_R1249, MS-OXNSPI_R1251, MS-OXNSPI_R1260, MS-OXNSPI_R1262, MS-OXNSPI_R1263,
// MS-OXNSPI_R1264, MS-OXNSPI_R1266
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
  // Deltas do not matter: it is the object that CurrentRec names.
  nspi::Stat moved = at(golf_.id, tag::PidTagAddressBookMember);
  moved.delta = 1;
  EXPECT_EQ(service_->get_matches(caller(), moved, nullptr, std::nullopt, 9, std::nullopt, arena_).ids,
            opened(golf_.id, tag::PidTagAddressBookMember).ids);
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
  constexpr u32 kEphemeral = 2;  // fEphID
  expect_same(*answer.rows, *service_
                                 ->query_rows(caller(), kEphemeral, answer.stat, NspiTable(answer.ids), 4,
                                              NspiColumns(columns), arena_)
                                 .rows);
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
  EXPECT_THAT(resolve({"Delta", "=user4", "user4@ropewalk.test"}), Each(kNobody)) << "hidden";
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

}  // namespace
}  // namespace ropewalk::server
