#include "directory/address_book.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "directory/address_book_test_support.h"
#include "directory/folded_text.h"
#include "directory/property_texts.h"
#include "directory/schema.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr PropTag kProxies{tag::PidTagAddressBookProxyAddresses};

TEST_F(AddressBookTest, AUserHasAnObjectFromTheFirstToTheLast) {
  const User user = add({.address = "User1@ropewalk.test", .name = "User One"});
  auto object = book_->find_by_user(user.id);
  ASSERT_TRUE(object.ok() && *object);
  EXPECT_GE((*object)->id, 16u);
  EXPECT_EQ((*object)->kind, Kind::mailbox);
  EXPECT_EQ((*object)->name, "User One");
  EXPECT_EQ((*object)->address, "User1@ropewalk.test");
  EXPECT_EQ((*object)->legacy_dn, user.legacy_dn);
  EXPECT_FALSE((*object)->guid.is_null());
  EXPECT_EQ((*book_->find_by_address("user1@ROPEWALK.test"))->id, (*object)->id);
  EXPECT_EQ((*book_->find_by_dn("/O=ropewalk" + user.legacy_dn.substr(11)))->id, (*object)->id);
  EXPECT_EQ((*book_->find_by_guid((*object)->guid))->id, (*object)->id);
  const auto bag = properties((*object)->id);
  EXPECT_EQ(bag.text(PropTag(tag::PidTagAccount)), "User1");
  EXPECT_THAT(texts_of(bag, kProxies), ElementsAre("SMTP:User1@ropewalk.test"));
  EXPECT_THAT(error_of(book_->remove((*object)->id)), HasSubstr("remove the user"));

  ASSERT_TRUE(directory_->remove(user.address).ok());
  EXPECT_FALSE(*book_->find((*object)->id));
  EXPECT_FALSE(*book_->find_by_address(user.address));
  EXPECT_THAT(named("user"), IsEmpty());
  const User again = add({.address = "user1@ropewalk.test"});
  EXPECT_GT((*book_->find_by_user(again.id))->id, (*object)->id) << "an id is never used again";
}

TEST_F(AddressBookTest, UsersOfBeforeGetObjects) {
  const User user = add({.address = "user1@ropewalk.test", .name = "User One"});
  book_.reset();
  directory_.reset();
  {
    auto database = sql::Database::open(folder() + "/directory.db");
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(
        database
            ->execute("DROP TABLE object_change; DROP TABLE object_link; DROP TABLE object_word; "
                      "DROP TABLE object_address; DROP TABLE object_list; DROP TABLE object_login; DROP TABLE object; "
                      "DELETE FROM sqlite_sequence WHERE name = 'object'; PRAGMA user_version = 2")
            .ok());
  }
  open();
  open_book();
  auto object = book_->find_by_user(user.id);
  ASSERT_TRUE(object.ok() && *object);
  EXPECT_EQ((*object)->legacy_dn, user.legacy_dn);
  EXPECT_THAT(named("one"), ElementsAre((*object)->id));
  EXPECT_THAT(shown("All Users"), ElementsAre("User One"));
}

TEST_F(AddressBookTest, ListsShowTheirKinds) {
  add({.address = "user1@ropewalk.test", .name = "User One"});
  const User room = add({.address = "room1@ropewalk.test", .name = "Room 1"});
  done(book_->set_kind((*book_->find_by_user(room.id))->id, Kind::room));
  made(Kind::contact, "Partner", "partner@elsewhere.test");
  made(Kind::group, "Everybody", "everybody@ropewalk.test");
  made(Kind::public_folder, "Notices");
  ObjectChange hidden;
  hidden.name = "Secret";
  hidden.address = "secret@elsewhere.test";
  hidden.hidden = true;
  const Object secret = made(Kind::contact, hidden);

  auto lists = book_->lists();
  ASSERT_TRUE(lists.ok());
  ASSERT_EQ(lists->size(), 7u);
  EXPECT_TRUE(lists->front().is_global);
  EXPECT_EQ(lists->front().legacy_dn, "/");
  EXPECT_EQ(lists->front().parent, 0u);
  EXPECT_EQ(lists->at(2).parent, lists->at(1).id);
  EXPECT_EQ(lists->at(2).legacy_dn.size(), 6u + 32u);
  for (const AddressList& one : *lists) EXPECT_GE(one.id, 16u);
  EXPECT_THAT(shown("Global Address List"), ElementsAre("User One", "Room 1", "Partner", "Everybody", "Notices"));
  EXPECT_THAT(shown("All Users"), ElementsAre("User One", "Room 1"));
  EXPECT_THAT(shown("All Rooms"), ElementsAre("Room 1"));
  EXPECT_THAT(shown("All Contacts"), ElementsAre("Partner"));
  EXPECT_THAT(shown("All Groups"), ElementsAre("Everybody"));
  EXPECT_THAT(shown("Public Folders"), ElementsAre("Notices"));
  EXPECT_THAT(shown("All Address Lists"), IsEmpty());
  EXPECT_FALSE(*book_->shows(lists->front(), secret)) << "hidden ones are in no list";
  EXPECT_THAT(named("secret"), IsEmpty()) << "and found by no name";
  ObjectChange seen;
  seen.hidden = false;
  done(book_->change(secret.id, seen));
  EXPECT_THAT(named("secret"), ElementsAre(secret.id));

  auto below = book_->add_list(list("All Rooms").id, "Tower");
  ASSERT_TRUE(below.ok()) << below.error().text;
  EXPECT_GT(below->id, secret.id) << "numbers are shared with the objects";
  EXPECT_THAT(error_of(book_->add_list(list("All Rooms").id, "Tower")), HasSubstr("one of this name"));
  EXPECT_THAT(error_of(book_->remove_list(list("All Rooms").id)), HasSubstr("below it"));
  EXPECT_THAT(error_of(book_->remove_list(list("Global Address List").id)), HasSubstr("the global one"));
  done(book_->remove_list(below->id));
  EXPECT_EQ(book_->lists()->size(), 7u);
  EXPECT_THAT(error_of(book_->for_each(4711, [](const Object&) {})), HasSubstr("no address list 4711"));
}

TEST_F(AddressBookTest, PropertiesComeBackAsTheyWere) {
  ObjectChange as;
  as.name = "Müller, Jürgen";
  as.address = "jm@elsewhere.test";
  as.phonetic = "Mueller";
  as.set.set_text(PropTag(tag::PidTagGivenName), "Jürgen");
  as.set.set_text(PropTag(tag::PidTagSurname), "Müller");
  as.set.set(PropTag(tag::PidTagAddressBookRoomCapacity), mapi::Value::of(12));
  const std::vector<u8> photo(100'000, 0x55);
  as.set.set_bytes(PropTag(tag::PidTagThumbnailPhoto), photo);
  set_texts(as.set, kProxies, {"smtp:other@elsewhere.test", "X500:/o=Old/cn=jm", "sip:jm@elsewhere.test"});
  const Object object = made(Kind::contact, as);
  open_book();
  const auto bag = properties(object.id);
  EXPECT_EQ(bag.text(PropTag(tag::PidTagGivenName)), "Jürgen");
  EXPECT_EQ(bag.find(PropTag(tag::PidTagAddressBookRoomCapacity))->integer32(), 12);
  EXPECT_TRUE(std::ranges::equal(bag.find(PropTag(tag::PidTagThumbnailPhoto))->bytes, photo));
  EXPECT_THAT(texts_of(bag, kProxies), ElementsAre("SMTP:jm@elsewhere.test", "smtp:other@elsewhere.test",
                                                   "X500:/o=Old/cn=jm", "sip:jm@elsewhere.test"));
  EXPECT_EQ(bag.find_id(PropTag(tag::PidTagDisplayName).id()), nullptr) << "that is in Object";
  EXPECT_EQ((*book_->find(object.id))->phonetic, "Mueller");
  EXPECT_EQ((*book_->find_by_address("OTHER@elsewhere.test"))->id, object.id);
  EXPECT_EQ((*book_->find_by_dn("/O=OLD/CN=JM"))->id, object.id);
  auto none = book_->properties(std::array{object.id, 4711u});
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->at(1).empty());

  ObjectChange away;
  away.removed.push_back(PropTag(tag::PidTagThumbnailPhoto));
  away.set.set_text(PropTag(tag::PidTagDisplayName), "J. Müller");
  done(book_->change(object.id, away));
  EXPECT_EQ(properties(object.id).find_id(PropTag(tag::PidTagThumbnailPhoto).id()), nullptr);
  EXPECT_EQ((*book_->find(object.id))->name, "J. Müller");
  ObjectChange computed;
  computed.set.set_text(PropTag(tag::PidTagEmailAddress), "/o=x");
  EXPECT_THAT(error_of(book_->change(object.id, computed)), HasSubstr("PidTagEmailAddress cannot be set"));
}

TEST_F(AddressBookTest, NamesAreOneLineAndPhotosSmall) {
  ObjectChange as;
  as.address = "someone@elsewhere.test";
  for (const char* name : {"   ", "One\nTwo", "\x7f"}) {
    as.name = name;
    EXPECT_THAT(error_of(book_->add(Kind::contact, as)), HasSubstr("name")) << name;
  }
  as.name = "Someone";
  as.set.set_bytes(PropTag(tag::PidTagThumbnailPhoto), std::vector<u8>(3u << 20));
  EXPECT_THAT(error_of(book_->add(Kind::contact, as)), HasSubstr("a smaller photo?"));
  as.set.set_bytes(PropTag(tag::PidTagThumbnailPhoto), std::vector<u8>(1u << 20));
  EXPECT_TRUE(book_->add(Kind::contact, as).ok());
}

TEST_F(AddressBookTest, ANewAddressKeepsTheOldOneGood) {
  const User user = add({.address = "before@ropewalk.test", .name = "User"});
  const u32 id = (*book_->find_by_user(user.id))->id;
  ObjectChange married;
  married.address = "after@ropewalk.test";
  married.name = "User After";
  married.legacy_dn = "/o=Ropewalk/ou=New/cn=after";
  done(book_->change(id, married));
  EXPECT_EQ((*book_->find_by_address("before@ropewalk.test"))->id, id);
  EXPECT_EQ((*book_->find_by_dn(user.legacy_dn))->id, id);
  EXPECT_THAT(texts_of(properties(id), kProxies),
              ElementsAre("SMTP:after@ropewalk.test", "smtp:before@ropewalk.test", "X500:" + user.legacy_dn));
  auto renamed = directory_->find_by_address("after@ropewalk.test");
  ASSERT_TRUE(renamed.ok() && *renamed) << "the user has it too";
  EXPECT_EQ((*renamed)->name, "User After");
  EXPECT_EQ(who("after"), "after@ropewalk.test");
  EXPECT_THAT(add_error({.address = "before@ropewalk.test"}), HasSubstr("belongs to after@ropewalk.test already"));
  ObjectChange proxies;
  set_texts(proxies.set, kProxies, {"SMTP:third@ropewalk.test"});
  done(book_->change(id, proxies));
  EXPECT_EQ((*book_->find(id))->address, "third@ropewalk.test");
}

TEST_F(AddressBookTest, NobodyTakesWhatAnotherHas) {
  made(Kind::contact, "One", "one@elsewhere.test");
  ObjectChange twin;
  twin.name = "Two";
  twin.address = "ONE@elsewhere.test";
  EXPECT_THAT(error_of(book_->add(Kind::contact, twin)), HasSubstr("belongs to one@elsewhere.test already"));
  twin.address = "two@elsewhere.test";
  set_texts(twin.set, kProxies, {"smtp:One@elsewhere.test"});
  EXPECT_THAT(error_of(book_->add(Kind::contact, twin)), HasSubstr("belongs to one@elsewhere.test already"));
  EXPECT_THAT(add_error({.address = "one@elsewhere.test"}), HasSubstr("belongs to one@elsewhere.test already"));
  EXPECT_FALSE(*directory_->find_by_address("one@elsewhere.test")) << "neither user nor object";
  ObjectChange wrong;
  EXPECT_THAT(error_of(book_->add(Kind::contact, wrong)), HasSubstr("it has no name"));
  wrong.name = "X";
  EXPECT_THAT(error_of(book_->add(Kind::contact, wrong)), HasSubstr("no mail address"));
  wrong.address = "not an address";
  EXPECT_THAT(error_of(book_->add(Kind::contact, wrong)), HasSubstr("is not a mail address"));
  wrong.address = "x@elsewhere.test";
  wrong.legacy_dn = "cn=x";
  EXPECT_THAT(error_of(book_->add(Kind::contact, wrong)), HasSubstr("does not begin with /o="));
  EXPECT_THAT(error_of(book_->add(Kind::room, wrong)), HasSubstr("comes with a user"));
  EXPECT_THAT(error_of(book_->change(4711, wrong)), HasSubstr("no object 4711"));
}

TEST_F(AddressBookTest, LinksAreSeenFromBothSides) {
  const Object group = made(Kind::group, "Group", "group@ropewalk.test");
  const Object one = made(Kind::contact, "One", "one@elsewhere.test");
  const Object two = made(Kind::contact, "Two", "two@elsewhere.test");
  done(book_->add_link(group.id, Link::member, two.id));
  done(book_->add_link(group.id, Link::member, one.id));
  done(book_->add_link(group.id, Link::member, one.id));
  EXPECT_THAT(*book_->linked(group.id, Link::member), ElementsAre(two.id, one.id));
  EXPECT_THAT(*book_->linking(one.id, Link::member), ElementsAre(group.id));
  done(book_->add_link(one.id, Link::manager, two.id));
  EXPECT_THAT(*book_->linking(two.id, Link::manager), ElementsAre(one.id));
  done(book_->add_link(one.id, Link::manager, group.id));
  EXPECT_THAT(*book_->linked(one.id, Link::manager), ElementsAre(group.id)) << "one manager at most";
  EXPECT_THAT(*book_->linking(two.id, Link::manager), IsEmpty());
  EXPECT_THAT(error_of(book_->add_link(one.id, Link::member, two.id)), HasSubstr("not a group"));
  EXPECT_THAT(error_of(book_->add_link(one.id, Link::delegate_of, one.id)), HasSubstr("itself"));
  EXPECT_THAT(error_of(book_->add_link(one.id, Link::delegate_of, 99)), HasSubstr("no object 99"));
  EXPECT_FALSE(book_->remove_link(one.id, Link::delegate_of, two.id).ok());
  done(book_->remove_link(group.id, Link::member, two.id));
  done(book_->remove(one.id));
  EXPECT_THAT(*book_->linked(group.id, Link::member), IsEmpty());
}

TEST_F(AddressBookTest, GroupsInACircle) {
  const Object a = made(Kind::group, "A"), b = made(Kind::group, "B"), c = made(Kind::group, "C");
  const Object one = made(Kind::contact, "One", "one@elsewhere.test");
  const Object two = made(Kind::contact, "Two", "two@elsewhere.test");
  for (auto [group, member] : {std::pair{a, b}, {b, c}, {c, a}, {c, one}, {a, two}, {b, one}}) {
    done(book_->add_link(group.id, Link::member, member.id));
  }
  EXPECT_THAT(*book_->members(a.id), ElementsAre(b.id, two.id));
  EXPECT_THAT(*book_->members(a.id, true), ElementsAre(one.id, two.id));
  EXPECT_THAT(*book_->members(c.id, true), UnorderedElementsAre(one.id, two.id));
}

TEST_F(AddressBookTest, NamesAreFoundByTheirBeginnings) {
  ObjectChange as;
  as.name = "Émile Zöla-Brown";
  as.address = "ez@elsewhere.test";
  as.set.set_text(PropTag(tag::PidTagGivenName), "Émile");
  as.set.set_text(PropTag(tag::PidTagSurname), "Zöla-Brown");
  as.set.set_text(PropTag(tag::PidTagAccount), "emil");
  as.set.set_text(PropTag(tag::PidTagOfficeLocation), "Tower 7");
  set_texts(as.set, kProxies, {"smtp:author@elsewhere.test"});
  const u32 id = made(Kind::contact, as).id;
  const u32 other = made(Kind::contact, "Emil Other", "other@elsewhere.test").id;
  for (const char* text :
       {"emile", "ÉMILE Z", "zola", "brown", "Zola-Brown Emile", "Zöla-Brown, É", "emile zola-b", "tower", "author@",
        "smtp:author@elsewhere.test", "EZ@elsewhere.test", "=emil", "=EMIL", " emile "}) {
    EXPECT_THAT(named(text), ElementsAre(id)) << text;
  }
  EXPECT_THAT(named("emil"), ElementsAre(id, other));
  EXPECT_THAT(named("emil", 1).size(), 1u);
  for (const char* text : {"", "=", "=emi", "mile", ",", "Zola-Brown, X", "%", "_", "smtp:", "zz", " "}) {
    EXPECT_THAT(named(text), IsEmpty()) << text;
  }
  ObjectChange renamed;
  renamed.name = "Somebody Else";
  renamed.removed = {PropTag(tag::PidTagGivenName), PropTag(tag::PidTagSurname)};
  done(book_->change(id, renamed));
  EXPECT_THAT(named("zola"), IsEmpty());
  EXPECT_THAT(named("else"), ElementsAre(id));
}

TEST(FoldedText, IgnoresCaseAndAccents) {
  EXPECT_EQ(fold("MÜLLER"), "muller");
  EXPECT_EQ(fold("Straße"), "strasse");
  EXPECT_EQ(fold("Ｆｕｌｌ"), "full");
  EXPECT_EQ(fold("\xff\xfe"), fold("\xff\xfe")) << "what is no UTF-8 does no harm";
  EXPECT_THAT(word_tails("user one (x)"), ElementsAre("user one (x)", "one (x)", "x)"));
  EXPECT_THAT(word_tails(""), IsEmpty());
  EXPECT_EQ(searchable(std::string(63, 'a') + "\xc3\xa9").size(), 63u) << "not within a character";
}

TEST_F(AddressBookTest, ChangesAreTold) {
  auto since = [&](i64 change) {
    auto changes = book_->changes_since(change);
    EXPECT_TRUE(changes.ok());
    return *changes;
  };
  EXPECT_TRUE(since(0).all);
  i64 at = since(0).upto;
  EXPECT_THAT(since(at).ids, IsEmpty());
  EXPECT_FALSE(since(at).all);
  const Object one = made(Kind::contact, "One", "one@elsewhere.test");
  const Object group = made(Kind::group, "Group");
  EXPECT_THAT(since(at).ids, ElementsAre(one.id, group.id));
  at = since(at).upto;
  ObjectChange same;
  same.name = "One";
  done(book_->change(one.id, same));
  EXPECT_THAT(since(at).ids, IsEmpty()) << "nothing new";
  done(book_->add_link(group.id, Link::member, one.id));
  EXPECT_THAT(since(at).ids, ElementsAre(one.id, group.id));
  at = since(at).upto;
  done(book_->remove(one.id));
  EXPECT_THAT(since(at).ids, ElementsAre(one.id, group.id)) << "who is gone is told, and the group that lost him";
  at = since(at).upto;
  add({.address = "user1@ropewalk.test"});
  EXPECT_THAT(since(at).ids.size(), 1u) << "other connections' changes too";
}

TEST_F(AddressBookTest, ManyTogetherAreAllOrNone) {
  const Status failed = book_->together([&]() -> Status {
    made(Kind::contact, "One", "one@elsewhere.test");
    EXPECT_EQ(named("one").size(), 1u) << "seen by who does it";
    std::thread([&] { EXPECT_THAT(named("one"), IsEmpty()) << "and by nobody else"; }).join();
    return Error{"changed my mind"};
  });
  EXPECT_EQ(error_of(failed), "changed my mind");
  EXPECT_THAT(named("one"), IsEmpty());
  done(book_->together([&]() -> Status {
    made(Kind::contact, "One", "one@elsewhere.test");
    ObjectChange twin;
    twin.name = "Twin";
    twin.address = "one@elsewhere.test";
    EXPECT_FALSE(book_->add(Kind::contact, twin).ok());
    made(Kind::contact, "Two", "two@elsewhere.test");
    return {};
  }));
  EXPECT_THAT(shown("All Contacts"), ElementsAre("One", "Two")) << "one that fails leaves the others be";
}

TEST_F(AddressBookTest, ReadersDoNotWaitForAWriter) {
  made(Kind::contact, "One", "one@elsewhere.test");
  done(book_->together([&]() -> Status {
    made(Kind::contact, "Two", "two@elsewhere.test");
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&] {
        for (int n = 0; n < 50; ++n) EXPECT_EQ(named("one").size(), 1u);
      });
    }
    for (std::thread& reader : readers) reader.join();
    return {};
  }));
}

// What the address book costs does not grow with it: every search is by an index.
TEST_F(AddressBookTest, SearchesGoByAnIndex) {
  auto database = open_database(folder());
  ASSERT_TRUE(database.ok());
  for (const char* sql : {"SELECT id FROM object WHERE legacy_dn = ?", "SELECT id FROM object WHERE guid = ?",
                          "SELECT id FROM object WHERE user_id = ?", "SELECT id FROM object WHERE origin = ?",
                          "SELECT object FROM object_address WHERE address = ?",
                          "SELECT DISTINCT object FROM object_word WHERE word >= ? AND word <= ? LIMIT ?",
                          "SELECT source FROM object_link WHERE target = ? AND link = ? ORDER BY id",
                          "SELECT object FROM object_change WHERE change > ? AND change <= ?"}) {
    auto plan = database->prepare_once(std::string("EXPLAIN QUERY PLAN ") + sql);
    ASSERT_TRUE(plan.ok()) << sql;
    ASSERT_TRUE(*plan->step());
    EXPECT_THAT(std::string(plan->text(3)), HasSubstr("SEARCH")) << sql;
  }
}

TEST_F(AddressBookTest, AHundredThousand) {
  constexpr u32 kPeople = 100'000;
  const auto begin = std::chrono::steady_clock::now();
  u32 first = 0;
  done(book_->together([&]() -> Status {
    for (u32 i = 0; i < kPeople; ++i) {
      const std::string number = std::to_string(i);
      ObjectChange as;
      as.name = "Person" + number + " Family" + std::to_string(i % 1000);
      as.address = "person" + number + "@elsewhere.test";
      as.set.set_text(PropTag(tag::PidTagGivenName), "Person" + number);
      as.set.set_text(PropTag(tag::PidTagSurname), "Family" + std::to_string(i % 1000));
      as.set.set_text(PropTag(tag::PidTagDepartmentName), "Department " + std::to_string(i % 50));
      ROPEWALK_TRY(const Object object, book_->add(Kind::contact, as));
      if (i == 0) first = object.id;
    }
    return {};
  }));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  RecordProperty("seconds_to_add_100000", std::to_string(took.count()));
  std::printf("100,000 added in %.1f s\n", took.count());
  u32 count = 0;
  done(book_->for_each(list("Global Address List").id, [&](const Object&) { ++count; }));
  EXPECT_EQ(count, kPeople);
  EXPECT_THAT(named("person99999"), ElementsAre(first + 99'999));
  EXPECT_EQ(named("family7 ", 500).size(), 500u) << "family7, family70 to 79 and 700 to 799";
  EXPECT_EQ((*book_->find_by_address("PERSON5@elsewhere.test"))->id, first + 5);
  EXPECT_TRUE(book_->changes_since(1)->all);
}

}  // namespace
}  // namespace ropewalk::directory
