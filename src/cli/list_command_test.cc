// `ropewalk list`, run as people run it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>

#include "cli/command.h"
#include "cli/program.h"
#include "directory/address_book.h"

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class ListCommand : public testing::Test {
 protected:
  struct Ran {
    int code;
    std::string out, err;
  };
  void SetUp() override {
    data_ = (std::filesystem::temp_directory_path() / ("ropewalk-lists-" + Guid::random().to_string())).string();
    ASSERT_TRUE(directory::Directory::open(data_).ok());
    auto book = directory::AddressBook::open(data_);
    ASSERT_TRUE(book.ok());
    for (const char* name : {"sales1", "sales2", "ropes1"}) {
      directory::ObjectChange as;
      as.address = std::string(name) + "@ropewalk.test";
      as.set.set_text(mapi::PropTag(0x3A18001F), std::string(name, 5));
      ASSERT_TRUE((*book)->add(directory::Kind::contact, as).ok());
    }
  }
  void TearDown() override { std::filesystem::remove_all(data_); }
  Ran run(const std::string& command, const std::vector<std::string>& rest = {}) {
    std::vector<std::string> words{"ropewalk", "list", command, "--data", data_};
    words.insert(words.end(), rest.begin(), rest.end());
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run_program(static_cast<int>(arguments.size()), arguments.data());
    std::string out = testing::internal::GetCapturedStdout();
    return {code, out, testing::internal::GetCapturedStderr()};
  }
  void good(const std::string& command, const std::vector<std::string>& rest) {
    const Ran ran = run(command, rest);
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
  void bad(const std::string& why, const std::string& command, const std::vector<std::string>& rest, int code = 1) {
    const Ran ran = run(command, rest);
    EXPECT_EQ(ran.code, code) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(why));
  }
  // As --json has it; null: there is none of that path.
  boost::json::value listed(const std::string& path) {
    const boost::json::value all = boost::json::parse(run("list", {"--json"}).out);
    for (const auto& one : all.as_array())
      if (one.at("path").as_string() == path) return one;
    return nullptr;
  }
  std::string data_;
};

TEST_F(ListCommand, ListsStandBelowListsAndShowWhatTheirFiltersSay) {
  good("add", {"Departments"});
  good("add", {"Sales", "--below", "departments", "--filter", "(department=sales)"});
  good("add", {"Ropes", "--below", "Departments", "--filter", "(department=ropes)"});
  EXPECT_EQ(listed("Departments").at("objects").to_number<int>(), 0);
  EXPECT_EQ(listed("Departments/Sales").at("objects").to_number<int>(), 2);
  EXPECT_EQ(listed("Departments/Ropes").at("objects").to_number<int>(), 1);
  EXPECT_EQ(listed("Global Address List").at("objects").to_number<int>(), 3);
  EXPECT_EQ(listed("Global Address List").at("dn").as_string(), "/");
  const std::string text = run("list").out;
  EXPECT_THAT(text, HasSubstr("Departments/Sales"));
  EXPECT_THAT(text, HasSubstr("(department=sales)"));
  EXPECT_THAT(text, HasSubstr("everybody"));
}

TEST_F(ListCommand, ListsChangeAndGo) {
  good("add", {"Sales", "--filter", "(department=sales)"});
  const auto guid = listed("Sales").at("guid").as_string();
  good("set", {"Sales", "--name", "Selling", "--filter", "(department=ropes)"});
  EXPECT_EQ(listed("Selling").at("objects").to_number<int>(), 1);
  EXPECT_EQ(listed("Selling").at("guid").as_string(), guid);
  good("set", {"selling", "--hidden"});
  EXPECT_TRUE(listed("Selling").at("hidden").as_bool());
  EXPECT_THAT(run("list").out, HasSubstr("Selling (hidden)"));
  good("set", {"Selling", "--shown"});
  EXPECT_FALSE(listed("Selling").at("hidden").as_bool());
  good("set", {"Selling", "--filter", ""});
  EXPECT_EQ(listed("Selling").at("objects").to_number<int>(), 0);
  good("remove", {"Selling"});
  EXPECT_TRUE(listed("Selling").is_null());
}

TEST_F(ListCommand, SaysWhatIsWrong) {
  good("add", {"A"});
  good("add", {"B"});
  good("add", {"Twice", "--below", "A"});
  good("add", {"Twice", "--below", "B"});
  bad("say A/Twice or B/Twice", "set", {"Twice", "--hidden"});
  good("set", {"A/Twice", "--hidden"});
  bad("there is no address list \"C\"", "remove", {"C"});
  bad("there is no address list \"C\"", "add", {"D", "--below", "C"});
  bad("of this name already", "add", {"A"});
  bad("there is one called \"A\" beside it", "set", {"B", "--name", "A"});
  bad("there are address lists below it", "remove", {"A"});
  bad("stays", "remove", {"Global Address List"});
  bad("shows everybody to everybody", "set", {"Global Address List", "--hidden"});
  bad("shows everybody to everybody", "set", {"Global Address List", "--filter", "(cn=*)"});
  bad("filter", "add", {"E", "--filter", "(department="});
  bad("has no '/'", "add", {"A/E"});
  EXPECT_TRUE(listed("E").is_null());
  bad("NAME", "add", {}, 2);
  bad("excludes", "set", {"A", "--hidden", "--shown"}, 2);
}

}  // namespace
}  // namespace ropewalk::cli
