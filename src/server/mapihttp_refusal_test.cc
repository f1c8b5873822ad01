// What the endpoint refuses, and how: never with a status 500, never without a line in the log.
#include "server/endpoint_fixture.h"

#include <thread>

namespace ropewalk::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// ---- who may come in ----

TEST_F(Endpoint, WithoutCredentialsThereIsAChallenge) {
  start();
  auto one = client();
  one->headers.erase("Authorization");
  TestReply reply = one->connect(dns_[0]);
  EXPECT_EQ(reply.status, 401);  // MS-OXCMAPIHTTP_R36 MS-OXCMAPIHTTP_R35 MS-OXCMAPIHTTP_R50 MS-OXCMAPIHTTP_R1331
  EXPECT_EQ(reply.headers.get("WWW-Authenticate"), "Basic realm=\"Ropewalk\", charset=\"UTF-8\"");
  for (const char* wrong : {"Basic", "Basic !!!", "Basic dXNlcg==", "Bearer abc", "Negotiate TlRMTVNTUAAB"}) {
    one->headers["Authorization"] = wrong;
    EXPECT_EQ(one->connect(dns_[0]).status, 401) << wrong;
  }
  EXPECT_EQ(server_->sessions().size(), 0u);
}

TEST_F(Endpoint, EveryFormOfTheUsersNameIsTaken) {
  start();
  for (const char* login : {"user1@ropewalk.test", "USER1@Ropewalk.TEST", "ROPEWALK\\user1", "user1"}) {
    TestClient one(url(), login, "secret");
    EXPECT_EQ(one.connect(dns_[0]).code(), 0) << login;
  }
}

TEST_F(Endpoint, WrongPasswordsAreRefusedAndThenSlowedDown) {
  config_.failures_in_a_row = 3;
  start();
  TestClient one(url(), "user1@ropewalk.test", "wrong");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(one.connect(dns_[0]).status, 401);
  TestReply limited = one.connect(dns_[0]);
  EXPECT_EQ(limited.status, 503);
  EXPECT_NE(limited.headers.get("Retry-After"), "");
  EXPECT_EQ(connected(2)->ping().code(), 0);  // others are not
  EXPECT_THAT(log(), AllOf(HasSubstr("refused with 401: user \"user1@ropewalk.test\" gave a wrong password"),
                           HasSubstr("refused with 503")));
}

TEST_F(Endpoint, APasswordChangeIsFeltAtOnce) {
  start();
  auto one = connected();
  ASSERT_TRUE(server_->directory().set_password("user1@ropewalk.test", "another").ok());
  EXPECT_EQ(one->execute(bytes_of("x")).status, 401);
  one->headers["Authorization"] = directory::basic_header("user1", "another");
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
}

TEST_F(Endpoint, ConnectAnswersWhoMayNot) {
  start();
  auto one = client();
  auto error_of = [&](std::string_view dn) {
    TestReply reply = one->connect(dn);
    EXPECT_EQ(reply.code(), 0);
    return reply.body<mapihttp::ConnectResponse>().error_code;
  };
  EXPECT_EQ(error_of(""), ErrorCode::access_denied);
  EXPECT_EQ(error_of("/o=Nobody/cn=x"), ErrorCode::unknown_user);
  EXPECT_EQ(error_of(dns_[1]), ErrorCode::access_denied);
  EXPECT_EQ(server_->sessions().size(), 0u);
  EXPECT_TRUE(one->cookies.empty());
  std::string upper = dns_[0];
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(error_of(upper), ErrorCode::none);
}

// ---- what is refused ----

TEST_F(Endpoint, RefusalsHaveTheProtocolsOwnCodes) {
  start();
  auto one = connected();
  expect_refusal(one->request("NoSuchType"), 5);  // MS-OXCMAPIHTTP_R141
  expect_refusal(one->request("Bind"), 5);
  expect_refusal(one->request(""), 7);  // MS-OXCMAPIHTTP_R143
  one->headers["X-RequestId"] = "";
  expect_refusal(one->ping(), 7);
  one->headers.erase("X-RequestId");
  one->headers["Content-Type"] = "text/xml";
  expect_refusal(one->execute(bytes_of("x")), 4);
  one->headers["Content-Type"] = "application/octet-stream";
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
  one->headers["Content-Type"] = "";
  EXPECT_EQ(one->ping().code(), 0);
  for (const char* method : {"GET", "PUT", "DELETE", "OPTIONS"}) {
    one->method = method;
    expect_refusal(one->request("PING"), 2);
  }
  one->method = "POST";
  one->set_path("/mapi/elsewhere");
  expect_refusal(one->ping(), 3);
  one->set_path("/elsewhere");
  EXPECT_EQ(one->ping().status, 404);
  EXPECT_THAT(log(), HasSubstr("user1@ropewalk.test at 127.0.0.1, NoSuchType: refused with 5 (Invalid Request Type)"));
}

TEST_F(Endpoint, Cookies) {
  start();
  auto one = connected(), two = connected(2);
  auto good = one->cookies;
  one->cookies.clear();
  for (const char* type : {"Execute", "NotificationWait", "Disconnect"})
    expect_refusal(one->request(type, kWait), 13);  // MS-OXCMAPIHTTP_R149
  EXPECT_EQ(one->ping().code(), 0);
  one->cookies["MapiContext"] = "nonsense";
  expect_refusal(one->execute(bytes_of("x")), 6);  // MS-OXCMAPIHTTP_R142
  one->cookies["MapiContext"] = "0123456789ABCDEF0123456789ABCDEF";
  expect_refusal(one->execute(bytes_of("x")), 10);  // MS-OXCMAPIHTTP_R146
  expect_refusal(one->ping(), 10);
  one->cookies = two->cookies;
  expect_refusal(one->execute(bytes_of("x")), 10);  // MS-OXCMAPIHTTP_R1225
  expect_refusal(one->disconnect(), 10);
  EXPECT_EQ(two->execute(bytes_of("x")).code(), 0);

  one->cookies = good;
  one->cookies.erase("MapiSequence");
  expect_refusal(one->execute(bytes_of("x")), 13);
  one->cookies = good;
  one->cookies.erase("MapiSequence");
  EXPECT_EQ(one->notification_wait().code(), 0);  // needs no sequence
  for (const char* wrong : {"", "x", "-1", "99999999999999999999999", "0"}) {
    one->cookies = good;
    one->cookies["MapiSequence"] = wrong;
    TestReply reply = one->execute(bytes_of("x"));
    EXPECT_EQ(reply.code(), *wrong == '0' ? 0 : 15) << wrong;  // MS-OXCMAPIHTTP_R151
  }
  EXPECT_EQ(server_->sessions().size(), 2u);
}

TEST_F(Endpoint, AnOldSequenceNumberIsRefused) {
  start();
  auto one = connected();
  auto old = one->cookies;
  for (int i = 0; i < 8; ++i) EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
  auto current = one->cookies;
  one->cookies = old;
  TestReply reply = one->execute(bytes_of("x"));
  expect_refusal(reply, 15);
  EXPECT_EQ(one->cookies, current);  // even a refusal brings the session's cookies
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
}

TEST_F(Endpoint, BodiesThatCannotBeRead) {
  start();
  auto one = connected();
  std::string good = execute_body("x");
  for (std::size_t length = 0; length < good.size(); ++length)
    expect_refusal(one->request("Execute", std::string_view(good).substr(0, length)), 12);  // MS-OXCMAPIHTTP_R148
  expect_refusal(one->request("Execute", good + "x"), 12);
  expect_refusal(one->request("NotificationWait", "xyz"), 12);
  expect_refusal(one->request("Disconnect", "xyz"), 12);
  expect_refusal(one->request("Connect", "/o=R/cn=x"), 12);
  std::string huge = good;
  store_le<u32>(reinterpret_cast<u8*>(huge.data()) + 4, 0xFFFFFFFF);  // RopBufferSize
  expect_refusal(one->request("Execute", huge), 12);
  EXPECT_EQ(rops_->runs, 0);
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
  EXPECT_EQ(one->request("Disconnect", "").code(), 0);  // some clients send none
}

TEST_F(Endpoint, RopBuffersThatCannotBeRead) {
  start();
  auto one = connected();
  auto error_of = [&](std::string_view rop_buffer) {
    mapihttp::ExecuteRequest body;
    body.rop_buffer = bytes_of(rop_buffer);
    body.max_rop_out = 0x8008;
    TestReply reply = one->request("Execute", TestClient::encoded(body));
    EXPECT_EQ(reply.code(), 0);
    auto executed = reply.body<mapihttp::ExecuteResponse>();
    EXPECT_EQ(executed.status_code, 0u);
    EXPECT_TRUE(executed.rop_buffer.empty());
    return executed.error_code;
  };
  EXPECT_EQ(error_of(""), ErrorCode::rpc_failed);
  EXPECT_EQ(error_of("0123456789"), ErrorCode::rpc_format);
  TestReply reply = one->execute(bytes_of("bad"));
  EXPECT_EQ(reply.body<mapihttp::ExecuteResponse>().error_code, ErrorCode::rpc_format);
  expect_refusal(one->execute(bytes_of("throw")), 1);  // and never status 500
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
  EXPECT_THAT(log(), HasSubstr("Unknown Failure): the disk is gone"));
}

TEST_F(Endpoint, TooLargeRequests) {
  start();
  auto one = connected();
  expect_refusal(one->request("Execute", std::string(0x40000 + 0x3000, 'x')), 9);
  mapihttp::ExecuteRequest body;
  std::vector<u8> rops(0x40001);
  body.rop_buffer = rops;
  expect_refusal(one->request("Execute", TestClient::encoded(body)), 9);
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
}

TEST_F(Endpoint, TruncatedAndEndlessBodies) {
  start();
  auto one = connected();
  std::string head = raw_request(*one, "Execute", "");
  std::string chunked = head.substr(0, head.find("Content-Length")) + "Transfer-Encoding: chunked\r\n\r\n";
  {
    Wire wire(port());
    wire.send(chunked + "5\r\nabc");
  }  // gone in the middle
  {
    Wire wire(port());
    wire.send(chunked + "zz\r\nabc\r\n");
    EXPECT_THAT(wire.read_until(""), StartsWith("HTTP/1.1 400"));
  }
  {
    Wire wire(port());
    wire.send(chunked + "FFFFFFFFFFFFFFFF\r\nabc");
    EXPECT_THAT(wire.read_until(""), AllOf(StartsWith("HTTP/1.1 4"), HasSubstr("\r\n\r\n")));
  }
  {
    Wire wire(port());
    std::string body = execute_body("chunks");
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    wire.send(chunked + size + body + "\r\n0\r\n\r\n");
    EXPECT_THAT(wire.read_until("0\r\n\r\n"), HasSubstr("X-ResponseCode: 0\r\n"));
  }
  EXPECT_EQ(rops_->runs, 1);
  // The answer is with the client a moment before the request is over.
  auto session = session_of(*one);
  for (int i = 0; i < 500 && session->busy != 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(session->busy, 0u);
}

}  // namespace
}  // namespace ropewalk::server
