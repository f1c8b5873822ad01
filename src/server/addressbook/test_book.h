// For tests alone: an address book of ten objects in the order of the alphabet and one that is hidden, asked as clients
// ask it.
#pragma once

#include <gmock/gmock.h>

#include "base/utf16.h"
#include "directory/address_book_test_support.h"
#include "mapi/entry_id.h"
#include "mapi/property_tags.h"
#include "mapi/value_fields.h"
#include "server/addressbook/address_book_service.h"
#include "server/addressbook/entries.h"

namespace ropewalk::server {

using directory::Kind;
using directory::Link;
using directory::Object;
using mapi::ErrorCode;
using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

class NspiTest : public directory::AddressBookTest {
 protected:
  static constexpr const char* kNames[] = {"Alpha One",      "bravo Two",  "Çharlie Three", "Echo Five",
                                           "Foxtrot Six",    "Golf Group", "Hotel Group",   "India Room",
                                           "Juliett Folder", "Kilo Group"};

  void SetUp() override {
    AddressBookTest::SetUp();
    alpha_ = user("user1", "Alpha One");
    bravo_ = user("user2", "bravo Two");
    charlie_ = user("user3", "Çharlie Three");
    echo_ = user("user5", "Echo Five");
    hidden_ = user("user4", "Delta Four");
    directory::ObjectChange hide;
    hide.hidden = true;
    done(book_->change(hidden_.id, hide));
    foxtrot_ = made(Kind::contact, "Foxtrot Six", "contact1@partner.test");
    golf_ = made(Kind::group, "Golf Group", "group1@ropewalk.test");
    hotel_ = made(Kind::group, "Hotel Group", "group2@ropewalk.test");
    india_ = user("room1", "India Room");
    done(book_->set_kind(india_.id, Kind::room));
    juliett_ = made(Kind::public_folder, "Juliett Folder");
    directory::ObjectChange dynamic;
    dynamic.name = "Kilo Group";
    dynamic.filter = "(mailNickname=user*)";
    kilo_ = made(Kind::dynamic_group, dynamic);
    for (const Object& member : {bravo_, alpha_, foxtrot_, hotel_, hidden_})
      done(book_->add_link(golf_.id, Link::member, member.id));
    done(book_->add_link(hotel_.id, Link::member, golf_.id));  // a cycle
    done(book_->add_link(golf_.id, Link::owner, alpha_.id));
    done(book_->add_link(bravo_.id, Link::manager, alpha_.id));
    serve();
  }
  void TearDown() override {
    service_.reset();
    AddressBookTest::TearDown();
  }
  void serve(std::size_t most_view_entries = 4'000'000) {
    service_.emplace(AddressBookService::Parts{*book_, "Ropewalk", [this](const std::string& line) { refused_ = line; },
                                               [this](const std::string& line) { failed_ = line; }, most_view_entries});
  }

  Object user(const std::string& name, const std::string& display_name) {
    const auto added = add({.address = name + "@ropewalk.test", .name = display_name});
    auto object = book_->find_by_user(added.id);
    EXPECT_TRUE(object.ok() && *object);
    return **object;
  }
  static NspiCaller as(const Object& object) { return {object.user_id, object.address, "127.0.0.1"}; }
  NspiCaller caller() const { return as(alpha_); }

  // Where in a list, the Global Address List if no other is said.
  static nspi::Stat at(u32 record, u32 container = 0) {
    nspi::Stat stat;
    stat.current_record = record;
    stat.container_id = container;
    stat.code_page = 1252;
    stat.sort_locale = stat.template_locale = 0x409;
    return stat;
  }
  static nspi::Stat begin(u32 container = 0) { return at(0, container); }

  static std::string text(const Property& cell) { return mapi::text_of_value(cell.tag.type(), cell.value, 1252); }
  // The texts of one column.
  static std::vector<std::string> texts(const NspiRows& rows, std::size_t column = 0) {
    std::vector<std::string> found;
    for (const auto& row : rows.rows) found.push_back(text(row[column]));
    return found;
  }
  std::vector<std::string> names(const nspi::Stat& from, u32 count = 100) {
    const auto answer = query(from, count, {PropTag(tag::PidTagDisplayName)});
    EXPECT_EQ(answer.error, ErrorCode::none);
    return answer.rows ? texts(*answer.rows) : std::vector<std::string>();
  }
  NspiRowsAnswer query(const nspi::Stat& from, u32 count, const std::vector<PropTag>& columns, u32 flags = 0) {
    return service_->query_rows(caller(), flags, from, std::nullopt, count, NspiColumns(columns), arena_);
  }
  // One property of an object; PtypErrorCode where it has none.
  Property property(u32 id, u32 tag, u32 flags = 0, u32 code_page = 1252) {
    nspi::Stat stat = at(id);
    stat.code_page = code_page;
    const PropTag column(tag);
    const auto answer = service_->get_props(caller(), flags, stat, NspiColumns(std::span(&column, 1)), arena_);
    EXPECT_TRUE(answer.row && answer.row->size() == 1) << mapi::name(answer.error);
    return answer.row ? (*answer.row)[0] : Property{};
  }
  std::vector<u32> resolve(const std::vector<std::optional<std::string>>& names, u32 container = 0) {
    const auto answer = service_->resolve_names(caller(), begin(container), std::nullopt, names, true, arena_);
    EXPECT_EQ(answer.error, ErrorCode::none);
    return answer.ids;
  }
  Property name_sought(std::string_view name) {
    return {PropTag(tag::PidTagDisplayName), Value::of(mapi::utf16_in(arena_, name))};
  }

  // Value by value.
  static void expect_same(const NspiRows& one, const NspiRows& other) {
    EXPECT_EQ(one.columns, other.columns);
    ASSERT_EQ(one.rows.size(), other.rows.size());
    for (std::size_t i = 0; i < one.rows.size(); ++i) {
      ASSERT_EQ(one.rows[i].size(), other.rows[i].size());
      for (std::size_t j = 0; j < one.rows[i].size(); ++j) {
        const Property &a = one.rows[i][j], &b = other.rows[i][j];
        EXPECT_EQ(a.tag, b.tag) << "row " << i;
        EXPECT_TRUE(mapi::equal_values(a.tag.type(), a.value, b.value)) << "row " << i << ", column " << j;
      }
    }
  }

  // Conditions.
  mapi::Restriction condition(mapi::RestrictType type, u32 tag, const Value& value) {
    mapi::Restriction made;
    made.type = type;
    made.tag = PropTag(tag);
    made.relop = mapi::RelOp::eq;
    auto values = arena_.make<mapi::TaggedPropertyValue>(1);
    values[0].tag = PropTag(tag);
    values[0].value = value;
    made.values = values;
    return made;
  }
  mapi::Restriction starts_with(u32 tag, std::string_view text) {
    auto made = condition(mapi::RestrictType::content, tag, Value::of(mapi::utf16_in(arena_, text)));
    made.fuzzy_level_low = mapi::kFuzzyPrefix;
    made.fuzzy_level_high = mapi::kFuzzyIgnoreCase;
    return made;
  }
  mapi::Restriction together(mapi::RestrictType type, std::vector<mapi::Restriction> parts) {
    mapi::Restriction made;
    made.type = type;
    auto children = arena_.make<mapi::Restriction>(parts.size());
    std::ranges::copy(parts, children.begin());
    made.children = children;
    return made;
  }
  NspiMatchesAnswer matches(const mapi::Restriction& filter, u32 most = 100, u32 container = 0) {
    return service_->get_matches(caller(), begin(container), &filter, std::nullopt, most, std::nullopt, arena_);
  }
  // The objects that a property of an object names.
  NspiMatchesAnswer opened(u32 id, u32 tag, u32 most = 100) {
    return service_->get_matches(caller(), at(id, tag), nullptr, std::nullopt, most, std::nullopt, arena_);
  }

  Object alpha_, bravo_, charlie_, echo_, hidden_, foxtrot_, golf_, hotel_, india_, juliett_, kilo_;
  std::optional<AddressBookService> service_;
  std::string refused_, failed_;
  Arena arena_;
};

}  // namespace ropewalk::server
