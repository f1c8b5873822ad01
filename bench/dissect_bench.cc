// The dissector beside `tshark -V`, on real traffic repeated between new addresses.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "base/test_support.h"
#include "capture/test_packets.h"
#include "dissect/dissector.h"
#include "dissect/report.h"

namespace ropewalk::bench {
namespace {

constexpr std::size_t kBytes = 16u << 20;

// Appends every frame of `path`, its IPv4 addresses changed by `round`.
void append_round(const std::string& path, u32 round, capture::CaptureWriter& out) {
  auto file = capture::PacketFile::open(path);
  capture::Packet packet;
  while (file.ok() && file->next(packet)) {
    std::vector<u8> bytes(packet.bytes.begin(), packet.bytes.end());
    if (bytes.size() >= 34 && bytes[12] == 8 && bytes[13] == 0) {
      for (std::size_t at : {std::size_t{26}, std::size_t{30}}) {
        bytes[at] = static_cast<u8>(bytes[at] ^ (round >> 8 & 0x3F));
        bytes[at + 1] = static_cast<u8>(bytes[at + 1] ^ round);
      }
    }
    out.frame(bytes, packet.length);
  }
}

// The capture in a file; empty where the shared data is absent.
const std::string& repeated_capture() {
  static const std::string path = [] {
    auto source = shared_path("captures/zeek-mapi.pcap");
    if (source.empty()) return std::string();
    capture::CaptureWriter out;
    for (u32 round = 0; out.file().size() < kBytes; ++round) append_round(source.string(), round, out);
    std::string name =
        (std::filesystem::temp_directory_path() / fmt::format("ropewalk-bench-{}.pcap", getpid())).string();
    std::FILE* file = std::fopen(name.c_str(), "wb");
    if (file == nullptr) return std::string();
    std::fwrite(out.file().data(), 1, out.file().size(), file);
    std::fclose(file);
    static const struct Remover {
      std::string name;
      ~Remover() { std::remove(name.c_str()); }
    } remover{name};
    return name;
  }();
  return path;
}

enum class Output { summary, full, json };

void dissect_capture(benchmark::State& state, Output output) {
  const std::string& path = repeated_capture();
  if (path.empty()) return state.SkipWithError("the shared captures are absent");
  dissect::DissectOptions options;
  options.trees = output != Output::summary;
  u64 operations = 0, letters = 0;
  std::string line;
  for (auto _ : state) {
    auto done = dissect::dissect_file(path, options, [&](const dissect::Operation& operation) {
      line.clear();
      if (output == Output::full) line = dissect::full_text(operation, 0, false);
      if (output == Output::summary) line = dissect::summary_line(operation, 0);
      if (output == Output::json) dissect::append_json(operation, line);
      letters += line.size();
    });
    if (!done.ok()) return state.SkipWithError(done.error().text.c_str());
    operations += done->counts.operations;
  }
  state.SetBytesProcessed(state.iterations() * static_cast<i64>(std::filesystem::file_size(path)));
  state.SetItemsProcessed(static_cast<i64>(operations));
  benchmark::DoNotOptimize(letters);
}

void Dissect_summary(benchmark::State& state) { dissect_capture(state, Output::summary); }
void Dissect_full(benchmark::State& state) { dissect_capture(state, Output::full); }
void Dissect_json(benchmark::State& state) { dissect_capture(state, Output::json); }

void Dissect_tshark_V(benchmark::State& state) {
  const std::string& path = repeated_capture();
  if (path.empty() || std::system("tshark --version >/dev/null 2>&1") != 0)
    return state.SkipWithError("tshark or the shared captures are absent");
  std::string command = "tshark -V -n -r '" + path + "' >/dev/null 2>&1";
  for (auto _ : state)
    if (std::system(command.c_str()) != 0) return state.SkipWithError("tshark fails");
  state.SetBytesProcessed(state.iterations() * static_cast<i64>(std::filesystem::file_size(path)));
}

BENCHMARK(Dissect_summary)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(Dissect_full)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(Dissect_json)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(Dissect_tshark_V)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace ropewalk::bench
