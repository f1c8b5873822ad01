#include "inspect/statistics.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "mapi/error_code.h"

namespace ropewalk::inspect {
namespace {

namespace json = boost::json;

// The entry of that name; of "others" where there are too many.
template <class Map>
typename Map::mapped_type& named(Map& map, const std::string& name) {
  return dissect::entry_of(map, name, Statistics::kMaxNames);
}

json::array counts(const std::map<std::string, u64>& map) {
  std::vector<std::pair<std::string, u64>> sorted(map.begin(), map.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  json::array list;
  for (const auto& [name, count] : sorted) list.push_back({{"name", name}, {"count", count}});
  return list;
}

template <class Map>
json::array table(const Map& map) {
  json::array list;
  for (const auto& [name, entry] : map) {
    json::object row{{"name", name}, {"count", entry.count}, {"errors", entry.errors}, {"bytes", entry.bytes}};
    if (entry.latencies.count() != 0) {
      row["timed"] = entry.latencies.count();
      row["p50"] = entry.latencies.quantile(0.5);
      row["p90"] = entry.latencies.quantile(0.9);
      row["p99"] = entry.latencies.quantile(0.99);
      row["max"] = entry.latencies.most();
    }
    list.push_back(std::move(row));
  }
  return list;
}

std::string error_name(u32 code) { return mapi::name(static_cast<mapi::ErrorCode>(code)); }

}  // namespace

void Statistics::widen() {
  for (std::size_t i = 0; i < intervals_.size(); i += 2) {
    Interval& into = intervals_[i / 2];
    Interval sum = intervals_[i];
    if (i + 1 < intervals_.size()) {
      const Interval& next = intervals_[i + 1];
      sum.count += next.count;
      sum.failed += next.failed;
      sum.bytes += next.bytes;
      sum.slowest = std::max(sum.slowest, next.slowest);
    }
    into = sum;
  }
  intervals_.resize((intervals_.size() + 1) / 2);
  width_ *= 2;
}

// What comes from before the first one's time counts with that.
void Statistics::add_to_interval(const dissect::Operation& operation, bool failed) {
  const i64 time = operation.frames.empty() ? last_ : operation.frame().time;
  if (total_.count == 1) begin_ = first_ = last_ = time;
  first_ = std::min(first_, time);
  last_ = std::max(last_, time);
  const u64 since = time > begin_ ? static_cast<u64>(time) - static_cast<u64>(begin_) : 0;
  while (since / static_cast<u64>(width_) >= kMaxIntervals && width_ < (i64{1} << 61)) widen();
  const std::size_t index = std::min<std::size_t>(since / static_cast<u64>(width_), kMaxIntervals - 1);
  if (intervals_.size() <= index) intervals_.resize(index + 1);
  Interval& interval = intervals_[index];
  ++interval.count;
  if (failed) ++interval.failed;
  interval.bytes += operation.size;
  interval.slowest = std::max(interval.slowest, operation.round_trip.value_or(0));
}

void Statistics::add(const dissect::Operation& operation) {
  const bool is_response = operation.direction == dissect::Direction::response;
  bool failed = operation.error != 0;
  if (failed) ++named(results_, operation.result.empty() ? error_name(operation.error) : operation.result);
  auto count = [&](Counter& counter, bool with_error) {
    ++counter.count;
    counter.bytes += operation.size;
    if (with_error) ++counter.errors;
  };
  for (const dissect::RopNote& rop : operation.rops) {
    const bool rop_failed = rop.error.value_or(0) != 0;
    if (rop_failed) ++named(rop_errors_, rop.name + " " + error_name(*rop.error));
    if (!is_response) continue;  // each is counted once, with its answer
    Named& entry = named(rops_, rop.name);
    ++entry.count;
    if (rop_failed) ++entry.errors;
    if (operation.round_trip) entry.latencies.add(*operation.round_trip);
    failed = failed || rop_failed;
  }
  Named& entry = named(operations_, operation.layer + " " + operation.name);
  count(entry, failed);
  count(total_, failed);
  if (operation.round_trip) entry.latencies.add(*operation.round_trip), latencies_.add(*operation.round_trip);
  if (operation.direction == dissect::Direction::request) ++requests_;
  if (is_response) ++responses_;
  if (!operation.notes.empty()) ++noted_;
  for (const std::string& note : operation.notes) ++named(notes_, note.substr(0, 120));
  ++sizes_[std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(operation.size)), sizes_.size() - 1)];
  const std::string from(dissect::host_of(operation.src)), to(dissect::host_of(operation.dst));
  ++named(hosts_, from);
  ++named(hosts_, to);
  Talkers& talkers = named(talkers_, is_response ? to + " → " + from : from + " → " + to);
  count(talkers, failed);
  (is_response ? talkers.back : talkers.there) += operation.size;
  add_to_interval(operation, failed);
}

std::vector<std::string> Statistics::hosts(std::size_t limit) const {
  std::vector<std::pair<u64, std::string>> all;
  for (const auto& [name, count] : hosts_) all.emplace_back(count, name);
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < all.size() && i < limit; ++i) names.push_back(all[i].second);
  return names;
}

json::value Statistics::to_json(i64 base_time) const {
  json::object out{{"count", total_.count},      {"errors", total_.errors}, {"bytes", total_.bytes},
                   {"requests", requests_},      {"responses", responses_}, {"noted", noted_},
                   {"from", first_ - base_time}, {"to", last_ - base_time}};
  out["operations"] = table(operations_);
  out["rops"] = table(rops_);
  out["results"] = counts(results_);
  out["rop_errors"] = counts(rop_errors_);
  out["notes"] = counts(notes_);
  json::array talkers;
  for (const auto& [name, t] : talkers_)
    talkers.push_back({{"name", name}, {"count", t.count}, {"errors", t.errors}, {"there", t.there}, {"back", t.back}});
  out["talkers"] = std::move(talkers);
  json::array intervals;
  for (const Interval& i : intervals_) intervals.push_back(json::array{i.count, i.failed, i.bytes, i.slowest});
  out["intervals"] = json::object{{"begin", begin_ - base_time}, {"width", width_}, {"list", std::move(intervals)}};
  json::array sizes;
  for (u64 size : sizes_) sizes.push_back(size);
  out["sizes"] = std::move(sizes);
  json::object latency{{"histogram", latencies_.histogram()}};
  for (auto [name, share] : {std::pair("p50", 0.5), std::pair("p90", 0.9), std::pair("p99", 0.99)})
    latency[name] = latencies_.quantile(share);
  latency["max"] = latencies_.most();
  out["latency"] = std::move(latency);
  return out;
}

}  // namespace ropewalk::inspect
