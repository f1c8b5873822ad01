#include "dissect/statistics.h"

#include <fmt/format.h>

#include <algorithm>

#include "mapi/error_code.h"

namespace ropewalk::dissect {
namespace {

template <class Map>
auto& entry(Map& map, const std::string& name) {
  return entry_of(map, name, Statistics::kMostNames);
}

std::string milliseconds(double nanoseconds) { return fmt::format("{:.3f}", nanoseconds / 1e6); }

std::string latency_columns(const Latencies& latencies) {
  if (latencies.count() == 0) return fmt::format("{:>10} {:>10} {:>10} {:>10}", "-", "-", "-", "-");
  return fmt::format("{:>10} {:>10} {:>10} {:>10}", milliseconds(latencies.mean()),
                     milliseconds(static_cast<double>(latencies.quantile(0.5))),
                     milliseconds(static_cast<double>(latencies.quantile(0.95))),
                     milliseconds(static_cast<double>(latencies.most())));
}

// The entries with the largest `key`, at most `most`.
template <class Map, class F>
auto largest(const Map& map, std::size_t most, F&& key) {
  std::vector<std::pair<std::string, typename Map::mapped_type>> all(map.begin(), map.end());
  std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return key(a.second) > key(b.second); });
  if (all.size() > most) all.resize(most);
  return all;
}

}  // namespace

void Statistics::add(const Operation& operation) {
  Kind& kind = entry(kinds_, operation.layer + " " + operation.name);
  bool is_response = operation.direction == Direction::response;
  (is_response ? kind.responses : kind.requests) += 1;
  (is_response ? kind.response_bytes : kind.request_bytes) += operation.size;
  if (operation.round_trip) kind.latencies.add(*operation.round_trip);
  if (operation.error != 0) {
    ++kind.errors;
    ++entry(errors_, fmt::format("{} {}: {}", operation.layer, operation.name, operation.result));
  }
  for (const RopNote& note : operation.rops) {
    Rop& rop = entry(rops_, note.name);
    (is_response ? rop.responses : rop.requests) += 1;
    if (is_response && operation.round_trip) rop.latencies.add(*operation.round_trip);
    if (!note.error || *note.error == 0) continue;
    ++rop.errors;
    ++entry(errors_, fmt::format("{}: {}", note.name, mapi::name(mapi::ErrorCode{*note.error})));
  }
  Talker& talker = entry(talkers_, fmt::format("{} > {}", host_of(operation.src), host_of(operation.dst)));
  ++talker.operations;
  talker.bytes += operation.size;
}

std::string Statistics::text(const DissectCounts& counts) const {
  std::string out =
      fmt::format("{} frames, {} bytes, {} TCP connections: {} followed, {} TLS, {} SMB, {} others\n", counts.frames,
                  counts.bytes, counts.connections, counts.followed, counts.tls, counts.smb, counts.other);
  constexpr std::string_view kColumns = "mean ms  median ms      95 % ms     most ms";
  out += fmt::format("\n{:40} {:>9} {:>9} {:>12} {:>12} {:>7}    {}\n", "Operation", "Requests", "Responses",
                     "Bytes there", "Bytes back", "Errors", kColumns);
  for (const auto& [name, kind] : kinds_)
    out += fmt::format("{:40} {:>9} {:>9} {:>12} {:>12} {:>7} {}\n", name, kind.requests, kind.responses,
                       kind.request_bytes, kind.response_bytes, kind.errors, latency_columns(kind.latencies));
  if (!rops_.empty())
    out += fmt::format("\n{:40} {:>9} {:>9} {:>7}    {} (of the whole operation)\n", "ROP", "Requests", "Responses",
                       "Errors", kColumns);
  for (const auto& [name, rop] : rops_)
    out += fmt::format("{:40} {:>9} {:>9} {:>7} {}\n", name, rop.requests, rop.responses, rop.errors,
                       latency_columns(rop.latencies));
  if (!errors_.empty()) out += "\nErrors\n";
  for (const auto& [name, count] : largest(errors_, 20, [](u64 n) { return n; }))
    out += fmt::format("{:>9}  {}\n", count, name);
  if (!talkers_.empty()) out += "\nTop talkers\n";
  for (const auto& [name, talker] : largest(talkers_, 10, [](const Talker& t) { return t.bytes; }))
    out += fmt::format("{:>12} bytes in {:>8} operations  {}\n", talker.bytes, talker.operations, name);
  return out;
}

}  // namespace ropewalk::dissect
