// The page over HTTP: on the loopback behind an address that nobody can guess, or on a server's admin port behind the
// administrator's password.
#pragma once

#include <memory>

#include "inspect/admin_gate.h"
#include "inspect/api.h"
#include "net/http_server.h"

namespace ropewalk::inspect {

struct PageServerOptions {
  std::vector<net::HttpEndpoint> endpoints{};
  std::string token{};                    // all paths begin with it; empty: the gate decides
  std::shared_ptr<AdminGate> gate{};      // null: the token decides
  std::vector<std::string> host_names{};  // that browsers may know the server by, beside addresses and "localhost"
  std::function<void(const std::string&)> log{};
};

// Why a request's Host may not be one that the page is served under: a name that an attacker's DNS could point here
// (DNS rebinding). Empty where it is fine.
std::string objection_to_host(std::string_view host, const std::vector<std::string>& host_names);

class PageServer {
 public:
  static constexpr int kMostWatchers = 32;

  // Listens when it returns. `source` outlives it. Exactly one of token and gate is to be given.
  static Result<std::unique_ptr<PageServer>> start(PageServerOptions options, ApiSource& source);
  ~PageServer();

  // "http://127.0.0.1:40123/TOKEN/"
  const std::string& url() const;
  void stop();

 private:
  class Impl;
  explicit PageServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk::inspect
