#include "client/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace ropewalk::client {
namespace {

using testing::HasSubstr;

TEST(Profile, WhatIsSavedIsReadBack) {
  Profile profile;
  profile.default_service = "work";
  profile.services.push_back(
      {"work", "exchange", {{"server", "https://mail.ropewalk.test"}, {"user", "user1@ropewalk.test"}}});
  profile.services.push_back({"archive \"2\"", "local", {{"path", "/tmp/a.db"}}});
  auto folder = std::filesystem::temp_directory_path() / ("profile-test-" + std::to_string(::getpid()));
  std::string path = (folder / "deep" / "profile.toml").string();
  ASSERT_TRUE(profile.save(path).ok());
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  auto read = Profile::load(path);
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(read->default_service, "work");
  ASSERT_NE(read->find("archive \"2\""), nullptr);
  ASSERT_NE(read->find("work"), nullptr);
  EXPECT_EQ(read->find("work")->settings.at("user"), "user1@ropewalk.test");
  EXPECT_EQ(read->choose("").value()->name, "work");
  EXPECT_THAT(read->choose("play").error().text, HasSubstr("work"));
}

TEST(Profile, PasswordsAreNeverInIt) {
  auto read = Profile::parse("[service.a]\nprovider = \"exchange\"\nPassword = \"secret\"\n");
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().text, HasSubstr("passwords do not belong in a profile"));
  EXPECT_EQ(read.error().text.find("secret"), std::string::npos);
  Profile profile;
  profile.services.push_back({"a", "exchange", {{"password", "secret"}}});
  EXPECT_FALSE(profile.save("/nonexistent/never").ok());
}

TEST(Profile, AnAbsentFileIsEmptyAndABrokenOneIsAnError) {
  auto absent = Profile::load("/nonexistent/profile.toml");
  ASSERT_TRUE(absent.ok());
  EXPECT_TRUE(absent->services.empty());
  EXPECT_THAT(absent->choose("").error().text, HasSubstr("--server"));
  EXPECT_FALSE(Profile::parse("[service.a\n").ok());
  EXPECT_THAT(Profile::parse("[service.a]\nserver = \"x\"\n").error().text, HasSubstr("has no `provider`"));
}

TEST(Profile, UrlsSayWhichProvider) {
  auto exchange = service_of_url("https://h:444", "user1@ropewalk.test");
  ASSERT_TRUE(exchange.ok());
  EXPECT_EQ(exchange->provider, "exchange");
  auto local = service_of_url("file:///tmp", "");
  ASSERT_TRUE(local.ok());
  EXPECT_EQ(local->provider, "local");
  EXPECT_EQ(local->settings.at("path"), "/tmp");
  EXPECT_FALSE(service_of_url("imap://h", "").ok());
  for (const char* malformed : {"https://", "http://h:port", "https://h:0", "ncacn_http:", "ncacn_http:h/x",
                                "ncacn_ip_tcp:", "ncacn_ip_tcp:h[135", "ncacn_ip_tcp:h[x]"}) {
    auto service = service_of_url(malformed, "user1@ropewalk.test");
    ASSERT_FALSE(service.ok()) << malformed;
    EXPECT_THAT(service.error().text, HasSubstr("the server \"" + std::string(malformed) + "\" is not "));
  }
  EXPECT_FALSE(service_of_url("/nonexistent/file", "").ok());
}

}  // namespace
}  // namespace ropewalk::client
