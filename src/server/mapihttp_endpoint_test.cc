// The endpoint's ordinary course, over real sockets. Requirement ids are of
// ../shared/spec/requirements/MS-OXCMAPIHTTP.tsv.
#include "base/utf16.h"
#include "server/endpoint_fixture.h"

namespace ropewalk::server {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

// ---- the ordinary course ----

TEST_F(Endpoint, ASessionFromConnectToDisconnect) {
  start();
  auto one = client();
  TestReply reply = one->connect(dns_[0]);  // MS-OXCMAPIHTTP_R181
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(reply.status, 200);  // MS-OXCMAPIHTTP_R48 MS-OXCMAPIHTTP_R43
  EXPECT_EQ(reply.code(), 0);    // MS-OXCMAPIHTTP_R55 MS-OXCMAPIHTTP_R133 MS-OXCMAPIHTTP_R136 MS-OXCMAPIHTTP_R1301
  EXPECT_EQ(reply.headers.get("Content-Type"), "application/mapi-http");  // MS-OXCMAPIHTTP_R2037
  EXPECT_EQ(reply.headers.get("X-RequestType"), "Connect");               // MS-OXCMAPIHTTP_R176
  // Section 2.2.4.1.2: the body is all read, field by field.
  // MS-OXCMAPIHTTP_R209 MS-OXCMAPIHTTP_R1349 MS-OXCMAPIHTTP_R210 MS-OXCMAPIHTTP_R211 MS-OXCMAPIHTTP_R212
  // MS-OXCMAPIHTTP_R214 MS-OXCMAPIHTTP_R215 MS-OXCMAPIHTTP_R216 MS-OXCMAPIHTTP_R1351 MS-OXCMAPIHTTP_R218
  // MS-OXCMAPIHTTP_R1352 MS-OXCMAPIHTTP_R1218 MS-OXCMAPIHTTP_R2224 MS-OXCMAPIHTTP_R1431
  auto body = reply.body<mapihttp::ConnectResponse>();
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(body.status_code, 0u);
  EXPECT_EQ(body.error_code, ErrorCode::none);
  EXPECT_EQ(body.polls_max, 60'000u);
  EXPECT_EQ(body.retry_count, 6u);
  EXPECT_EQ(body.retry_delay, 10'000u);
  EXPECT_EQ(body.dn_prefix.text(), "");
  EXPECT_EQ(utf16_to_utf8(body.display_name.bytes), "The user1");
  EXPECT_FALSE(body.auxiliary_buffer.empty());
  // MS-OXCMAPIHTTP_R1219 MS-OXCMAPIHTTP_R1221 MS-OXCMAPIHTTP_R1147 MS-OXCMAPIHTTP_R68
  EXPECT_EQ(one->cookies.at("MapiContext").size(), 32u);
  EXPECT_NE(one->cookies.at("MapiSequence"), "");
  EXPECT_EQ(server_->sessions().size(), 1u);

  std::string sequence = one->cookies.at("MapiSequence");
  reply = one->execute(bytes_of("rops"));  // MS-OXCMAPIHTTP_R226
  EXPECT_EQ(reply.code(), 0) << reply.raw;
  // MS-OXCMAPIHTTP_R250 MS-OXCMAPIHTTP_R1356 MS-OXCMAPIHTTP_R251 MS-OXCMAPIHTTP_R245 MS-OXCMAPIHTTP_R1358
  // MS-OXCMAPIHTTP_R253 MS-OXCMAPIHTTP_R254 MS-OXCMAPIHTTP_R1360 MS-OXCMAPIHTTP_R255 MS-OXCMAPIHTTP_R256
  // MS-OXCMAPIHTTP_R1361
  auto executed = reply.body<mapihttp::ExecuteResponse>();
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(executed.status_code, 0u);
  EXPECT_EQ(executed.error_code, ErrorCode::none);
  EXPECT_EQ(executed.flags, 0u);
  Arena arena;
  auto opened = emsmdb::open_extended_buffers(executed.rop_buffer, arena);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(text_of(opened->front()), "rops");
  EXPECT_NE(one->cookies.at("MapiSequence"), sequence);
  EXPECT_EQ(rops_->last_code_page, 1252u);
  EXPECT_EQ(rops_->last_version.to_string(), "16.0.15928.20006");

  std::string context = one->cookies.at("MapiContext");
  reply = one->disconnect();  // MS-OXCMAPIHTTP_R304 MS-OXCMAPIHTTP_R1250 MS-OXCMAPIHTTP_R2234
  EXPECT_EQ(reply.code(), 0) << reply.raw;
  // MS-OXCMAPIHTTP_R281 MS-OXCMAPIHTTP_R1363 MS-OXCMAPIHTTP_R288 MS-OXCMAPIHTTP_R289 MS-OXCMAPIHTTP_R290
  // MS-OXCMAPIHTTP_R1365
  EXPECT_EQ(reply.body<mapihttp::DisconnectResponse>().error_code, ErrorCode::none);
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(reply.headers.all("Set-Cookie").size(), 2u);  // MS-OXCMAPIHTTP_R1255
  EXPECT_EQ(server_->sessions().size(), 0u);
  one->cookies["MapiContext"] = context;
  expect_refusal(one->execute(bytes_of("rops")), 10);  // MS-OXCMAPIHTTP_R2236 MS-OXCMAPIHTTP_R1253
  EXPECT_EQ(rops_->runs, 1);
}

TEST_F(Endpoint, HeadersOfEveryResponse) {
  start();
  auto one = connected();
  one->headers["X-DeviceInfo"] = "some box";
  std::vector<TestReply> replies;
  replies.push_back(one->execute(bytes_of("x")));
  replies.push_back(one->ping());                     // MS-OXCMAPIHTTP_R1124 MS-OXCMAPIHTTP_R1247 MS-OXCMAPIHTTP_R1127
  EXPECT_TRUE(replies.back().stream.body().empty());  // MS-OXCMAPIHTTP_R1460 MS-OXCMAPIHTTP_R1249
  replies.push_back(one->notification_wait());
  replies.push_back(one->request("NoSuchType"));
  replies.push_back(one->request("Execute", "garbage"));
  replies.push_back(one->disconnect());
  std::string last_id;
  for (TestReply& reply : replies) {
    EXPECT_EQ(reply.error, "");
    bool is_good = reply.code() == 0;
    // MS-OXCMAPIHTTP_R164 MS-OXCMAPIHTTP_R165
    EXPECT_THAT(std::string(reply.headers.get("X-ServerApplication")),
                MatchesRegex("Exchange/15\\.[0-9]+\\.[0-9]+\\.[0-9]+"));
    EXPECT_EQ(reply.headers.get("X-ExpirationInfo"), "900000");  // MS-OXCMAPIHTTP_R167
    EXPECT_EQ(reply.headers.get("X-PendingPeriod"), "100");      // MS-OXCMAPIHTTP_R157 MS-OXCMAPIHTTP_R1242
    // MS-OXCMAPIHTTP_R156 MS-OXCMAPIHTTP_R155 MS-OXCMAPIHTTP_R1146
    EXPECT_EQ(reply.headers.get("X-ClientInfo"), "{2EF33C39-49C8-421C-B876-CDF7F2AC3AA0}:123");
    // MS-OXCMAPIHTTP_R2040 MS-OXCMAPIHTTP_R1330 MS-OXCMAPIHTTP_R1432
    std::string id(reply.headers.get("X-RequestId"));
    EXPECT_THAT(id, StartsWith("{E2EA6C1C-E61B-49E9-9CFB-38184F907552}:"));
    EXPECT_NE(id, last_id);
    last_id = id;
    EXPECT_FALSE(reply.headers.has("X-DeviceInfo"));           // MS-OXCMAPIHTTP_R2050
    EXPECT_EQ(reply.headers.has("Content-Length"), !is_good);  // MS-OXCMAPIHTTP_R62 MS-OXCMAPIHTTP_R1232
    if (is_good) {
      EXPECT_EQ(reply.headers.get("Transfer-Encoding"), "chunked");  // MS-OXCMAPIHTTP_R76 MS-OXCMAPIHTTP_R1300
    }
    if (is_good || id.ends_with(":6")) {
      std::vector<std::string> names;
      for (auto text : reply.headers.all("Set-Cookie")) names.emplace_back(mapihttp::parse_set_cookie(text)->name);
      EXPECT_THAT(names, ElementsAre("MapiContext", "MapiSequence"));  // MS-OXCMAPIHTTP_R1236 MS-OXCMAPIHTTP_R1261
    }
    if (!is_good) continue;
    EXPECT_THAT(reply.raw,
                StartsWith("PROCESSING\r\n"));  // MS-OXCMAPIHTTP_R1131 MS-OXCMAPIHTTP_R1238 MS-OXCMAPIHTTP_R1134
    EXPECT_THAT(reply.raw, HasSubstr("\r\nDONE\r\n"));  // MS-OXCMAPIHTTP_R1136 MS-OXCMAPIHTTP_R1244
    // MS-OXCMAPIHTTP_R168 MS-OXCMAPIHTTP_R169 MS-OXCMAPIHTTP_R2228 MS-OXCMAPIHTTP_R2231 MS-OXCMAPIHTTP_R1461
    EXPECT_THAT(std::string(reply.stream.header("X-ElapsedTime")), MatchesRegex("[0-9]+"));
    // MS-OXCMAPIHTTP_R170 MS-OXCMAPIHTTP_R171
    EXPECT_THAT(std::string(reply.stream.header("X-StartTime")),
                MatchesRegex("[A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] [0-9]+ [0-9:]+ GMT"));
  }
}

// MS-OXCMAPIHTTP_R41 MS-OXCMAPIHTTP_R42 MS-OXCMAPIHTTP_R1229: the response as its bytes stand on the wire, the
// meta-tags in front.
TEST_F(Endpoint, TheBytesOfAChunkedResponse) {
  start();
  auto one = connected();
  Wire wire(port());
  wire.send(raw_request(*one, "Execute", execute_body("abc")));
  std::string text = wire.read_until("\r\n0\r\n\r\n");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  std::size_t body = text.find("\r\n\r\n") + 4;
  std::size_t line = text.find("\r\n", body);
  std::size_t size = std::stoul(text.substr(body, line - body), nullptr, 16);
  EXPECT_EQ(line + 2 + size + 7, text.size());  // one chunk holds it all
  EXPECT_EQ(text.substr(line + 2, 12), "PROCESSING\r\n");
}

// MS-OXCMAPIHTTP_R2 MS-OXCMAPIHTTP_R456
TEST_F(Endpoint, ServesOverTlsAndInLowerCase) {
  config_.http_port = std::nullopt;
  config_.https_port = 0;
  start();
  EXPECT_THAT(url(), StartsWith("https://127.0.0.1:"));
  auto one = client();
  one->set_path("/MAPI/EmsMDB?MailboxId=a@ropewalk.test");
  for (const char* name : {"Content-Type", "X-ClientInfo", "X-ClientApplication", "Authorization"}) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    one->headers[lower] = one->headers[name];
    one->headers.erase(name);
  }
  EXPECT_EQ(one->connect(dns_[0]).code(), 0);
  EXPECT_EQ(one->request("execute", execute_body("x")).code(), 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "tls" / "certificate.pem"));
  one->http().close();  // a session does not hang on its connection
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
}

TEST_F(Endpoint, ClientsThatSendTheSameIdsInAllSessionsAreServed) {
  start();
  auto one = connected(), two = connected();
  EXPECT_NE(one->cookies["MapiContext"], two->cookies["MapiContext"]);
  for (auto* client : {one.get(), two.get()}) {
    client->headers["X-RequestId"] = "{E2EA6C1C-E61B-49E9-9CFB-38184F907552}:1";
    for (int i = 0; i < 3; ++i) {
      TestReply reply = client->execute(bytes_of("x"));
      EXPECT_EQ(reply.code(), 0);
      EXPECT_EQ(reply.headers.get("X-RequestId"), "{E2EA6C1C-E61B-49E9-9CFB-38184F907552}:1");
    }
  }
  EXPECT_EQ(server_->sessions().size(), 2u);
}

// ---- sessions ----

TEST_F(Endpoint, ASessionExpires) {
  config_.session_expiry = 1s;
  start();
  auto one = connected(), two = connected();
  TestReply first = one->ping();
  EXPECT_EQ(first.headers.get("X-ExpirationInfo"), "1000");
  for (int i = 0; i < 4; ++i) {  // PING keeps it alive: MS-OXCMAPIHTTP_R1127
    std::this_thread::sleep_for(400ms);
    EXPECT_EQ(two->ping().code(), 0);
  }
  expect_refusal(one->execute(bytes_of("x")), 10);  // MS-OXCMAPIHTTP_R1283
  for (int i = 0; i < 40 && server_->sessions().size() > 1; ++i) std::this_thread::sleep_for(50ms);
  EXPECT_EQ(server_->sessions().size(), 1u);
}

TEST_F(Endpoint, ANotificationWaitKeepsItsSession) {
  config_.session_expiry = 1s;
  config_.mapihttp.notification_wait = 1800ms;
  start();
  auto one = connected();
  EXPECT_EQ(one->notification_wait().code(), 0);
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);  // the idle time starts when the wait is over
}

TEST_F(Endpoint, ConnectAgainReplacesTheSession) {
  start();
  auto one = connected();
  std::string former = one->cookies["MapiContext"];
  one->cookies["MapiSequence"] = "nonsense";  // MS-OXCMAPIHTTP_R1329
  EXPECT_EQ(one->connect(dns_[0]).code(), 0);
  EXPECT_NE(one->cookies["MapiContext"], former);  // MS-OXCMAPIHTTP_R1278 MS-OXCMAPIHTTP_R1280
  EXPECT_EQ(server_->sessions().size(), 1u);
  auto two = client("user2");
  two->cookies = one->cookies;
  EXPECT_EQ(two->connect(dns_[1]).code(), 0);  // a stranger's cookie ends nothing
  EXPECT_EQ(server_->sessions().size(), 2u);
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
}

TEST_F(Endpoint, SessionsOfAUserAreLimited) {
  config_.sessions_per_user = 2;
  start();
  auto one = connected(), two = connected();
  // A session counts as used until its request is over on the server's side too, a moment after the answer.
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(one->ping().code(), 0);
  auto three = connected();
  EXPECT_EQ(one->ping().code(), 0);
  expect_refusal(two->ping(), 10);
}

// ---- one at a time ----

TEST_F(Endpoint, AShortOverlapWaitsItsTurn) {
  config_.mapihttp.overlap_wait = 10s;
  start();
  auto one = connected();
  auto two = client();
  two->cookies = one->cookies;
  std::thread slow([&] { EXPECT_EQ(one->execute(bytes_of("slow")).code(), 0); });
  while (rops_->runs == 0) std::this_thread::sleep_for(1ms);
  std::thread second([&] { EXPECT_EQ(two->execute(bytes_of("x")).code(), 0); });
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(rops_->runs, 1);
  rops_->let_go();
  slow.join();
  second.join();
  EXPECT_EQ(rops_->most_at_once, 1);
}

TEST_F(Endpoint, ALongOverlapIsAViolation) {
  start();
  auto one = connected();
  auto two = client();
  two->cookies = one->cookies;
  std::thread slow([&] { EXPECT_EQ(one->execute(bytes_of("slow")).code(), 0); });
  while (rops_->runs == 0) std::this_thread::sleep_for(1ms);
  expect_refusal(two->execute(bytes_of("x")), 15);  // MS-OXCMAPIHTTP_R1228
  EXPECT_EQ(two->ping().code(), 0);
  EXPECT_EQ(two->notification_wait().code(), 0);
  rops_->let_go();
  slow.join();
  EXPECT_EQ(two->execute(bytes_of("x")).code(), 0);
}

TEST_F(Endpoint, OtherSessionsGoOnMeanwhile) {
  start();
  auto one = connected(), two = connected();
  std::thread slow([&] { EXPECT_EQ(one->execute(bytes_of("slow")).code(), 0); });
  while (rops_->runs == 0) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(two->execute(bytes_of("x")).code(), 0);
  rops_->let_go();
  slow.join();
}

// MS-OXCMAPIHTTP_R1230 MS-OXCMAPIHTTP_R1241 MS-OXCMAPIHTTP_R1135 MS-OXCMAPIHTTP_R1178 MS-OXCMAPIHTTP_R1173
// MS-OXCMAPIHTTP_R1174 MS-OXCMAPIHTTP_R2227 MS-OXCMAPIHTTP_R1182 MS-OXCMAPIHTTP_R1130 MS-OXCMAPIHTTP_R2226
TEST_F(Endpoint, ASlowExecuteIsToldOf) {
  start();
  auto one = connected();
  Wire wire(port());
  wire.send(raw_request(*one, "Execute", execute_body("slow")));
  std::string text = wire.read_until("PENDING\r\n");
  EXPECT_THAT(text, AllOf(HasSubstr("X-ResponseCode: 0\r\n"), HasSubstr("X-PendingPeriod: 100\r\n"),
                          HasSubstr("\r\n\r\nc\r\nPROCESSING\r\n\r\n9\r\nPENDING\r\n")));
  rops_->let_go();
  text = wire.read_until("\r\n0\r\n\r\n");
  EXPECT_THAT(text, AllOf(HasSubstr("DONE\r\n"), HasSubstr("X-ElapsedTime: ")));  // MS-OXCMAPIHTTP_R1185
  EXPECT_EQ(text.find("PROCESSING"), text.npos);
}

// MS-OXCMAPIHTTP_R2229 MS-OXCMAPIHTTP_R2230 MS-OXCMAPIHTTP_R2232
TEST_F(Endpoint, AFailureAfterTheBeginningIsToldBehindDone) {
  config_.mapihttp.notification_wait = 60s;  // longer than the other client's sign-in takes on a busy machine
  start();
  auto one = connected();
  TestReply reply;
  std::thread waiting([&] { reply = one->notification_wait(); });
  while (session_of(*one)->busy == 0) std::this_thread::sleep_for(1ms);
  auto other = client();
  other->cookies = one->cookies;
  EXPECT_EQ(other->disconnect().code(), 0);
  waiting.join();
  EXPECT_EQ(reply.code(), 0);
  EXPECT_EQ(reply.stream.response_code(), mapihttp::ResponseCode::context_not_found);
  EXPECT_TRUE(reply.stream.body().empty());
}

TEST_F(Endpoint, WhatHasBegunIsFinishedWithoutItsClient) {
  start();
  auto one = connected();
  {
    Wire wire(port());
    wire.send(raw_request(*one, "Execute", execute_body("slow")));
    wire.read_until("PENDING");
  }
  std::this_thread::sleep_for(150ms);
  EXPECT_EQ(session_of(*one)->busy, 1u);
  rops_->let_go();
  auto session = session_of(*one);
  for (int i = 0; i < 100 && session->busy != 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(session->busy, 0u);
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
}

// ---- notifications ----

// MS-OXCMAPIHTTP_R308 MS-OXCMAPIHTTP_R1256 MS-OXCMAPIHTTP_R283 MS-OXCMAPIHTTP_R1369 MS-OXCMAPIHTTP_R297
// MS-OXCMAPIHTTP_R285 MS-OXCMAPIHTTP_R1373 MS-OXCMAPIHTTP_R298 MS-OXCMAPIHTTP_R1374
TEST_F(Endpoint, ANotificationWaitEndsWithAnEvent) {
  config_.mapihttp.notification_wait = 60s;
  start();
  auto one = connected();
  TestReply reply;
  auto started = std::chrono::steady_clock::now();
  std::thread waiting([&] { reply = one->notification_wait(); });
  std::this_thread::sleep_for(350ms);
  session_of(*one)->notifications.push(std::make_unique<Event>());
  waiting.join();
  EXPECT_LT(std::chrono::steady_clock::now() - started, 5s);
  EXPECT_EQ(reply.error, "");
  auto body = reply.body<mapihttp::NotificationWaitResponse>();
  EXPECT_EQ(body.error_code, ErrorCode::none);
  EXPECT_EQ(body.event_pending, 1u);       // MS-OXCMAPIHTTP_R1371 MS-OXCMAPIHTTP_R1258
  EXPECT_GE(reply.stream.pendings(), 1u);  // MS-OXCMAPIHTTP_R1135
  reply = one->notification_wait();        // still there: at once
  EXPECT_EQ(reply.body<mapihttp::NotificationWaitResponse>().event_pending, 1u);
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
  EXPECT_EQ(rops_->events_taken, 1);  // MS-OXCMAPIHTTP_R318
}

TEST_F(Endpoint, ANotificationWaitWithoutEventsEnds) {
  start();
  auto one = connected();
  auto started = std::chrono::steady_clock::now();
  TestReply reply = one->notification_wait();
  EXPECT_GE(std::chrono::steady_clock::now() - started, 450ms);  // MS-OXCMAPIHTTP_R1259, the five minutes shortened
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(reply.body<mapihttp::NotificationWaitResponse>().event_pending, 0u);  // MS-OXCMAPIHTTP_R1372
  EXPECT_GE(reply.stream.pendings(), 3u);
}

TEST_F(Endpoint, ANewNotificationWaitEndsTheOldOne) {
  config_.mapihttp.notification_wait = 60s;
  start();
  auto one = connected();
  auto two = client();
  two->cookies = one->cookies;
  TestReply first, second;
  std::thread old([&] { first = one->notification_wait(); });
  while (session_of(*one)->busy == 0) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(50ms);
  std::thread fresh([&] { second = two->notification_wait(); });
  old.join();
  EXPECT_EQ(first.body<mapihttp::NotificationWaitResponse>().event_pending, 0u);
  session_of(*one)->notifications.push(std::make_unique<Event>());
  fresh.join();
  EXPECT_EQ(second.body<mapihttp::NotificationWaitResponse>().event_pending, 1u);
}

TEST_F(Endpoint, AClientThatVanishesLeavesNothing) {
  config_.mapihttp.notification_wait = 60s;
  config_.mapihttp.pending_period = 60s;
  start();
  auto one = connected();
  {
    Wire wire(port());
    wire.send(raw_request(*one, "NotificationWait", kWait));
    wire.read_until("PROCESSING");
    EXPECT_EQ(session_of(*one)->busy, 1u);
  }
  auto session = session_of(*one);
  for (int i = 0; i < 200 && session->busy != 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(session->busy, 0u);
}

TEST_F(Endpoint, ManyWaitWithoutAThreadEach) {
  config_.mapihttp.notification_wait = 60s;
  start();
  auto one = connected();
  std::vector<std::unique_ptr<TestClient>> clients;
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 90; ++i) {
    clients.push_back(connected());
    wires.push_back(std::make_unique<Wire>(port()));
    wires.back()->send(raw_request(*clients.back(), "NotificationWait", kWait));
  }
  for (auto& wire : wires) wire->read_until("PROCESSING");
  EXPECT_EQ(one->execute(bytes_of("x")).code(), 0);
  auto started = std::chrono::steady_clock::now();
  server_->stop();  // ends them all
  EXPECT_LT(std::chrono::steady_clock::now() - started, 3s);
  EXPECT_THAT(wires.back()->read_until(""), HasSubstr("DONE"));
}

TEST_F(Endpoint, StoppingFinishesWhatIsUnderWay) {
  start();
  auto one = connected();
  TestReply reply;
  std::thread slow([&] { reply = one->execute(bytes_of("slow")); });
  while (rops_->runs == 0) std::this_thread::sleep_for(1ms);
  std::thread stop([&] { server_->stop(); });
  std::this_thread::sleep_for(100ms);
  rops_->let_go();
  slow.join();
  stop.join();
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(reply.body<mapihttp::ExecuteResponse>().error_code, ErrorCode::none);
}

// ---- the server as a whole ----

TEST_F(Endpoint, StartSaysWhatIsWrong) {
  start();
  Config second = config_;
  second.http_port = port();
  auto server = Server::start(second, std::make_unique<StandIn>());
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(server.error().text, AllOf(HasSubstr("cannot listen on 127.0.0.1:"), HasSubstr("in use")));
  second.http_port = std::nullopt;
  EXPECT_FALSE(Server::start(second, std::make_unique<StandIn>()).ok());
  second.http_port = 0;
  second.data = "/proc/nothing";
  server = Server::start(second, std::make_unique<StandIn>());
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(server.error().text, HasSubstr("/proc/nothing"));
  second.data = folder_;
  second.https_port = 0;
  second.certificate = second.key = "/nonexistent.pem";
  server = Server::start(second, std::make_unique<StandIn>());
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(server.error().text, HasSubstr("/nonexistent.pem"));
}

}  // namespace
}  // namespace ropewalk::server
