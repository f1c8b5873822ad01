// The hierarchy, templates, and what clients may change: [MS-OXNSPI] 3.1.4.1.3, 3.1.4.1.14, 3.1.4.1.15, 3.1.4.1.18.
#include "protocol/nspi/templates.h"
#include "server/addressbook/test_book.h"
#include "wire/test_round_trip.h"

namespace ropewalk::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

constexpr u32 kEphemeral = 2;

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
// Hidden lists, and those below them, are not among those that clients see.
TEST_F(NspiTest, LeavesHiddenListsOutOfTheHierarchy) {
  auto rows = [&] { return service_->get_special_table(caller(), 4, begin(), 0, arena_).rows.size(); };
  const std::size_t before = rows();
  auto above = book_->add_list(0, "Above");
  ASSERT_TRUE(above.ok());
  auto below = book_->add_list(above->id, "Below", "(mail=*)");
  ASSERT_TRUE(below.ok());
  EXPECT_EQ(rows(), before + 2);
  done(book_->change_list(above->id, {.name = {}, .filter = {}, .hidden = true}));
  EXPECT_EQ(rows(), before);
}

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

// MS-OXNSPI_R121, MS-OXNSPI_R1484, MS-OXOABKT_R303: what is filled in is the address.
TEST_F(NspiTest, GivesScripts) {
  auto script = [&](const std::optional<std::string>& dn, u32 flags) {
    const auto answer = service_->get_template_info(caller(), flags, 0, dn, 1252, 0x409, arena_);
    EXPECT_EQ(answer.error, ErrorCode::none);
    if (!answer.row || answer.row->empty()) return std::vector<u32>();
    EXPECT_EQ(answer.row->size(), flags == 5 ? 2u : 1u);
    EXPECT_EQ(answer.row->back().tag, PropTag(0x00040102));
    auto read = wire::decode<nspi::ScriptData>(answer.row->back().value.bytes, arena_);
    EXPECT_TRUE(read.ok());
    const auto& instructions = read->instructions;
    return std::vector<u32>(instructions.begin(), instructions.end());
  };
  for (const char* type : {"SMTP", "EX"}) {
    const std::string dn = std::string("/o=Ropewalk/cn=Address-Templates/cn=409/cn=") + type;
    for (u32 flags : {4u, 5u}) EXPECT_THAT(script(dn, flags), ElementsAre(2u, 0x3003001Eu, 0u));
    // The control of the dialog that it reads.
    const auto dialog = service_->get_template_info(caller(), 1, 0, dn, 1252, 0x409, arena_);
    auto read = wire::decode<nspi::TemplateData>((*dialog.row)[0].value.bytes, arena_);
    ASSERT_TRUE(read.ok());
    EXPECT_TRUE(std::ranges::any_of(read->rows, [](const nspi::TemplateRow& row) {
      return row.property == PropTag(0x3003001E) && (row.flags & nspi::TemplateRow::kRequired) != 0;
    }));
  }
  EXPECT_THAT(script(std::nullopt, 4), ElementsAre(0u)) << "details make no address";
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
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<nspi::ScriptData>, nullptr, 200), "");
}

// ---- changes ----

// MS-OXNSPI_R1267, MS-OXNSPI_R1268, MS-OXNSPI_R1276, MS-OXNSPI_R1305, MS-OXPROPS_R5309, MS-OXPROPS_R5310,
// MS-OXPROPS_R8875, MS-OXPROPS_R8876
TEST_F(NspiTest, ChangesOnesOwnCertificates) {
  Value items[] = {Value::of(bytes_of("one")), Value::of(bytes_of("two"))};
  const Property certificates{PropTag(tag::PidTagUserX509Certificate), Value::of(wire::List<Value>(items))};
  const std::vector<PropTag> none;
  const Property both[] = {
      certificates,
      {PropTag(tag::PidTagAddressBookX509Certificate), Value::of(wire::List<Value>(std::span(items).first(1)))}};
  EXPECT_EQ(service_->mod_props(caller(), at(alpha_.id), NspiColumns(none), both), ErrorCode::none);
  EXPECT_EQ(property(alpha_.id, tag::PidTagUserX509Certificate).value.items.size(), 2u);
  EXPECT_EQ(property(alpha_.id, tag::PidTagAddressBookX509Certificate).value.items.size(), 1u);
  const std::vector<PropTag> gone = {PropTag(tag::PidTagUserX509Certificate),
                                     PropTag(tag::PidTagAddressBookX509Certificate)};
  EXPECT_EQ(service_->mod_props(caller(), at(alpha_.id), NspiColumns(gone), {}), ErrorCode::none);
  for (u32 one : {tag::PidTagUserX509Certificate, tag::PidTagAddressBookX509Certificate})
    EXPECT_EQ(property(alpha_.id, one).tag.type(), PropType::error_code);
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
