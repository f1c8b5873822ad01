// `./dev bench`: runs the benchmarks, then prints each `X_described` (or `X_measured`) beside its yardstick `X_by_hand`
// (`X_baseline`) as a ratio of the fastest repetitions' CPU times.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

namespace {

class RatioReporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.error_occurred || run.run_type != Run::RT_Iteration) continue;
      const double nanoseconds = run.cpu_accumulated_time * 1e9 / static_cast<double>(run.iterations);
      auto [at, fresh] = best_.try_emplace(run.run_name.function_name, nanoseconds);
      if (!fresh) at->second = std::min(at->second, nanoseconds);
    }
  }
  void Finalize() override {
    ConsoleReporter::Finalize();
    for (const auto& [name, time] : best_) {
      for (auto [mine, yardstick] : {std::pair("_described", "_by_hand"), std::pair("_measured", "_baseline")}) {
        if (!name.ends_with(mine)) continue;
        std::string stem = name.substr(0, name.size() - std::string_view(mine).size());
        auto other = best_.find(stem + yardstick);
        if (other != best_.end())
          std::printf("%-28s %10.1f / %10.1f ns = %.2f\n", stem.c_str(), time, other->second, time / other->second);
      }
    }
  }

 private:
  std::map<std::string, double> best_;
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::Shutdown();
  return 0;
}
