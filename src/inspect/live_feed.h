// From a running server's tap into a store, as long as somebody looks.
#pragma once

#include <memory>
#include <thread>

#include "inspect/api.h"
#include "inspect/operation_store.h"
#include "server/tap.h"

namespace ropewalk::inspect {

// Watches from the first touch() until a while after the last one. What is told waits in a queue of bounded size for a
// thread that dissects it; more is counted and left out.
class LiveFeed {
 public:
  static constexpr std::size_t kMostWaiting = 32u << 20;  // bytes
  static constexpr std::chrono::seconds kPatience{60};

  // All outlive it. `masked`: operations are kept without what people wrote.
  LiveFeed(server::Tap& tap, OperationStore& store, Progress& progress, bool masked);
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  // Somebody looks. Quick; any thread.
  void touch();

 private:
  class Watcher;
  void work();

  server::Tap& tap_;
  OperationStore& store_;
  Progress& progress_;
  const bool masked_;
  std::shared_ptr<Watcher> watcher_;
  std::thread thread_;
};

// An API whose every question tells the feed that somebody looks.
class LiveApi final : public ApiSource {
 public:
  LiveApi(Api& api, LiveFeed& feed) : api_(api), feed_(feed) {}
  ApiAnswer get(std::string_view path, std::string_view query) override {
    feed_.touch();
    return api_.get(path, query);
  }
  u64 version() override {
    feed_.touch();
    return api_.version();
  }

 private:
  Api& api_;
  LiveFeed& feed_;
};

}  // namespace ropewalk::inspect
