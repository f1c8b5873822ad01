// For tests alone: a server on an empty data folder with two users, whose ROPs a stand-in runs, and ways to talk to it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "directory/directory.h"
#include "net/test_wire.h"
#include "server/server.h"
#include "server/test_client.h"
#include "session/registry.h"

namespace ropewalk::server {

using namespace std::chrono_literals;
using mapi::ErrorCode;

// Gives back the ROPs it was given. "slow" waits until it is let go, "throw" throws, "bad" cannot be read.
class StandIn final : public RopRunner {
 public:
  bool is_brief(ByteView) const override { return false; }
  ErrorCode run(session::Session& session, ByteView rops, wire::OutBuffer& out, std::size_t max_out,
                RopChain*) override {
    std::string_view text = text_of(rops);
    ++runs;
    most_at_once = std::max(most_at_once.load(), ++at_once);
    if (text == "slow") {
      std::unique_lock guard(lock_);
      wake_.wait_for(guard, 20s, [&] { return let_go_; });
    }
    --at_once;
    if (text == "throw") throw std::runtime_error("the disk is gone");
    if (text == "bad") return ErrorCode::rpc_format;
    last_code_page = session.client.code_page;
    last_version = session.client.version;
    while (auto event = session.notifications.take()) ++events_taken;
    if (rops.size() > max_out) return ErrorCode::buffer_too_small;
    out.append(rops);
    return ErrorCode::none;
  }
  void let_go() {
    std::lock_guard guard(lock_);
    let_go_ = true;
    wake_.notify_all();
  }
  std::atomic<int> runs{0}, at_once{0}, most_at_once{0}, events_taken{0};
  u32 last_code_page = 0;
  session::ClientVersion last_version;

 private:
  std::mutex lock_;
  std::condition_variable wake_;
  bool let_go_ = false;
};

class Endpoint : public testing::Test {
 protected:
  // Hashing passwords takes its time: the users are made once, for all tests.
  static void SetUpTestSuite() {
    template_ = std::filesystem::temp_directory_path() / ("ropewalk-users-" + Guid::random().to_string());
    auto directory = directory::Directory::open(template_);
    ASSERT_TRUE(directory.ok()) << directory.error().text;
    for (const char* name : {"user1", "user2"}) {
      auto added = (*directory)
                       ->add_user({.address = std::string(name) + "@ropewalk.test",
                                   .name = "The " + std::string(name),
                                   .password = "secret"});
      ASSERT_TRUE(added.ok()) << added.error().text;
      dns_.push_back(added->legacy_dn);
    }
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(template_);
    dns_.clear();
  }

  Endpoint() {
    folder_ = std::filesystem::temp_directory_path() / ("ropewalk-endpoint-" + Guid::random().to_string());
    config_.data = folder_;
    config_.http_port = 0;
    config_.log_level = LogLevel::warning;
    config_.io_threads = 2;
    config_.mapihttp.patience = 50ms;
    config_.mapihttp.pending_period = 100ms;
    config_.mapihttp.notification_wait = 450ms;
    config_.mapihttp.overlap_wait = 300ms;
    config_.grace = 5s;
  }
  ~Endpoint() override {
    if (rops_ != nullptr) rops_->let_go();
    server_.reset();
    if (capturing_) log_ = testing::internal::GetCapturedStderr();
    if (HasFailure()) std::fputs(log_.c_str(), stderr);
    std::filesystem::remove_all(folder_);
  }

  void start() {
    std::filesystem::copy(template_, folder_);
    testing::internal::CaptureStderr();
    capturing_ = true;
    auto rops = std::make_unique<StandIn>();
    rops_ = rops.get();
    auto server = Server::start(config_, std::move(rops), more_);
    ASSERT_TRUE(server.ok()) << server.error().text;
    server_ = std::move(*server);
  }
  // What was logged; the server ends.
  std::string log() {
    rops_->let_go();
    server_->stop();
    if (std::exchange(capturing_, false)) log_ = testing::internal::GetCapturedStderr();
    return log_;
  }
  std::string url() const { return server_->listening().front().url; }
  u16 port() const { return server_->listening().front().port; }
  std::unique_ptr<TestClient> client(const std::string& user = "user1") {
    return std::make_unique<TestClient>(url(), user + "@ropewalk.test", "secret");
  }
  // A client with a session.
  std::unique_ptr<TestClient> connected(int user = 1) {
    auto made = client("user" + std::to_string(user));
    auto reply = made->connect(dns_.at(static_cast<std::size_t>(user) - 1));
    EXPECT_EQ(reply.code(), 0) << reply.raw << reply.error;
    EXPECT_EQ(reply.body<mapihttp::ConnectResponse>().error_code, ErrorCode::none);
    return made;
  }
  std::shared_ptr<session::Session> session_of(const TestClient& client) {
    return server_->sessions().find(client.cookies.at("MapiContext"), session::Session::Clock::now());
  }
  void expect_refusal(const TestReply& reply, int code) {
    EXPECT_EQ(reply.status, 200) << reply.error;  // MS-OXCMAPIHTTP_R47 MS-OXCMAPIHTTP_R49
    EXPECT_EQ(reply.code(), code) << reply.raw;   // MS-OXCMAPIHTTP_R1459 MS-OXCMAPIHTTP_R54 MS-OXCMAPIHTTP_R132
    EXPECT_THAT(std::string(reply.headers.get("Content-Type")),
                testing::StartsWith("text/html"));  // MS-OXCMAPIHTTP_R2038
    EXPECT_THAT(reply.raw, testing::HasSubstr("(" + std::to_string(code) + ")"));
    EXPECT_THAT(std::string(reply.headers.get("X-ServerApplication")), testing::StartsWith("Exchange/"));
  }

  std::filesystem::path folder_;
  Config config_;
  std::vector<RpcService*> more_;  // RPC interfaces beside the mailbox's
  StandIn* rops_ = nullptr;
  std::unique_ptr<Server> server_;
  static inline std::filesystem::path template_;
  static inline std::vector<std::string> dns_;
  std::string log_;
  bool capturing_ = false;
};

using net::Wire;

inline std::string raw_request(const TestClient& client, const std::string& type, std::string_view body) {
  std::string text =
      "POST /mapi/emsmdb/ HTTP/1.1\r\nHost: localhost\r\nX-RequestType: " + type + "\r\nX-RequestId: {A}:1\r\n";
  for (auto& [name, value] : client.headers) text += name + ": " + value + "\r\n";
  for (auto& [name, value] : client.cookies) text += "Cookie: " + name + "=" + value + "\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline const std::string kWait = TestClient::encoded(mapihttp::NotificationWaitRequest{});

inline std::string execute_body(std::string_view rops) {
  wire::OutBuffer packed;
  emsmdb::append_extended_buffer(bytes_of(rops), {}, packed);
  mapihttp::ExecuteRequest body;
  body.rop_buffer = packed.view();
  body.max_rop_out = 0x8008;
  return TestClient::encoded(body);
}

struct Event final : session::Notification {
  Event() : Notification(1) {}
};

}  // namespace ropewalk::server
