// For tests of the page: serves it with made-up operations, with and without a password.
//
//   page_test_server COUNT [live] [password PASSWORD CERTIFICATE KEY]
//
// Prints the address, then works until its standard input ends. live: ten more each second.
#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

#include "directory/password.h"
#include "inspect/page_server.h"
#include "inspect/test_operations.h"

using namespace ropewalk;
using namespace ropewalk::inspect;

int main(int argc, char** argv) {
  const u64 count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
  bool live = false;
  std::string hash, certificate, key;
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "live") == 0) live = true;
    if (std::strcmp(argv[i], "password") == 0 && i + 3 < argc) {
      hash = directory::hash_password(argv[i + 1]).value();
      certificate = argv[i + 2];
      key = argv[i + 3];
      i += 3;
    }
  }
  StoreLimits limits;
  if (live) limits.operations = 5000;
  OperationStore store(limits);
  Progress progress;
  progress.set([&](Progress::Facts& facts) {
    facts.title = live ? "mail.ropewalk.test" : "made-up.pcap";
    facts.is_live = facts.is_masked = live;
    facts.is_loading = !live;
  });
  Api api(store, progress);
  PageServerOptions options;
  options.endpoints = {{"127.0.0.1", 0, nullptr}};
  if (hash.empty()) {
    options.token = random_token();
  } else {
    if (auto made = net::make_self_signed(certificate, key, {"localhost", "127.0.0.1"}); !made) return 1;
    auto tls = net::TlsContext::load(certificate, key);
    if (!tls) return 1;
    options.endpoints.front().tls = *tls;
    options.gate = std::make_shared<AdminGate>([hash] { return hash; });
  }
  auto server = PageServer::start(std::move(options), api);
  if (!server) return fmt::print(stderr, "{}\n", server.error().text), 1;
  fmt::print("{}\n", (*server)->url());
  std::fflush(stdout);
  std::atomic<bool> over = false;
  std::thread feeder([&] {
    u64 n = 1;
    for (; n <= count && !over; ++n) {
      store.add(sample_operation(n));
      if (n % 1000 == 0)
        progress.set([&](auto& facts) { facts.share = static_cast<double>(n) / static_cast<double>(count); });
    }
    progress.set([](Progress::Facts& facts) { facts.is_loading = false; });
    for (; live && !over; ++n) {
      store.add(sample_operation(n));
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  while (std::getchar() != EOF) {
  }
  over = true;
  feeder.join();
}
