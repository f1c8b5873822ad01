#include "inspect/live_feed.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <deque>

#include "dissect/dissector.h"
#include "dissect/redact.h"
#include "inspect/live_packets.h"

namespace ropewalk::inspect {
namespace {

using server::TapCall;
using server::TapLink;
using Clock = std::chrono::steady_clock;

enum class What { http_request, http_response, rpc_request, rpc_response };

struct Event {
  What what;
  TapLink link;
  TapCall call{};
  i64 time = 0;
  std::string head{}, body{};
  std::size_t size() const { return sizeof *this + head.size() + body.size(); }
};

i64 now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

std::string text_in(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

// The queue between the server's threads and the feed's.
class LiveFeed::Watcher final : public server::TapWatcher {
 public:
  void http_request(const TapLink& link, const net::HttpRequest& request) override {
    add({What::http_request, link, {}, now(), http_head(request), request.body});
  }
  void http_response(const TapLink& link, int status, std::string_view lines, std::string_view body) override {
    add({What::http_response, link, {}, now(), http_head(status, lines), std::string(body)});
  }
  void rpc_request(const TapLink& link, const TapCall& call, ByteView stub) override {
    add({What::rpc_request, link, call, now(), {}, text_in(stub)});
  }
  void rpc_response(const TapLink& link, const TapCall& call, ByteView stub) override {
    add({What::rpc_response, link, call, now(), {}, text_in(stub)});
  }

  // What came meanwhile, after a second at the latest; nothing at the end.
  std::optional<std::deque<Event>> wait() {
    std::unique_lock guard(lock_);
    wake_.wait_for(guard, std::chrono::seconds(1), [this] { return !events_.empty() || over_; });
    if (over_) return std::nullopt;
    waiting_ = 0;
    return std::exchange(events_, {});
  }
  void end() {
    std::lock_guard guard(lock_);
    over_ = true;
    wake_.notify_all();
  }
  u64 lost() const { return lost_; }

  std::atomic<Clock::rep> touched{0};  // when somebody looked
  std::atomic<bool> watching{false};
  std::mutex starting;

 private:
  void add(Event event) {
    std::lock_guard guard(lock_);
    if (over_ || waiting_ + event.size() > kMostWaiting) return void(++lost_);
    waiting_ += event.size();
    events_.push_back(std::move(event));
    if (events_.size() == 1) wake_.notify_one();
  }

  std::mutex lock_;
  std::condition_variable wake_;
  std::deque<Event> events_;
  std::size_t waiting_ = 0;
  bool over_ = false;
  std::atomic<u64> lost_{0};
};

LiveFeed::LiveFeed(server::Tap& tap, OperationStore& store, Progress& progress, bool masked)
    : tap_(tap), store_(store), progress_(progress), masked_(masked), watcher_(std::make_shared<Watcher>()) {
  thread_ = std::thread([this] { work(); });
}

LiveFeed::~LiveFeed() {
  tap_.watch(nullptr);
  watcher_->end();
  thread_.join();
}

void LiveFeed::touch() {
  watcher_->touched = Clock::now().time_since_epoch().count();
  if (watcher_->watching) return;
  std::lock_guard guard(watcher_->starting);
  if (watcher_->watching.exchange(true)) return;
  tap_.watch(watcher_);
}

void LiveFeed::work() {
  dissect::Dissector dissector(LivePackets::kLinkType, {}, [this](const dissect::Operation& operation) {
    if (!masked_) return store_.add(operation);
    dissect::Operation kept = operation;
    dissect::redact(kept, dissect::RedactedBytes::masked);
    kept.user = operation.user;  // whom the administrator knows
    store_.add(kept);
  });
  LivePackets packets([&](const capture::Packet& packet) { dissector.add(packet); });
  u64 told_lost = 0;
  while (auto events = watcher_->wait()) {
    for (const Event& event : *events) {
      switch (event.what) {
        case What::http_request:
          packets.http_request(event.link, event.time, event.head, event.body);
          break;
        case What::http_response:
          packets.http_response(event.link, event.time, event.head, event.body);
          break;
        case What::rpc_request:
          packets.rpc_request(event.link, event.time, event.call, bytes_of(event.body));
          break;
        case What::rpc_response:
          packets.rpc_response(event.link, event.time, event.call, bytes_of(event.body));
          break;
      }
    }
    if (const u64 lost = watcher_->lost(); lost != told_lost) {
      told_lost = lost;
      progress_.set([&](Progress::Facts& facts) {
        facts.note = fmt::format("{} messages came too fast and are not shown", lost);
      });
    }
    const Clock::time_point touched{Clock::duration(watcher_->touched.load())};
    std::lock_guard guard(watcher_->starting);
    if (watcher_->watching && Clock::now() - touched > kPatience) {
      watcher_->watching = false;
      tap_.watch(nullptr);
    }
  }
}

}  // namespace ropewalk::inspect
