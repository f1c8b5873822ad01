// For tests alone: a directory in a folder of its own.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "directory/directory.h"

namespace ropewalk::directory {

class DirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "ropewalk-people-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    open();
  }
  void TearDown() override {
    directory_.reset();
    std::filesystem::remove_all(root_);
  }
  std::string folder() const { return root_ / "data"; }
  void open(const std::string& organization = "Ropewalk") {
    auto opened = Directory::open(folder(), organization);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    directory_ = std::move(*opened);
  }
  User add(const NewUser& user) {
    auto added = directory_->add_user(user);
    EXPECT_TRUE(added.ok()) << added.error().text;
    return added.ok() ? *added : User{};
  }
  std::string add_error(const NewUser& user) {
    auto added = directory_->add_user(user);
    return added.ok() ? "added" : added.error().text;
  }
  // The address of who signs in as `login`; empty where nobody does.
  std::string who(std::string_view login) {
    auto found = directory_->find_by_login(login);
    EXPECT_TRUE(found.ok());
    return *found ? (*found)->address : "";
  }

  std::filesystem::path root_;
  std::unique_ptr<Directory> directory_;
};

}  // namespace ropewalk::directory
