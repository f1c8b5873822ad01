#include "server/autodiscover/announcement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

using autodiscover::Protocol;
using testing::ElementsAre;
using testing::IsEmpty;

directory::User user1() {
  directory::User user;
  user.address = "user1@ropewalk.test";
  user.name = "User One";
  user.legacy_dn = "/o=Ropewalk/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=user1";
  user.mailbox_guid = guid_literal("416c6368-656d-794a-6f45-57615272456e");
  return user;
}

std::vector<std::string> kinds(const std::vector<Protocol>& blocks) {
  std::vector<std::string> names;
  for (const Protocol& block : blocks) names.push_back(block.type + block.type_attribute);
  return names;
}

Served everything() {
  Served served;
  served.internal = BaseUrl::parse("https://in.ropewalk.test");
  served.external = BaseUrl::parse("https://mail.ropewalk.test");
  served.rpc_http = true;
  served.host = "in.ropewalk.test";
  served.oab_path = "/OAB/1/";
  return served;
}

TEST(Announcement, BaseUrlsAreHostsAndPortsAndNoMore) {
  EXPECT_EQ(BaseUrl::parse("https://mail.ropewalk.test/")->text(), "https://mail.ropewalk.test");
  EXPECT_EQ(BaseUrl::parse("https://mail.ropewalk.test:443")->text(), "https://mail.ropewalk.test");
  EXPECT_EQ(BaseUrl::parse("http://[::1]:8080")->text(), "http://[::1]:8080");
  EXPECT_TRUE(BaseUrl::parse("https://mail.ropewalk.test")->is_where_expected());
  EXPECT_FALSE(BaseUrl::parse("https://mail.ropewalk.test:8443")->is_where_expected());
  for (const char* bad : {"mail", "https://", "https://a/b", "https://a b", "https://a\"", "https://a:0", "https://a:x",
                          "https://[::1", "https://a:70000", "ftp://a", "https://user@a"})
    EXPECT_FALSE(BaseUrl::parse(bad)) << bad;
}

// [MS-OXDSCLI] 3.2.5.1: with the header mapiHttp, and neither EXCH nor EXPR; without it those.
TEST(Announcement, MapiHttpIsForThoseWhoAskForIt) {
  const Served served = everything();
  EXPECT_THAT(kinds(protocols_for(user1(), Asked::of("1", "", ""), served)), ElementsAre("mapiHttp"));
  EXPECT_THAT(kinds(protocols_for(user1(), Asked::of("2", "", ""), served)), ElementsAre("mapiHttp"));
  for (const char* invalid : {"", "0", "-1", "x", "1x", "99999999999"})
    EXPECT_THAT(kinds(protocols_for(user1(), Asked::of(invalid, "", ""), served)), ElementsAre("EXCH", "EXPR"))
        << invalid;
  // "or if the server deduces the client's MapiHttp capability based on the user agent header"
  EXPECT_TRUE(Asked::of("", "", "Microsoft Office/16.0 (Windows NT 10.0; MAPI 16.0.15928; Pro)").mapi_http);
  EXPECT_FALSE(Asked::of("", "", "Microsoft Office/14.0").mapi_http);
}

TEST(Announcement, MapiHttpUrlsNameTheMailbox) {
  const auto blocks = protocols_for(user1(), Asked::of("1", "", ""), everything());
  const std::string id = "?MailboxId=416c6368-656d-794a-6f45-57615272456e@ropewalk.test";
  ASSERT_TRUE(blocks.at(0).mail_store && blocks.at(0).address_book);
  EXPECT_EQ(blocks[0].version_attribute, "1");
  EXPECT_EQ(blocks[0].mail_store->internal, "https://in.ropewalk.test/mapi/emsmdb/" + id);
  EXPECT_EQ(blocks[0].mail_store->external, "https://mail.ropewalk.test/mapi/emsmdb/" + id);
  EXPECT_EQ(blocks[0].address_book->internal, "https://in.ropewalk.test/mapi/nspi/" + id);
  EXPECT_EQ(blocks[0].address_book->external, "https://mail.ropewalk.test/mapi/nspi/" + id);
}

// Half an Exchange makes Outlook leave ways that work: what cannot be reached is not told of.
TEST(Announcement, OnlyWhatIsServedIsToldOf) {
  Served served = everything();
  served.rpc_http = false;
  EXPECT_THAT(protocols_for(user1(), Asked{}, served), IsEmpty());
  served.rpc_tcp = true;
  auto blocks = protocols_for(user1(), Asked{}, served);
  EXPECT_THAT(kinds(blocks), ElementsAre("EXCH"));
  EXPECT_EQ(blocks[0].server, "in.ropewalk.test");  // what a client can look up

  served = everything();  // RPC over HTTP is told of by a host name, which is looked for at port 443
  served.internal = BaseUrl::parse("https://in.ropewalk.test:8443");
  served.external.reset();
  EXPECT_THAT(protocols_for(user1(), Asked{}, served), IsEmpty());
  EXPECT_THAT(kinds(protocols_for(user1(), Asked::of("1", "ExHttpInfo", ""), served)), ElementsAre("mapiHttp"));
}

TEST(Announcement, RpcOverHttpIsToldOfAsClientsWantIt) {
  const auto blocks = protocols_for(user1(), Asked{}, everything());
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].server, "416c6368-656d-794a-6f45-57615272456e@ropewalk.test");
  EXPECT_EQ(blocks[0].server_dn,
            "/o=Ropewalk/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Configuration/cn=Servers/cn=" +
                blocks[0].server);
  EXPECT_EQ(blocks[0].mdb_dn, blocks[0].server_dn + "/cn=Microsoft Private MDB");
  EXPECT_EQ(blocks[0].server_version, "73C189CB");
  EXPECT_EQ(blocks[1].server, "mail.ropewalk.test");
  EXPECT_EQ(blocks[1].ssl, "On");
  EXPECT_EQ(blocks[1].cert_principal_name, "None");
  EXPECT_EQ(blocks[1].server_exclusive_connect, "on");
  EXPECT_EQ(blocks[1].oab_url, "https://mail.ropewalk.test/OAB/1/");

  const auto both = protocols_for(user1(), Asked::of("1", "negotiate, exhttpinfo", ""), everything());
  EXPECT_THAT(kinds(both), ElementsAre("mapiHttp", "EXHTTP", "EXHTTP"));
  EXPECT_EQ(both[1].server, "in.ropewalk.test");  // the first is the internal one
  EXPECT_EQ(both[2].server, "mail.ropewalk.test");
  // With MAPI over HTTP these alone say where the offline address book is.
  EXPECT_EQ(both[1].oab_url, "https://in.ropewalk.test/OAB/1/");
  EXPECT_EQ(both[2].oab_url, "https://mail.ropewalk.test/OAB/1/");
}

// A way to sign in that cannot work is a password asked for in vain.
TEST(Announcement, TellsOfNoSignInThatCannotWork) {
  Served served = everything();
  auto package = [&](const Asked& asked) { return protocols_for(user1(), asked, served).at(0).auth_package; };
  EXPECT_EQ(package(Asked{}), "basic");
  served.ntlm = true;
  EXPECT_EQ(package(Asked{}), "ntlm");
  served.negotiate = true;
  EXPECT_EQ(package(Asked{}), "ntlm");
  EXPECT_EQ(package(Asked::of("", "Negotiate", "")), "negotiate");
}

}  // namespace
}  // namespace ropewalk::server
