#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace ropewalk::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// A server that says what a test wants said: one connection after another, each with its script of answers, one per
// request (seen by the end of its head).
class Scripted {
 public:
  struct Answer {
    std::string bytes;
    std::chrono::milliseconds after{0};
    bool close = false;
  };

  explicit Scripted(std::vector<std::vector<Answer>> connections) : connections_(std::move(connections)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Scripted() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  HttpClientOptions options() const {
    HttpClientOptions made;
    made.host = "127.0.0.1";
    made.port = port_;
    made.tls = false;
    made.timeout = 2s;
    return made;
  }
  const std::string& received() const { return received_; }

 private:
  void serve() {
    for (const auto& answers : connections_) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      for (const Answer& answer : answers) {
        char buffer[4096];
        std::string request;
        while (!answer.bytes.empty() && request.find("\r\n\r\n") == std::string::npos) {
          const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
          if (count <= 0) break;
          request.append(buffer, static_cast<std::size_t>(count));
        }
        received_ += request;
        std::this_thread::sleep_for(answer.after);
        (void)!::send(socket, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
        if (answer.close) break;
      }
      if (!answers.empty() && !answers.back().close) {
        char rest[256];
        (void)!::recv(socket, rest, sizeof rest, 0);
      }
      ::close(socket);
    }
  }

  std::vector<std::vector<Answer>> connections_;
  int listener_;
  u16 port_ = 0;
  std::string received_;
  std::thread thread_;
};

TEST(HttpClient, ReadsBodiesOfEveryKind) {
  Scripted server(
      {{{"HTTP/1.1 200 Fine\r\nContent-Length: 3\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nabc"},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"},
        {"HTTP/1.1 204 No Content\r\n\r\n"},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", 0ms, true}}});
  HttpClient client(server.options());
  const HttpHeader headers[] = {{"X-One", "1"}, {"X-Two", "a\r\nb"}};
  auto first = client.request({.method = "POST", .target = "/p?q", .headers = headers, .body = "body"});
  ASSERT_TRUE(first.ok()) << first.error().text;
  EXPECT_EQ(first->reason, "Fine");
  EXPECT_EQ(first->body, "abc");
  EXPECT_THAT(first->headers.all("set-cookie"), testing::ElementsAre("a=1", "b=2"));
  EXPECT_EQ(client.request({})->body, "de");
  EXPECT_EQ(client.request({})->status, 204);
  EXPECT_EQ(client.request({})->body, "until the end");
  EXPECT_FALSE(client.connected());
  EXPECT_THAT(server.received(), HasSubstr("POST /p?q HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(server.received(), HasSubstr("X-One: 1\r\nX-Two: a  b\r\nContent-Length: 4\r\n\r\n"));
}

TEST(HttpClient, HandsPiecesOverAsTheyArrive) {
  Scripted server({{{"HTTP/1.1 200 OK\r\nX-Kind: poll\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nPENDING\r\n"},
                    {"", 300ms},
                    {"", 0ms}}});
  HttpClient client(server.options());
  auto begun = std::chrono::steady_clock::now();
  std::chrono::milliseconds first_after{-1};
  auto response = client.request({.on_body = [&](int status, const HttpHeaders& headers, std::string_view piece) {
    EXPECT_EQ(status, 200);
    EXPECT_EQ(headers.get("X-Kind"), "poll");
    EXPECT_EQ(piece, "PENDING");
    first_after = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    return false;  // enough
  }});
  EXPECT_FALSE(response.ok());
  EXPECT_GE(first_after.count(), 0);
  EXPECT_LT(first_after, 250ms);
  EXPECT_FALSE(client.connected());
}

TEST(HttpClient, TakesTheLastWordsOfAConnectionThatEnds) {
  Scripted server({{{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nlast words", 0ms, true}}});
  HttpClient client(server.options());
  ASSERT_TRUE(client.begin({.method = "RPC_OUT_DATA"}, 0).ok());
  std::this_thread::sleep_for(100ms);  // words and end are both there
  HttpClient* const one[] = {&client};
  ASSERT_EQ(HttpClient::wait_for_any(one, 5s), HttpClient::Waited::ready);
  HttpClientResponse response;
  auto arrived = client.take(response);
  ASSERT_TRUE(arrived.ok()) << arrived.error().text;
  EXPECT_TRUE(arrived->head);
  EXPECT_FALSE(arrived->complete);
  EXPECT_EQ(response.body, "last words");
  ASSERT_EQ(HttpClient::wait_for_any(one, 5s), HttpClient::Waited::ready);
  arrived = client.take(response);
  ASSERT_FALSE(arrived.ok());
  EXPECT_THAT(arrived.error().text, HasSubstr("ended the connection"));
}

TEST(HttpClient, ConnectsAgainWhenTheServerHasClosed) {
  Scripted server({{{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", 0ms, true}},
                   {{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2", 0ms, true}}});
  HttpClient client(server.options());
  EXPECT_EQ(client.request({})->body, "1");
  std::this_thread::sleep_for(100ms);
  auto second = client.request({});
  ASSERT_TRUE(second.ok()) << second.error().text;
  EXPECT_EQ(second->body, "2");
}

TEST(HttpClient, SaysWhatWentWrong) {
  HttpClientOptions nobody;
  nobody.host = "127.0.0.1";
  nobody.port = 1;
  nobody.tls = false;
  EXPECT_EQ(HttpClient(nobody).request({}).error().text, "cannot connect to 127.0.0.1:1: Connection refused");
  nobody.host = "no.such.host.invalid";
  EXPECT_THAT(HttpClient(nobody).request({}).error().text, HasSubstr("cannot connect to no.such.host.invalid:1: "));

  Scripted server({{{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 0ms, true}},
                   {{"nonsense\r\n\r\n", 0ms, true}},
                   {{"HTTP/1.1 200 OK\r\n", 1000ms, true}}});
  HttpClientOptions options = server.options();
  HttpClient client(options);
  EXPECT_THAT(client.request({.target = "/x"}).error().text,
              HasSubstr("failed: the server closed the connection in the middle of the response"));
  EXPECT_THAT(client.request({}).error().text, HasSubstr("GET / at 127.0.0.1:"));
  EXPECT_THAT(client.request({.timeout = 200ms}).error().text, HasSubstr("timed out after 0.2 s"));
}

TEST(HttpClient, CanBeInterrupted) {
  Scripted server({{{"HTTP/1.1 200 OK\r\n", 500ms, true}}});
  HttpClient client(server.options());
  std::thread other([&] {
    std::this_thread::sleep_for(100ms);
    client.interrupt();
  });
  EXPECT_THAT(client.request({}).error().text, HasSubstr("interrupted"));
  other.join();
  EXPECT_THAT(client.request({}).error().text, HasSubstr("not sent: interrupted"));
}

TEST(HttpClient, LimitsResponses) {
  Scripted server({{{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", 0ms, true}}});
  HttpClientOptions options = server.options();
  options.max_body = 99;
  EXPECT_THAT(HttpClient(options).request({}).error().text, HasSubstr("body limit exceeded"));
}

}  // namespace
}  // namespace ropewalk::net
