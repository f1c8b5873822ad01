// For tests alone: a directory with its address book.
#pragma once

#include "directory/address_book.h"
#include "directory/directory_test_support.h"

namespace ropewalk::directory {

class AddressBookTest : public DirectoryTest {
 protected:
  void SetUp() override {
    DirectoryTest::SetUp();
    open_book();
  }
  void TearDown() override {
    book_.reset();
    DirectoryTest::TearDown();
  }
  void open_book() {
    book_.reset();
    auto opened = AddressBook::open(folder());
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    book_ = std::move(*opened);
  }
  Object made(Kind kind, const std::string& name, const std::string& address = {}) {
    ObjectChange as;
    as.name = name;
    as.address = address;
    return made(kind, as);
  }
  Object made(Kind kind, const ObjectChange& as) {
    auto added = book_->add(kind, as);
    EXPECT_TRUE(added.ok()) << added.error().text;
    return added.ok() ? *added : Object{};
  }
  static std::string error_of(const auto& result) { return result.ok() ? "no error" : result.error().text; }
  void done(const Status& status) { EXPECT_TRUE(status.ok()) << status.error().text; }
  mapi::PropertyBag properties(u32 id) {
    auto bags = book_->properties(std::array{id});
    EXPECT_TRUE(bags.ok() && bags->size() == 1);
    return std::move(bags->front());
  }
  std::vector<u32> named(std::string_view text, std::size_t most = 100) {
    auto ids = book_->named(text, most);
    EXPECT_TRUE(ids.ok());
    return ids.ok() ? *ids : std::vector<u32>();
  }
  AddressList list(std::string_view name) {
    auto lists = book_->lists();
    EXPECT_TRUE(lists.ok());
    for (const AddressList& one : *lists) {
      if (one.name == name) return one;
    }
    ADD_FAILURE() << "no list " << name;
    return {};
  }
  std::vector<std::string> shown(std::string_view name) {
    std::vector<std::string> names;
    done(book_->for_each(list(name).id, [&](const Object& object) { names.push_back(object.name); }));
    return names;
  }

  std::unique_ptr<AddressBook> book_;
};

}  // namespace ropewalk::directory
