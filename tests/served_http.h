// For tests alone: `ropewalk serve` with its HTTPS port, as a process.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "program.h"

namespace ropewalk {

class ServedHttp : public testing::Test {
 protected:
  static constexpr const char* kUser = "user1@ropewalk.test";
  static constexpr const char* kPassword = "hemp-and-manila";

  std::string data() const { return folder_.path("data"); }
  std::string certificate() const { return data() + "/tls/certificate.pem"; }
  void add_user(const std::string& address, bool ntlm) {
    std::vector<std::string> words{"user", "add", "--data", data(), address, "--password-stdin"};
    if (ntlm) words.emplace_back("--ntlm");
    ASSERT_EQ(run_program(words, std::string(kPassword) + "\n").code, 0);
  }
  // Serves with these arguments in addition; the first listener's port is port_.
  void serve_with(const std::vector<std::string>& more) {
    std::vector<std::string> words{"serve", "--data", data()};
    words.insert(words.end(), more.begin(), more.end());
    server_.emplace(words);
    const std::string line = server_->read_line(std::chrono::seconds(60));
    const auto colon = line.rfind(':');
    ASSERT_NE(colon, line.npos) << line;
    port_ = line.substr(colon + 1, line.find('/', colon) - colon - 1);
  }
  // What it said on its standard error; it ends, well.
  std::string log() {
    server_->signal(SIGTERM);
    EXPECT_EQ(server_->wait(), 0);
    return server_->err();
  }

  TestFolder folder_;
  std::optional<Program> server_;
  std::string port_;
};

}  // namespace ropewalk
