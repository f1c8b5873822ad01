// A provider of message stores that comes in as a shared object: examples/provider.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "client/content.h"
#include "client/session.h"
#include "program.h"

namespace ropewalk::client {
namespace {

namespace fs = std::filesystem;
namespace tag = mapi::tag;
using testing::HasSubstr;

class ProviderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("provider-test-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    std::ofstream(folder_ / "beta.txt") << "second";
    std::ofstream(folder_ / "alpha.txt") << "first";
    std::ofstream(folder_ / "no.md") << "not this one";
  }
  void TearDown() override { fs::remove_all(folder_); }

  Outcome<std::unique_ptr<MessageStore>> open(const std::string& provider, const std::string& path) {
    Profile profile;
    profile.services.push_back({"notes", provider, {{"path", path}}});
    return Session(profile, host_).open_store();
  }

  fs::path folder_;
  SimpleHost host_{""};
};

TEST_F(ProviderTest, ASharedObjectIsAStoreLikeAnyOther) {
  ASSERT_EQ(::setenv("ROPEWALK_PROVIDER_PATH", ROPEWALK_SAMPLE_PROVIDER_DIR, 1), 0);
  auto store = open("text-files", folder_.string());
  ASSERT_TRUE(store.ok()) << store.error().text;
  auto inbox = (*store)->find_folder("Inbox");
  ASSERT_TRUE(inbox.ok()) << inbox.error().text;
  auto folder = (*store)->open_folder(*inbox);
  ASSERT_TRUE(folder.ok());
  auto table = (*folder)->messages();
  const PropTag columns[] = {PropTag(tag::PidTagMid), PropTag(tag::PidTagSubject)};
  ASSERT_TRUE((*table)->set_columns(columns).ok());
  auto rows = (*table)->read_all();
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(text_of((*rows)[0], columns[1]), "alpha");
  auto message = (*store)->open_message(*inbox, MessageId{number_of((*rows)[1], columns[0])}, Access::read);
  ASSERT_TRUE(message.ok());
  auto content = read_content(**store, **message);
  ASSERT_TRUE(content.ok()) << content.error().text;
  EXPECT_EQ(text_of(content->properties.all(), tag::PidTagBody), "second");
  auto made = (*folder)->create_message();
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(made.error().text, HasSubstr("read-only"));
}

// The program finds it by its name in a profile, and its commands work on it as on any store.
TEST_F(ProviderTest, CommandsUseIt) {
  ASSERT_EQ(::setenv("ROPEWALK_PROVIDER_PATH", ROPEWALK_SAMPLE_PROVIDER_DIR, 1), 0);
  const std::string profile = (folder_ / "profile.toml").string();
  std::ofstream(profile) << "[service.notes]\nprovider = \"text-files\"\npath = \"" << folder_.string() << "\"\n";
  Ran folders = run_program({"folders", "--profile", profile, "--json"});
  EXPECT_EQ(folders.code, 0) << folders.err;
  EXPECT_THAT(folders.out, HasSubstr("\"name\":\"Inbox\""));
  EXPECT_THAT(folders.out, HasSubstr("\"messages\":2"));
  Ran messages = run_program({"messages", "--profile", profile, "--json"});
  EXPECT_EQ(messages.code, 0) << messages.err;
  EXPECT_THAT(messages.out, HasSubstr("\"subject\":\"alpha\""));
  Ran shown = run_program({"show", "1-65", "--profile", profile});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("second"));
  Ran put = run_program({"put", "--subject", "x", "--body", "y", "--profile", profile});
  EXPECT_EQ(put.code, 1);
  EXPECT_THAT(put.err, HasSubstr("read-only"));
}

TEST_F(ProviderTest, ByPathAndWhatIsNoProvider) {
  std::string object = std::string(ROPEWALK_SAMPLE_PROVIDER_DIR) + "/ropewalk-provider-text-files.so";
  EXPECT_TRUE(open(object, folder_.string()).ok());
  EXPECT_THAT(open("nobody-has-this", "x").error().text, HasSubstr("there is no provider \"nobody-has-this\""));
  EXPECT_THAT(open("/nonexistent/x.so", "x").error().text, HasSubstr("cannot load the provider"));
  EXPECT_THAT(open(object, "/nonexistent").error().text, HasSubstr("there is no folder"));
}

}  // namespace
}  // namespace ropewalk::client
