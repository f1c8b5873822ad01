// For tests alone: `ropewalk serve` on a data folder, for clients over the three transports.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <optional>

#include "program.h"

namespace ropewalk {

class BookServer {
 public:
  // On the ports that it had before, where it ran before.
  void start(const std::string& data) {
    data_ = data;
    program_.emplace(std::vector<std::string>{"serve", "--data", data, "--https-port", port_or_any(https_),
                                              "--http-port", port_or_any(http_), "--epm-port", port_or_any(mapper_),
                                              "--rpc-port", port_or_any(rpc_)});
    https_.clear(), http_.clear(), rpc_.clear(), mapper_.clear();
    for (int lines = 0; lines < 12 && (https_.empty() || http_.empty() || rpc_.empty() || mapper_.empty()); ++lines) {
      const std::string line = program_->read_line(std::chrono::seconds(60));
      take("https://", line, https_);
      take("http://", line, http_);
      if (auto open = line.find('['); line.find("ncacn_ip_tcp") != line.npos && open != line.npos)
        (line.find("mapper") != line.npos ? mapper_ : rpc_) = line.substr(open + 1, line.find(']') - open - 1);
    }
    ASSERT_NE(https_, "");
    ASSERT_NE(mapper_, "");
  }
  void stop() {
    program_->signal(SIGTERM);
    EXPECT_EQ(program_->wait(), 0) << program_->err();
    program_.reset();
  }
  // Without a word to anybody.
  void kill() {
    program_->signal(SIGKILL);
    program_->wait();
    program_.reset();
  }

  // Where a client finds it: "http", "rpc" or "rpc_http".
  std::string server(const std::string& transport) const {
    if (transport == "http") return "http://127.0.0.1:" + http_;
    return transport == "rpc" ? "ncacn_ip_tcp:127.0.0.1" : "ncacn_http:127.0.0.1:" + https_;
  }
  const std::string& https_port() const { return https_; }
  const std::string& mapper_port() const { return mapper_; }
  std::string certificate() const { return data_ + "/tls/certificate.pem"; }

 private:
  static std::string port_or_any(const std::string& port) { return port.empty() ? "0" : port; }
  static void take(const std::string& scheme, const std::string& line, std::string& port) {
    const auto at = line.find(scheme);
    if (at == line.npos) return;
    const auto colon = line.find(':', at + scheme.size());
    port = line.substr(colon + 1, line.find_first_not_of("0123456789", colon + 1) - colon - 1);
  }

  std::string data_, https_, http_, mapper_, rpc_;
  std::optional<Program> program_;
};

}  // namespace ropewalk
