// The page of a running server's admin port, for a browser on this machine.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <thread>
#include <vector>

#include "inspect/api.h"
#include "net/http_client.h"

namespace ropewalk::inspect {

struct RemoteOptions {
  std::string host;
  u16 port = 0;
  std::string password;
  std::string ca_file{};  // PEM; empty: the system's
  bool insecure = false;  // take any certificate
};

// Takes "https://HOST:PORT/" apart; nothing for what is no such address.
std::optional<RemoteOptions> parse_admin_url(std::string_view url);

// Passes questions on, signed in. Any thread.
class RemoteApi final : public ApiSource {
 public:
  // Signs in. An error says what is wrong: the address, the certificate, the password.
  static Result<std::unique_ptr<RemoteApi>> start(RemoteOptions options);
  ~RemoteApi() override;

  ApiAnswer get(std::string_view path, std::string_view query) override;
  u64 version() override;

 private:
  explicit RemoteApi(RemoteOptions options);
  Result<net::HttpClientResponse> ask(const std::string& method, const std::string& target, const std::string& body);
  Status sign_in();
  void poll();

  RemoteOptions options_;
  std::mutex lock_;
  std::vector<std::unique_ptr<net::HttpClient>> idle_;
  std::string cookie_;
  std::atomic<u64> version_{1};
  std::atomic<i64> looked_{0};  // seconds, when somebody last asked
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread poller_;
};

}  // namespace ropewalk::inspect
