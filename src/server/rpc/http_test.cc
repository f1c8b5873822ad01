// RPC over HTTP on real sockets: whole conversations, channels recycled under load and cut, and what is refused.
#include "server/rpc/http.h"

#include <sys/resource.h>

#include <fstream>

#include "protocol/echo/methods.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/nspi/methods.h"
#include "protocol/rfr/methods.h"
#include "server/rpc/http_test_client.h"

namespace ropewalk::server {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Says back what it hears.
class Echo final : public RpcService {
 public:
  const dcerpc::Interface& interface() const override { return echo::kEcho; }
  u16 opnums() const override { return 10; }
  net::Awaitable<RpcAnswer> run(RpcCall& call) override {
    Arena arena(8u << 20, 4096);
    auto in = parameters<echo::DataIn>(call.call, arena);
    if (!in) co_return RpcAnswer{dcerpc::kBadStubData, {}};
    co_return answer_with(call.call, echo::DataOut{in->data});
  }
};

template <class In>
std::vector<u8> stub(const HttpRpcClient& client, const In& in) {
  const ndr::Format format = client.format();
  const wire::Context context = wire::add_context(format, nullptr);
  wire::OutBuffer out;
  EXPECT_TRUE(wire::encode(in, out, &context));
  return {out.view().begin(), out.view().end()};
}

class RpcHttp : public Endpoint {
 protected:
  RpcHttp() { more_ = {&echo_}; }
  // Opens a session; its handle.
  ndr::ContextHandle open_session(HttpRpcClient& client) {
    std::string dn = dns_[0];
    emsmdb::EcDoConnectExIn in;
    in.user_dn = {ndr::String::of(dn)};
    in.code_page = 1252;
    in.aux_out_size = 0x1008;
    auto reply = client.call(10, stub(client, in));
    if (!reply || reply->fault != 0) return {};
    Arena arena;
    const wire::Context context = wire::add_context(reply->format, nullptr);
    auto out = wire::decode<emsmdb::EcDoConnectExOut>(reply->stub, arena, &context);
    EXPECT_TRUE(out.ok() && out->return_value == ErrorCode::none);
    return out.ok() ? out->handle : ndr::ContextHandle{};
  }
  // Echoes `count` times; the number of answers that were right.
  static int echo(HttpRpcClient& client, int count, std::size_t size) {
    int right = 0;
    for (int i = 0; i < count; ++i) {
      std::vector<u8> data(size);
      for (std::size_t j = 0; j < size; ++j) data[j] = static_cast<u8>(j * 7 + static_cast<std::size_t>(i));
      echo::DataIn in;
      in.data.bytes = data;
      auto reply = client.call(1, stub(client, in));
      if (!reply || reply->fault != 0) return right;
      Arena arena(8u << 20, 4096);
      const wire::Context context = wire::add_context(reply->format, nullptr);
      auto out = wire::decode<echo::DataOut>(reply->stub, arena, &context);
      if (out.ok() && std::equal(out->data.bytes.begin(), out->data.bytes.end(), data.begin(), data.end())) ++right;
    }
    return right;
  }
  // A request by hand: what is answered up to the end of the head, or all.
  std::string ask(const std::string& method, const std::string& target, std::string_view body, bool with_user = true,
                  const std::string& length = {}, const std::string& user = "user1@ropewalk.test") {
    Wire wire(port());
    wire.send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" +
              (with_user ? "Authorization: " + directory::basic_header(user, "secret") + "\r\n" : "") +
              "Content-Length: " + (length.empty() ? std::to_string(body.size()) : length) + "\r\n\r\n" +
              std::string(body));
    return wire.read_until("\r\n\r\n");
  }
  bool sessions_end(std::size_t left = 0) {
    for (int i = 0; i < 200 && server_->sessions().size() != left; ++i) std::this_thread::sleep_for(20ms);
    return server_->sessions().size() == left;
  }

  Echo echo_;
};

// Whatever breaks underneath a request, its channel is given back, and with it the virtual connection.
TEST_F(RpcHttp, AnExceptionLeavesNoChannelBehind) {
  Log log(LogLevel::off);
  std::filesystem::copy(template_, folder_);
  auto people = directory::Directory::open(folder_.string());
  ASSERT_TRUE(people.ok()) << people.error().text;
  directory::Authenticator authenticator(**people, {});
  net::WorkerPool pool(1);
  HttpSignIn sign_in({**people, authenticator, pool, log}, config_);
  rpc::Associations associations;
  RpcHost host;
  host.transport = "ncacn_http";
  host.endpoint.associations = &associations;
  host.endpoint.interfaces.push_back({echo::kEcho.id, 10, {}, &echo_});
  int asked = 0;
  host.endpoint.make_security = [&](auth::Mechanism, const std::string&) -> auth::ContextResult {
    ++asked;
    throw std::runtime_error("broken");
  };
  RpcHttpEndpoint endpoint({sign_in, log, [&](u16) { return &host; }, {"localhost"}, "127.0.0.1"}, {});
  net::HttpServerOptions options;
  options.endpoints.push_back({"127.0.0.1", 0, nullptr});
  options.streams = RpcHttpEndpoint::streams;
  auto http = net::HttpServer::start(std::move(options), [&](net::HttpRequest& request, net::HttpResponder& responder) {
    return endpoint.handle(request, responder);
  });
  ASSERT_TRUE(http.ok()) << http.error().text;
  {
    rpc::ClientSettings settings;
    auth::ClientOptions who;
    who.account = "user1@ropewalk.test";
    who.password = "secret";
    who.dce_style = true;
    auto security = auth::make_client(auth::Mechanism::ntlm, who);
    ASSERT_TRUE(security.ok());
    settings.type = dcerpc::AuthType::ntlm;
    settings.level = dcerpc::AuthLevel::connect;
    settings.security = std::move(*security);
    HttpRpcClient client((*http)->listening().front().port, "user1@ropewalk.test", "localhost:6001",
                         std::move(settings));
    EXPECT_FALSE(client.connect(echo::kEcho.id));
    for (int i = 0; i < 200 && endpoint.tunnels() != 0; ++i) std::this_thread::sleep_for(20ms);
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(endpoint.tunnels(), 0u);  // while the client still holds the other channel
  }
  endpoint.stop();
  (*http)->stop(0ms);
}

TEST_F(RpcHttp, AWholeConversationAsTheUserWhomHttpKnows) {
  start();
  {
    HttpRpcClient client(port());
    ASSERT_TRUE(client.connect(emsmdb::kEmsmdb.id)) << client.error();
    ASSERT_EQ(client.responses.size(), 1u);
    EXPECT_THAT(client.responses[0], HasSubstr("Content-Length: 1073741824"));
    EXPECT_THAT(client.responses[0], HasSubstr("Content-Type: application/rpc"));
    auto dummy = client.call(6, {});
    ASSERT_TRUE(dummy) << client.error();
    EXPECT_EQ(dummy->fault, 0u);
    const ndr::ContextHandle handle = open_session(client);
    EXPECT_FALSE(handle.uuid.is_null());
    EXPECT_EQ(server_->sessions().size(), 1u);
  }
  EXPECT_TRUE(sessions_end()) << "the session goes with its virtual connection";
}

TEST_F(RpcHttp, EveryPortServesItsInterfaces) {
  start();
  for (auto [target, interface] :
       {std::pair("localhost:6001", &emsmdb::kEmsmdb), std::pair("LOCALHOST:6001", &emsmdb::kAsyncEmsmdb),
        std::pair("localhost:6002", &rfr::kRfr), std::pair("localhost:6004", &nspi::kNspi),
        std::pair("0d4d1d4c-8a53-4a2c-8d4d-3b3c2f4f0001@ropewalk.test:6001", &emsmdb::kEmsmdb)}) {
    HttpRpcClient client(port(), "user1@ropewalk.test", target);
    EXPECT_TRUE(client.connect(interface->id)) << target << ": " << client.error();
  }
}

TEST_F(RpcHttp, NothingIsLostWhileBothChannelsAreRecycledUnderLoad) {
  config_.rpc_over_http.tunnel.channel_lifetime = 128 * 1024;
  start();
  HttpRpcClient client(port());
  client.in_lifetime = 90'000;
  ASSERT_TRUE(client.connect(echo::kEcho.id)) << client.error();
  EXPECT_EQ(echo(client, 60, 30'000), 60) << client.error();
  EXPECT_GT(client.peer.out_recycled, 12);
  EXPECT_GT(client.peer.in_recycled, 12);
  // The server closed the predecessors.
  for (std::size_t i = 0; i + 4 < client.peer.channels.size(); ++i) EXPECT_TRUE(client.ended(i)) << i;
}

TEST_F(RpcHttp, AChannelThatIsCutEndsTheOtherAndTheSession) {
  start();
  for (bool in : {true, false}) {
    HttpRpcClient client(port());
    ASSERT_TRUE(client.connect(emsmdb::kEmsmdb.id)) << client.error();
    (void)open_session(client);
    EXPECT_EQ(server_->sessions().size(), 1u);
    client.cut(in ? client.peer.in() : client.peer.out());
    EXPECT_TRUE(client.ended(in ? client.peer.out() : client.peer.in()));
    EXPECT_TRUE(sessions_end());
  }
}

TEST_F(RpcHttp, HalfAConnectionEndsInTime) {
  config_.rpc_over_http.tunnel.setup_timeout = 300ms;
  config_.rpc_over_http.tick = 50ms;
  start();
  for (bool in : {true, false}) {
    HttpRpcClient client(port());
    in ? client.peer.connect_in() : client.peer.connect_out();
    EXPECT_FALSE(client.ended(0, 150ms));
    EXPECT_TRUE(client.ended(0, 3s));
  }
  // A request that says nothing at all.
  const std::string silent = ask("RPC_IN_DATA", "/rpc/rpcproxy.dll?localhost:6001", {}, true, "1073741824");
  EXPECT_EQ(silent, "");
  EXPECT_THAT(log(), HasSubstr("its OUT channel did not come"));
}

TEST_F(RpcHttp, WhatIsRefusedHasTheStatusThatTheProtocolNames) {
  start();
  const std::string at = "/rpc/rpcproxy.dll?";
  const std::string noise(100, 'x');
  EXPECT_THAT(ask("RPC_IN_DATA", at + "localhost:6001", noise, false), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(ask("RPC_OUT_DATA", at + "localhost:6005", noise), StartsWith("HTTP/1.1 503 RPC Error: 6ba\r\n"));
  EXPECT_THAT(ask("RPC_OUT_DATA", at + "elsewhere:6001", noise), StartsWith("HTTP/1.1 503 RPC Error: 6ba\r\n"));
  for (const char* query : {"localhost", "", "localhost:", "localhost:65537", ":6001", "localhost:6001x"})
    EXPECT_THAT(ask("RPC_IN_DATA", at + query, noise), StartsWith("HTTP/1.1 503 RPC Error: 6ba\r\n")) << query;
  EXPECT_THAT(ask("RPC_IN_DATA", at + "localhost:6001", noise), StartsWith("HTTP/1.1 503 RPC Error: 6c0\r\n"));
  EXPECT_THAT(ask("RPC_IN_DATA", "/RpcWithCert/RpcProxy.DLL?localhost:6001", noise),
              StartsWith("HTTP/1.1 503 RPC Error: 6c0\r\n"));
  EXPECT_THAT(ask("RPC_IN_DATA", "/rpc/else.dll?localhost:6001", noise), StartsWith("HTTP/1.1 404 "));
  // A successor of a virtual connection that does not exist.
  rpc::http::TestPeer peer;
  peer.connect();
  peer.opened = true;
  peer.recycle_in();
  const std::string successor(text_of(peer.channels.back().body));
  EXPECT_THAT(ask("RPC_IN_DATA", at + "localhost:6001", successor, true, "1073741824"),
              StartsWith("HTTP/1.1 503 RPC Error: 5\r\n"));
}

TEST_F(RpcHttp, AVirtualConnectionIsItsUsersAlone) {
  start();
  HttpRpcClient client(port());
  client.peer.connect_out();
  for (int i = 0; i < 50 && client.responses.empty(); ++i) (void)client.step(20ms);
  client.peer.connect_in();
  const std::string in(text_of(std::exchange(client.peer.channels.back().body, {})));
  EXPECT_THAT(ask("RPC_IN_DATA", "/rpc/rpcproxy.dll?localhost:6001", in, true, "1073741824", "user2@ropewalk.test"),
              StartsWith("HTTP/1.1 503 RPC Error: 5\r\n"));
  EXPECT_THAT(ask("RPC_IN_DATA", "/rpc/rpcproxy.dll?localhost:6004", in, true, "1073741824"),
              StartsWith("HTTP/1.1 503 RPC Error: 5\r\n"));
}

TEST_F(RpcHttp, AnEchoIsAnswered) {
  start();
  for (const char* method : {"RPC_IN_DATA", "RPC_OUT_DATA", "RPC_ECHO_DATA"}) {
    Wire wire(port());
    const std::string request =
        std::string(method) + " /rpc/rpcproxy.dll?localhost:6001 HTTP/1.1\r\nHost: localhost\r\n" +
        "Authorization: " + directory::basic_header("user1", "secret") + "\r\nContent-Length: 4\r\n\r\nhey!";
    for (int i = 0; i < 2; ++i) {  // on one connection
      wire.send(request);
      const std::string rts("\x05\x00\x14\x03\x10\x00\x00\x00\x14\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00", 20);
      const std::string reply = wire.read_until(rts, 2s);
      EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 Success\r\n"));
      EXPECT_THAT(reply, HasSubstr("Content-Length: 20\r\n"));
      EXPECT_THAT(reply, EndsWith(rts)) << method;
    }
  }
}

TEST_F(RpcHttp, AStreamedRequestIsGreetedOnlyWhenItsUserIsKnown) {
  start();
  for (bool known : {true, false}) {
    Wire wire(port());
    wire.send("RPC_IN_DATA /rpc/rpcproxy.dll?localhost:6001 HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n" +
              (known ? "Authorization: " + directory::basic_header("user1", "secret") + "\r\n" : std::string()) +
              "Content-Length: 1073741824\r\n\r\n");
    EXPECT_THAT(wire.read_until("\r\n\r\n"), StartsWith(known ? "HTTP/1.1 100 Continue\r\n" : "HTTP/1.1 401 "));
  }
}

TEST_F(RpcHttp, AClientThatReadsNothingStopsItselfAlone) {
  start();
  HttpRpcClient slow(port()), other(port());
  ASSERT_TRUE(slow.connect(echo::kEcho.id)) << slow.error();
  ASSERT_TRUE(other.connect(echo::kEcho.id)) << other.error();
  slow.reads = false;
  const std::vector<u8> data(100'000);
  echo::DataIn in;
  in.data.bytes = data;
  const std::vector<u8> request = stub(slow, in);
  ASSERT_TRUE(slow.begin(1, request).ok());
  for (int i = 0; i < 30; ++i) (void)slow.step(10ms);
  EXPECT_EQ(echo(other, 20, 50'000), 20) << other.error();
  // It goes on when it reads again.
  slow.reads = true;
  EXPECT_TRUE(slow.run_until([&] { return !slow.rpc.take_replies().empty(); })) << slow.error();
}

TEST_F(RpcHttp, TheServerStopsWithVirtualConnectionsOpen) {
  start();
  HttpRpcClient client(port());
  ASSERT_TRUE(client.connect(emsmdb::kEmsmdb.id)) << client.error();
  const auto before = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 3s);
  EXPECT_TRUE(client.ended(0));
  EXPECT_TRUE(client.ended(1));
  EXPECT_TRUE(client.rpc.is_ending()) << "it was told so";
}

long resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (long value = 0; word == "VmRSS:" && status >> value) return value;
  return 0;
}

TEST_F(RpcHttp, AThousandVirtualConnections) {
  constexpr std::size_t kMany = 1000;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_max < 4 * kMany + 200) GTEST_SKIP() << "no more than " << files.rlim_max << " files may be open";
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 20'000);
  setrlimit(RLIMIT_NOFILE, &files);
  start();
  std::deque<HttpRpcClient> clients;
  const long before = resident_kilobytes();
  for (std::size_t i = 0; i < kMany; ++i) {
    clients.emplace_back(port());
    ASSERT_TRUE(clients.back().connect(emsmdb::kEmsmdb.id)) << i << ": " << clients.back().error();
  }
  EXPECT_LT((resident_kilobytes() - before) / static_cast<long>(kMany), 100) << "kB each, with their clients";
  for (std::size_t i = 0; i < kMany; i += 37) {
    auto dummy = clients[i].call(6, {});
    ASSERT_TRUE(dummy) << i << ": " << clients[i].error();
    EXPECT_EQ(dummy->fault, 0u);
  }
  clients.clear();
  HttpRpcClient last(port());
  EXPECT_TRUE(last.connect(emsmdb::kEmsmdb.id)) << last.error();
}

}  // namespace
}  // namespace ropewalk::server
