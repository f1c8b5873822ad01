// MAPI over RPC: the client against `ropewalk serve`, through its endpoint mapper, at every level.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <thread>

#include "cli/demo.h"
#include "client/exchange/referral.h"
#include "rpc_talk.h"
#include "served_rpc.h"

namespace ropewalk {
namespace {

using testing::HasSubstr;
using testing::Not;

class Rpc : public ServedRpc {};

// Every ROP goes over RPC as it goes over HTTP: the steps of the demonstration find what they expect.
TEST_F(Rpc, TheStepsOfTheDemonstration) {
  start("[rpc]\nlevel = \"connect\"\n");
  auto samples = cli::load_samples(std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail").value();
  bool first = true;
  for (const char* auth : {"ntlm", "negotiate"}) {
    for (const char* level : {"privacy", "integrity", "packet", "connect"}) {
      SCOPED_TRACE(std::string(auth) + " at " + level);
      client::SimpleHost host(kPassword);
      client::Session session(profile(auth, level), host);
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
// [MS-OXABREF] 3.2: the client's calls
TEST_F(Rpc, TheAddressBooksServerIsNamed) {
  start();
  client::exchange::RpcOptions options;
  options.host = "127.0.0.1";
  options.port = mailbox_port();
  options.mechanism = auth::Mechanism::ntlm;
  options.level = auth::Level::privacy;
  options.user = kUser;
  options.password = kPassword;
  auto rpc = client::exchange::RpcClient::connect(options);
  ASSERT_TRUE(rpc.ok()) << rpc.error().text;
  auto server = client::exchange::address_book_server(**rpc, "/o=Ropewalk/cn=Recipients/cn=user1");
  ASSERT_TRUE(server.ok()) << server.error().text;
  EXPECT_NE(*server, "");
  const std::string servers = "/o=Ropewalk/ou=Group/cn=Configuration/cn=Servers/cn=";
  auto again = client::exchange::server_name(**rpc, servers + *server);
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(*again, *server);
  auto other = client::exchange::server_name(**rpc, servers + "elsewhere");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, mapi::ErrorCode::not_found);
}

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

TEST_F(Rpc, SessionsThatBeginAndEndAreInTheLog) {
  start();
  EXPECT_EQ(run({"folders", "--server", "ncacn_ip_tcp:127.0.0.1"}).code, 0);
  {
    Program watch({"watch", "--server", "ncacn_ip_tcp:127.0.0.1", "--mapper-port", mapper_, "--user", kUser,
                   "--password-stdin", "--json"},
                  std::string(kPassword) + "\n");
    std::string event;
    for (int i = 0; i < 20 && event.empty(); ++i) {  // until it watches, nothing is told
      ASSERT_EQ(run({"put", "--server", "ncacn_ip_tcp:127.0.0.1", "--subject", "A rope", "--body", "laid"}).code, 0);
      event = watch.read_line(std::chrono::milliseconds(500));
    }
    EXPECT_THAT(event, HasSubstr("created"));
    watch.signal(SIGKILL);
    EXPECT_EQ(watch.wait(), -SIGKILL);
  }
  const std::string ended = std::string(kUser) + " at 127.0.0.1: session ended with its last connection";
  for (int i = 0; i < 100 && server_->err().find(ended) == std::string::npos; ++i)
    (void)server_->read_line(std::chrono::milliseconds(50));
  EXPECT_THAT(server_->err(), HasSubstr(ended));  // not because the server stops
  const std::string log = server_log();
  EXPECT_THAT(log, HasSubstr(std::string(kUser) + " at 127.0.0.1, EcDoConnectEx: session opened over ncacn_ip_tcp"));
  EXPECT_THAT(log, HasSubstr(std::string(kUser) + " at 127.0.0.1, EcDoDisconnect: session ended"));
}

// EcDoAsyncConnectEx, EcDoAsyncWaitEx
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

// [C706] 12.6.4.11: a server that stops asks its clients to end their connections, once their calls are answered.
TEST_F(Rpc, AServerThatStopsSaysSo) {
  start();
  const RpcTalk::Where where{mapper_port(), mailbox_port(), "127.0.0.1", kUser, kPassword};
  RpcTalk bound(where, RpcTalk::bind), idle(where, RpcTalk::bind);
  ASSERT_TRUE(bound.run_until(RpcTalk::bind, RpcTalk::connect)) << bound.wrong();
  ASSERT_TRUE(idle.run_until(RpcTalk::bind, RpcTalk::disconnect)) << idle.wrong();
  server_->signal(SIGTERM);
  for (RpcTalk* talk : {&bound, &idle}) {
    auto said = talk->socket().receive(std::chrono::seconds(10));
    ASSERT_TRUE(said && !said->empty());
    talk->connection().receive(*said);
    EXPECT_EQ(talk->connection().error(), "");
    EXPECT_TRUE(talk->connection().is_ending());
    EXPECT_TRUE(talk->socket().is_ended_within(std::chrono::seconds(10)));
  }
  EXPECT_EQ(server_->wait(), 0);
}

}  // namespace
}  // namespace ropewalk
