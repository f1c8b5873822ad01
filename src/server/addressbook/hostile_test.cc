// Bad input and hostile clients: every method gives the error that the document names, and nothing else happens.
#include <fmt/format.h>

#include "server/addressbook/test_book.h"

namespace ropewalk::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class HostileClients : public NspiTest {
 protected:
  static void leaves_nothing(ErrorCode error, bool nothing) { EXPECT_TRUE(error == ErrorCode::none || nothing); }
  // What each method that has a STAT answers; nothing but the STAT may come with an error.
  std::map<std::string, ErrorCode> answers_to(const nspi::Stat& stat) {
    std::map<std::string, ErrorCode> answers;
    const PropTag name(tag::PidTagDisplayName);
    const NspiColumns columns(std::span(&name, 1));
    const auto same = [&](const nspi::Stat& other) { return std::memcmp(&other, &stat, sizeof stat) == 0; };
    const std::vector<u32> ids = {alpha_.id, bravo_.id};
    const std::vector<std::optional<std::string>> names = {"echo"};
    const auto filter = starts_with(tag::PidTagDisplayName, "a");

    answers["NspiBind"] = service_->bind(caller(), 0, stat);
    const auto moved = service_->update_stat(caller(), stat);
    answers["NspiUpdateStat"] = moved.error;
    leaves_nothing(moved.error, same(moved.stat) && moved.delta == 0);
    const auto rows = service_->query_rows(caller(), 0, stat, std::nullopt, 5, columns, arena_);
    answers["NspiQueryRows"] = rows.error;
    leaves_nothing(rows.error, same(rows.stat) && !rows.rows);
    const auto sought = service_->seek_entries(caller(), stat, name_sought("a"), std::nullopt, columns, arena_);
    answers["NspiSeekEntries"] = sought.error;
    leaves_nothing(sought.error, same(sought.stat) && !sought.rows);
    const auto matched = service_->get_matches(caller(), stat, &filter, std::nullopt, 5, columns, arena_);
    answers["NspiGetMatches"] = matched.error;
    leaves_nothing(matched.error, same(matched.stat) && matched.ids.empty() && !matched.rows);
    const auto sorted = service_->resort_restriction(caller(), stat, ids);
    answers["NspiResortRestriction"] = sorted.error;
    leaves_nothing(sorted.error, same(sorted.stat) && sorted.ids.empty());
    answers["NspiCompareMIds"] = service_->compare_mids(caller(), stat, ids[0], ids[1]).error;
    const auto read = service_->get_props(caller(), 0, stat, std::nullopt, arena_);
    answers["NspiGetProps"] = read.error;
    answers["NspiGetPropList"] = service_->get_prop_list(caller(), 0, alpha_.id, stat.code_page).error;
    answers["NspiModProps"] = service_->mod_props(caller(), stat, NspiColumns(std::span<const PropTag>()), {});
    const auto table = service_->get_special_table(caller(), 0, stat, 0, arena_);
    answers["NspiGetSpecialTable"] = table.error;
    leaves_nothing(table.error, table.rows.empty());
    answers["NspiGetTemplateInfo"] =
        service_->get_template_info(caller(), 1, 0, std::nullopt, stat.code_page, 0x409, arena_).error;
    const auto resolved = service_->resolve_names(caller(), stat, columns, names, true, arena_);
    answers["NspiResolveNames"] = resolved.error;
    leaves_nothing(resolved.error, resolved.ids.empty() && !resolved.rows);
    return answers;
  }
};

TEST_F(HostileClients, UnknownCodePages) {
  for (u32 page : {4711u, 0xFFFFFFFFu, 0x80000000u}) {
    nspi::Stat stat = at(alpha_.id);
    stat.code_page = page;
    for (const auto& [method, error] : answers_to(stat)) EXPECT_EQ(error, ErrorCode::invalid_codepage) << method;
  }
}

TEST_F(HostileClients, ContainersThatDoNotExist) {
  for (u32 container : {1u, 15u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu, alpha_.id, golf_.id}) {
    for (const auto& [method, error] : answers_to(at(alpha_.id, container))) {
      if (method == "NspiGetProps") {
        EXPECT_EQ(error, ErrorCode::warn_with_errors) << "MS-OXNSPI_R2003005";
      } else if (method == "NspiBind" || method == "NspiGetPropList" || method == "NspiGetTemplateInfo" ||
                 method == "NspiGetSpecialTable" || method == "NspiModProps" || method == "NspiResortRestriction") {
        EXPECT_EQ(error, ErrorCode::none) << method << ": no container is its business";
      } else {
        EXPECT_EQ(error, ErrorCode::invalid_bookmark) << method << " in " << container;
      }
    }
  }
}

TEST_F(HostileClients, DeltasOfAnySize) {
  for (i32 delta : {std::numeric_limits<i32>::min(), -1, std::numeric_limits<i32>::max()}) {
    for (u32 record : {0u, 1u, 2u, alpha_.id, kilo_.id}) {
      nspi::Stat stat = at(record);
      stat.delta = delta;
      stat.position = 0xFFFFFFFF;
      stat.total_records = 1;
      const auto rows = names(stat, 3);
      EXPECT_LE(rows.size(), 3u);
      if (delta == std::numeric_limits<i32>::min()) {
        EXPECT_THAT(rows, ElementsAre("Alpha One", "bravo Two", "Çharlie Three"));
      }
      if (delta == std::numeric_limits<i32>::max()) {
        EXPECT_THAT(rows, IsEmpty());
      }
    }
  }
}

TEST_F(HostileClients, CountsOfAnySize) {
  const std::vector<u32> table(20'000, alpha_.id);
  const PropTag name(tag::PidTagDisplayName);
  for (u32 count : {0x80000000u, 0xFFFFFFFFu}) {
    EXPECT_EQ(names(begin(), count).size(), std::size(kNames));
    const auto all = together(mapi::RestrictType::and_, {});
    EXPECT_EQ(matches(all, count).ids.size(), std::size(kNames));
    Arena arena(64u << 20);
    const auto rows =
        service_->query_rows(caller(), 0, begin(), NspiTable(table), count, NspiColumns(std::span(&name, 1)), arena);
    EXPECT_EQ(rows.error, ErrorCode::none);
    EXPECT_LE(rows.rows->rows.size(), table.size());
  }
}

// As many as a body over HTTP can hold: what each would cost is not spent.
TEST_F(HostileClients, NamesWithoutNumber) {
  const std::vector<std::optional<std::string>> names(200'000, "nobody");
  EXPECT_EQ(service_->dn_to_mid(caller(), names).error, ErrorCode::table_too_big);
  EXPECT_EQ(service_->resolve_names(caller(), begin(), std::nullopt, names, true, arena_).error,
            ErrorCode::table_too_big);
  const std::vector<u32> ids(200'000, 0x7FFFFFF0);
  EXPECT_EQ(service_->resort_restriction(caller(), begin(), ids).error, ErrorCode::table_too_big);
}

// No encoding can say that a restriction contains itself; what nests without end is refused before anybody is read, and
// what is wide is bounded by the request.
TEST_F(HostileClients, RestrictionsWithoutEnd) {
  for (auto type : {mapi::RestrictType::not_, mapi::RestrictType::and_, mapi::RestrictType::or_}) {
    mapi::Restriction deep = starts_with(tag::PidTagDisplayName, "a");
    for (int i = 0; i < 5'000; ++i) deep = together(type, {deep});
    const auto answer = matches(deep);
    EXPECT_EQ(answer.error, ErrorCode::too_complex);
    EXPECT_THAT(answer.ids, IsEmpty());
  }
  const std::vector<mapi::Restriction> many(3'000, starts_with(tag::PidTagDisplayName, "zz"));
  EXPECT_THAT(matches(together(mapi::RestrictType::or_, many)).ids, IsEmpty());
}

// A group that is in itself, and a ring of three, made by those who own them.
TEST_F(HostileClients, GroupsInACycle) {
  const PropTag member(tag::PidTagAddressBookMember);
  const ByteView golf = permanent_entry_id(kDistList, golf_.legacy_dn, arena_);
  service_->mod_link_att(caller(), 0, member, golf_.id, {&golf, 1});
  const Object lima = made(Kind::group, "Lima Group", "group4@ropewalk.test");
  done(book_->add_link(hotel_.id, Link::member, lima.id));
  done(book_->add_link(lima.id, Link::member, golf_.id));
  for (const Object& group : {golf_, hotel_, lima}) {
    EXPECT_EQ(opened(group.id, member.value).error, ErrorCode::none);
    EXPECT_EQ(property(group.id, tag::PidTagAddressBookDistributionListMemberCount).value.number, 4u) << group.name;
    EXPECT_EQ(property(group.id, tag::PidTagAddressBookDistributionListExternalMemberCount).value.number, 1u);
    EXPECT_EQ(opened(group.id, tag::PidTagAddressBookIsMemberOfDistributionList).error, ErrorCode::none);
    EXPECT_EQ(service_->get_props(caller(), 0, at(group.id), std::nullopt, arena_).error, ErrorCode::none);
  }
}

// Who is not of the directory changes nothing, whoever he says he is; who is changes what is his.
TEST_F(HostileClients, ChangeOnlyWhatIsTheirs) {
  Value items[] = {Value::of(bytes_of("forged"))};
  const Property certificate{PropTag(tag::PidTagUserX509Certificate), Value::of(wire::List<Value>(items))};
  const NspiColumns none(std::span<const PropTag>{});
  const ByteView echo = property(echo_.id, tag::PidTagEntryId).value.bytes;
  const NspiCaller stranger{0, "stranger@other.test", "192.0.2.1"}, nobody{4711, "gone@ropewalk.test", "192.0.2.1"};
  const PropTag member(tag::PidTagAddressBookMember), delegates(tag::PidTagAddressBookPublicDelegates);
  for (const NspiCaller& who : {stranger, nobody, as(bravo_)}) {
    for (const Object& object : {alpha_, foxtrot_, golf_, juliett_, kilo_}) {
      EXPECT_NE(service_->mod_props(who, at(object.id), none, {&certificate, 1}), ErrorCode::none) << object.name;
      for (PropTag link : {member, delegates})
        for (u32 flags : {0u, 1u})
          EXPECT_NE(service_->mod_link_att(who, flags, link, object.id, {&echo, 1}), ErrorCode::none) << object.name;
    }
  }
  EXPECT_THAT(*book_->linked(golf_.id, Link::member),
              UnorderedElementsAre(bravo_.id, alpha_.id, foxtrot_.id, hotel_.id, hidden_.id));
  EXPECT_THAT(*book_->linked(alpha_.id, Link::delegate_of), IsEmpty());
  EXPECT_EQ(property(alpha_.id, tag::PidTagUserX509Certificate).tag.type(), PropType::error_code);
  EXPECT_EQ(service_->bind(stranger, 0, begin()), ErrorCode::login_failure);
}

}  // namespace
}  // namespace ropewalk::server
