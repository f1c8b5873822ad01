#include "dissect/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mapi/error_code.h"

namespace ropewalk::dissect {
namespace {

constexpr double kStep = 1.1, kLeast = 1000;  // nanoseconds

template <class Map>
auto& entry(Map& map, const std::string& name) {
  if (map.size() >= Statistics::kMostNames && !map.contains(name)) return map["others"];
  return map[name];
}

std::string address_of(const std::string& endpoint) { return endpoint.substr(0, endpoint.rfind(':')); }

std::string milliseconds(double nanoseconds) { return fmt::format("{:.3f}", nanoseconds / 1e6); }

std::string latency_columns(const Latencies& latencies) {
  if (latencies.count() == 0) return fmt::format("{:>10} {:>10} {:>10} {:>10}", "-", "-", "-", "-");
  return fmt::format("{:>10} {:>10} {:>10} {:>10}", milliseconds(latencies.mean()),
                     milliseconds(latencies.percentile(0.5)), milliseconds(latencies.percentile(0.95)),
                     milliseconds(static_cast<double>(latencies.largest())));
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

void Latencies::add(i64 nanoseconds) {
  double value = std::max<double>(static_cast<double>(nanoseconds), 0);
  double place = value <= kLeast ? 0 : std::log(value / kLeast) / std::log(kStep);
  ++counts_[std::min<std::size_t>(static_cast<std::size_t>(place), counts_.size() - 1)];
  ++count_;
  sum_ += value;
  largest_ = std::max(largest_, nanoseconds);
}

double Latencies::percentile(double part) const {
  u64 wanted = static_cast<u64>(std::ceil(part * static_cast<double>(count_)));
  u64 seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted && seen != 0)
      return std::min(kLeast * std::pow(kStep, static_cast<double>(i) + 0.5), static_cast<double>(largest_));
  }
  return 0;
}

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
  Talker& talker = entry(talkers_, address_of(operation.src) + " > " + address_of(operation.dst));
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
