// What watching live costs a request: while nobody does, and while somebody does.
#include <benchmark/benchmark.h>

#include "server/tap.h"

namespace ropewalk::bench {
namespace {

class Counter final : public server::TapWatcher {
 public:
  void http_request(const server::TapLink&, const net::HttpRequest&) override { ++count; }
  void http_response(const server::TapLink&, int, std::string_view, std::string_view) override { ++count; }
  void rpc_request(const server::TapLink&, const server::TapCall&, ByteView) override { ++count; }
  void rpc_response(const server::TapLink&, const server::TapCall&, ByteView) override { ++count; }
  std::atomic<u64> count{0};
};

// The question that every request and call asks.
void tap_question(benchmark::State& state) {
  server::Tap tap;
  if (state.range(0) != 0) tap.watch(std::make_shared<Counter>());
  for (auto _ : state) {
    auto watcher = tap.watcher();
    benchmark::DoNotOptimize(watcher);
  }
}
BENCHMARK(tap_question)->ArgName("watched")->Arg(0)->Arg(1);

}  // namespace
}  // namespace ropewalk::bench
