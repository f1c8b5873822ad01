// Finding the server: the built program against itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>
#include <map>
#include <optional>
#include <set>
#include <sstream>

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

// The commands of a mail client are those with --user: each finds the server by itself.
TEST_F(AutodiscoverProgram, NoClientCommandNeedsAServer) {
  const std::map<std::string, std::vector<std::string>> arguments{
      {"connect", {}},
      {"folders", {}},
      {"messages", {"Inbox"}},
      {"show", {"1"}},
      {"attachments", {"1"}},
      {"put", {"--subject", "Found", "--body", "x", "--to", kUser}},
      {"gal", {}},
      {"resolve", {kUser}},
      {"card", {kUser}},
      {"watch", {"--count", "1"}},
      {"bench", {"--seconds", "0.2"}},
  };
  const std::string profile = folder_.path("none.toml");
  auto with_user = [&](const std::string& command) {
    std::vector<std::string> words{command};
    words.insert(words.end(), arguments.at(command).begin(), arguments.at(command).end());
    words.insert(words.end(), {"--user", kUser, "--autodiscover", at_, "--profile", profile});
    return words;
  };
  ASSERT_EQ(run(with_user("put")).code, 0);  // something to be shown
  std::set<std::string> seen;
  const std::string help = run_program({"--help"}).out;
  std::istringstream lines(help.substr(help.find("Subcommands:")));
  std::string line;
  for (std::getline(lines, line); std::getline(lines, line);) {
    std::string command;
    std::istringstream(line) >> command;
    if (command.empty() || run_program({command, "--help"}).out.find("--user ") == std::string::npos) continue;
    const bool is_server_side = command == "import" || command == "export" || command == "profile";
    if (is_server_side) continue;  // work on files
    ASSERT_TRUE(arguments.contains(command)) << command << " has --user, and no line in this test";
    seen.insert(command);
    if (command == "watch") continue;
    const Ran ran = run(with_user(command));
    EXPECT_EQ(ran.code, 0) << command << ": " << ran.out << ran.err;
  }
  EXPECT_EQ(seen.size(), arguments.size());

  std::vector<std::string> watch = with_user("watch");
  watch.insert(watch.end(), {"--password-stdin", "--insecure"});
  Program watching(watch, std::string(kPassword) + "\n");
  std::string event;
  for (int tries = 0; tries < 20 && event.empty(); ++tries) {  // it says nothing of being ready
    ASSERT_EQ(run(with_user("put")).code, 0);
    event = watching.read_line(std::chrono::seconds(1));
  }
  EXPECT_NE(event, "");
  EXPECT_EQ(watching.wait(), 0) << watching.err();
}

// Nobody answers: one line, and no complaint about the command line.
TEST_F(AutodiscoverProgram, WithoutAServerTheSearchSaysWhy) {
  for (const char* command : {"connect", "bench", "gal"}) {
    const Ran ran = run({command, "--user", kUser, "--autodiscover", "127.0.0.1:1", "--profile", folder_.path("none")});
    EXPECT_EQ(ran.code, 1) << command;
    EXPECT_THAT(ran.err, HasSubstr("cannot find the server of user1@ropewalk.test")) << command;
  }
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
