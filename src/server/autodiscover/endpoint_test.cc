#include "server/autodiscover/endpoint.h"

#include "base/base64.h"
#include "base/utf16.h"
#include "net/http_client.h"
#include "server/endpoint_fixture.h"

namespace ropewalk::server {
namespace {

using autodiscover::Request;
using autodiscover::Response;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Autodiscover : public Endpoint {
 protected:
  net::HttpClientResponse ask(const std::string& method, const std::string& target, const std::string& body,
                              const std::string& login = "user1@ropewalk.test", bool over_tls = false) {
    net::HttpClientOptions options;
    options.host = "127.0.0.1";
    options.server_name = "localhost";
    for (const auto& at : server_->listening())
      if (at.is_tls == over_tls && at.url.starts_with("http")) options.port = at.port;
    options.tls = over_tls;
    options.insecure = true;
    net::HttpClient client(options);
    const std::string basic = "Basic " + to_base64(bytes_of(login + ":secret"));
    std::vector<net::HttpHeader> headers{{"Content-Type", "text/xml"}};
    if (!login.empty()) headers.push_back({"Authorization", basic});
    for (const auto& [name, value] : more_headers_) headers.push_back({name, value});
    net::HttpClientRequest request;
    request.method = method;
    request.target = target;
    request.headers = headers;
    request.body = body;
    auto response = client.request(request);
    EXPECT_TRUE(response.ok()) << response.error().text;
    return response.ok() ? std::move(*response) : net::HttpClientResponse{};
  }
  static std::string request_for(const std::string& address, const std::string& dn = {},
                                 std::string_view schema = autodiscover::kOutlookResponseSchema) {
    Request request;
    request.request = {address, dn, std::string(schema)};
    return xml::write_document(request);
  }
  autodiscover::ResponsePart answer(const std::string& body, const std::string& login = "user1@ropewalk.test") {
    auto response = ask("POST", "/autodiscover/autodiscover.xml", body, login);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_THAT(std::string(response.headers.get("Content-Type")), StartsWith("text/xml"));
    auto read = xml::read_document<Response>(response.body);
    EXPECT_TRUE(read.ok() && read->response) << response.body;
    return read.ok() && read->response ? *read->response : autodiscover::ResponsePart{};
  }
  std::string code(const std::string& body) {
    auto part = answer(body);
    return part.failure ? part.failure->code : "none";
  }

  std::vector<std::pair<std::string, std::string>> more_headers_{{"X-MapiHttpCapability", "1"}};
};

// MS-OXCMAPIHTTP_R28 MS-OXCMAPIHTTP_R29 MS-OXCMAPIHTTP_R459 MS-OXCMAPIHTTP_R1436 MS-OXCMAPIHTTP_R1437
TEST_F(Autodiscover, TellsOfTheMailbox) {
  start();
  const auto part = answer(request_for("User1@ropewalk.TEST"));
  EXPECT_EQ(part.xmlns, autodiscover::kOutlookResponseSchema);
  ASSERT_TRUE(part.user && part.account);
  EXPECT_EQ(part.user->display_name, "The user1");
  EXPECT_EQ(part.user->legacy_dn, dns_.at(0));
  EXPECT_EQ(part.user->address, "user1@ropewalk.test");
  EXPECT_TRUE(Guid::parse(part.user->deployment_id));
  EXPECT_EQ(part.account->account_type, "email");
  EXPECT_EQ(part.account->action, "settings");
  ASSERT_EQ(part.account->protocols.size(), 1u);
  const auto& mapi = part.account->protocols[0];
  EXPECT_TRUE(mapi.is_mapi_http());
  // The way the client came here works for it.
  EXPECT_THAT(mapi.mail_store->internal,
              StartsWith("http://localhost:" + std::to_string(port()) + "/mapi/emsmdb/?MailboxId="));
  EXPECT_THAT(mapi.address_book->internal,
              StartsWith("http://localhost:" + std::to_string(port()) + "/mapi/nspi/?MailboxId="));
  EXPECT_EQ(mapi.mail_store->external, "");
}

TEST_F(Autodiscover, AnyLetterCaseWillDo) {
  start();
  for (const char* path : {"/Autodiscover/Autodiscover.xml", "/AUTODISCOVER/AUTODISCOVER.XML"})
    EXPECT_THAT(ask("POST", path, request_for("user1@ropewalk.test")).body, HasSubstr("mapiHttp")) << path;
  EXPECT_EQ(ask("POST", "/autodiscover/other", "").status, 404);
}

TEST_F(Autodiscover, UrlsAreAsConfigured) {
  config_.autodiscover.internal_url = "https://in.ropewalk.test:8443";
  config_.autodiscover.external_url = "https://mail.ropewalk.test";
  config_.autodiscover.public_folders = "public@ropewalk.test";
  config_.autodiscover.alternatives["user1@ropewalk.test"] = {"user2@ropewalk.test", "nobody@ropewalk.test"};
  start();
  const auto part = answer(request_for("user1@ropewalk.test"));
  ASSERT_TRUE(part.account);
  EXPECT_THAT(part.account->protocols.at(0).mail_store->internal, StartsWith("https://in.ropewalk.test:8443/mapi/"));
  EXPECT_THAT(part.account->protocols.at(0).mail_store->external, StartsWith("https://mail.ropewalk.test/mapi/"));
  EXPECT_EQ(part.account->public_folders->address, "public@ropewalk.test");
  ASSERT_EQ(part.account->alternatives.size(), 1u);
  EXPECT_EQ(part.account->alternatives[0].type, "Delegate");
  EXPECT_EQ(part.account->alternatives[0].display_name, "The user2");
  EXPECT_EQ(part.account->alternatives[0].address, "user2@ropewalk.test");
  EXPECT_THAT(log(), HasSubstr("nobody@ropewalk.test has no mailbox here"));
}

// Outlook asks for shared mailboxes, and the public folders', with the user's own credentials: refusing would have it
// ask the user for another password.
TEST_F(Autodiscover, OtherAddressesMayBeAskedFor) {
  start();
  const auto part = answer(request_for("user2@ropewalk.test"));
  ASSERT_TRUE(part.user);
  EXPECT_EQ(part.user->legacy_dn, dns_.at(1));
}

// [MS-OXDSCLI] 3.2.5: the DN goes before the address.
TEST_F(Autodiscover, LegacyDnStandsInForTheAddress) {
  start();
  EXPECT_EQ(answer(request_for("", dns_.at(1))).user->address, "user2@ropewalk.test");
  EXPECT_EQ(answer(request_for("user1@ropewalk.test", dns_.at(1))).user->address, "user2@ropewalk.test");
}

TEST_F(Autodiscover, OtherAddressesAndFormerDnsLeadToTheMailbox) {
  start();
  auto& book = server_->address_book();
  auto object = book.find_by_address("user2@ropewalk.test");
  ASSERT_TRUE(object.ok() && *object);
  std::vector<u8> alias = utf8_to_utf16("smtp:second@ropewalk.test"), former = utf8_to_utf16("X500:/o=Old/cn=two");
  mapi::Value items[] = {mapi::Value::of(ByteView(alias)), mapi::Value::of(ByteView(former))};
  directory::ObjectChange change;
  change.set.set(mapi::PropTag(0x800F101F), mapi::Value::of(wire::List<mapi::Value>(std::span(items))));
  Status changed = book.change((*object)->id, change);
  ASSERT_TRUE(changed.ok()) << changed.error().text;
  EXPECT_EQ(answer(request_for("Second@ropewalk.test")).user->address, "user2@ropewalk.test");
  EXPECT_EQ(answer(request_for("", "/o=Old/cn=two")).user->address, "user2@ropewalk.test");
  EXPECT_EQ(answer(request_for("second@ropewalk.test"), "second@ropewalk.test").user->address, "user2@ropewalk.test")
      << "and lets sign in";
  ASSERT_TRUE(book.set_kind((*object)->id, directory::Kind::contact).ok());
  EXPECT_EQ(code(request_for("second@ropewalk.test")), "501") << "an account whose mail is elsewhere";

  directory::ObjectChange contact;
  contact.name = "Somebody Else";
  contact.address = "contact@ropewalk.test";
  ASSERT_TRUE(book.add(directory::Kind::contact, contact).ok());
  EXPECT_EQ(code(request_for("contact@ropewalk.test")), "501");  // known, but has no mailbox here
}

TEST_F(Autodiscover, ErrorsAreAnswersToo) {
  start();
  EXPECT_EQ(code("no xml"), "600");
  EXPECT_EQ(code("<Autodiscover/>"), "600");
  EXPECT_EQ(code("<!DOCTYPE a [<!ENTITY b \"c\">]><Autodiscover/>"), "600");
  EXPECT_EQ(code(request_for("")), "600");
  EXPECT_EQ(code(request_for("user1@ropewalk.test", {},
                             "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/"
                             "responseschema/2006")),
            "601");
  EXPECT_EQ(code(request_for("nobody@ropewalk.test")), "500");
  EXPECT_EQ(code(request_for("user1@ropewalk.test", "/o=nobody")), "500");
  more_headers_.clear();  // RPC is not served where it could be found
  EXPECT_EQ(code(request_for("user1@ropewalk.test")), "501");
  EXPECT_THAT(ask("GET", "/autodiscover/autodiscover.xml", "").body, HasSubstr("<ErrorCode>600</ErrorCode>"));
}

// EXCH names a host, whose endpoint mapper is looked for at port 135 alone: not told of where it is elsewhere, or where
// the port was taken and the server does without.
TEST_F(Autodiscover, RpcIsToldOfWhereItsMapperIsFound) {
  more_headers_.clear();
  config_.rpc_port = 0;
  config_.epm_port = 0;
  start();
  EXPECT_EQ(code(request_for("user1@ropewalk.test")), "501");
  server_->stop();
  rops_ = nullptr;
  config_.epm_port = 135;
  config_.epm_optional = true;
  std::unique_ptr<Server> first;
  for (int i = 0; i < 2; ++i) {  // at most one of the two gets the port
    auto made = Server::start(config_);
    ASSERT_TRUE(made.ok()) << made.error().text;
    first = std::exchange(server_, std::move(*made));
    bool has_mapper = false;
    for (const auto& at : server_->listening()) has_mapper = has_mapper || (at.is_endpoint_mapper && at.port == 135);
    EXPECT_EQ(code(request_for("user1@ropewalk.test")), has_mapper ? "none" : "501");
    EXPECT_TRUE(i == 0 || !has_mapper);
  }
  server_->stop();
  first->stop();
}

TEST_F(Autodiscover, RedirectsAsConfigured) {
  config_.autodiscover.redirect_addresses["old@ropewalk.test"] = "user1@ropewalk.test";
  config_.autodiscover.redirect_urls["@other.test"] = "https://mail.other.test/autodiscover/autodiscover.xml";
  start();
  auto part = answer(request_for("Old@Ropewalk.test"));
  EXPECT_EQ(part.account->action, "redirectAddr");
  EXPECT_EQ(part.account->redirect_address, "user1@ropewalk.test");
  part = answer(request_for("somebody@other.test"));
  EXPECT_EQ(part.account->action, "redirectUrl");
  EXPECT_EQ(part.account->redirect_url, "https://mail.other.test/autodiscover/autodiscover.xml");
}

TEST_F(Autodiscover, TheDeploymentStaysTheSameOverRestarts) {
  start();
  const std::string first = answer(request_for("user1@ropewalk.test")).user->deployment_id;
  EXPECT_EQ(answer(request_for("user2@ropewalk.test")).user->deployment_id, first);
  server_->stop();
  server_.reset();
  auto again = Server::start(config_);
  ASSERT_TRUE(again.ok());
  server_ = std::move(*again);
  EXPECT_EQ(answer(request_for("user1@ropewalk.test")).user->deployment_id, first);
  rops_ = nullptr;
}

// [MS-OXDISCO] 3.1.5.4
TEST_F(Autodiscover, PlainHttpSendsToHttpsWithoutAskingWho) {
  config_.https_port = 0;
  start();
  const auto response = ask("GET", "/Autodiscover/Autodiscover.xml", "", "");
  EXPECT_EQ(response.status, 302);
  u16 https = 0;
  for (const auto& at : server_->listening())
    if (at.is_tls) https = at.port;
  EXPECT_EQ(std::string(response.headers.get("Location")),
            "https://localhost:" + std::to_string(https) + "/autodiscover/autodiscover.xml");
  EXPECT_FALSE(response.headers.has("WWW-Authenticate"));
  EXPECT_EQ(ask("GET", "/autodiscover/autodiscover.xml", "", "", true).status, 401);
  EXPECT_THAT(
      ask("POST", "/autodiscover/autodiscover.xml", request_for("user1@ropewalk.test"), "user1@ropewalk.test", true)
          .body,
      HasSubstr("https://localhost:" + std::to_string(https) + "/mapi/emsmdb/"));
}

TEST_F(Autodiscover, VersionTwoNeedsNoCredentialsAndTellsNothingOfPeople) {
  start();
  const std::string url = "http://localhost:" + std::to_string(port()) + "/autodiscover/autodiscover.xml";
  for (const char* target : {"/autodiscover/autodiscover.json?Email=user1%40ropewalk.test&Protocol=AutodiscoverV1",
                             "/autodiscover/autodiscover.json/v1.0/user1@ropewalk.test?Protocol=autodiscoverv1",
                             "/Autodiscover/Autodiscover.json/v1.0/nobody@ropewalk.test?protocol=AutodiscoverV1"}) {
    const auto response = ask("GET", target, "", "");
    EXPECT_EQ(response.status, 200) << target;
    auto json = autodiscover::JsonAnswer::parse(response.body);
    ASSERT_TRUE(json.ok()) << response.body;
    EXPECT_EQ(json->protocol, "AutodiscoverV1");
    EXPECT_EQ(json->url, url);
  }
  auto refusal = [&](const std::string& query) {
    const auto response = ask("GET", "/autodiscover/autodiscover.json" + query, "", "");
    EXPECT_EQ(response.status, 200);
    auto json = autodiscover::JsonAnswer::parse(response.body);
    return json.ok() ? json->error_code : response.body;
  };
  EXPECT_EQ(refusal("?Protocol=%22x%ff"), "InvalidProtocol");
  EXPECT_EQ(refusal("?Protocol=Ews"), "InvalidProtocol");
  EXPECT_EQ(refusal("?Protocol="), "MandatoryParameterMissing");
  EXPECT_EQ(refusal(""), "MandatoryParameterMissing");
}

// A NUL behind the document, or text of a request that stands in the answer as it came, is not XML.
TEST_F(Autodiscover, AnswersAreDocumentsAndNothingElse) {
  start();
  const std::string strange = "a<b>&\"'\x01]]>@ropewalk.test";
  for (const std::string& body : {request_for("user1@ropewalk.test"), request_for(strange), request_for("", strange),
                                  request_for("user1@ropewalk.test", {}, "<&>"), std::string("\0<a>", 4)}) {
    const auto response = ask("POST", "/autodiscover/autodiscover.xml", body);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body.find('\0'), std::string::npos);
    const auto end = response.body.find_last_not_of(" \r\n");
    ASSERT_NE(end, std::string::npos);
    EXPECT_EQ(response.body[end], '>');
    EXPECT_TRUE(xml::read_document<Response>(response.body).ok()) << response.body;
  }
}

// The DN that is told is the one with which the mailbox and the address book are opened, letter by letter.
TEST_F(Autodiscover, TheDnToldOpensTheMailbox) {
  start();
  const std::string dn = answer(request_for("USER1@ropewalk.test")).user->legacy_dn;
  auto mail = client();
  EXPECT_EQ(mail->connect(dn).body<mapihttp::ConnectResponse>().error_code, ErrorCode::none);
  const auto object = server_->address_book().find_by_dn(dn);
  ASSERT_TRUE(object.ok() && *object);
  EXPECT_EQ((*object)->legacy_dn, dn);
}

// ---- why Outlook asks for the password again ----

// A path that offers other ways than its neighbour, or one that nobody can take.
TEST_F(Autodiscover, EveryPathOffersTheSameWaysToSignIn) {
  start();
  auto offered = [&](const char* path) {
    const auto response = ask("POST", path, "", "");
    EXPECT_EQ(response.status, 401) << path;
    std::string all;
    for (std::string_view value : response.headers.all("WWW-Authenticate")) all += std::string(value) + "; ";
    return all;
  };
  const std::string here = offered("/autodiscover/autodiscover.xml");
  EXPECT_THAT(here, StartsWith("Basic "));
  EXPECT_THAT(here, Not(HasSubstr("N")));  // neither NTLM nor Negotiate, which is on for nobody
  EXPECT_EQ(offered("/mapi/emsmdb/"), here);
  EXPECT_EQ(offered("/mapi/nspi/"), here);
  ASSERT_TRUE(server_->directory().switch_ntlm_on("user1@ropewalk.test", "secret").ok());
  const std::string with_ntlm = offered("/autodiscover/autodiscover.xml");
  EXPECT_THAT(with_ntlm, HasSubstr("NTLM; "));
  EXPECT_EQ(offered("/mapi/emsmdb/"), with_ntlm);
}

// Right credentials are never answered with 401, whatever is asked for.
TEST_F(Autodiscover, WhatIsWrongWithTheRequestIsNotBlamedOnThePassword) {
  start();
  for (const std::string& body : {std::string("x"), request_for("nobody@ropewalk.test"), request_for("a@other.test")})
    EXPECT_EQ(ask("POST", "/autodiscover/autodiscover.xml", body).status, 200);
  for (const char* login : {"user1", "ROPEWALK\\user1", "USER1@ROPEWALK.TEST"})
    EXPECT_EQ(ask("POST", "/autodiscover/autodiscover.xml", request_for("user1@ropewalk.test"), login).status, 200)
        << login;
  EXPECT_EQ(ask("POST", "/autodiscover/autodiscover.xml", "", "nobody@ropewalk.test").status, 401);
}

}  // namespace
}  // namespace ropewalk::server
