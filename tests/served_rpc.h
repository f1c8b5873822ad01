// For tests alone: `ropewalk serve` with its RPC ports, as a process, on a folder with two users and a little mail.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <optional>

#include "base/types.h"
#include "client/session.h"
#include "program.h"

namespace ropewalk {

class ServedRpc : public testing::Test {
 protected:
  static constexpr const char* kUser = "user1@ropewalk.test";
  static constexpr const char* kPassword = "hemp and manila";

  // user1 has mail and NTLM, user2 has no NTLM; `more` users have it.
  void start(const std::string& settings = {}, const std::vector<std::string>& more = {}) {
    const std::string data = folder_.path("data"), password = std::string(kPassword) + "\n";
    auto add = [&](const std::string& user, bool ntlm) {
      std::vector<std::string> words{"user", "add", "--data", data, user, "--password-stdin"};
      if (ntlm) words.emplace_back("--ntlm");
      ASSERT_EQ(run_program(words, password).code, 0);
    };
    add(kUser, true);
    add("user2@ropewalk.test", false);
    for (const std::string& user : more) add(user, true);
    ASSERT_EQ(
        run_program({"import", "--data", data, "--mailbox", kUser, std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail"})
            .code,
        0);
    std::vector<std::string> serve{"serve", "--data", data, "--epm-port", "0", "--rpc-port", "0"};
    if (!settings.empty()) {
      std::ofstream(folder_.path("config.toml")) << settings;
      serve.insert(serve.end(), {"--config", folder_.path("config.toml")});
    }
    server_.emplace(serve);
    mailbox_ = port_in(server_->read_line(std::chrono::seconds(60)));
    mapper_ = port_in(server_->read_line());
    ASSERT_NE(mapper_, "");
  }
  static std::string port_in(const std::string& line) {
    auto open = line.find('['), close = line.find(']');
    return open == line.npos || close == line.npos ? "" : line.substr(open + 1, close - open - 1);
  }
  u16 mailbox_port() const { return static_cast<u16>(std::stoi(mailbox_)); }
  u16 mapper_port() const { return static_cast<u16>(std::stoi(mapper_)); }
  Ran run(std::vector<std::string> words, const std::string& password = kPassword, const std::string& user = kUser) {
    words.insert(words.end(), {"--mapper-port", mapper_, "--user", user, "--password-stdin"});
    return run_program(words, password + "\n");
  }
  client::Profile profile(const std::string& auth, const std::string& level) const {
    client::Profile made;
    made.services.push_back({"test",
                             "exchange",
                             {{"server", "ncacn_ip_tcp:127.0.0.1"},
                              {"mapper_port", mapper_},
                              {"user", kUser},
                              {"auth", auth},
                              {"level", level}}});
    return made;
  }
  // Ends the server, well.
  std::string server_log() {
    server_->signal(SIGTERM);
    EXPECT_EQ(server_->wait(), 0);
    return server_->err();
  }

  TestFolder folder_;
  std::optional<Program> server_;
  std::string mailbox_, mapper_;
};

}  // namespace ropewalk
