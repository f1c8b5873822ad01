// What is kept of dynamic groups and of filtered lists is, after any change, what reading everything anew would give.
#include "directory/filtered_objects.h"

#include <gmock/gmock.h>

#include <random>
#include <set>

#include "directory/address_book_test_support.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;

TEST(FilterTest, KnowsWhetherItAsksForLinks) {
  auto asks = [](const char* text) { return Filter::parse(text).value().asks_for_links(); };
  EXPECT_FALSE(asks("(&(department=Hemp)(|(title=*)(!(mail=a*))))"));
  EXPECT_TRUE(asks("(manager=*)"));
  EXPECT_TRUE(asks("(&(title=*)(!(|(memberOf=group1@ropewalk.test)(title=x))))"));
}

class FilteredObjects : public AddressBookTest {
 protected:
  static constexpr const char* kFilters[] = {
      "(&(department=Hemp)(|(title=a*)(!(title=*))))",
      "(manager=boss@ropewalk.test)",
      "(|(memberOf=crew@ropewalk.test)(title=captain))",
  };

  void SetUp() override {
    AddressBookTest::SetUp();
    boss_ = made(Kind::contact, "Boss", "boss@ropewalk.test").id;
    crew_ = made(Kind::group, "Crew", "crew@ropewalk.test").id;
    for (const char* filter : kFilters) {
      ObjectChange as;
      as.name = "Group " + std::to_string(groups_.size());
      as.address = "group" + std::to_string(groups_.size()) + "@ropewalk.test";
      as.filter = filter;
      groups_.push_back(made(Kind::dynamic_group, as).id);
      auto list = book_->add_list(0, "List " + std::to_string(lists_.size()), filter);
      ASSERT_TRUE(list.ok()) << list.error().text;
      lists_.push_back({*list, 0, {}});
    }
  }
  ObjectChange text(u32 property, const char* value) {
    ObjectChange change;
    if (*value == '\0')
      change.removed.push_back(PropTag(property));
    else
      change.set.set_text(PropTag(property), value);
    return change;
  }
  u32 anybody() { return people_[random_() % people_.size()]; }
  // One change of some kind; some come to nothing.
  void change_something() {
    ObjectChange change;
    switch (random_() % 10) {
      case 0: {
        const std::string number = std::to_string(++made_);
        people_.push_back(made(Kind::contact, "Person " + number, "person" + number + "@ropewalk.test").id);
        break;
      }
      case 1:
        done(book_->change(anybody(), text(tag::PidTagTitle, random_() % 2 == 0 ? "able" : "captain")));
        break;
      case 2:
        done(book_->change(anybody(), text(tag::PidTagTitle, "")));
        break;
      case 3:
        done(book_->change(anybody(), text(tag::PidTagDepartmentName, random_() % 3 == 0 ? "Tar" : "Hemp")));
        break;
      case 4:
        change.hidden = random_() % 2 == 0;
        done(book_->change(anybody(), change));
        break;
      case 5:
        (void)book_->add_link(anybody(), Link::manager, boss_);
        (void)book_->add_link(crew_, Link::member, anybody());
        break;
      case 6:
        (void)book_->remove_link(anybody(), Link::manager, boss_);
        (void)book_->remove_link(crew_, Link::member, anybody());
        break;
      case 7:  // those whom the filters name have another name, and theirs again
        change.address = random_() % 2 == 0 ? "boss@ropewalk.test" : "chief@ropewalk.test";
        done(book_->change(boss_, change));
        break;
      case 8:
        change.address = random_() % 2 == 0 ? "crew@ropewalk.test" : "gang@ropewalk.test";
        done(book_->change(crew_, change));
        break;
      default:
        if (people_.size() > 20) {
          const std::size_t who = random_() % people_.size();
          done(book_->remove(people_[who]));
          people_.erase(people_.begin() + static_cast<std::ptrdiff_t>(who));
        }
    }
  }
  // As whoever keeps a list does it.
  void follow(AddressList& list, i64& upto, std::set<u32>& shown) {
    auto changes = book_->changes_for(list, upto);
    ASSERT_TRUE(changes.ok());
    if (changes->all) {
      shown.clear();
      done(book_->for_each(list.id, [&](const Object& object) { shown.insert(object.id); }));
    }
    for (u32 id : changes->ids) {
      const auto object = book_->find(id).value();
      if (object && book_->shows(list, *object).value())
        shown.insert(id);
      else
        shown.erase(id);
    }
    upto = changes->upto;
  }

  struct Kept {
    AddressList list;
    i64 upto = 0;
    std::set<u32> shown;
  };
  u32 boss_ = 0, crew_ = 0;
  std::vector<u32> groups_, people_;
  std::vector<Kept> lists_;
  int made_ = 0;
  std::mt19937 random_{7};
};

TEST_F(FilteredObjects, AreTheSameKeptAndReadAnew) {
  for (int i = 0; i < 30; ++i)
    people_.push_back(made(Kind::contact, "First " + std::to_string(i), "first" + std::to_string(i) + "@b.test").id);
  std::size_t most = 0;
  for (int round = 0; round < 120; ++round) {
    for (u32 i = 0, many = 1 + random_() % 6; i < many; ++i) change_something();
    auto fresh = AddressBook::open(folder()).value();  // which keeps nothing yet
    for (u32 group : groups_) {
      const auto members = book_->members(group).value();
      EXPECT_EQ(members, fresh->members(group).value()) << "round " << round;
      most = std::max(most, members.size());
    }
    for (Kept& kept : lists_) {
      follow(kept.list, kept.upto, kept.shown);
      std::set<u32> now;
      done(fresh->for_each(kept.list.id, [&](const Object& object) { now.insert(object.id); }));
      EXPECT_EQ(kept.shown, now) << kept.list.filter << " in round " << round;
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(most, 5u) << "somebody has to be found";
  // Another filter is another group; a group in whose place nobody is has nobody.
  ObjectChange change;
  change.filter = "(title=captain)";
  done(book_->change(groups_[0], change));
  auto fresh = AddressBook::open(folder()).value();
  EXPECT_EQ(book_->members(groups_[0]).value(), fresh->members(groups_[0]).value());
  done(book_->remove(groups_[0]));
  EXPECT_THAT(book_->members(groups_[0]).value(), testing::IsEmpty());
}

}  // namespace
}  // namespace ropewalk::directory
