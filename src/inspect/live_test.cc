// From what a server's tap tells to operations in a store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <thread>

#include "base/base64.h"
#include "dissect/dissector.h"
#include "inspect/live_feed.h"
#include "inspect/live_packets.h"
#include "inspect/remote_api.h"
#include "inspect/test_operations.h"
#include "protocol/emsmdb/methods.h"

namespace ropewalk::inspect {
namespace {

using namespace std::chrono_literals;
using server::TapCall;
using server::TapLink;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const TapLink kHttp{"198.51.100.9", "192.0.2.7", 50'000, 443, 0};

net::HttpRequest execute_request() {
  net::HttpRequest request;
  request.method = "POST";
  request.path = "/mapi/emsmdb/";
  request.query = "MailboxId=x@ropewalk.test";
  const std::string secret = "user1@ropewalk.test:hunter2";
  request.headers.add("Host", "mail.ropewalk.test");
  request.headers.add("Authorization", "Basic " + to_base64(bytes_of(secret)));
  request.headers.add("Cookie", "MapiContext=TOPSECRET; MapiSequence=7");
  request.headers.add("Content-Type", "application/mapi-http");
  request.headers.add("X-RequestType", "Execute");
  request.headers.add("Content-Length", "56");
  dissect::Operation sample;
  add_content(sample, sample_rops(0x0500000000000001));
  request.body.assign(sample.buffers[0].bytes.begin(), sample.buffers[0].bytes.end());
  return request;
}

constexpr std::string_view kResponseLines =
    "Content-Type: application/mapi-http\r\nX-ResponseCode: 0\r\nX-RequestType: Execute\r\n"
    "Set-Cookie: MapiContext=TOPSECRET; path=/mapi/; secure\r\n";

class LivePacketsTest : public testing::Test {
 protected:
  std::vector<dissect::Operation> operations_;
  dissect::Dissector dissector_{
      LivePackets::kLinkType, {}, [this](const dissect::Operation& o) { operations_.push_back(o); }};
  LivePackets packets_{[this](const capture::Packet& packet) { dissector_.add(packet); }};

  std::string all() const {
    std::string text;
    for (const auto& operation : operations_) {
      text += boost::json::serialize(wire::to_json(operation.tree));
      for (const auto& buffer : operation.buffers) text.append(buffer.bytes.begin(), buffer.bytes.end());
    }
    return text;
  }
};

TEST_F(LivePacketsTest, HttpIsExplainedAsInACapture) {
  const net::HttpRequest request = execute_request();
  for (const TapLink& link : {kHttp, TapLink{"2001:db8::9", "192.0.2.7", 50'001, 443, 0}}) {
    packets_.http_request(link, 1'000, http_head(request), request.body);
    packets_.http_response(link, 2'000, http_head(200, kResponseLines), "PROCESSING\r\nDONE\r\n\r\n");
  }
  dissector_.finish();
  ASSERT_EQ(operations_.size(), 4u);
  EXPECT_EQ(operations_[0].layer, "MAPIHTTP");
  EXPECT_EQ(operations_[0].name, "Execute");
  ASSERT_EQ(operations_[0].rops.size(), 2u);
  EXPECT_EQ(operations_[0].rops[0].name, "RopOpenFolder");
  EXPECT_EQ(operations_[0].src, "198.51.100.9:50000");
  EXPECT_EQ(operations_[2].src, "[2001:db8::9]:50001");
  EXPECT_EQ(operations_[1].answers, operations_[0].number);
  EXPECT_EQ(operations_[1].round_trip, 1'000);
}

TEST_F(LivePacketsTest, PasswordsAndCookiesDoNotComeThrough) {
  const net::HttpRequest request = execute_request();
  packets_.http_request(kHttp, 1, http_head(request), request.body);
  packets_.http_response(kHttp, 2, http_head(200, kResponseLines), "");
  dissector_.finish();
  ASSERT_EQ(operations_.size(), 2u);
  const std::string secret = "user1@ropewalk.test:hunter2";
  EXPECT_THAT(all(), AllOf(Not(HasSubstr("TOPSECRET")), Not(HasSubstr("hunter2")),
                           Not(HasSubstr(to_base64(bytes_of(secret)))), HasSubstr("MapiContext=")));
  EXPECT_THAT(http_head(request), HasSubstr("Authorization: Basic "));
}

TEST_F(LivePacketsTest, ARequestWithoutAnswerDoesNotConfuseTheNext) {
  const net::HttpRequest request = execute_request();
  for (int i = 0; i < 3; ++i) packets_.http_request(kHttp, i, http_head(request), request.body);
  packets_.http_response(kHttp, 9, http_head(200, kResponseLines), "DONE\r\n\r\n");
  dissector_.finish();
  ASSERT_EQ(operations_.size(), 4u);
  EXPECT_EQ(operations_[3].answers, operations_[2].number);
}

TEST_F(LivePacketsTest, RpcCallsComeWithTheirInterface) {
  const TapLink link{"198.51.100.9", "192.0.2.7", 0, 0, 17};
  TapCall call{.interface = emsmdb::kEmsmdb.id, .call_id = 5, .context_id = 1, .opnum = 11};
  packets_.rpc_request(link, 10, call, std::vector<u8>(100'000));
  packets_.rpc_response(link, 20, call, std::vector<u8>(64));
  call.call_id = 6;
  call.context_id = 2;
  call.ndr64 = true;
  packets_.rpc_request(link, 30, call, {});
  call.fault = 0x1C010002;
  packets_.rpc_response(link, 40, call, {});
  dissector_.finish();
  std::vector<std::string> names;
  for (const auto& operation : operations_) names.push_back(operation.layer + " " + operation.name);
  EXPECT_THAT(names, testing::ElementsAre("DCERPC bind", "DCERPC bind_ack", "EMSMDB EcDoRpcExt2", "EMSMDB EcDoRpcExt2",
                                          "DCERPC alter_context", "DCERPC alter_context_resp", "EMSMDB EcDoRpcExt2",
                                          testing::_));
  EXPECT_EQ(operations_[3].answers, operations_[2].number);
  EXPECT_NE(operations_[7].error, 0u);
}

TEST_F(LivePacketsTest, ConnectionsAreBounded) {
  const net::HttpRequest request = execute_request();
  for (std::size_t i = 0; i < LivePackets::kMaxConnections + 500; ++i) {
    TapLink link = kHttp;
    link.client = "198.51." + std::to_string(i / 200) + "." + std::to_string(i % 200);
    packets_.http_request(link, static_cast<i64>(i), http_head(request), request.body);
  }
  dissector_.finish();
  EXPECT_EQ(operations_.size(), LivePackets::kMaxConnections + 500);
}

class LiveFeedTest : public testing::Test {
 protected:
  template <class Condition>
  bool eventually(Condition condition) {
    for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    return condition();
  }
  server::Tap tap_;
  OperationStore store_;
  Progress progress_;
};

TEST_F(LiveFeedTest, NobodyIsWatchedBeforeSomebodyLooks) {
  LiveFeed feed(tap_, store_, progress_, true);
  EXPECT_FALSE(tap_.is_watched());
  feed.touch();
  ASSERT_TRUE(tap_.is_watched());
  tap_.watcher()->http_request(kHttp, execute_request());
  tap_.watcher()->http_response(kHttp, 200, kResponseLines, "DONE\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return store_.extent().count == 2; }));
}

TEST_F(LiveFeedTest, WhatPeopleWroteIsMaskedUnlessAskedFor) {
  for (const bool masked : {true, false}) {
    OperationStore store;
    LiveFeed feed(tap_, store, progress_, masked);
    feed.touch();
    tap_.watcher()->http_request(kHttp, execute_request());
    ASSERT_TRUE(eventually([&] { return store.extent().count == 1; }));
    auto operation = store.whole(1);
    ASSERT_TRUE(operation.ok()) << operation.error().text;
    const std::string tree = boost::json::serialize(wire::to_json(operation->tree));
    EXPECT_EQ(tree.find("redacted") != std::string::npos, masked);
    EXPECT_THAT(tree, AllOf(HasSubstr("RopOpenFolder"), Not(HasSubstr("hunter2"))));
  }
  EXPECT_FALSE(tap_.is_watched());
}

TEST_F(LiveFeedTest, AFloodIsCutOffAndSaid) {
  LiveFeed feed(tap_, store_, progress_, true);
  feed.touch();
  const std::string body(1 << 20, 'x');
  for (int i = 0; i < 200; ++i) tap_.watcher()->http_response(kHttp, 200, "", body);
  EXPECT_TRUE(eventually([&] { return progress_.get().note.find("not shown") != std::string::npos; }));
}

TEST(AdminUrl, IsTakenApart) {
  auto plain = parse_admin_url("https://mail.ropewalk.test:8444/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "mail.ropewalk.test");
  EXPECT_EQ(plain->port, 8444);
  EXPECT_EQ(parse_admin_url("https://[::1]:8444")->host, "::1");
  EXPECT_EQ(parse_admin_url("https://localhost")->port, 443);
  for (const char* wrong :
       {"http://localhost:1/", "https://", "https://:8444", "https://a:0", "https://a:70000", "https://a:x",
        "https://a/b", "https://[::1", "https://[]:1", "localhost:8444", "https://a:", "https://u@a:1"})
    EXPECT_FALSE(parse_admin_url(wrong)) << wrong;
}

}  // namespace
}  // namespace ropewalk::inspect
