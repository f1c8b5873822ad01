// Autodiscover's documents and the offline address book's downloads as operations.
#include "dissect/documents.h"

#include <boost/json/serialize.hpp>

#include "dissect/filter.h"
#include "dissect/operation_filter.h"
#include "dissect/redact.h"
#include "dissect/test_conversation.h"
#include "protocol/autodiscover/messages.h"
#include "protocol/oab/manifest.h"

namespace ropewalk::dissect {
namespace {

using capture::Side;

std::string post(const std::string& body) {
  return "POST /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}
std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

std::string asked_for(const std::string& address) {
  autodiscover::Request request;
  request.request.emplace();
  request.request->email_address = address;
  request.request->acceptable_response_schema = autodiscover::kOutlookResponseSchema;
  return xml::write_document(request);
}

std::string found() {
  autodiscover::Account account;
  account.account_type = "email";
  autodiscover::Protocol http, exch;
  http.type_attribute = "mapiHttp";
  http.mail_store = autodiscover::Urls{"https://a/mapi/emsmdb/", "https://b/mapi/emsmdb/"};
  exch.type = "EXCH";
  exch.server = "server<1>";
  account.protocols = {http, exch};
  return xml::write_document(autodiscover::Response::of({"user1", "/o=x/cn=user1", "", ""}, account));
}

bool is_found(const Operation& operation, std::string_view text) {
  auto filter = Filter::parse(text, operation_names());
  EXPECT_TRUE(filter.ok()) << text << ": " << (filter.ok() ? "" : filter.error().text);
  return filter.ok() && matches(*filter, operation);
}

TEST(Documents, AutodiscoverIsATree) {
  HttpConversation talk("");
  talk.raw(Side::client, post(asked_for("user1@ropewalk.test")));
  talk.raw(Side::server, ok(found()));
  talk.raw(Side::client, post(asked_for("nobody@ropewalk.test")));
  talk.raw(Side::server,
           ok(xml::write_document(autodiscover::Response::of(autodiscover::ErrorCode::address_not_found, 1, 7))));
  auto all = talk.told("autodiscover.pcap");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].layer, "AUTODISCOVER");
  EXPECT_EQ(all[0].detail, "for \"user1@ropewalk.test\"");
  EXPECT_EQ(values(all[0], "EMailAddress"), std::vector<std::string>{"user1@ropewalk.test"});
  EXPECT_EQ(all[1].answers, 1u);
  EXPECT_EQ(all[1].detail, "mapiHttp, EXCH");
  EXPECT_EQ(values(all[1], "ExternalUrl"), std::vector<std::string>{"https://b/mapi/emsmdb/"});
  EXPECT_EQ(values(all[1], "Server"), std::vector<std::string>{"server<1>"});
  EXPECT_TRUE(is_found(all[1], "autodiscover.Protocol.Server == \"server<1>\""));
  EXPECT_TRUE(is_found(all[1], "autodiscover and mapi.MailStore.InternalUrl contains \"emsmdb\""));
  EXPECT_EQ(all[3].error, 500u);
  EXPECT_EQ(all[3].result, "ErrorCode 500: The email address cannot be found.");
  redact(all[1]);
  EXPECT_EQ(boost::json::serialize(to_json(all[1])).find("server<"), std::string::npos);
}

TEST(Documents, AutodiscoverInJson) {
  HttpConversation talk("");
  talk.raw(Side::client, get("/autodiscover/autodiscover.json/v1.0/user1@ropewalk.test?Protocol=AutodiscoverV1"));
  talk.raw(Side::server, ok(autodiscover::JsonAnswer{"AutodiscoverV1", "https://a/", "", ""}.to_json()));
  auto all = talk.told("autodiscover-json.pcap");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].detail, "AutodiscoverV1 at \"https://a/\"");
  EXPECT_EQ(values(all[1], "Url"), std::vector<std::string>{"https://a/"});
  EXPECT_TRUE(is_found(all[1], "autodiscover.Json.Url == \"https://a/\""));
}

TEST(Documents, OfflineAddressBooksAreDownloads) {
  oab::ManifestFile full;
  full.sha1 = "00";
  full.name = "x.lzx";
  oab::ManifestList list;
  list.full = full;
  oab::Manifest manifest;
  manifest.lists.push_back(list);
  HttpConversation talk("");
  talk.raw(Side::client, get("/OAB/1/oab.xml"));
  talk.raw(Side::server, ok(xml::write_document(manifest)));
  talk.raw(Side::client, get("/OAB/1/x.lzx"));
  talk.raw(Side::server, ok("abcd"));
  auto all = talk.told("oab.pcap");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].layer, "OAB");
  EXPECT_EQ(values(all[1], "SHA"), std::vector<std::string>{"00"});
  EXPECT_EQ(values(all[1], "Text"), std::vector<std::string>{"x.lzx"});
  EXPECT_EQ(values(all[3], "File"), std::vector<std::string>{"61626364"});
  EXPECT_TRUE(is_found(all[3], "oab and http"));
}

// Offsets that are not the document's, documents that are none.
TEST(Documents, WhatCannotBeReadStaysText) {
  for (std::string_view none : {"", "<a>", "text", "{}", "<!DOCTYPE a><a/>"}) EXPECT_FALSE(read_xml(bytes_of(none)));
  std::string wide;
  for (char c : std::string_view("<a><b>1</b></a>")) wide += std::string{c, '\0'};
  EXPECT_FALSE(read_xml(bytes_of("\xFF\xFE" + wide)));
  auto plain = read_xml(bytes_of("\n <!-- c --> <x:a xmlns:x='u' k='v'><b/>t<c>&lt;</c></x:a>  "));
  ASSERT_TRUE(plain);
  EXPECT_EQ(wire::to_text(plain->node).find("padding"), std::string::npos);
  HttpConversation talk("");
  talk.raw(Side::client, post("\xFF\xFE" + wide));
  EXPECT_EQ(talk.told("autodiscover-utf16.pcap").size(), 1u);
}

}  // namespace
}  // namespace ropewalk::dissect
