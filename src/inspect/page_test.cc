#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <random>

#include "base/base64.h"
#include "directory/password.h"
#include "inspect/page_files.h"
#include "inspect/page_server.h"
#include "inspect/test_operations.h"
#include "net/test_wire.h"

namespace ropewalk::inspect {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ApiTest : public testing::Test {
 protected:
  void fill(u64 count) {
    for (u64 n = 1; n <= count; ++n) store_.add(sample_operation(n));
  }
  boost::json::value get(std::string_view path, std::string_view query = "", int status = 200) {
    const ApiAnswer answer = api_.get(path, query);
    EXPECT_EQ(answer.status, status) << answer.body;
    return boost::json::parse(answer.body);
  }

  OperationStore store_;
  Progress progress_;
  Api api_{store_, progress_};
};

TEST_F(ApiTest, RowsComeAPageAtATime) {
  fill(500);
  const auto page = get("operations", "from=490&count=200");
  EXPECT_EQ(page.at("total").as_int64(), 500);
  EXPECT_EQ(page.at("rows").as_array().size(), 10u);
  const auto& row = page.at("rows").as_array().front();
  EXPECT_EQ(row.at("n").as_int64(), 491);
  EXPECT_EQ(row.at("b").as_int64(), 492);
  EXPECT_EQ(row.at("l").as_string(), "MAPIHTTP");
  EXPECT_EQ(get("operations", "from=501").at("rows").as_array().size(), 0u);
  fill(3000);
  EXPECT_EQ(get("operations", "count=4000000000").at("rows").as_array().size(), Api::kMostRows);
}

TEST_F(ApiTest, OneOperationHasItsTreeAndItsBuffers) {
  fill(20);
  const auto operation = get("operation/7");
  EXPECT_EQ(operation.at("tree").at("name").as_string(), "ExecuteRequestBody");
  EXPECT_EQ(operation.at("buffers").as_array().size(), 3u);
  EXPECT_EQ(*from_base64(std::string(operation.at("buffers").as_array()[2].at("base64").as_string())),
            sample_operation(7).buffers[2].bytes);
  EXPECT_EQ(operation.at("b").as_int64(), 8);
  get("operation/21", "", 404);
  get("operation/-1", "", 404);
  get("operation/7x", "", 404);
  get("operation/", "", 404);
  get("operation/99999999999999999999999", "", 404);
}

TEST_F(ApiTest, AHugeOperationIsCutForThePage) {
  dissect::Operation huge = sample_operation(1);
  huge.buffers.front().bytes.resize(Api::kMostBytes + 100);
  for (std::size_t i = 0; i < Api::kMostNodes + 100; ++i) huge.tree.fields.emplace_back().name = "x";
  store_.add(huge);
  const auto operation = get("operation/1");
  EXPECT_LE(operation.at("tree").at("fields").as_array().size(), Api::kMostNodes + 1);
  EXPECT_THAT(boost::json::serialize(operation.at("tree").at("fields").as_array().back()), HasSubstr("omitted"));
  EXPECT_EQ(operation.at("buffers").as_array().front().at("size").as_int64(), Api::kMostBytes + 100);
  EXPECT_EQ(operation.at("buffers").as_array().back().at("base64").as_string(), "");
}

TEST_F(ApiTest, FiltersAreAppliedCompletedAndRefusedInWords) {
  fill(1000);
  EXPECT_EQ(get("operations", "filter=mapi.rop+%3D%3D+%22RopQueryRows%22").at("total").as_int64(), 250);
  const auto position = get("position", "number=400&filter=mapi.rop%3D%3D%22RopQueryRows%22");
  EXPECT_GT(position.at("index").as_int64(), 0);
  EXPECT_THAT(boost::json::serialize(get("complete", "prefix=mapi.ro")), HasSubstr("mapi.rop"));
  for (std::string_view path : {"operations", "position", "stats", "overview"})
    EXPECT_THAT(boost::json::serialize(get(path, "filter=mapi.ropp%20%3D%3D%203", 422)), HasSubstr("mapi.ropp"));
  get("operations", "filter=" + std::string(9000, 'x'), 400);
  get("operations", "from=x", 400);
  get("overview", "buckets=0", 400);
  get("../../etc/passwd", "", 404);
}

TEST_F(ApiTest, TheOverviewCountsEachOperationOnce) {
  fill(1000);
  for (int buckets : {1, 7, 1000, 3000}) {
    u64 sum = 0, failed = 0;
    const auto overview = get("overview", "buckets=" + std::to_string(buckets));
    for (const auto& bucket : overview.at("buckets").as_array()) {
      for (const auto& count : bucket.as_array()) sum += count.to_number<u64>();
      failed += bucket.as_array()[3].to_number<u64>();
    }
    EXPECT_EQ(sum, 1000u) << buckets;
    EXPECT_EQ(failed, 10u) << buckets;
  }
  EXPECT_EQ(get("stats").at("count").as_int64(), 1000);
}

TEST_F(ApiTest, AnEmptyStoreAnswersToo) {
  EXPECT_EQ(get("operations").at("total").as_int64(), 0);
  EXPECT_EQ(get("stats").at("count").as_int64(), 0);
  EXPECT_EQ(get("overview").at("total").as_int64(), 0);
  EXPECT_EQ(get("state").at("count").as_int64(), 0);
  EXPECT_EQ(get("findings").at("findings").as_array().size(), 0u);
}

TEST_F(ApiTest, AnyQueryIsAnswered) {
  fill(30);
  std::mt19937 random(7);
  const std::string_view paths[] = {"state", "operations", "position", "operation/3", "complete", "stats", "overview"};
  const std::string_view letters = "from=count&filter%2F%zz\"()mapi.rop<>!\\{}\x01\xFF+=&0123456789";
  for (int i = 0; i < 3000; ++i) {
    std::string query;
    for (unsigned n = random() % 60; n > 0; --n) query += letters[random() % letters.size()];
    const ApiAnswer answer = api_.get(paths[random() % std::size(paths)], query);
    EXPECT_TRUE(answer.status == 200 || answer.status == 400 || answer.status == 422) << query;
    boost::json::error_code failed;
    boost::json::parse(answer.body, failed);
    EXPECT_FALSE(failed) << query << " " << answer.body;
  }
}

// ---- over HTTP ----

class PageServerTest : public ApiTest {
 protected:
  void start(PageServerOptions options) {
    options.endpoints = {{"127.0.0.1", 0, nullptr}};
    auto server = PageServer::start(std::move(options), api_);
    ASSERT_TRUE(server.ok()) << server.error().text;
    server_ = std::move(*server);
    const std::string& url = server_->url();
    const auto colon = url.rfind(':');
    port_ = static_cast<u16>(std::stoi(url.substr(colon + 1)));
    base_ = url.substr(url.find('/', colon));
  }
  void start_with_token() {
    PageServerOptions options;
    options.token = random_token();
    start(std::move(options));
  }
  void start_with_password() {
    static const std::string hash = directory::hash_password("correct horse").value();
    PageServerOptions options;
    options.gate = std::make_shared<AdminGate>([this] { return hash_.empty() ? hash : hash_; },
                                               [this] { return AdminGate::Clock::now() + later_; });
    options.host_names = {"mail.ropewalk.test"};
    start(std::move(options));
  }
  std::string ask(const std::string& target, const std::string& headers = "", const std::string& method = "GET",
                  const std::string& body = "", const std::string& host = "localhost") {
    net::Wire wire(port_);
    wire.send(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + headers +
              (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body);
    return wire.read_to_end();
  }
  std::string sign_in(const std::string& password, const std::string& headers = "") {
    return ask("/login", headers, "POST", boost::json::serialize(boost::json::object{{"password", password}}));
  }
  static std::string cookie_of(const std::string& response) {
    const auto begin = response.find("__Host-ropewalk=");
    return begin == std::string::npos ? "" : response.substr(begin, response.find(';', begin) - begin);
  }

  std::unique_ptr<PageServer> server_;
  u16 port_ = 0;
  std::string base_, hash_;
  std::chrono::minutes later_{0};
};

TEST_F(PageServerTest, TheTokenOpensThePageAndNothingElseDoes) {
  fill(3);
  start_with_token();
  EXPECT_THAT(ask(base_), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("<title>Ropewalk</title>")));
  EXPECT_THAT(ask(base_ + "app.js"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("text/javascript")));
  EXPECT_THAT(ask(base_ + "api/operations?from=0&count=2"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\"n\":2")));
  std::string wrong = base_;
  wrong[5] = wrong[5] == '0' ? '1' : '0';
  for (const std::string& path :
       {std::string("/"), std::string("/api/state"), wrong, wrong + "api/state", std::string("//"),
        base_.substr(0, base_.size() - 2) + "/", std::string("/index.html"), "/x" + base_})
    EXPECT_THAT(ask(path), AllOf(StartsWith("HTTP/1.1 404"), Not(HasSubstr("<title>")), Not(HasSubstr("\"n\""))))
        << path;
}

TEST_F(PageServerTest, PathsCannotLeaveThePage) {
  start_with_token();
  for (std::string path :
       {"../../etc/passwd", "..%2f..%2fetc/passwd", "%2e%2e/", "api/../index.html", "api/operation/../1", "/etc/passwd",
        "index.html/", "index.html%00", "page/index.html", ".", "..", "INDEX.HTML"})
    EXPECT_THAT(ask(base_ + path), StartsWith("HTTP/1.1 404")) << path;
}

TEST_F(PageServerTest, EveryAnswerKeepsThePageToItself) {
  start_with_token();
  for (const std::string& path : {base_, base_ + "api/state", std::string("/nothing")})
    EXPECT_THAT(ask(path), AllOf(HasSubstr("default-src 'none'"), HasSubstr("frame-ancestors 'none'"),
                                 HasSubstr("nosniff"), HasSubstr("no-referrer"), HasSubstr("no-store")));
  EXPECT_THAT(ask(base_, "", "POST", "x"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(ask(base_ + "api/state", "Sec-Fetch-Site: cross-site\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ask(base_ + "api/state", "Sec-Fetch-Site: same-origin\r\n"), StartsWith("HTTP/1.1 200"));
  for (const PageFile& file : page_files()) {  // nothing from elsewhere, nothing that the policy forbids
    EXPECT_EQ(file.content.find("https://"), std::string_view::npos) << file.path;
    EXPECT_EQ(file.content.find(" style="), std::string_view::npos) << file.path;
    EXPECT_EQ(file.content.find("<script>"), std::string_view::npos) << file.path;
  }
}

TEST_F(PageServerTest, NamesThatSomebodyElsesDnsPointsHereAreRefused) {
  start_with_token();
  const std::string port = ":" + std::to_string(port_);
  for (const std::string& host :
       {"127.0.0.1" + port, "localhost" + port, std::string("[::1]") + port, std::string("LOCALHOST")})
    EXPECT_THAT(ask(base_, "", "GET", "", host), StartsWith("HTTP/1.1 200")) << host;
  for (const std::string& host :
       {"evil.test" + port, std::string("127.0.0.1.evil.test"), std::string("localhost.evil.test"), std::string("[::1"),
        std::string("[]"), std::string(":")})
    EXPECT_THAT(ask(base_, "", "GET", "", host), AllOf(StartsWith("HTTP/1.1 421"), Not(HasSubstr("<title>")))) << host;
}

TEST_F(PageServerTest, EventsTellWhatIsNew) {
  start_with_token();
  net::Wire wire(port_);
  wire.send("GET " + base_ + "api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(wire.read_until("\"count\":0"), HasSubstr("text/event-stream"));
  fill(5);
  EXPECT_THAT(wire.read_until("\"count\":5"), HasSubstr("data: {"));
  server_->stop();
  EXPECT_THAT(wire.read_to_end(), Not(HasSubstr("<silence>")));
}

TEST_F(PageServerTest, NotEverybodyMayWatch) {
  start_with_token();
  std::vector<std::unique_ptr<net::Wire>> watchers;
  for (int i = 0; i < PageServer::kMostWatchers; ++i) {
    watchers.push_back(std::make_unique<net::Wire>(port_));
    watchers.back()->send("GET " + base_ + "api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(watchers.back()->read_until("data: "), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_THAT(ask(base_ + "api/events"), StartsWith("HTTP/1.1 503"));
}

TEST_F(PageServerTest, ThePasswordOpensThePage) {
  fill(3);
  start_with_password();
  EXPECT_THAT(ask("/"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Sign in")));
  EXPECT_THAT(ask("/api/state"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(ask("/api/events"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(ask("/app.js"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(sign_in("wrong"), AllOf(StartsWith("HTTP/1.1 401"), Not(HasSubstr("Set-Cookie"))));
  const std::string response = sign_in("correct horse");
  EXPECT_THAT(response,
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("; HttpOnly; SameSite=Strict"), HasSubstr("Secure")));
  const std::string cookie = "Cookie: a=b; " + cookie_of(response) + "\r\n";
  EXPECT_THAT(ask("/api/state", cookie), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("/", cookie), HasSubstr("app.js"));
  EXPECT_THAT(ask("/api/state", "Cookie: __Host-ropewalk=\r\n"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(ask("/api/state", "Cookie: __Host-ropewalk=" + std::string(64, '0') + "\r\n"),
              StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(ask("/logout", cookie, "POST", "{}"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("/api/state", cookie), StartsWith("HTTP/1.1 401"));
}

TEST_F(PageServerTest, SessionsEndWithTimeAndWithTheirPassword) {
  start_with_password();
  const std::string cookie = "Cookie: " + cookie_of(sign_in("correct horse")) + "\r\n";
  later_ = 59min;
  EXPECT_THAT(ask("/api/state", cookie), StartsWith("HTTP/1.1 200"));
  later_ = 59min + 61min;
  EXPECT_THAT(ask("/api/state", cookie), StartsWith("HTTP/1.1 401"));
  const std::string other = "Cookie: " + cookie_of(sign_in("correct horse")) + "\r\n";
  EXPECT_THAT(ask("/api/state", other), StartsWith("HTTP/1.1 200"));
  hash_ = directory::hash_password("another").value();
  EXPECT_THAT(ask("/api/state", other), StartsWith("HTTP/1.1 401"));
}

TEST_F(PageServerTest, GuessingIsSlowedDown) {
  start_with_password();
  for (int i = 0; i < 5; ++i) EXPECT_THAT(sign_in("wrong"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(sign_in("correct horse"), AllOf(StartsWith("HTTP/1.1 429"), HasSubstr("Retry-After: ")));
  later_ = 2min;
  EXPECT_THAT(sign_in("correct horse"), StartsWith("HTTP/1.1 200"));
}

TEST_F(PageServerTest, SignInIsThePagesOwnAffair) {
  start_with_password();
  EXPECT_THAT(sign_in("correct horse", "Sec-Fetch-Site: cross-site\r\n"), StartsWith("HTTP/1.1 403"));
  for (const std::string& body : {std::string("x"), std::string("[]"), std::string("{}"),
                                  std::string("{\"password\":7}"), std::string(2000, '[')})
    EXPECT_THAT(ask("/login", "", "POST", body), StartsWith("HTTP/1.1 400")) << body;
  EXPECT_THAT(ask("/login", "", "POST", std::string(100'000, 'x')), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(ask("/", "", "GET", "", "mail.ropewalk.test:1"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("/", "", "GET", "", "evil.test"), StartsWith("HTTP/1.1 421"));
}

}  // namespace
}  // namespace ropewalk::inspect
