// Hidden entries stay hidden: whoever guesses a Minimal Entry ID learns no more than of a number that nobody has, by
// any method; whoever names a DN finds whom it names, as with Exchange, so that mail from him can be answered.
#include <fmt/format.h>

#include "server/addressbook/hidden_objects.h"
#include "server/addressbook/test_book.h"

namespace ropewalk::server {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr u32 kNobody = 0x7FFFFFF0;

class HiddenEntries : public NspiTest {
 protected:
  void SetUp() override {
    NspiTest::SetUp();
    secret_ = made(Kind::group, "Lima Group", "group9@ropewalk.test");
    for (const Object& member : {alpha_, echo_}) done(book_->add_link(secret_.id, Link::member, member.id));
    done(book_->add_link(secret_.id, Link::owner, bravo_.id));
    done(book_->add_link(hidden_.id, Link::manager, echo_.id));
    done(book_->add_link(charlie_.id, Link::manager, hidden_.id));
    done(book_->add_link(alpha_.id, Link::delegate_of, hidden_.id));
    hide(secret_.id, true);
  }
  void hide(u32 id, bool hidden) {
    directory::ObjectChange change;
    change.hidden = hidden;
    done(book_->change(id, change));
  }
  // Every answer about an object, as a client can tell it from another; `id` itself is left out.
  std::vector<std::string> all_that_is_told(const NspiCaller& caller, u32 id) {
    std::vector<std::string> told;
    const auto add = [&](std::string_view what, ErrorCode error, auto... more) {
      told.push_back(fmt::format("{} {}", what, mapi::name(error)));
      (told.push_back(fmt::format("{} {}", what, more)), ...);
    };
    const std::vector<PropTag> columns = {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagSmtpAddress),
                                          PropTag(tag::PidTagEntryId), PropTag(tag::PidTagAddressBookMember),
                                          PropTag(tag::PidTagAddressBookReports)};
    const std::vector<u32> table = {alpha_.id, id, echo_.id};
    const auto row_of = [&](std::span<const Property> row) {
      std::string all;
      for (const Property& cell : row) all += cell.tag.to_string() + "=" + text(cell) + ";";
      return all;
    };
    const auto properties = service_->get_props(caller, 0, at(id), NspiColumns(columns), arena_);
    add("GetProps", properties.error, row_of(*properties.row));
    add("GetProps of all", service_->get_props(caller, 0, at(id), std::nullopt, arena_).error);
    add("GetPropList", service_->get_prop_list(caller, 0, id, 1252).error);
    const auto rows = service_->query_rows(caller, 2, begin(), NspiTable(table), 10, NspiColumns(columns), arena_);
    add("QueryRows", rows.error, rows.rows->rows.size(), row_of(rows.rows->rows[1]));
    add("QueryRows from", service_->query_rows(caller, 0, at(id), std::nullopt, 5, NspiColumns(columns), arena_).error);
    add("UpdateStat", service_->update_stat(caller, at(id)).error);
    for (u32 other : {alpha_.id, id}) add("CompareMIds", service_->compare_mids(caller, begin(), id, other).error);
    const auto sorted = service_->resort_restriction(caller, at(id), table);
    add("ResortRestriction", sorted.error, sorted.ids.size(), sorted.stat.position, sorted.stat.current_record == id);
    for (std::string_view name : {"a", "delta", "e"}) {
      const auto found =
          service_->seek_entries(caller, begin(), name_sought(name), NspiTable(table), NspiColumns(columns), arena_);
      add("SeekEntries", found.error, found.stat.position, found.stat.total_records);
    }
    for (u32 property : {tag::PidTagAddressBookMember, tag::PidTagAddressBookReports, tag::PidTagAddressBookManager,
                         tag::PidTagAddressBookIsMemberOfDistributionList, tag::PidTagAddressBookOwner}) {
      const auto opened =
          service_->get_matches(caller, at(id, property), nullptr, std::nullopt, 100, std::nullopt, arena_);
      add("GetMatches", opened.error, opened.ids.size());
    }
    add("ModProps", service_->mod_props(caller, at(id), NspiColumns(std::span<const PropTag>()), {}));
    const ByteView echo = property(echo_.id, tag::PidTagEntryId).value.bytes;
    for (u32 property : {tag::PidTagAddressBookMember, tag::PidTagAddressBookPublicDelegates})
      for (u32 flags : {0u, 1u})
        add("ModLinkAtt", service_->mod_link_att(caller, flags, PropTag(property), id, {&echo, 1}));
    const ByteView guessed = ephemeral_entry_id(service_->server_guid(), 0, id, arena_);
    for (u32 flags : {1u, 0u})  // golf_ is alpha_'s
      add("ModLinkAtt to",
          service_->mod_link_att(caller, flags, PropTag(tag::PidTagAddressBookMember), golf_.id, {&guessed, 1}));
    return told;
  }
  std::vector<u32> ids_of(const NspiCaller& caller, const Object& object) {
    const std::vector<std::optional<std::string>> names = {object.legacy_dn};
    return service_->dn_to_mid(caller, names).ids;
  }

  Object secret_;
};

TEST_F(HiddenEntries, AreNobodyToThoseWhoGuess) {
  const auto nobody = all_that_is_told(caller(), kNobody);
  EXPECT_EQ(all_that_is_told(caller(), hidden_.id), nobody);
  EXPECT_EQ(all_that_is_told(caller(), secret_.id), nobody);
  EXPECT_NE(all_that_is_told(caller(), bravo_.id), nobody);
  EXPECT_THAT(*book_->linked(golf_.id, Link::member), Contains(hidden_.id)) << "nobody guessed him out of his group";
}

TEST_F(HiddenEntries, AreWhomTheirDnsName) {
  EXPECT_THAT(ids_of(caller(), hidden_), ElementsAre(hidden_.id));
  EXPECT_EQ(text(property(hidden_.id, tag::PidTagSmtpAddress)), "user4@ropewalk.test");
  EXPECT_EQ(service_->get_prop_list(caller(), 0, hidden_.id, 1252).error, ErrorCode::none);
  const std::vector<u32> table = {hidden_.id, alpha_.id};
  EXPECT_THAT(service_->resort_restriction(caller(), begin(), table).ids, ElementsAre(alpha_.id, hidden_.id));
  EXPECT_THAT(ids_of(caller(), hidden_), ElementsAre(hidden_.id)) << "the same as long as he asks";
  // Nobody else is told by that, nor of others, and no table has them.
  EXPECT_EQ(all_that_is_told(as(bravo_), hidden_.id), all_that_is_told(as(bravo_), kNobody));
  EXPECT_EQ(all_that_is_told(caller(), secret_.id), all_that_is_told(caller(), kNobody));
  EXPECT_THAT(names(begin()), Not(Contains("Delta Four")));
  EXPECT_EQ(service_->update_stat(caller(), at(hidden_.id)).error, ErrorCode::not_found);
  // A group is opened, and tells whom it has.
  EXPECT_THAT(ids_of(caller(), secret_), ElementsAre(secret_.id));
  EXPECT_THAT(opened(secret_.id, tag::PidTagAddressBookMember).ids, ElementsAre(alpha_.id, echo_.id));
}

// Names and addresses can be guessed, whole DNs are known. Only the whole directory has them.
TEST_F(HiddenEntries, AreResolvedByDnAlone) {
  EXPECT_THAT(resolve({"Delta", "Delta Four", "=user4", "user4", "user4@ropewalk.test", "SMTP:user4@ropewalk.test"}),
              Each(0u));
  EXPECT_EQ(all_that_is_told(caller(), hidden_.id), all_that_is_told(caller(), kNobody));
  EXPECT_THAT(resolve({hidden_.legacy_dn}, list("All Users").id), Each(0u));
  const std::vector<std::optional<std::string>> names = {hidden_.legacy_dn};
  const PropTag column(tag::PidTagDisplayName);
  const auto answer =
      service_->resolve_names(caller(), begin(), NspiColumns(std::span(&column, 1)), names, true, arena_);
  ASSERT_TRUE(answer.rows);
  EXPECT_THAT(texts(*answer.rows), ElementsAre("Delta Four"));
}

// Whatever points at them.
TEST_F(HiddenEntries, AreInNobodysLinks) {
  EXPECT_EQ(property(charlie_.id, (tag::PidTagAddressBookManager & 0xFFFF0000) | 0x1F).tag.type(),
            PropType::error_code);
  EXPECT_THAT(opened(echo_.id, tag::PidTagAddressBookReports).ids, IsEmpty());
  EXPECT_THAT(opened(charlie_.id, tag::PidTagAddressBookManager).ids, IsEmpty());
  EXPECT_THAT(opened(alpha_.id, tag::PidTagAddressBookPublicDelegates).ids, IsEmpty());
  EXPECT_THAT(opened(alpha_.id, tag::PidTagAddressBookIsMemberOfDistributionList).ids,
              testing::UnorderedElementsAre(golf_.id));
  EXPECT_THAT(opened(bravo_.id, tag::PidTagAddressBookOwnerBackLink).ids, IsEmpty());
  EXPECT_THAT(opened(kilo_.id, tag::PidTagAddressBookMember).ids, Not(Contains(hidden_.id))) << "(mailNickname=user*)";
  // Nor do conditions tell of them.
  const auto reports = [&] {
    mapi::Restriction exists;
    exists.type = mapi::RestrictType::exist;
    exists.tag = PropTag(tag::PidTagAddressBookReports);
    return matches(exists).ids;
  };
  EXPECT_THAT(reports(), ElementsAre(alpha_.id)) << "bravo Two's manager, not the hidden one's";
}

TEST_F(HiddenEntries, SeeThemselves) {
  EXPECT_NE(all_that_is_told(as(hidden_), hidden_.id), all_that_is_told(as(hidden_), kNobody));
  const auto list = service_->get_prop_list(as(hidden_), 0, hidden_.id, 1252);
  EXPECT_EQ(list.error, ErrorCode::none);
  EXPECT_EQ(service_->mod_props(as(hidden_), at(hidden_.id), NspiColumns(std::span<const PropTag>()), {}),
            ErrorCode::none);
}

// Who is in nobody's table any more has no number any more.
TEST_F(HiddenEntries, GoAtOnce) {
  EXPECT_EQ(text(property(echo_.id, tag::PidTagDisplayName)), "Echo Five");
  hide(echo_.id, true);
  EXPECT_EQ(property(echo_.id, tag::PidTagDisplayName).tag.type(), PropType::error_code);
  hide(echo_.id, false);
  EXPECT_EQ(text(property(echo_.id, tag::PidTagDisplayName)), "Echo Five");
}

// A permanent identifier has a DN in it; an ephemeral one is a number.
TEST_F(HiddenEntries, BecomeMembersByDnAlone) {
  const PropTag member(tag::PidTagAddressBookMember);
  const ByteView guessed = ephemeral_entry_id(service_->server_guid(), kDistList, secret_.id, arena_);
  EXPECT_EQ(service_->mod_link_att(caller(), 0, member, golf_.id, {&guessed, 1}), ErrorCode::access_denied);
  const ByteView named = permanent_entry_id(kDistList, secret_.legacy_dn, arena_);
  EXPECT_EQ(service_->mod_link_att(caller(), 0, member, golf_.id, {&named, 1}), ErrorCode::none);
  EXPECT_THAT(*book_->linked(golf_.id, Link::member), Contains(secret_.id));
  EXPECT_THAT(opened(golf_.id, member.value).ids, Not(Contains(secret_.id)));
}

TEST(KnownHidden, IsBounded) {
  KnownHidden known;
  for (u32 id = 0; id < KnownHidden::kMost + 10; ++id) known.learn(1, 100 + id);
  EXPECT_FALSE(known.knows(1, 109)) << "the longest known is forgotten";
  EXPECT_TRUE(known.knows(1, 110));
  EXPECT_TRUE(known.knows(1, 100 + KnownHidden::kMost + 9));
  EXPECT_FALSE(known.knows(2, 110));
}

}  // namespace
}  // namespace ropewalk::server
