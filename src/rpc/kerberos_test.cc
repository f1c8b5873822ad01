// Connections signed in with a KDC on loopback: three legs, and signatures of another size than NTLM's.
#include "auth/test_realm.h"
#include "rpc/test_wire.h"

namespace ropewalk::rpc {
namespace {

using dcerpc::AuthLevel;
using dcerpc::AuthType;

TEST(RpcKerberos, EchoesAtEveryLevel) {
  if (!auth::TestRealm::missing().empty()) GTEST_SKIP() << "no Kerberos realm: " << auth::TestRealm::missing();
  auth::TestRealm realm;
  ASSERT_TRUE(realm.good());
  ASSERT_TRUE(realm.add_user("user1", "Passw0rd.123"));
  ASSERT_TRUE(realm.add_service("exchangeMDB/mail.ropewalk.test", "keytab", "aes256-cts-hmac-sha1-96"));
  Bench bench;
  bench.endpoint.make_security = [&](auth::Mechanism mechanism, const std::string&) {
    auth::ServerOptions options;
    options.keytab = realm.file("keytab");
    options.dce_style = true;
    return auth::make_server(mechanism, options);
  };
  for (AuthType type : {AuthType::kerberos, AuthType::spnego}) {
    for (AuthLevel level : {AuthLevel::connect, AuthLevel::packet, AuthLevel::integrity, AuthLevel::privacy}) {
      for (bool sign_header : {false, true}) {
        auth::ClientOptions options{.account = "user1", .domain = "ropewalk.test", .password = "Passw0rd.123"};
        options.level = static_cast<auth::Level>(level);
        options.service = "exchangeMDB";
        options.host = "mail.ropewalk.test";
        options.dce_style = true;
        options.use_ntlm = false;
        auto context = auth::make_client(static_cast<auth::Mechanism>(type), options);
        ASSERT_TRUE(context.ok()) << context.error().text;
        ClientSettings settings;
        settings.type = type;
        settings.level = level;
        settings.sign_header = sign_header;
        settings.security = *std::move(context);
        ServerConnection server(bench.endpoint);
        ClientConnection client(std::move(settings));
        u16 id = client.bind(echo::kEcho.id);
        pump(bench, client, server);
        ASSERT_EQ(client.error(), "");
        ASSERT_EQ(client.state(id), ClientConnection::State::accepted);
        for (std::size_t n : {0, 7, 6000, 50'000}) {
          std::vector<u8> bytes(n, 0x5A);
          ASSERT_TRUE(client.call(id, 1, stub_of(echo::DataIn{{bytes}}, client.format(id))).ok());
          pump(bench, client, server);
          auto replies = client.take_replies();
          ASSERT_EQ(replies.size(), 1u) << client.error();
          ASSERT_EQ(replies[0].fault, 0u) << dcerpc::fault_text(replies[0].fault);
          EXPECT_GE(replies[0].stub.size(), n);
        }
        EXPECT_TRUE(bench.log.empty());
      }
    }
  }
}

}  // namespace
}  // namespace ropewalk::rpc
