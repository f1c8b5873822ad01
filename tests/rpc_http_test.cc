// MAPI over RPC over HTTP: the client against a server of this process, whose channels live short, and the built
// program against itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <thread>

#include "cli/demo.h"
#include "client/exchange/rpc_client.h"
#include "client/session.h"
#include "directory/directory.h"
#include "inspect/live_feed.h"
#include "inspect/operation_store.h"
#include "inspect/record.h"
#include "protocol/emsmdb/methods.h"
#include "served_http.h"
#include "server/server.h"
#include "store/mailbox_stores.h"

namespace ropewalk {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class RpcHttp : public ServedHttp {
 protected:
  void start(const std::vector<std::string>& more = {"--https-port", "0"}) {
    add_user(kUser, true);
    add_user("user2@ropewalk.test", false);
    ASSERT_EQ(run_program(
                  {"import", "--data", data(), "--mailbox", kUser, std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail"})
                  .code,
              0);
    serve_with(more);
    binding_ = "ncacn_http:127.0.0.1:" + port_;
  }
  Ran run(std::vector<std::string> words, const std::string& password = kPassword, const std::string& user = kUser) {
    words.insert(words.end(), {"--user", user, "--password-stdin", "--ca", certificate()});
    return run_program(words, password + "\n");
  }

  std::string binding_;
};

TEST_F(RpcHttp, TheStepsOfTheDemonstration) {
  start();
  auto samples = cli::load_samples(std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail").value();
  client::Profile profile;
  profile.services.push_back(
      {"test", "exchange", {{"server", binding_}, {"user", kUser}, {"ca", certificate()}, {"http_auth", "negotiate"}}});
  client::SimpleHost host(kPassword);
  client::Session session(profile, host);
  auto store = session.open_store();
  ASSERT_TRUE(store.ok()) << store.error().text;
  for (const auto& step : cli::demo_steps(samples)) {
    auto told = step.run(**store);
    EXPECT_TRUE(told.ok()) << step.title << ": " << (told.ok() ? "" : told.error().text);
  }
}

TEST_F(RpcHttp, ConnectNamesEachStep) {
  start();
  Ran ran = run({"connect", binding_});
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::size_t at = 0;
  for (const char* step : {"--> rts CONN/A1", "--> rts CONN/B1", "<-- rts CONN/A3", "<-- rts CONN/C2",
                           "--> bind EMSMDB", "<-- bind_ack EMSMDB", "--> auth3 EMSMDB",
                           "--> request EMSMDB EcDoConnectEx", "<-- response EMSMDB EcDoConnectEx", "logged on as",
                           "folders: Calendar", "--> request EMSMDB EcDoDisconnect", "disconnected"}) {
    at = ran.out.find(step, at);
    ASSERT_NE(at, std::string::npos) << step << " is missing or out of order in\n" << ran.out;
  }
}

TEST_F(RpcHttp, EverySchemeAndLevel) {
  start();
  for (const char* http_auth : {"basic", "ntlm", "negotiate"})
    for (const char* auth : {"ntlm", "negotiate", "none"}) {
      Ran ran = run({"folders", "--server", binding_, "--http-auth", http_auth, "--auth", auth});
      EXPECT_EQ(ran.code, 0) << http_auth << " and " << auth << ": " << ran.err;
      EXPECT_THAT(ran.out, HasSubstr("Inbox"));
    }
  // Without NTLM a user is who HTTP says.
  EXPECT_EQ(run({"folders", "--server", binding_, "--auth", "none"}, kPassword, "user2@ropewalk.test").code, 0);
}

TEST_F(RpcHttp, NotificationsCome) {
  start();
  Program watch({"watch", "--server", binding_, "--user", kUser, "--password-stdin", "--ca", certificate(), "--json"},
                std::string(kPassword) + "\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  ASSERT_EQ(run({"put", "--server", binding_, "--subject", "A new rope", "--body", "laid"}).code, 0);
  EXPECT_THAT(watch.read_line(), HasSubstr("created"));
  // The server ends although somebody waits.
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait(), 0);
}

// Both mappers, over TCP and at port 593 of the proxy, know everything: over TCP and over HTTP, with an object and
// without.
TEST_F(RpcHttp, TheEndpointMapperKnowsBothTransports) {
  start({"--https-port", "0", "--rpc-port", "0", "--epm-port", "0"});
  std::string mapper, mailbox;
  for (int i = 0; i < 3 && mapper.empty(); ++i) {
    const std::string line = server_->read_line();
    const auto open = line.find('[');
    if (open == line.npos) continue;
    const std::string port = line.substr(open + 1, line.find(']') - open - 1);
    (line.find("(endpoint mapper)") == line.npos ? mailbox : mapper) = port;
  }
  const Ran ran = run_program({"rpc", "endpoints", "127.0.0.1", "--mapper-port", mapper, "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  std::map<std::string, int> any, one;
  const boost::json::value list = boost::json::parse(ran.out);
  for (const auto& entry : list.as_array()) {
    auto text = [&](const char* key) { return std::string(entry.at(key).as_string()); };
    ++(text("object").empty() ? any : one)[text("interface") + " " + text("binding")];
  }
  std::map<std::string, int> wanted;
  for (const char* interface : {"EMSMDB", "AsyncEMSMDB", "NSPI", "RFR"}) {
    for (const char* port : {"6001", "6002", "6004"})
      wanted[std::string(interface) + " ncacn_http:127.0.0.1[" + port + "]"] = 1;
    wanted[std::string(interface) + " ncacn_ip_tcp:127.0.0.1[" + mailbox + "]"] = 1;
  }
  EXPECT_EQ(any, wanted);
  EXPECT_EQ(one, wanted);
  const u16 https = static_cast<u16>(std::stoi(port_));
  client::exchange::RpcOptions proxied;
  proxied.host = "localhost";
  proxied.port = 593;
  proxied.http.emplace();
  proxied.http->http.host = "127.0.0.1";
  proxied.http->http.port = https;
  proxied.http->http.ca_file = certificate();
  proxied.http->user = kUser;
  proxied.http->password = kPassword;
  auto there = client::exchange::lookup_endpoints(proxied);
  ASSERT_TRUE(there.ok()) << there.error().text;
  EXPECT_EQ(there->size(), list.as_array().size());
}

TEST_F(RpcHttp, RefusalsAreOneLine) {
  start();
  auto refused = [&](std::vector<std::string> more, const std::string& password = kPassword) {
    std::vector<std::string> words{"folders", "--server", binding_};
    words.insert(words.end(), more.begin(), more.end());
    Ran ran = run(words, password);
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    return ran.err;
  };
  for (const char* scheme : {"basic", "ntlm", "negotiate"})
    EXPECT_THAT(refused({"--http-auth", scheme}, "wrong"), HasSubstr("(HTTP 401)"));
  for (const char* option : {"--http-auth", "--auth", "--level", "--mapper-port"}) {
    const Ran ran = run({"folders", "--server", binding_, option, "digest"});
    EXPECT_EQ(ran.code, 2) << option;
    EXPECT_THAT(ran.err, AllOf(HasSubstr(option), HasSubstr("digest")));
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
  // HTTP takes the password, RPC inside it does not take NTLM: the fault arrives before the connection's end.
  const Ran inside = run({"folders", "--server", binding_}, kPassword, "user2@ropewalk.test");
  EXPECT_EQ(inside.code, 1);
  EXPECT_THAT(inside.err, HasSubstr("does not accept the user \"user2@ropewalk.test\""));
  EXPECT_THAT(run({"folders", "--server", "ncacn_http:"}).err, HasSubstr("is not ncacn_http:HOST"));
  EXPECT_THAT(run({"folders", "--server", "ncacn_http:127.0.0.1:1"}).err, HasSubstr("cannot connect to 127.0.0.1:1"));
  EXPECT_THAT(log(), HasSubstr("RPC_OUT_DATA /rpc/rpcproxy.dll: refused with 401"));
}

// Below the built program: channels that end every 128 KiB, either way.
class ShortChannels : public testing::Test {
 protected:
  static constexpr const char* kUser = "user1@ropewalk.test";
  static constexpr const char* kPassword = "hemp and manila";

  void SetUp() override {
    server::Config config;
    config.data = folder_.path("data");
    config.https_port = 0;
    config.log_level = server::LogLevel::off;
    config.rpc_over_http.tunnel.channel_lifetime = 128 * 1024;
    auto people = directory::Directory::open(config.data);
    ASSERT_TRUE(people.ok());
    auto user = (*people)->add_user({.address = kUser, .password = kPassword, .ntlm = true});
    ASSERT_TRUE(user.ok());
    {
      store::MailboxStores stores(config.data);
      ASSERT_TRUE(stores.create({user->name, user->address, user->legacy_dn, user->mailbox_guid}).ok());
    }
    auto started = server::Server::start(config);
    ASSERT_TRUE(started.ok()) << started.error().text;
    server_ = std::move(*started);
  }
  client::exchange::RpcOptions options() {
    client::exchange::RpcOptions rpc;
    rpc.host = "127.0.0.1";
    rpc.port = 6001;
    rpc.mechanism = auth::Mechanism::ntlm;
    rpc.level = auth::Level::privacy;
    rpc.user = kUser;
    rpc.password = kPassword;
    rpc.http.emplace();
    rpc.http->http.host = "127.0.0.1";
    rpc.http->http.port = server_->listening().front().port;
    rpc.http->http.insecure = true;
    rpc.http->scheme = "ntlm";
    rpc.http->user = kUser;
    rpc.http->password = kPassword;
    rpc.http->in_lifetime = 128 * 1024;
    return rpc;
  }

  TestFolder folder_;
  std::unique_ptr<server::Server> server_;
};

TEST_F(ShortChannels, AreRecycledUnderneathCalls) {
  std::map<std::string, int> seen;
  auto rpc = options();
  rpc.observer = [&](const client::exchange::PduSeen& pdu) { ++seen[std::string(pdu.rts)]; };
  auto client = client::exchange::RpcClient::connect(std::move(rpc));
  ASSERT_TRUE(client.ok()) << client.error().text;
  // EcDoConnectEx with 4 KiB of a DN that is nobody's, some 200 times: more than six channels' lives each way.
  const std::string dn = "/o=" + std::string(4000, 'x');
  for (int i = 0; i < 200; ++i) {
    Arena arena;
    emsmdb::EcDoConnectExIn in;
    in.user_dn = ndr::String::of(dn);
    in.aux_out_size = emsmdb::kSmallRange;
    auto out = (*client)->call<emsmdb::EcDoConnectExOut>(emsmdb::kEmsmdb, 10, in, arena);
    ASSERT_TRUE(out.ok()) << i << ": " << out.error().text;
    EXPECT_NE(out->return_value, mapi::ErrorCode::none);
  }
  EXPECT_GE(seen["IN_R1/A1"], 5);
  EXPECT_EQ(seen["IN_R1/A5"], seen["IN_R2/A4"]);
}

TEST_F(ShortChannels, InterruptEndsAWait) {
  auto client = client::exchange::RpcClient::connect(options());
  ASSERT_TRUE(client.ok()) << client.error().text;
  (*client)->interrupt();
  Arena arena;
  emsmdb::EcDoConnectExIn in;
  in.user_dn = ndr::String::of(kUser);
  auto out = (*client)->call<emsmdb::EcDoConnectExOut>(emsmdb::kEmsmdb, 10, in, arena);
  ASSERT_FALSE(out.ok());
  EXPECT_THAT(out.error().text, HasSubstr("interrupted"));
}

// What is sealed and cut into channels on the way is shown call by call while it happens.
TEST_F(ShortChannels, AreWatchedLive) {
  inspect::OperationStore store;
  inspect::Progress progress;
  inspect::LiveFeed feed(server_->tap(), store, progress, false);
  feed.touch();
  client::Profile profile;
  profile.services.push_back({"test",
                              "exchange",
                              {{"server", "ncacn_http:127.0.0.1:" + std::to_string(server_->listening().front().port)},
                               {"user", kUser},
                               {"insecure", "true"}}});
  {
    client::SimpleHost host(kPassword);
    client::Session session(profile, host);
    auto opened = session.open_store();
    ASSERT_TRUE(opened.ok()) << opened.error().text;
  }
  std::vector<std::string> names, rops;
  for (int i = 0; i < 500; ++i) {
    names.clear(), rops.clear();
    store.visit(0, 1000, [&](const inspect::OperationStore::Row& row) {
      const dissect::Operation operation = inspect::read_facts(row.facts);
      EXPECT_TRUE(operation.src.find("127.0.0.1") == 0 || operation.dst.find("127.0.0.1") == 0) << operation.src;
      names.push_back(operation.layer + " " + operation.name);
      for (const auto& rop : operation.rops) rops.push_back(rop.name);
      return true;
    });
    if (std::count(names.begin(), names.end(), "EMSMDB EcDoDisconnect") == 2) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_THAT(names, testing::IsSupersetOf({"DCERPC bind", "DCERPC bind_ack", "EMSMDB EcDoConnectEx",
                                            "EMSMDB EcDoConnectEx", "EMSMDB EcDoRpcExt2", "EMSMDB EcDoRpcExt2",
                                            "EMSMDB EcDoDisconnect", "EMSMDB EcDoDisconnect"}));
  EXPECT_EQ(std::count(rops.begin(), rops.end(), "RopLogon"), 2);
}

TEST_F(ShortChannels, ThePortThatNobodyServes) {
  auto rpc = options();
  rpc.port = 6999;
  auto client = client::exchange::RpcClient::connect(std::move(rpc));
  ASSERT_FALSE(client.ok());
  EXPECT_THAT(client.error().text, testing::AllOf(HasSubstr("answered RPC_"), HasSubstr("HTTP 503")));
}

}  // namespace
}  // namespace ropewalk
