#include "server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace ropewalk::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string error_of(std::string_view text) {
  Config config;
  Status read = parse_config(text, "a.toml", config);
  return read.ok() ? "" : read.error().text;
}

// As Exchange 2016 from SP1 on: MS-OXCMAPIHTTP_R158002
TEST(Config, PendingPeriodIsThirtySecondsUnlessSetOtherwise) {
  EXPECT_EQ(Config{}.mapihttp.pending_period, std::chrono::seconds(30));
}

TEST(Config, TheAdministratorsPageIsOffAndMasksUnlessSetOtherwise) {
  EXPECT_FALSE(Config{}.admin_port);
  EXPECT_FALSE(Config{}.admin_shows_contents);
  Config config;
  Status read = parse_config("[admin]\nport = 8444\ncontents = \"shown\"\noperations = 500\npassword_hash = \"x\"",
                             "a.toml", config);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(config.admin_port, 8444);
  EXPECT_TRUE(config.admin_shows_contents);
  EXPECT_EQ(config.admin_operations, 500u);
  EXPECT_EQ(config.admin_password_hash, "x");
  EXPECT_THAT(weak_settings(config), ElementsAre(HasSubstr("admin.contents")));
  EXPECT_THAT(error_of("[admin]\ncontents = \"all\""), HasSubstr("masked, shown"));
  EXPECT_THAT(error_of("[admin]\noperations = 1"), HasSubstr("admin.operations"));
}

TEST(Config, AutodiscoverIsTold) {
  Config config;
  Status read = parse_config(R"([autodiscover]
internal_url = "https://in.ropewalk.test:8443"
external_url = "https://mail.ropewalk.test"
public_folders = "public@ropewalk.test"
[autodiscover.redirect_address]
"Old@ropewalk.test" = "user1@ropewalk.test"
[autodiscover.redirect_url]
"@other.test" = "https://mail.other.test/autodiscover/autodiscover.xml"
[autodiscover.alternatives]
"user1@ropewalk.test" = ["user2@ropewalk.test"]
)",
                             "a.toml", config);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(config.autodiscover.internal_url, "https://in.ropewalk.test:8443");
  EXPECT_EQ(config.autodiscover.public_folders, "public@ropewalk.test");
  EXPECT_EQ(config.autodiscover.redirect_addresses.at("old@ropewalk.test"), "user1@ropewalk.test");
  EXPECT_EQ(config.autodiscover.redirect_urls.count("@other.test"), 1u);
  EXPECT_THAT(config.autodiscover.alternatives.at("user1@ropewalk.test"), ElementsAre("user2@ropewalk.test"));

  EXPECT_THAT(error_of("[autodiscover]\nexternal_url = \"mail.ropewalk.test\""),
              HasSubstr("autodiscover.external_url"));
  EXPECT_THAT(error_of("[autodiscover]\ninternal_url = \"http://mail.ropewalk.test\""),
              HasSubstr("'autodiscover.internal_url' is to be https://HOST[:PORT], or empty"));
  EXPECT_THAT(error_of("[autodiscover]\npublic_folders = \"Public\""),
              HasSubstr("'autodiscover.public_folders' is to be an address, or empty"));
  EXPECT_THAT(error_of("[autodiscover.redirect_address]\n\"a@b\" = \"A@b\""), HasSubstr("another address"));
  EXPECT_THAT(error_of("[autodiscover.redirect_url]\n\"a@b\" = \"http://c/\""), HasSubstr("https://HOST/PATH"));
  EXPECT_THAT(error_of("[autodiscover.alternatives]\n\"a@b\" = \"c@d\""), HasSubstr("a list of addresses"));
  EXPECT_THAT(error_of("[autodiscover.alternatives]\nme = []"), HasSubstr("is to be an address"));
}

TEST(Config, EverySettingIsRead) {
  Config config;
  Status read = parse_config(R"(
data = "/srv/mail"
organization = "Test"
compatibility = "2016"
log_level = "debug"
host_names = ["mail.ropewalk.test", "ropewalk.test"]
listen = "::1"
[https]
port = 0
certificate = "c.pem"
key = "k.pem"
[http]
port = 8080
[sessions]
expiry = 60
per_user = 3
total = 12
[sign_in]
remember = 0
failures = 5
[limits]
connections = 99
[threads]
io = 1
workers = 2
[shutdown]
grace = 4
)",
                             "a.toml", config);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(config.data, "/srv/mail");
  EXPECT_EQ(config.organization, "Test");
  EXPECT_EQ(config.log_level, LogLevel::debug);
  EXPECT_THAT(config.host_names, ElementsAre("mail.ropewalk.test", "ropewalk.test"));
  EXPECT_EQ(config.listen, "::1");
  EXPECT_EQ(config.https_port, 0);
  EXPECT_EQ(config.certificate, "c.pem");
  EXPECT_EQ(config.key, "k.pem");
  EXPECT_EQ(config.http_port, 8080);
  EXPECT_EQ(config.session_expiry.count(), 60);
  EXPECT_EQ(config.sessions_per_user, 3u);
  EXPECT_EQ(config.sessions, 12u);
  EXPECT_EQ(config.credentials_remembered.count(), 0);
  EXPECT_EQ(config.failures_in_a_row, 5u);
  EXPECT_EQ(config.max_connections, 99u);
  EXPECT_EQ(config.io_threads, 1u);
  EXPECT_EQ(config.workers, 2u);
  EXPECT_EQ(config.grace.count(), 4);
}

TEST(Config, AnEmptyFileChangesNothing) {
  Config config;
  ASSERT_TRUE(parse_config("", "a.toml", config).ok());
  EXPECT_EQ(config.session_expiry.count(), 900);
  EXPECT_EQ(config.listen, "127.0.0.1");
  EXPECT_FALSE(config.https_port || config.http_port);
}

TEST(Config, ErrorsNameTheLineAndTheKey) {
  EXPECT_EQ(error_of("\n\ndatta = 'x'"), "a.toml:3: unknown setting 'datta'");
  EXPECT_EQ(error_of("[https]\nport = 1\nprot = 2\n"), "a.toml:3: unknown setting 'https.prot'");
  EXPECT_EQ(error_of("[htps]\nport = 1\n"), "a.toml:1: unknown setting 'htps'");
  EXPECT_EQ(error_of("data = 5"), "a.toml:1: 'data' is to be text in quotes");
  EXPECT_EQ(error_of("[http]\nport = 65536"), "a.toml:2: 'http.port' is to be a whole number from 0 to 65535");
  EXPECT_EQ(error_of("[http]\nport = '80'"), "a.toml:2: 'http.port' is to be a whole number from 0 to 65535");
  EXPECT_EQ(error_of("[sessions]\nexpiry = -1"), "a.toml:2: 'sessions.expiry' is to be a whole number from 1 to 86400");
  EXPECT_EQ(error_of("http = 80"), "a.toml:1: 'http' is to be a section: [http]");
  EXPECT_EQ(error_of("compatibility = '2010'"), "a.toml:1: 'compatibility' is to be one of \"2016\"");
  EXPECT_EQ(error_of("log_level = 'loud'"), "a.toml:1: 'log_level' is to be one of debug, info, warning, error, off");
  EXPECT_EQ(error_of("host_names = ['a', 1]"), "a.toml:1: 'host_names' is to be a list of texts");
  EXPECT_THAT(error_of("data = 'x'\n= 5"), HasSubstr("a.toml:2: "));
  EXPECT_THAT(error_of("[https]\ncertificate = 'c'"), HasSubstr("together"));
  // The first of several, wherever they stand.
  EXPECT_EQ(error_of("nonsense = 1\n[https]\nport = 'x'"), "a.toml:1: unknown setting 'nonsense'");
  EXPECT_THAT(error_of("data = 'x'\n[https]\nport = 'x'\n[zzz]\n"), HasSubstr("a.toml:3"));
}

// The example says what the defaults are; it must not lie.
TEST(Config, TheExampleFileHasTheDefaults) {
  Config defaults, config;
  Status read = read_config(ROPEWALK_SOURCE_DIR "/examples/ropewalk.toml", config);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(config.https_port, kDefaultHttpsPort);
  EXPECT_EQ(config.organization, defaults.organization);
  EXPECT_EQ(config.log_level, defaults.log_level);
  EXPECT_EQ(config.listen, defaults.listen);
  EXPECT_EQ(config.session_expiry, defaults.session_expiry);
  EXPECT_EQ(config.sessions_per_user, defaults.sessions_per_user);
  EXPECT_EQ(config.sessions, defaults.sessions);
  EXPECT_EQ(config.credentials_remembered, defaults.credentials_remembered);
  EXPECT_EQ(config.failures_in_a_row, defaults.failures_in_a_row);
  EXPECT_EQ(config.max_connections, defaults.max_connections);
  EXPECT_EQ(config.io_threads, defaults.io_threads);
  EXPECT_EQ(config.workers, defaults.workers);
  EXPECT_EQ(config.grace, defaults.grace);
  EXPECT_THAT(weak_settings(config), IsEmpty());
}

TEST(Config, AMissingFileIsAnError) {
  Config config;
  Status read = read_config("/nonexistent/ropewalk.toml", config);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().text, "cannot open /nonexistent/ropewalk.toml: No such file or directory");
  EXPECT_FALSE(read_config("/", config).ok());
}

TEST(Config, WeakSettingsAreNamed) {
  Config config;
  config.https_port = 1;
  EXPECT_THAT(weak_settings(config), IsEmpty());
  config.http_port = 1;
  config.failures_in_a_row = 1000;
  config.credentials_remembered = std::chrono::hours(5);
  EXPECT_THAT(weak_settings(config),
              ElementsAre(HasSubstr("http.port"), HasSubstr("sign_in.remember"), HasSubstr("sign_in.failures")));
}

TEST(Logging, LevelsHaveNames) {
  for (LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error, LogLevel::off})
    EXPECT_EQ(parse_log_level(name(level)), level);
  EXPECT_FALSE(parse_log_level("Info"));
}

TEST(Logging, WritesCleanLinesAndNotTooMany) {
  testing::internal::CaptureStderr();
  {
    Log log(LogLevel::warning);
    log.info("quiet");
    log.warning("one\r\nforged line");
    for (int i = 0; i < 2000; ++i) log.error("again");
  }
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("warning one??forged line\n"));
  EXPECT_EQ(text.find("quiet"), text.npos);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 1002);  // two seconds' worth at most
}

}  // namespace
}  // namespace ropewalk::server
