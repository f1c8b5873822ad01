#include "net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "net/http_client.h"
#include "net/http_server.h"

namespace ropewalk::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "ropewalk-tls-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    make({"localhost", "127.0.0.1"});
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  void make(const std::vector<std::string>& names) {
    const Status made = make_self_signed(certificate(), key(), names);
    ASSERT_TRUE(made.ok()) << made.error().text;
  }
  void start() {
    auto context = TlsContext::load(certificate(), key());
    ASSERT_TRUE(context.ok()) << context.error().text;
    context_ = *context;
    HttpServerOptions options;
    options.endpoints = {{"127.0.0.1", 0, context_}, {"127.0.0.1", 0, nullptr}};
    options.threads = 2;
    auto server =
        HttpServer::start(std::move(options), [](HttpRequest& request, HttpResponder& out) -> Awaitable<void> {
          HttpResponseHead head;
          head.add("X-Tls", request.is_tls ? "yes" : "no").add("X-Peer", request.peer);
          const std::string large(request.path == "/large" ? 5'000'000 : 0, 'x');
          const std::string body = request.body + large;
          co_await out.send(head, body);
        });
    ASSERT_TRUE(server.ok()) << server.error().text;
    server_ = std::move(*server);
  }
  HttpClientOptions options(std::string name = "localhost") const {
    HttpClientOptions made;
    made.host = "127.0.0.1";
    made.server_name = std::move(name);
    made.port = server_->listening()[0].port;
    made.ca_file = certificate();
    return made;
  }
  std::string certificate() const { return folder_ / "server.crt"; }
  std::string key() const { return folder_ / "server.key"; }

  std::filesystem::path folder_;
  std::shared_ptr<TlsContext> context_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(TlsTest, TheKeyIsForItsOwnerAlone) {
  struct stat info {};
  ASSERT_EQ(::stat(key().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_FALSE(make_self_signed("/nowhere/a", "/nowhere/b", {"x"}).ok());
  EXPECT_FALSE(make_self_signed(certificate(), key(), {}).ok());
}

TEST_F(TlsTest, SpeaksToAClientThatTrustsIt) {
  start();
  for (const char* name : {"localhost", "127.0.0.1"}) {
    HttpClient client(options(name));
    for (int i = 0; i < 3; ++i) {
      auto response = client.request({.method = "POST", .target = "/a", .body = "hello"});
      ASSERT_TRUE(response.ok()) << response.error().text;
      EXPECT_EQ(response->status, 200);
      EXPECT_EQ(response->headers.get("x-tls"), "yes");
      EXPECT_EQ(response->headers.get("X-Peer"), "127.0.0.1");
      EXPECT_EQ(response->body, "hello");
      EXPECT_TRUE(client.connected());
    }
  }
  EXPECT_EQ(server_->counters().accepted, 2u);
  HttpClientOptions plain = options();
  plain.tls = false;
  plain.port = server_->listening()[1].port;
  HttpClient client(plain);
  auto response = client.request({});
  ASSERT_TRUE(response.ok()) << response.error().text;
  EXPECT_EQ(response->headers.get("X-Tls"), "no");
}

// Asked for a certificate of its own, be it only asked, Schannel ends some connections.
TEST_F(TlsTest, AsksNobodyForACertificate) {
  start();
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    static bool asked;
    asked = false;
    SSL_CTX_set_client_cert_cb(context.get(), [](SSL*, X509**, EVP_PKEY**) { return asked = true, 0; });
    std::unique_ptr<BIO, decltype(&BIO_free_all)> connection(BIO_new_ssl_connect(context.get()), BIO_free_all);
    const std::string address = "127.0.0.1:" + std::to_string(server_->listening()[0].port);
    BIO_set_conn_hostname(connection.get(), address.c_str());
    ASSERT_EQ(BIO_do_handshake(connection.get()), 1) << version;
    const std::string_view request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    ASSERT_EQ(BIO_write(connection.get(), request.data(), static_cast<int>(request.size())),
              static_cast<int>(request.size()));
    char answer[16] = {};
    EXPECT_GT(BIO_read(connection.get(), answer, sizeof answer - 1), 0);
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 200"));
    EXPECT_FALSE(asked) << version;
  }
}

TEST_F(TlsTest, CarriesLargeBodiesBothWays) {
  start();
  HttpClient client(options());
  const std::string body(3'000'000, 'b');
  auto response = client.request({.method = "POST", .target = "/large", .body = body});
  ASSERT_TRUE(response.ok()) << response.error().text;
  EXPECT_EQ(response->body.size(), 8'000'000u);
}

TEST_F(TlsTest, ClientsRefuseWhatTheyCannotTrust) {
  start();
  HttpClientOptions unknown = options();
  unknown.ca_file.clear();
  auto self_signed = HttpClient(unknown).request({});
  ASSERT_FALSE(self_signed.ok());
  EXPECT_THAT(self_signed.error().text, HasSubstr("TLS handshake with 127.0.0.1:"));
  EXPECT_THAT(self_signed.error().text, HasSubstr("certificate is not trusted: self"));
  auto other_name = HttpClient(options("other.test")).request({});
  ASSERT_FALSE(other_name.ok());
  EXPECT_THAT(other_name.error().text, HasSubstr("hostname mismatch"));
  unknown.insecure = true;
  EXPECT_TRUE(HttpClient(unknown).request({}).ok());
  HttpClientOptions no_file = options();
  no_file.ca_file = "/nowhere/ca.pem";
  EXPECT_FALSE(HttpClient(no_file).request({}).ok());
}

TEST_F(TlsTest, PlainAndTlsDoNotMix) {
  start();
  HttpClientOptions wrong = options();
  wrong.tls = false;
  EXPECT_FALSE(HttpClient(wrong).request({}).ok());
  wrong = options();
  wrong.port = server_->listening()[1].port;
  EXPECT_FALSE(HttpClient(wrong).request({}).ok());
}

TEST_F(TlsTest, ReadsAChangedCertificateAgain) {
  start();
  HttpClient before(options());
  ASSERT_TRUE(before.request({}).ok());
  make({"renewed.test"});
  std::this_thread::sleep_for(1100ms);
  auto renewed = HttpClient(options("renewed.test")).request({});
  ASSERT_TRUE(renewed.ok()) << renewed.error().text;
  EXPECT_TRUE(before.request({}).ok()) << "connections that stand are not disturbed";
}

TEST_F(TlsTest, KeepsItsCertificateWhenTheNewOneIsBroken) {
  start();
  const std::string copy = folder_ / "copy.crt";
  std::filesystem::copy_file(certificate(), copy);
  std::ofstream(certificate()) << "-----BEGIN CERTIFICATE-----\nnonsense\n";
  std::this_thread::sleep_for(1100ms);
  HttpClientOptions trusting = options();
  trusting.ca_file = copy;
  auto response = HttpClient(trusting).request({});
  EXPECT_TRUE(response.ok()) << response.error().text;
  EXPECT_FALSE(context_->reload().ok());
  auto none = TlsContext::load(certificate(), key());
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().text, HasSubstr("server.crt"));
}

TEST_F(TlsTest, ManyThreadsManyConnections) {
  start();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      HttpClient client(options());
      for (int i = 0; i < 40; ++i) {
        const std::string body = std::to_string(thread * 1000 + i);
        auto response = client.request({.method = "POST", .body = body});
        if (response.ok() && response->body == body) ++good;
        if (i % 10 == 9) client.close();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8 * 40);
}

}  // namespace
}  // namespace ropewalk::net
