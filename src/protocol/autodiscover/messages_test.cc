#include "protocol/autodiscover/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::autodiscover {
namespace {

using testing::HasSubstr;
using xml::read_document;
using xml::write_document;

TEST(AutodiscoverRequest, AsOutlookSendsIt) {
  auto read = read_document<Request>(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<a:Autodiscover xmlns:a=\"http://schemas.microsoft.com/exchange/"
      "autodiscover/outlook/requestschema/2006\"><a:Request><a:EMailAddress> user1@ropewalk.test </a:EMailAddress>"
      "<a:AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
      "</a:AcceptableResponseSchema></a:Request></a:Autodiscover>",
      kRequestBounds);
  ASSERT_TRUE(read.ok()) << read.error().text;
  ASSERT_TRUE(read->request);
  EXPECT_EQ(read->request->email_address, "user1@ropewalk.test");
  EXPECT_EQ(read->request->acceptable_response_schema, kOutlookResponseSchema);
}

TEST(AutodiscoverRequest, RoundTripsInUtf8AndUtf16) {
  Request request;
  request.request = {"k\xC3\xB6nig&co@ropewalk.test", "/o=A<B>/cn=\"x\"", std::string(kOutlookResponseSchema)};
  const std::string text = write_document(request);
  auto same = read_document<Request>(text);
  ASSERT_TRUE(same.ok()) << same.error().text;
  EXPECT_EQ(same->request->email_address, request.request->email_address);
  EXPECT_EQ(same->request->legacy_dn, request.request->legacy_dn);
  EXPECT_EQ(write_document(*same), text);

  std::string wide = "\xFF\xFE";
  for (char c : std::string("<Autodiscover><Request><EMailAddress>a@b</EMailAddress></Request></Autodiscover>"))
    wide += {c, '\0'};
  auto from_wide = read_document<Request>(wide);
  ASSERT_TRUE(from_wide.ok()) << from_wide.error().text;
  EXPECT_EQ(from_wide->request->email_address, "a@b");
}

// What was once a fault in other servers: bytes behind the document, text that was not escaped.
TEST(AutodiscoverResponse, IsWellFormedWhateverIsInIt) {
  User user{std::string("a\x01<b>&\xFF\xC0\x80") + "\xED\xA0\x80", "/o=x", "a@b", "d"};
  const std::string text = write_document(Response::of(user, {}));
  EXPECT_EQ(text.find('\0'), text.npos);
  EXPECT_TRUE(text.ends_with("</Autodiscover>\n"));
  auto read = read_document<Response>(text);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(read->response->user->display_name,
            "a\xEF\xBF\xBD<b>&\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

// [MS-OXDSCLI] 4.4: type and version are attributes, here alone.
TEST(AutodiscoverResponse, TellsOfMapiHttpByAttributes) {
  Account account;
  account.account_type = "email";
  account.action = "settings";
  Protocol mapi;
  mapi.type_attribute = "mapiHttp";
  mapi.version_attribute = "1";
  mapi.mail_store = Urls{"https://a/mapi/emsmdb/?MailboxId=x@y", {}};
  mapi.address_book = Urls{"https://a/mapi/nspi/?MailboxId=x@y", "https://b/mapi/nspi/?MailboxId=x@y"};
  Protocol exch;
  exch.type = "EXCH";
  exch.server = "x@y";
  account.protocols = {mapi, exch};
  const std::string text = write_document(Response::of(User{}, account));
  EXPECT_THAT(text, HasSubstr("<Protocol Type=\"mapiHttp\" Version=\"1\">"));
  EXPECT_THAT(text, HasSubstr("<Type>EXCH</Type>"));
  EXPECT_THAT(text, HasSubstr("<Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/"
                              "responseschema/2006a\">"));
  auto read = read_document<Response>(text);
  ASSERT_TRUE(read.ok());
  const auto& protocols = read->response->account->protocols;
  ASSERT_EQ(protocols.size(), 2u);
  EXPECT_TRUE(protocols[0].is_mapi_http());
  EXPECT_EQ(protocols[0].mail_store->external, "");
  EXPECT_EQ(protocols[0].address_book->external, "https://b/mapi/nspi/?MailboxId=x@y");
  EXPECT_EQ(protocols[1].server, "x@y");
  EXPECT_FALSE(protocols[1].mail_store);
}

TEST(AutodiscoverResponse, TellsOfErrors) {
  const std::string text = write_document(Response::of(ErrorCode::no_such_schema, 60992.6164027, 1054084152));
  EXPECT_THAT(text, HasSubstr("<Error Time=\"16:56:32.61640"));
  EXPECT_THAT(text, HasSubstr("Id=\"1054084152\">"));
  EXPECT_THAT(text, HasSubstr("<ErrorCode>601</ErrorCode>"));
  EXPECT_THAT(text, HasSubstr("<Response>"));
  auto read = read_document<Response>(text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->response->failure->message, "Provider is not available");
  EXPECT_TRUE(read->response->failure->debug_data);
}

TEST(Xml, RefusesWhatCouldGrow) {
  const std::string bomb =
      "<!DOCTYPE a [<!ENTITY x \"xxxxxxxx\"><!ENTITY y \"&x;&x;\">]><Autodiscover>&y;</Autodiscover>";
  EXPECT_THAT(read_document<Request>(bomb).error().text, HasSubstr("document type"));
  EXPECT_THAT(read_document<Request>("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><Autodiscover/>").error().text,
              HasSubstr("document type"));
  std::string deep, flat = "<Autodiscover>";
  for (int i = 0; i < 200; ++i) deep += "<Autodiscover>";
  for (int i = 0; i < 200; ++i) deep += "</Autodiscover>";
  EXPECT_THAT(read_document<Request>(deep, kRequestBounds).error().text, HasSubstr("nested deeper than 16"));
  for (int i = 0; i < 200; ++i) flat += "<a/>";
  EXPECT_THAT(read_document<Request>(flat + "</Autodiscover>", kRequestBounds).error().text,
              HasSubstr("more than 100 elements"));
  EXPECT_THAT(read_document<Request>(std::string(70'000, ' ') + "<Autodiscover/>", kRequestBounds).error().text,
              HasSubstr("at most 65536"));
}

TEST(Xml, SaysWhatIsNotXml) {
  EXPECT_THAT(read_document<Request>("").error().text, HasSubstr("not XML"));
  EXPECT_THAT(read_document<Request>("{}").error().text, HasSubstr("not XML"));
  EXPECT_THAT(read_document<Request>("<a><b></a>").error().text, HasSubstr("not XML"));
  EXPECT_THAT(read_document<Request>("<html/>").error().text, HasSubstr("<html>, not <Autodiscover>"));
}

TEST(AutodiscoverJson, BothWays) {
  auto answer = JsonAnswer::parse(JsonAnswer{"AutodiscoverV1", "https://a/b", {}, {}}.to_json());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->url, "https://a/b");
  answer = JsonAnswer::parse(JsonAnswer{{}, {}, "InvalidProtocol", "no \"x\""}.to_json());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->message, "no \"x\"");
  EXPECT_FALSE(JsonAnswer::parse("[]").ok());
  EXPECT_FALSE(JsonAnswer::parse("{}").ok());
  EXPECT_FALSE(JsonAnswer::parse(std::string(2000, '[')).ok());
}

}  // namespace
}  // namespace ropewalk::autodiscover
