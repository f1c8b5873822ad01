// Searches through servers of the test's own on the loopback.
#include "client/autodiscover/search.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/base64.h"
#include "base/guid.h"
#include "client/autodiscover/service_points.h"
#include "directory/slapd_test_support.h"
#include "net/http_server.h"
#include "net/tls.h"

namespace ropewalk::client::autodiscover {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace messages = ropewalk::autodiscover;

constexpr const char* kAddress = "user1@ropewalk.test";

struct Reply {
  int status = 200;
  std::string body{}, location{};
  bool wants_credentials = true;
};

std::string settings_for(const std::string& address) {
  messages::Account account;
  account.account_type = "email";
  account.action = "settings";
  Protocol mapi;
  mapi.type_attribute = "mapiHttp";
  mapi.version_attribute = "1";
  mapi.mail_store = messages::Urls{"https://in.ropewalk.test/mapi/emsmdb/?MailboxId=1", "https://out.ropewalk.test/m"};
  mapi.address_book = messages::Urls{"https://in.ropewalk.test/mapi/nspi/?MailboxId=1", ""};
  Protocol expr;
  expr.type = "EXPR";
  expr.server = "out.ropewalk.test";
  account.protocols = {mapi, expr};
  return xml::write_document(messages::Response::of({"User One", "/o=x/cn=user1", address, "d"}, account));
}
std::string redirect_to(const std::string& address, const std::string& url) {
  messages::Account account;
  account.redirect_address = address;
  account.redirect_url = url;
  return xml::write_document(messages::Response::of({}, account));
}

// Answers by the host that was asked for. Host names are below ropewalk.test, other.test and evil.test.
class Net {
 public:
  Net() {
    folder_ = std::filesystem::temp_directory_path() / ("autodiscover-" + Guid::random().to_string());
    std::filesystem::create_directories(folder_);
    Status made =
        net::make_self_signed(certificate(), folder_ + "/key.pem",
                              {"ropewalk.test", "*.ropewalk.test", "other.test", "*.other.test", "evil.test"});
    EXPECT_TRUE(made.ok());
    auto tls = net::TlsContext::load(certificate(), folder_ + "/key.pem");
    EXPECT_TRUE(tls.ok());
    net::HttpServerOptions options;
    options.endpoints.push_back({"127.0.0.1", 0, *tls});
    options.endpoints.push_back({"127.0.0.1", 0, nullptr});
    options.threads = 1;
    auto started = net::HttpServer::start(options, [this](net::HttpRequest& request, net::HttpResponder& responder) {
      return handle(request, responder);
    });
    EXPECT_TRUE(started.ok());
    server_ = std::move(*started);
  }
  ~Net() {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::string certificate() const { return folder_ + "/certificate.pem"; }
  std::string https() const { return "127.0.0.1:" + std::to_string(server_->listening()[0].port); }
  std::string http() const { return "127.0.0.1:" + std::to_string(server_->listening()[1].port); }

  std::map<std::string, Reply> replies;    // "https://HOST" or "http://HOST" -> what it says
  std::vector<std::string> with_password;  // the hosts that were given it
  std::string last_body;
  std::mutex lock;

 private:
  net::Awaitable<void> handle(net::HttpRequest& request, net::HttpResponder& responder) {
    std::string host(request.headers.get("Host"));
    host = (request.is_tls ? "https://" : "http://") + host.substr(0, host.find(':'));
    Reply reply{404, "nothing", "", false};
    const bool has_password = request.headers.has("Authorization");
    bool is_right = false;
    {
      std::lock_guard guard(lock);
      if (replies.contains(host)) reply = replies.at(host);
      if (has_password) with_password.push_back(host);
      last_body = request.body;
      is_right =
          request.headers.get("Authorization") == "Basic " + to_base64(bytes_of(std::string(kAddress) + ":secret"));
    }
    if (reply.wants_credentials && request.method == "POST" && !is_right) {
      net::HttpResponseHead head(401);
      head.add("WWW-Authenticate", "Basic realm=\"x\"");
      co_await responder.send(head, "");
      co_return;
    }
    net::HttpResponseHead head(reply.status);
    if (!reply.location.empty()) head.add("Location", reply.location);
    co_await responder.send(head, reply.body);
  }

  std::string folder_;
  std::unique_ptr<net::HttpServer> server_;
};

struct Records final : Resolver {
  Result<std::vector<ServiceHost>> service(const std::string& name) override {
    asked = name;
    return hosts;
  }
  std::string asked;
  std::vector<ServiceHost> hosts;
};

class AutodiscoverSearch : public testing::Test {
 protected:
  AutodiscoverSearch() {
    options_.address = kAddress;
    options_.password = "secret";
    options_.ca_file = net_.certificate();
    options_.resolver = &records_;
    options_.timeout = std::chrono::milliseconds(3000);
    for (const char* host : {"ropewalk.test", "autodiscover.ropewalk.test", "mail.ropewalk.test", "other.test",
                             "autodiscover.other.test", "evil.test"}) {
      options_.hosts[std::string(host) + ":443"] = net_.https();
      options_.hosts[std::string(host) + ":80"] = net_.http();
    }
  }
  // "POST https://ropewalk.test/...", and so on
  std::vector<std::string> tried() {
    std::vector<std::string> names;
    for (const Step& step : steps_)
      names.push_back(step.what + " " + step.where.substr(0, step.where.find("/autodiscover/")));
    return names;
  }
  Outcome<Found> find() {
    steps_.clear();
    return search(options_, &steps_);
  }

  Net net_;
  Records records_;
  SearchOptions options_;
  std::vector<Step> steps_;
};

// [MS-OXDISCO] 3.1.5.2
TEST_F(AutodiscoverSearch, TheDomainItselfIsAskedFirst) {
  net_.replies["https://ropewalk.test"] = {200, settings_for(kAddress)};
  auto found = find();
  ASSERT_TRUE(found.ok()) << found.error().text;
  EXPECT_EQ(found->address, kAddress);
  EXPECT_EQ(found->settings.user->legacy_dn, "/o=x/cn=user1");
  EXPECT_THAT(tried(), ElementsAre("POST https://ropewalk.test"));
  EXPECT_THAT(net_.last_body, HasSubstr("<EMailAddress>user1@ropewalk.test</EMailAddress>"));
  EXPECT_THAT(ways_in(found->settings), ElementsAre("https://in.ropewalk.test/mapi/emsmdb/?MailboxId=1",
                                                    "https://out.ropewalk.test/m", "ncacn_http:out.ropewalk.test"));
  EXPECT_EQ(address_book_of(found->settings, "https://in.ropewalk.test/mapi/emsmdb/?MailboxId=1"),
            "https://in.ropewalk.test/mapi/nspi/?MailboxId=1");
  EXPECT_EQ(address_book_of(found->settings, "https://out.ropewalk.test/m"), "");
  EXPECT_EQ(address_book_of(found->settings, "ncacn_http:out.ropewalk.test"), "");
}

TEST_F(AutodiscoverSearch, EveryStepComesInItsTurn) {
  net_.replies["https://mail.ropewalk.test"] = {200, settings_for(kAddress)};
  records_.hosts = {{"mail.ropewalk.test", 443, 0, 0}};
  auto found = find();
  ASSERT_TRUE(found.ok()) << found.error().text;
  EXPECT_EQ(records_.asked, "_autodiscover._tcp.ropewalk.test");
  EXPECT_THAT(tried(), ElementsAre("POST https://ropewalk.test", "POST https://autodiscover.ropewalk.test",
                                   "GET http://autodiscover.ropewalk.test", "SRV _autodiscover._tcp.ropewalk.test",
                                   "POST https://mail.ropewalk.test"));
  // Those who did not ask for it did not get it.
  EXPECT_THAT(net_.with_password, ElementsAre("https://mail.ropewalk.test"));
}

TEST_F(AutodiscoverSearch, ThePasswordGoesToThoseAloneWhoAskForItOverTls) {
  net_.replies["https://ropewalk.test"] = {200, "<html>a web site</html>", "", false};
  net_.replies["http://autodiscover.ropewalk.test"] = {302, "", "http://mail.ropewalk.test/x"};
  auto found = find();
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, mapi::ErrorCode::not_found);
  EXPECT_THAT(net_.with_password, IsEmpty());
  EXPECT_THAT(steps_[0].result, HasSubstr("<html>, not <Autodiscover>"));
  EXPECT_THAT(steps_[2].result, HasSubstr("not https://"));
}

// [MS-OXDISCO] 3.1.5.4: the user is to be asked
TEST_F(AutodiscoverSearch, UnprotectedRedirectsOutOfTheDomainNeedTrust) {
  net_.replies["http://autodiscover.ropewalk.test"] = {302, "", "https://evil.test/autodiscover/autodiscover.xml"};
  net_.replies["https://evil.test"] = {200, settings_for(kAddress)};
  records_.hosts = {{"evil.test", 443, 0, 0}};
  EXPECT_FALSE(find().ok());
  EXPECT_THAT(net_.with_password, IsEmpty());
  std::vector<std::string> asked;
  options_.trusts = [&](const std::string& host) {
    asked.push_back(host);
    return true;
  };
  EXPECT_TRUE(find().ok());
  EXPECT_THAT(asked, ElementsAre("evil.test"));
  EXPECT_THAT(net_.with_password, ElementsAre("https://evil.test"));
}

TEST_F(AutodiscoverSearch, AnswersLeadElsewhere) {
  net_.replies["https://ropewalk.test"] = {200, redirect_to("user1@other.test", "")};
  net_.replies["https://other.test"] = {302, "", "https://mail.ropewalk.test/autodiscover/autodiscover.xml"};
  net_.replies["https://mail.ropewalk.test"] = {200, settings_for("user1@other.test")};
  auto found = find();
  ASSERT_TRUE(found.ok()) << found.error().text;
  EXPECT_EQ(found->address, "user1@other.test");
  EXPECT_EQ(found->url, "https://mail.ropewalk.test/autodiscover/autodiscover.xml");
  EXPECT_THAT(net_.last_body, HasSubstr("<EMailAddress>user1@other.test</EMailAddress>"));
}

TEST_F(AutodiscoverSearch, LoopsAndEndlessRedirectsEnd) {
  net_.replies["https://ropewalk.test"] = {200,
                                           redirect_to("", "https://mail.ropewalk.test/autodiscover/autodiscover.xml")};
  net_.replies["https://mail.ropewalk.test"] = {302, "", "https://ropewalk.test/autodiscover/autodiscover.xml"};
  auto found = find();
  ASSERT_FALSE(found.ok());
  std::string all;
  for (const Step& step : steps_) all += step.result + "\n";
  EXPECT_THAT(all, HasSubstr("a loop of redirects"));

  // Addresses that are always others.
  std::atomic<int> count = 0;
  options_.on_step = [&](const Step& step) {
    if (step.what != "POST") return;
    std::lock_guard guard(net_.lock);
    const std::string next = "user" + std::to_string(++count + 1) + "@ropewalk.test";
    net_.replies["https://ropewalk.test"] = {200, redirect_to(next, "")};
  };
  net_.replies["https://ropewalk.test"] = {200, redirect_to("user9@ropewalk.test", "")};
  options_.server = "https://ropewalk.test";
  EXPECT_FALSE(find().ok());
  EXPECT_LT(steps_.size(), 15u);
}

TEST_F(AutodiscoverSearch, AWrongPasswordEndsTheSearch) {
  net_.replies["https://ropewalk.test"] = {200, settings_for(kAddress)};
  options_.password = "wrong";
  auto found = find();
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, mapi::ErrorCode::login_failure);
  EXPECT_EQ(steps_.size(), 1u);
  EXPECT_THAT(net_.with_password, ElementsAre("https://ropewalk.test"));  // once: accounts lock
}

TEST_F(AutodiscoverSearch, ErrorsOfTheServerAreTold) {
  net_.replies["https://ropewalk.test"] = {
      200, xml::write_document(messages::Response::of(messages::ErrorCode::address_not_found, 0, 1))};
  EXPECT_FALSE(find().ok());
  EXPECT_THAT(steps_[0].result, HasSubstr("error 500: The email address cannot be found."));
}

TEST_F(AutodiscoverSearch, BadAnswersLeadToTheNextPlace) {
  const std::string settings = settings_for(kAddress);
  const Reply bad[] = {
      {200, ""},
      {200, "<html><body>a web site</body></html>"},
      {200, "no XML at all"},
      {200, settings.substr(0, settings.size() / 2)},  // breaks off
      {200, "<!DOCTYPE a [<!ENTITY b \"c\">]><Autodiscover>&b;</Autodiscover>"},
      {200, "<?xml version=\"1.0\"?><Autodiscover/>"},
      {200, xml::write_document(messages::Response::of({"No account", "/o=x", kAddress, "d"}, {}))},
      {200, redirect_to("", "no URL")},
      {200, redirect_to("", "http://mail.ropewalk.test/plain")},
      {302, "", ""},
      {403, "go away"},
      {500, "oops"},
      {503, ""},
  };
  net_.replies["https://autodiscover.ropewalk.test"] = {200, settings};
  for (const Reply& reply : bad) {
    net_.replies["https://ropewalk.test"] = reply;
    auto found = find();
    ASSERT_TRUE(found.ok()) << reply.status << " " << reply.body << ": " << found.error().text;
    EXPECT_EQ(found->url, "https://autodiscover.ropewalk.test/autodiscover/autodiscover.xml");
    EXPECT_FALSE(steps_[0].good && steps_[1].good && steps_.size() == 2) << reply.body;
    EXPECT_NE(steps_[0].result, "");
  }
}

// As a host that answers 404 does.
TEST_F(AutodiscoverSearch, DeadAndSilentHostsAreLeftBehind) {
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(::listen(silent, 8), 0);  // takes connections, and never says a word
  socklen_t size = sizeof at;
  ::getsockname(silent, reinterpret_cast<sockaddr*>(&at), &size);
  options_.hosts["ropewalk.test:443"] = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  options_.hosts["autodiscover.ropewalk.test:443"] = "127.0.0.1:1";  // dead
  options_.hosts["autodiscover.ropewalk.test:80"] = options_.hosts["ropewalk.test:443"];
  options_.timeout = std::chrono::milliseconds(300);
  records_.hosts = {{"mail.ropewalk.test", 443, 0, 0}};
  net_.replies["https://mail.ropewalk.test"] = {200, settings_for(kAddress)};
  auto found = find();
  ::close(silent);
  ASSERT_TRUE(found.ok()) << found.error().text;
  EXPECT_EQ(found->url, "https://mail.ropewalk.test/autodiscover/autodiscover.xml");
  ASSERT_EQ(steps_.size(), 5u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(steps_[i].good) << steps_[i].result;
  EXPECT_LT(steps_[0].took, std::chrono::seconds(2));
}

TEST_F(AutodiscoverSearch, LocationsMayBeRelative) {
  net_.replies["https://ropewalk.test"] = {302, "", "//mail.ropewalk.test/autodiscover/autodiscover.xml"};
  net_.replies["https://mail.ropewalk.test"] = {302, "", "other.xml"};
  options_.on_step = [&](const Step& step) {
    std::lock_guard guard(net_.lock);
    if (step.where.ends_with("mail.ropewalk.test/autodiscover/autodiscover.xml"))
      net_.replies["https://mail.ropewalk.test"] = {200, settings_for(kAddress)};
  };
  auto found = find();
  ASSERT_TRUE(found.ok()) << found.error().text;
  EXPECT_EQ(found->url, "https://mail.ropewalk.test/autodiscover/other.xml");
  EXPECT_EQ(steps_.size(), 3u);
}

// [MS-OXDISCO] 3.1.5.1, with OpenLDAP in the place of Active Directory
TEST_F(AutodiscoverSearch, ServiceConnectionPointsComeFirst) {
  using directory::Slapd;
  if (!Slapd::is_there()) GTEST_SKIP() << "there is no slapd here (Debian's package slapd)";
  Slapd slapd(std::filesystem::path(net_.certificate()).parent_path() / "ldap");
  slapd.with_schema(
      "attributetype (1.1.2.1.1 NAME 'keywords' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15)\n"
      "attributetype (1.1.2.1.2 NAME 'serviceBindingInformation' EQUALITY caseIgnoreMatch\n"
      "  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15)\n"
      "objectclass (1.1.2.2.1 NAME 'serviceConnectionPoint' STRUCTURAL MUST cn\n"
      "  MAY (keywords $ serviceBindingInformation))\n");
  const std::string itself = "LDAP://127.0.0.1:" + std::to_string(slapd.port());
  auto point = [](const std::string& name, const std::string& keywords, const std::string& place) {
    return "dn: cn=" + name + ",dc=example\nobjectClass: serviceConnectionPoint\ncn: " + name + "\n" + keywords +
           "serviceBindingInformation: " + place + "\n\n";
  };
  const std::string url_map = "keywords: 77378F46-2C66-4aa9-A6A6-3E7A48B19596\n",
                    directory_map = "keywords: 67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68\n";
  slapd.load(
      "dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n"
      "dn: uid=user1,dc=example\nobjectClass: inetOrgPerson\nuid: user1\ncn: One\nsn: One\n"
      "userPassword: secret\n\n" +
      point("one", url_map, "http://mail.ropewalk.test/autodiscover/autodiscover.xml") +
      point("two", url_map, "https://mail.ropewalk.test/autodiscover/autodiscover.xml") +
      point("three", directory_map, "LDAP://dc.evil.test/") +
      point("four", directory_map + "keywords: Domain=Ropewalk.test\n", itself + "/") +
      point("none", "keywords: something else\n", "https://evil.test/"));
  ASSERT_TRUE(slapd.start());
  const std::string both = slapd.path("both.pem");
  std::ofstream(both) << std::ifstream(net_.certificate()).rdbuf()
                      << std::ifstream(slapd.path("certificate.pem")).rdbuf();
  options_.ca_file = both;
  options_.ldap = slapd.settings().url;
  options_.ldap_user = "uid=user1,dc=example";

  auto told =
      service_points({options_.ldap, both, options_.ldap_user, "secret", "", std::chrono::seconds(5)}, "ropewalk.test");
  ASSERT_TRUE(told.ok()) << told.error().text;
  EXPECT_EQ(told->urls.size(), 2u);
  EXPECT_THAT(told->pointers, ElementsAre("ldap://127.0.0.1:" + std::to_string(slapd.port()), "ldap://dc.evil.test"));

  net_.replies["https://mail.ropewalk.test"] = {200, settings_for(kAddress)};
  auto found = find();
  ASSERT_TRUE(found.ok()) << found.error().text;
  EXPECT_THAT(tried(),
              ElementsAre("SCP " + options_.ldap, "POST http://mail.ropewalk.test", "POST https://mail.ropewalk.test"));
  EXPECT_THAT(steps_[0].result, HasSubstr("2 autodiscover servers, 2 other directories"));
  EXPECT_THAT(steps_[1].result, HasSubstr("credentials do not go over plain HTTP"));

  // Nothing there: the other directories if they are trusted, then as without any.
  net_.replies.clear();
  net_.replies["https://ropewalk.test"] = {200, settings_for(kAddress)};
  options_.trusts = [](const std::string& host) { return host == "127.0.0.1"; };
  found = find();
  ASSERT_TRUE(found.ok()) << found.error().text;
  std::string all;
  for (const Step& step : steps_) all += step.what + " " + step.where + ": " + step.result + "\n";
  EXPECT_THAT(all, HasSubstr("SCP ldap://127.0.0.1:" + std::to_string(slapd.port()) + ": 2 autodiscover servers"));
  EXPECT_THAT(all, HasSubstr("SCP ldap://dc.evil.test: is outside of the address's domain and not trusted"));

  options_.password = "wrong";
  found = find();
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, mapi::ErrorCode::login_failure);
  EXPECT_THAT(tried(), ElementsAre("SCP " + options_.ldap));
  options_.password = "secret";
  slapd.stop();
  EXPECT_TRUE(find().ok());
  EXPECT_THAT(steps_[0].result, HasSubstr("cannot reach the LDAP server"));
}

TEST_F(AutodiscoverSearch, CertificatesAreChecked) {
  net_.replies["https://ropewalk.test"] = {200, settings_for(kAddress)};
  options_.ca_file.clear();
  EXPECT_FALSE(find().ok());
  EXPECT_THAT(steps_[0].result, HasSubstr("certificate"));
  EXPECT_THAT(net_.with_password, IsEmpty());
  options_.insecure = true;
  EXPECT_TRUE(find().ok());
}

TEST_F(AutodiscoverSearch, AServerCanBeNamed) {
  net_.replies["https://mail.ropewalk.test"] = {200, settings_for(kAddress)};
  options_.server = "mail.ropewalk.test";
  ASSERT_TRUE(find().ok());
  EXPECT_THAT(tried(), ElementsAre("POST https://mail.ropewalk.test"));
  options_.server = "not a host";
  EXPECT_EQ(find().error().code, mapi::ErrorCode::invalid_param);
  options_.address = "nobody";
  options_.server.clear();
  EXPECT_THAT(find().error().text, HasSubstr("is not a mail address"));
}

// ---- DNS ----

// Answers one question over UDP with what it is given.
class TinyDns {
 public:
  explicit TinyDns(std::vector<u8> records, u16 count, u8 code = 0) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    socklen_t size = sizeof at;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
    thread_ = std::thread([this, records = std::move(records), count, code] { serve(records, count, code); });
  }
  ~TinyDns() {
    stop_ = true;
    thread_.join();
    ::close(socket_);
  }
  u16 port = 0;

 private:
  void serve(const std::vector<u8>& records, u16 count, u8 code) {
    while (!stop_) {
      pollfd file{socket_, POLLIN, 0};
      if (::poll(&file, 1, 50) <= 0) continue;
      u8 buffer[1500];
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t got = ::recvfrom(socket_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 12) continue;
      std::size_t end = 12;  // of the question
      while (end < static_cast<std::size_t>(got) && buffer[end] != 0) end += buffer[end] + 1u;
      end += 5;
      std::vector<u8> answer(buffer, buffer + end);
      answer[2] = 0x81, answer[3] = static_cast<u8>(0x80 | code);
      answer[6] = static_cast<u8>(count >> 8), answer[7] = static_cast<u8>(count);
      answer[8] = answer[9] = answer[10] = answer[11] = 0;
      answer.insert(answer.end(), records.begin(), records.end());
      ::sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }
  int socket_ = -1;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

void add_srv(std::vector<u8>& records, u16 priority, u16 weight, u16 port, std::string_view host) {
  std::vector<u8> name;
  while (!host.empty()) {
    const std::string_view label = host.substr(0, host.find('.'));
    name.push_back(static_cast<u8>(label.size()));
    name.insert(name.end(), label.begin(), label.end());
    host.remove_prefix(std::min(host.size(), label.size() + 1));
  }
  name.push_back(0);
  auto add16 = [&](u16 value) {
    records.push_back(static_cast<u8>(value >> 8));
    records.push_back(static_cast<u8>(value));
  };
  for (u16 value :
       {u16{0xC00C}, u16{33}, u16{1}, u16{0}, u16{60}, static_cast<u16>(6 + name.size()), priority, weight, port})
    add16(value);
  records.insert(records.end(), name.begin(), name.end());
}

TEST(AutodiscoverDns, ServiceRecordsComeInTheirOrder) {
  std::vector<u8> records;
  add_srv(records, 20, 5, 443, "last.ropewalk.test");
  add_srv(records, 10, 1, 8443, "second.ropewalk.test");
  add_srv(records, 10, 9, 443, "first.ropewalk.test");
  add_srv(records, 0, 0, 443, "");  // "decidedly not available"
  TinyDns dns(records, 4);
  DnsResolver resolver("127.0.0.1:" + std::to_string(dns.port));
  auto hosts = resolver.service("_autodiscover._tcp.ropewalk.test");
  ASSERT_TRUE(hosts.ok()) << hosts.error().text;
  ASSERT_EQ(hosts->size(), 3u);
  EXPECT_EQ((*hosts)[0].host, "first.ropewalk.test");
  EXPECT_EQ((*hosts)[1].host, "second.ropewalk.test");
  EXPECT_EQ((*hosts)[1].port, 8443);
  EXPECT_EQ((*hosts)[2].host, "last.ropewalk.test");
}

TEST(AutodiscoverDns, NoneAndFailuresAreToldApart) {
  TinyDns none({}, 0, 3);  // NXDOMAIN
  auto hosts = DnsResolver("127.0.0.1:" + std::to_string(none.port)).service("_autodiscover._tcp.ropewalk.test");
  ASSERT_TRUE(hosts.ok()) << hosts.error().text;
  EXPECT_THAT(*hosts, IsEmpty());
  EXPECT_THAT(DnsResolver("mail").service("x").error().text, HasSubstr("is not an IPv4 address"));
  EXPECT_THAT(DnsResolver("127.0.0.1:0").service("x").error().text, HasSubstr("is not an IPv4 address"));
}

TEST(AutodiscoverDns, BrokenAnswersAreErrors) {
  EXPECT_FALSE(service_hosts_in({}).ok());
  std::vector<u8> answer{0, 1, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 0};
  EXPECT_FALSE(service_hosts_in(answer).ok());
  std::vector<u8> records;
  add_srv(records, 1, 1, 1, "a.b");
  records[0] = 0;  // the root's name, in place of a pointer
  records.erase(records.begin() + 1);
  answer.insert(answer.end(), records.begin(), records.end());
  ASSERT_TRUE(service_hosts_in(answer).ok());
  for (std::size_t size = 12; size < answer.size(); ++size)
    EXPECT_FALSE(service_hosts_in(ByteView(answer).first(size)).ok()) << size;
  answer[12 + 10] = 7;  // the record's length: a name that goes on behind it
  (void)service_hosts_in(answer);
}

TEST(AutodiscoverUrl, IsTakenApartAndPutTogether) {
  auto url = Url::parse("https://Mail.Ropewalk.Test:8443/a?b=c#d");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->text(), "https://mail.ropewalk.test:8443/a?b=c");
  EXPECT_EQ(Url::parse("http://[::1]")->text(), "http://[::1]/");
  EXPECT_EQ(Url::parse("https://a:443/")->text(), "https://a/");
  for (const char* bad : {"", "a", "ftp://a", "https://", "https:///x", "https://a:0", "https://a:x", "https://u@a/",
                          "https://[::1", "https://a b/"})
    EXPECT_FALSE(Url::parse(bad)) << bad;
}

}  // namespace
}  // namespace ropewalk::client::autodiscover
