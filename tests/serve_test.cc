// `ropewalk serve` and `ropewalk user` as scripts use them: the built program, its exit codes, its lines.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "net/tls.h"
#include "program.h"
#include "server/test_client.h"

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using server::TestClient;
using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class Serve : public testing::Test {
 protected:
  std::string data() const { return folder_.path("data"); }
  Ran add(const std::string& address, const std::vector<std::string>& more = {},
          const std::string& password = "secret\n") {
    std::vector<std::string> arguments = {"user", "add", "--data", data(), address, "--password-stdin"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments, password);
  }
  boost::json::array users() {
    Ran ran = run_program({"user", "list", "--data", data(), "--json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return boost::json::parse(ran.out).as_array();
  }
  // Starts the server; its URL.
  std::string serve(std::vector<std::string> more = {"--https-port", "0"}) {
    std::vector<std::string> arguments = {"serve", "--data", data()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    server_ = std::make_unique<Program>(arguments);
    std::string line = server_->read_line();
    EXPECT_THAT(line, StartsWith("listening on http"));
    return line.substr(line.find("http"));
  }
  std::string dn(std::size_t index = 0) { return std::string(users().at(index).at("dn").as_string()); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_.path(name)) << text; }

  TestFolder folder_;
  std::unique_ptr<Program> server_;
};

TEST_F(Serve, UsersComeAndGo) {
  Ran ran = add("user1@ropewalk.test");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
  ran = add("user2@ropewalk.test", {"--name", "User Two", "--dn", "/o=Elsewhere/cn=Two"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  auto list = users();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].at("address").as_string(), "user1@ropewalk.test");
  EXPECT_EQ(list[0].at("name").as_string(), "user1");
  EXPECT_EQ(list[0].at("dn").as_string(),
            "/o=Ropewalk/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=user1");
  EXPECT_EQ(list[1].at("name").as_string(), "User Two");
  EXPECT_EQ(list[1].at("dn").as_string(), "/o=Elsewhere/cn=Two");
  EXPECT_THAT(run_program({"user", "list", "--data", data()}).out, HasSubstr("user2@ropewalk.test  User Two"));

  EXPECT_EQ(run_program({"user", "remove", "--data", data(), "user1@ropewalk.test"}).code, 0);
  EXPECT_EQ(users().size(), 1u);
  auto mailboxes = [&] {
    std::size_t count = 0;
    for (auto& entry : std::filesystem::directory_iterator(data() + "/mailboxes"))
      count += entry.path().extension() == ".db" ? 1 : 0;
    return count;
  };
  EXPECT_EQ(mailboxes(), 2u);
  ran = run_program({"user", "remove", "--data", data(), "user2@ropewalk.test", "--delete-mailbox"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(mailboxes(), 1u);
}

TEST_F(Serve, NtlmIsForThoseForWhomItIsSwitchedOn) {
  ASSERT_EQ(add("user1@ropewalk.test").code, 0);
  ASSERT_EQ(add("user2@ropewalk.test", {"--ntlm"}).code, 0);
  auto ntlm = [&](std::size_t index) { return users().at(index).at("ntlm").as_bool(); };
  EXPECT_FALSE(ntlm(0));
  EXPECT_TRUE(ntlm(1));
  EXPECT_THAT(run_program({"user", "list", "--data", data()}).out, HasSubstr("cn=user2  [NTLM]\n"));
  auto set = [&](std::vector<std::string> more, const std::string& password) {
    std::vector<std::string> arguments = {"user", "ntlm", "--data", data(), "user1@ropewalk.test"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments, password);
  };
  Ran ran = set({"on"}, "");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("--password-stdin"));
  ran = set({"on", "--password-stdin"}, "other\n");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("the password is not the user's"));
  EXPECT_EQ(set({"on", "--password-stdin"}, "secret\n").code, 0);
  EXPECT_TRUE(ntlm(0));
  EXPECT_EQ(set({"off"}, "").code, 0);
  EXPECT_FALSE(ntlm(0));
  EXPECT_EQ(set({"perhaps"}, "").code, 2);
  ran = run_program({"user", "passwd", "--data", data(), "user1@ropewalk.test", "--password-stdin", "--ntlm"}, "new\n");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(ntlm(0));
}

TEST_F(Serve, UserCommandsSayWhatIsWrong) {
  ASSERT_EQ(add("user1@ropewalk.test").code, 0);
  struct {
    Ran ran;
    int code;
    const char* says;
  } cases[] = {{add("user1@ropewalk.test"), 1, "user1@ropewalk.test"},
               {add("nonsense"), 1, "nonsense"},
               {add("user3@ropewalk.test", {}, ""), 1, "password"},
               {add("user3@ropewalk.test", {}, "\n"), 1, "password"},
               {add("user3@ropewalk.test", {"--dn", "nonsense"}), 1, "nonsense"},
               {run_program({"user", "add", "--data", data(), "user3@ropewalk.test"}), 2, "--password-stdin"},
               {run_program({"user", "add", "user3@ropewalk.test", "--password-stdin"}, "x\n"), 2, "--data"},
               {run_program({"user", "remove", "--data", data(), "user9@ropewalk.test"}), 1, "user9@ropewalk.test"},
               {run_program({"user", "passwd", "--data", data(), "user9@ropewalk.test", "--password-stdin"}, "x\n"), 1,
                "user9@ropewalk.test"},
               {run_program({"user"}), 2, ""}};
  for (auto& [ran, code, says] : cases) {
    EXPECT_EQ(ran.code, code) << says;
    EXPECT_THAT(ran.err, AllOf(StartsWith("ropewalk: "), HasSubstr(says)));
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
  EXPECT_EQ(users().size(), 1u);
}

TEST_F(Serve, TheOrganizationOfTheConfigurationIsInTheDn) {
  std::filesystem::create_directory(data());
  write("data/ropewalk.toml", "organization = \"Contoso\"\n");
  ASSERT_EQ(add("user1@ropewalk.test").code, 0);
  EXPECT_THAT(dn(), StartsWith("/o=Contoso/ou="));
}

TEST_F(Serve, ServesUntilItIsTold) {
  ASSERT_EQ(add("user1@ropewalk.test").code, 0);
  std::string url = serve();
  EXPECT_THAT(url, MatchesRegex("https://127\\.0\\.0\\.1:[0-9]+/mapi/emsmdb/"));
  TestClient client(url, "user1@ropewalk.test", "secret");
  auto reply = client.connect(dn());
  EXPECT_EQ(reply.code(), 0) << reply.error << reply.raw;
  EXPECT_EQ(reply.body<mapihttp::ConnectResponse>().error_code, mapi::ErrorCode::none);
  EXPECT_EQ(client.ping().code(), 0);
  // An input buffer without ROPs, as clients send it to fetch notifications.
  const u8 nothing[] = {2, 0};
  reply = client.execute(nothing);
  EXPECT_EQ(reply.body<mapihttp::ExecuteResponse>().error_code, mapi::ErrorCode::none);

  // A new password, from another process, is felt at once.
  EXPECT_EQ(run_program({"user", "passwd", "--data", data(), "user1@ropewalk.test", "--password-stdin"}, "new\n").code,
            0);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(client.ping().status, 401);
  client.headers["Authorization"] = directory::basic_header("user1", "new");
  EXPECT_EQ(client.ping().code(), 0);

  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait(), 0) << server_->err();
  EXPECT_THAT(server_->err(), HasSubstr("refused with 401: user \"user1@ropewalk.test\" gave a wrong password"));
}

TEST_F(Serve, WhatIsUnderWayIsFinished) {
  ASSERT_EQ(add("user1@ropewalk.test").code, 0);
  std::string url = serve({"--http-port", "0"});
  TestClient client(url, "user1@ropewalk.test", "secret");
  ASSERT_EQ(client.connect(dn()).code(), 0);
  server::TestReply reply;
  std::thread waiting([&] { reply = client.notification_wait(); });
  std::this_thread::sleep_for(300ms);
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait(), 0);
  waiting.join();
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(reply.code(), 0);
  EXPECT_EQ(reply.body<mapihttp::NotificationWaitResponse>().event_pending, 0u);
}

TEST_F(Serve, SaysWhatIsWrong) {
  std::filesystem::create_directory(data());
  write("config.toml", "data = \"x\"\n\nnonsense = 1\n");
  Ran ran = run_program({"serve", "--config", folder_.path("config.toml")});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err, "ropewalk: " + folder_.path("config.toml") + ":3: unknown setting 'nonsense'\n");
  EXPECT_EQ(run_program({"serve"}).code, 2);
  EXPECT_EQ(run_program({"serve", "--data", data(), "--https-port", "65536"}).code, 2);
  EXPECT_EQ(run_program({"serve", "--data", data(), "--config", "/nonexistent"}).code, 2);

  std::string url = serve();
  std::string port = std::to_string(TestClient::options_of(url).port);
  ran = run_program({"serve", "--data", data(), "--https-port", port});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("ropewalk: cannot listen on 127.0.0.1:" + port), HasSubstr("in use")));
  EXPECT_EQ(ran.out, "");
  write("file", "");
  ran = run_program({"serve", "--data", folder_.path("file"), "--https-port", "0"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(folder_.path("file")));
  ran = run_program({"serve", "--data", data(), "--https-port", "0", "--listen", "203.0.113.1"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("203.0.113.1"));
  server_->signal(SIGINT);
  EXPECT_EQ(server_->wait(), 0);
}

TEST_F(Serve, EveryListenerIsToldOf) {
  ASSERT_EQ(add("user1@ropewalk.test").code, 0);
  const std::string url = serve({"--https-port", "0", "--http-port", "0", "--rpc-port", "0", "--epm-port", "0"});
  EXPECT_THAT(url, MatchesRegex("https://127.0.0.1:[0-9]+/mapi/emsmdb/"));
  const std::string place = url.substr(0, url.find("/mapi"));
  EXPECT_THAT(server_->read_line(), MatchesRegex("listening on http://127.0.0.1:[0-9]+/mapi/emsmdb/"));
  EXPECT_EQ(server_->read_line(), "listening on " + place + "/rpc/rpcproxy.dll (RPC over HTTP)");
  EXPECT_THAT(server_->read_line(),
              MatchesRegex("listening on http://127.0.0.1:[0-9]+/rpc/rpcproxy.dll \\(RPC over HTTP\\)"));
  EXPECT_THAT(server_->read_line(), MatchesRegex("listening on ncacn_ip_tcp:127.0.0.1\\[[0-9]+\\]"));
  EXPECT_THAT(server_->read_line(),
              MatchesRegex("listening on ncacn_ip_tcp:127.0.0.1\\[[0-9]+\\] \\(endpoint mapper\\)"));
}

TEST_F(Serve, SettingsComeFromTheFile) {
  std::filesystem::create_directory(data());
  write("data/ropewalk.toml", "listen = \"::1\"\n[http]\nport = 0\n[https]\nport = 0\n[sessions]\nexpiry = 7\n");
  ASSERT_EQ(add("user1@ropewalk.test").code, 0);
  std::string url = serve({});
  EXPECT_THAT(url, StartsWith("https://[::1]:"));
  EXPECT_THAT(server_->read_line(), StartsWith("listening on http://[::1]:"));
  TestClient client(url, "user1@ropewalk.test", "secret");
  EXPECT_EQ(client.ping().headers.get("X-ExpirationInfo"), "7000");
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait(), 0);
  EXPECT_THAT(server_->err(), HasSubstr("weak setting: http.port"));
}

TEST_F(Serve, ACertificateIsMadeOnceAndReadAgain) {
  ASSERT_EQ(add("user1@ropewalk.test").code, 0);
  serve();
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait(), 0);
  std::string certificate = data() + "/tls/certificate.pem";
  auto read = [&] {
    std::ifstream file(certificate);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  std::string first = read();
  EXPECT_THAT(first, StartsWith("-----BEGIN CERTIFICATE-----"));
  std::string url = serve();
  EXPECT_EQ(read(), first);
  // The server's own certificate is one that a client can check.
  auto options = TestClient::options_of(url);
  options.insecure = false;
  options.ca_file = certificate;
  net::HttpClient client(options);
  auto reply = client.request({.method = "POST", .target = "/mapi/emsmdb/"});
  ASSERT_TRUE(reply.ok()) << reply.error().text;
  EXPECT_EQ(reply->status, 401);

  ASSERT_TRUE(net::make_self_signed(certificate, data() + "/tls/key.pem", {"localhost", "127.0.0.1"}).ok());
  server_->signal(SIGHUP);
  std::this_thread::sleep_for(1200ms);
  net::HttpClient again(options);  // trusts the new one alone
  reply = again.request({.method = "POST", .target = "/mapi/emsmdb/"});
  ASSERT_TRUE(reply.ok()) << reply.error().text;
  EXPECT_EQ(reply->status, 401);
}

}  // namespace
}  // namespace ropewalk
