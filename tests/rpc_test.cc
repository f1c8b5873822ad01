// MAPI over RPC: the client against `ropewalk serve`, through its endpoint mapper, at every level.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include "cli/demo.h"
#include "client/session.h"
#include "program.h"

namespace ropewalk {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kUser = "user1@ropewalk.test";
constexpr const char* kPassword = "hemp and manila";

class Rpc : public testing::Test {
 protected:
  void start(const std::string& settings = {}) {
    const std::string data = folder_.path("data"), password = std::string(kPassword) + "\n";
    auto add = [&](const char* user, const char* ntlm) {
      std::vector<std::string> words{"user", "add", "--data", data, user, "--password-stdin"};
      if (*ntlm != 0) words.emplace_back(ntlm);
      ASSERT_EQ(run_program(words, password).code, 0);
    };
    add(kUser, "--ntlm");
    add("user2@ropewalk.test", "");
    ASSERT_EQ(
        run_program({"import", "--data", data, "--mailbox", kUser, std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail"})
            .code,
        0);
    std::vector<std::string> serve{"serve", "--data", data, "--epm-port", "0", "--rpc-port", "0"};
    if (!settings.empty()) {
      std::ofstream(folder_.path("config.toml")) << settings;
      serve.insert(serve.end(), {"--config", folder_.path("config.toml")});
    }
    server_.emplace(serve);
    mailbox_ = port_in(server_->read_line(std::chrono::seconds(60)));
    mapper_ = port_in(server_->read_line());
    ASSERT_NE(mapper_, "");
  }
  static std::string port_in(const std::string& line) {
    auto open = line.find('['), close = line.find(']');
    return open == line.npos || close == line.npos ? "" : line.substr(open + 1, close - open - 1);
  }
  Ran run(std::vector<std::string> words, const std::string& password = kPassword, const std::string& user = kUser) {
    words.insert(words.end(), {"--mapper-port", mapper_, "--user", user, "--password-stdin"});
    return run_program(words, password + "\n");
  }
  std::string server_log() {
    server_->signal(SIGTERM);
    EXPECT_EQ(server_->wait(), 0);
    return server_->err();
  }

  TestFolder folder_;
  std::optional<Program> server_;
  std::string mailbox_, mapper_;
};

// Every ROP goes over RPC as it goes over HTTP: the steps of the demonstration find what they expect.
TEST_F(Rpc, TheStepsOfTheDemonstration) {
  start("[rpc]\nlevel = \"connect\"\n");
  auto samples = cli::load_samples(std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail").value();
  bool first = true;
  for (const char* auth : {"ntlm", "negotiate"}) {
    for (const char* level : {"privacy", "integrity", "packet", "connect"}) {
      SCOPED_TRACE(std::string(auth) + " at " + level);
      client::Profile profile;
      profile.services.push_back({"test",
                                  "exchange",
                                  {{"server", "ncacn_ip_tcp:127.0.0.1"},
                                   {"mapper_port", mapper_},
                                   {"user", kUser},
                                   {"auth", auth},
                                   {"level", level}}});
      client::SimpleHost host(kPassword);
      client::Session session(profile, host);
      auto store = session.open_store();
      ASSERT_TRUE(store.ok()) << store.error().text;
      // The steps write; once is enough for those that count.
      for (const auto& step : cli::demo_steps(samples)) {
        if (!first) break;
        auto told = step.run(**store);
        EXPECT_TRUE(told.ok()) << step.title << ": " << (told.ok() ? "" : told.error().text);
      }
      first = false;
    }
  }
}

TEST_F(Rpc, ConnectNamesEachStep) {
  start();
  Ran ran = run({"connect", "ncacn_ip_tcp:127.0.0.1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::size_t at = 0;
  for (const char* step :
       {"--> bind epmapper", "<-- bind_ack epmapper", "--> request epmapper ept_map", "<-- response epmapper ept_map",
        "--> bind EMSMDB", "<-- bind_ack EMSMDB", "--> auth3 EMSMDB", "--> request EMSMDB EcDoConnectEx",
        "<-- response EMSMDB EcDoConnectEx", "--> request EMSMDB EcDoRpcExt2", "logged on as", "folders: Calendar",
        "--> request EMSMDB EcDoDisconnect", "disconnected"}) {
    at = ran.out.find(step, at);
    ASSERT_NE(at, std::string::npos) << step << " is missing or out of order in\n" << ran.out;
  }
  // Without the mapper, where the port is known.
  EXPECT_EQ(run({"connect", "ncacn_ip_tcp:127.0.0.1[" + mailbox_ + "]"}).code, 0);
}

TEST_F(Rpc, EndpointsAreNamed) {
  start();
  Ran ran = run_program({"rpc", "endpoints", "127.0.0.1", "--mapper-port", mapper_, "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  std::map<std::string, std::string> found;
  const boost::json::value list = boost::json::parse(ran.out);
  for (const auto& one : list.as_array())
    found[one.at("interface").as_string().c_str()] = one.at("binding").as_string().c_str();
  for (const char* name : {"EMSMDB", "AsyncEMSMDB", "NSPI", "RFR"})
    EXPECT_EQ(found[name], "ncacn_ip_tcp:127.0.0.1[" + mailbox_ + "]") << name;
  Ran nobody = run_program({"rpc", "endpoints", "127.0.0.1", "--mapper-port", "1"});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.err, HasSubstr("cannot connect to 127.0.0.1:1"));
}

// The client is told no more than that it may not; the log says what did not match.
TEST_F(Rpc, RefusalsAreExplainedInTheLog) {
  start();
  const std::vector<std::string> folders{"folders", "--server", "ncacn_ip_tcp:127.0.0.1"};
  Ran wrong = run(folders, "not the password");
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("ERROR_ACCESS_DENIED"));
  std::vector<std::string> weak = folders;
  weak.insert(weak.end(), {"--level", "connect"});
  EXPECT_EQ(run(weak).code, 1);
  EXPECT_EQ(run(folders, kPassword, "user2@ropewalk.test").code, 1);
  EXPECT_EQ(run(folders).code, 0);
  const std::string log = server_log();
  EXPECT_THAT(log, HasSubstr("127.0.0.1, "));
  EXPECT_THAT(log, HasSubstr("wrong password"));
  EXPECT_THAT(log, HasSubstr("client asks for level connect (2), server requires privacy (6)"));
  EXPECT_THAT(log, HasSubstr("user2"));
  EXPECT_THAT(log, Not(HasSubstr("RPC: RPC:")));
}

TEST_F(Rpc, NotificationsComeByAsyncEmsmdb) {
  start();
  std::vector<std::string> words{"watch",  "--server", "ncacn_ip_tcp:127.0.0.1", "--mapper-port", mapper_,
                                 "--user", kUser,      "--password-stdin",       "--json"};
  Program watch(words, std::string(kPassword) + "\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  ASSERT_EQ(run({"put", "--server", "ncacn_ip_tcp:127.0.0.1", "--subject", "A new rope", "--body", "laid"}).code, 0);
  EXPECT_THAT(watch.read_line(), HasSubstr("created"));
  // The server ends although somebody waits.
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait(), 0);
}

}  // namespace
}  // namespace ropewalk
