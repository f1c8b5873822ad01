// curl signs in to the built server by NTLM and by Negotiate, with Kerberos where a KDC can be started.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "auth/test_realm.h"
#include "served_http.h"

namespace ropewalk {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class HttpSignIn : public ServedHttp {
 protected:
  void serve(const std::string& settings) {
    add_user(kUser, true);
    std::ofstream(folder_.path("config.toml")) << settings;
    serve_with({"--https-port", "0", "--config", folder_.path("config.toml")});
  }
  // The client of this project lists folders.
  Ran folders(std::vector<std::string> more, const std::string& host = "127.0.0.1",
              const std::string& password = kPassword) {
    std::vector<std::string> words{
        "folders", "--server", "https://" + host + ":" + port_, "--user", "user1@ropewalk.test", "--password-stdin"};
    more.insert(more.end(), {"--ca", certificate()});
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words, password + "\n");
  }
  // Two PINGs by one curl, with these arguments in addition: each one's status and the connections it made. What
  // travelled goes to said().
  std::string ping_twice(const std::string& arguments) {
    std::string command = "/usr/bin/curl -s -k -v --max-time 20 --resolve mail.ropewalk.test:" + port_ + ":127.0.0.1 " +
                          arguments +
                          " -H 'X-RequestType: PING' -H 'X-RequestId: {A}:1' -H 'Content-Type: application/mapi-http'"
                          " --data-binary '' -w '%{http_code} %{num_connects};'";
    for (int i = 0; i < 2; ++i)
      command += " -o " + folder_.path("out") + " https://mail.ropewalk.test:" + port_ + "/mapi/emsmdb/";
    command += " 2>" + folder_.path("said");
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string text;
    for (int c = 0; pipe != nullptr && (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
    if (pipe != nullptr) ::pclose(pipe);
    return text;
  }
  std::string said() const { return read(folder_.path("said")); }
  static std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

class Curl : public HttpSignIn {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/bin/curl")) GTEST_SKIP() << "curl is not installed (Debian's curl)";
  }
};

// Bound to the TLS connection, which the server requires here.
TEST_F(HttpSignIn, TheClientSignsInByNtlmAndNegotiate) {
  serve("[sign_in]\nhttp = [\"ntlm\", \"negotiate\"]\nchannel_bindings = true\n");
  for (const char* scheme : {"ntlm", "negotiate"}) {
    Ran ran = folders({"--auth", scheme});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("Inbox"));
    Ran wrong = folders({"--auth", scheme}, "127.0.0.1", "wrong");
    EXPECT_EQ(wrong.code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("does not accept the user \"user1@ropewalk.test\" with this password"));
  }
  EXPECT_THAT(folders({}).err, HasSubstr("(HTTP 401)"));
  Ran unknown = folders({"--auth", "digest"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("--auth: digest not in"));
}

TEST_F(HttpSignIn, TheClientSaysWhatTheServerOffersInstead) {
  serve("[sign_in]\nhttp = [\"basic\"]\n");
  EXPECT_THAT(folders({"--auth", "ntlm"}).err, HasSubstr("does not take sign-ins by NTLM (HTTP 401); it offers Basic"));
  EXPECT_EQ(folders({}).code, 0);
}

TEST_F(Curl, SignsInByNtlmOncePerConnection) {
  serve("");
  const std::string login = "-u user1@ropewalk.test:";
  EXPECT_EQ(ping_twice("--ntlm " + login + kPassword), "200 1;200 0;") << said();
  EXPECT_THAT(said(), AllOf(HasSubstr("Authorization: NTLM "), HasSubstr("X-ResponseCode: 0")));
  EXPECT_EQ(ping_twice("--ntlm -u 'ROPEWALK\\user1:" + std::string(kPassword) + "'"), "200 1;200 0;") << said();
  EXPECT_THAT(ping_twice("--ntlm " + login + "wrong"), HasSubstr("401 1;"));
  EXPECT_THAT(ping_twice(""), HasSubstr("401 1;"));
  EXPECT_EQ(ping_twice("--basic " + login + kPassword), "200 1;200 0;");
  EXPECT_THAT(log(),
              AllOf(HasSubstr("127.0.0.1, POST /mapi/emsmdb/: refused with 401: "), HasSubstr("wrong password")));
}

TEST_F(Curl, SignsInByKerberos) {
  if (const std::string missing = auth::TestRealm::missing(); !missing.empty()) GTEST_SKIP() << missing;
  auth::TestRealm realm;
  ASSERT_TRUE(realm.good());
  ASSERT_TRUE(realm.add_user("user1", kPassword));
  ASSERT_TRUE(realm.add_user("stranger", kPassword));
  ASSERT_TRUE(realm.add_service("HTTP/127.0.0.1", "server.keytab", "aes256-cts-hmac-sha1-96"));
  ASSERT_TRUE(realm.add_service("HTTP/mail.ropewalk.test", "server.keytab", "aes256-cts-hmac-sha1-96"));
  ASSERT_TRUE(realm.admin("ktadd -k " + realm.file("user1.keytab") + " -norandkey user1"));
  ASSERT_TRUE(realm.admin("ktadd -k " + realm.file("stranger.keytab") + " -norandkey stranger"));
  serve("[rpc]\nkeytab = \"" + realm.file("server.keytab") + "\"\n[sign_in]\nhttp = [\"negotiate\"]\n");
  // MIT's library takes tickets with the key of that keytab.
  auto as = [&](const std::string& who) {
    setenv("KRB5_CLIENT_KTNAME", realm.file(who + ".keytab").c_str(), 1);
    setenv("KRB5CCNAME", ("FILE:" + realm.file(who + ".cache")).c_str(), 1);
    return ping_twice("--negotiate -u :");
  };
  EXPECT_EQ(as("user1"), "200 1;200 0;") << said();
  EXPECT_THAT(said(), AllOf(HasSubstr("WWW-Authenticate: Negotiate oYG"), HasSubstr("Persistent-Auth: true"),
                            Not(HasSubstr("WWW-Authenticate: Basic"))));
  const std::string heard = said();
  const auto token = heard.find("Authorization: Negotiate YI");
  ASSERT_NE(token, heard.npos);
  // Somebody who heard it says it again, on another connection.
  EXPECT_EQ(ping_twice("-H '" + heard.substr(token, heard.find('\r', token) - token) + "'"), "401 1;401 0;");
  EXPECT_THAT(as("stranger"), HasSubstr("401 1;"));
  unsetenv("KRB5_CLIENT_KTNAME");
  Ran ours = folders({"--auth", "kerberos"});
  EXPECT_EQ(ours.code, 0) << ours.err;
  EXPECT_EQ(folders({"--auth", "kerberos"}, "127.0.0.1", "wrong").code, 1);
  EXPECT_THAT(ping_twice("--basic -u user1@ropewalk.test:" + std::string(kPassword)), HasSubstr("401 1;"));
  EXPECT_THAT(
      log(), AllOf(HasSubstr("the same message was sent before"),
                   HasSubstr("stranger@ROPEWALK.TEST\", who has no mailbox here"), HasSubstr("Basic is switched off")));
}

}  // namespace
}  // namespace ropewalk
