// Finding the server: the built program against itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>
#include <optional>

#include "program.h"

namespace ropewalk {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kUser = "user1@ropewalk.test";
constexpr const char* kPassword = "hemp and manila";

class AutodiscoverProgram : public testing::Test {
 protected:
  void SetUp() override {
    const std::string data = folder_.path("data"), password = std::string(kPassword) + "\n";
    for (const char* user : {kUser, "user2@ropewalk.test"})
      ASSERT_EQ(run_program({"user", "add", "--data", data, user, "--password-stdin"}, password).code, 0);
    server_.emplace(std::vector<std::string>{"serve", "--data", data, "--https-port", "0"});
    const std::string line = server_->read_line(std::chrono::seconds(60));
    const auto colon = line.rfind(':');
    ASSERT_NE(colon, line.npos) << line;
    at_ = "127.0.0.1:" + line.substr(colon + 1, line.find('/', colon) - colon - 1);
  }
  Ran run(std::vector<std::string> words, const std::string& password = kPassword) {
    words.insert(words.end(), {"--password-stdin", "--ca", folder_.path("data") + "/tls/certificate.pem"});
    return run_program(words, password + "\n");
  }

  TestFolder folder_;
  std::optional<Program> server_;
  std::string at_;
};

TEST_F(AutodiscoverProgram, ShowsWhatItTriedAndWhatItFound) {
  Ran ran = run({"autodiscover", kUser, "--server", at_});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("POST https://" + at_ + "/autodiscover/autodiscover.xml: settings, 1 protocol"),
                             HasSubstr("LegacyDN"), HasSubstr("mapiHttp"),
                             HasSubstr("MailStore               https://" + at_ + "/mapi/emsmdb/?MailboxId=")));
  ran = run({"autodiscover", "user2@ropewalk.test", "--login", kUser, "--server", at_, "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const boost::json::value all = boost::json::parse(ran.out);
  EXPECT_EQ(all.at("found").at("address").as_string(), "user2@ropewalk.test");
  EXPECT_EQ(all.at("steps").as_array().size(), 1u);
}

TEST_F(AutodiscoverProgram, SearchesADomainWhoseHostsAreNamed) {
  Ran ran = run({"autodiscover", kUser, "--resolve", "ropewalk.test=127.0.0.1:1", "--resolve",
                 "autodiscover.ropewalk.test=" + at_, "--insecure"});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("POST https://ropewalk.test/autodiscover/autodiscover.xml: cannot connect"),
                    HasSubstr("POST https://autodiscover.ropewalk.test/autodiscover/autodiscover.xml: settings")));
  ran = run({"autodiscover", kUser, "--resolve", "ropewalk.test=" + at_});  // the certificate names others
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, HasSubstr("certificate"));
}

TEST_F(AutodiscoverProgram, EveryCommandFindsTheServerFromTheAddress) {
  const std::string profile = folder_.path("profile.toml");
  Ran ran = run({"folders", "--user", kUser, "--autodiscover", at_, "--profile", profile});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("Inbox"));
  ran = run({"folders", "--user", kUser, "--autodiscover", at_, "--profile", profile}, "wrong");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("does not accept this user with this password"));

  ran = run({"autodiscover", kUser, "--server", at_, "--save", "--profile", profile});
  EXPECT_EQ(ran.code, 0) << ran.err;
  ran = run({"folders", "--profile", profile});  // the saved DN is told
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("Inbox"));
}

TEST_F(AutodiscoverProgram, WhatIsWrongIsOneLine) {
  Ran ran = run({"autodiscover", kUser, "--server", at_}, "wrong");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("cannot find the server of user1@ropewalk.test"));
  ran = run({"autodiscover", "nobody@ropewalk.test", "--login", kUser, "--server", at_});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("error 500"));
  EXPECT_EQ(run({"autodiscover", kUser, "--resolve", "x"}).code, 2);
}

}  // namespace
}  // namespace ropewalk
