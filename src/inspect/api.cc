#include "inspect/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/base64.h"
#include "dissect/operation_filter.h"
#include "inspect/record.h"
#include "mapi/error_code.h"

namespace ropewalk::inspect {
namespace {

namespace json = boost::json;
using dissect::Operation;

constexpr std::chrono::milliseconds kPatience{120};  // the page asks again for what takes longer
constexpr std::size_t kMostRopsInRow = 24;
constexpr std::size_t kLongestFilter = 8192;

ApiAnswer answer(const json::value& value) { return {200, json::serialize(value)}; }

std::optional<u64> number_of(std::string_view text) {
  u64 number = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

// A number of the query: the default where it is missing, nothing where it is none.
std::optional<u64> number_in(const net::Query& query, std::string_view name, u64 otherwise) {
  auto found = query.find(name);
  return found == query.end() ? otherwise : number_of(found->second);
}

std::string text_in(const net::Query& query, std::string_view name) {
  auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

// Names are short: a page of rows has them two hundred times.
json::object row_json(const Operation& operation, u64 answered_by, Severity severity, i64 base_time) {
  json::object row{{"n", operation.number},
                   {"c", operation.connection},
                   {"src", operation.src},
                   {"dst", operation.dst},
                   {"l", operation.layer},
                   {"m", operation.name},
                   {"d", static_cast<int>(operation.direction)},
                   {"s", operation.size},
                   {"sv", static_cast<int>(severity)}};
  if (!operation.frames.empty()) {
    row["f"] = operation.frame().number;
    row["t"] = operation.frame().time - base_time;
  }
  if (!operation.detail.empty()) row["dt"] = operation.detail;
  if (!operation.result.empty()) row["r"] = operation.result;
  if (operation.error != 0) row["e"] = operation.error;
  if (operation.answers) row["a"] = *operation.answers;
  if (answered_by != 0) row["b"] = answered_by;
  if (operation.round_trip) row["rt"] = *operation.round_trip;
  if (!operation.user.empty()) row["u"] = operation.user;
  json::array rops;
  for (std::size_t i = 0; i < operation.rops.size() && i < kMostRopsInRow; ++i) {
    const dissect::RopNote& rop = operation.rops[i];
    json::array one{rop.name, rop.error.value_or(0), rop.object};
    if (rop.error.value_or(0) != 0) one.emplace_back(mapi::name(static_cast<mapi::ErrorCode>(*rop.error)));
    rops.push_back(std::move(one));
  }
  if (!rops.empty()) row["rops"] = std::move(rops);
  if (operation.rops.size() > kMostRopsInRow) row["ropn"] = operation.rops.size();
  if (!operation.notes.empty()) row["notes"] = json::array(operation.notes.begin(), operation.notes.end());
  return row;
}

// As wire::to_json(), for so many nodes.
json::object node_json(const wire::Node& node, std::size_t& budget) {
  json::object object{{"name", node.name}, {"type", node.type}, {"offset", node.offset}, {"length", node.length}};
  if (!node.value.is_null()) object["value"] = node.value;
  if (!node.text.empty()) object["text"] = node.text;
  if (!node.has_fields) return object;
  json::array fields;
  for (const wire::Node& field : node.fields) {
    if (budget == 0) {
      fields.push_back({{"name", "…"},
                        {"type", "omitted"},
                        {"offset", field.offset},
                        {"length", 0},
                        {"text", "more than the page shows; ropewalk dissect --full has all of it"}});
      break;
    }
    --budget;
    fields.push_back(node_json(field, budget));
  }
  object["fields"] = std::move(fields);
  return object;
}

}  // namespace

ApiAnswer api_error(int status, std::string_view text) {
  return {status, json::serialize(json::object{{"error", text}})};
}

Progress::Facts Progress::get() const {
  std::lock_guard guard(lock_);
  return facts_;
}

void Progress::set(const std::function<void(Facts&)>& change) {
  std::lock_guard guard(lock_);
  change(facts_);
  ++version_;
}

u64 Api::version() { return store_.extent().version + progress_.version(); }

ApiAnswer Api::get(std::string_view path, std::string_view query) {
  const Query values = net::parse_query(query);
  if (auto filter = values.find("filter"); filter != values.end() && filter->second.size() > kLongestFilter)
    return api_error(400, fmt::format("a filter has at most {} characters", kLongestFilter));
  if (path == "state") return state();
  if (path == "operations") return operations(values);
  if (path == "position") return position(values);
  if (path == "complete") return complete(values);
  if (path == "findings") return findings();
  if (path == "stats") return statistics(values);
  if (path == "overview") return overview(values);
  constexpr std::string_view kOne = "operation/";
  if (path.starts_with(kOne)) return operation(path.substr(kOne.size()));
  return api_error(404, "the page asked for something that is not served");
}

ApiAnswer Api::state() {
  const OperationStore::Extent extent = store_.extent();
  const Progress::Facts facts = progress_.get();
  const i64 base = extent.base_time;
  return answer(json::object{{"title", facts.title},
                             {"live", facts.is_live},
                             {"loading", facts.is_loading},
                             {"share", facts.share},
                             {"masked", facts.is_masked},
                             {"sign_out", facts.has_sign_out},
                             {"note", facts.note},
                             {"findings", store_.findings().size()},
                             {"count", extent.count},
                             {"first", extent.first},
                             {"last", extent.last},
                             {"dropped", extent.dropped},
                             {"base", fmt::format("{}", base)},
                             {"memory", extent.memory},
                             {"disk", extent.disk},
                             {"trouble", extent.trouble},
                             {"version", version()}});
}

ApiAnswer Api::operations(const Query& query) {
  const auto from = number_in(query, "from", 0), count = number_in(query, "count", 200);
  if (!from || !count) return api_error(400, "from and count are to be numbers");
  auto view = views_.borrow(text_in(query, "filter"));
  if (!view) return api_error(422, view.error().text);
  (*view)->advance(View::Clock::now() + kPatience);
  const i64 base = store_.extent().base_time;
  json::array rows;
  store_.visit((*view)->numbers(*from, std::min<u64>(*count, kMostRows)), [&](const OperationStore::Row& row) {
    rows.push_back(row_json(read_facts(row.facts), row.answered_by, row.severity, base));
    return true;
  });
  return answer(json::object{{"total", (*view)->size()},
                             {"seen", (*view)->seen()},
                             {"complete", (*view)->is_complete()},
                             {"dropped", (*view)->dropped()},
                             {"from", *from},
                             {"rows", std::move(rows)}});
}

ApiAnswer Api::position(const Query& query) {
  const auto number = number_in(query, "number", 0);
  if (!number) return api_error(400, "number is to be a number");
  auto view = views_.borrow(text_in(query, "filter"));
  if (!view) return api_error(422, view.error().text);
  (*view)->advance(View::Clock::now() + kPatience);
  const u64 index = (*view)->index_of(*number);
  const auto at = (*view)->numbers(index, 1);
  return answer(json::object{{"index", index}, {"found", !at.empty() && at.front() == *number}});
}

ApiAnswer Api::operation(std::string_view number) {
  const auto wanted = number_of(number);
  if (!wanted) return api_error(404, "an operation has a number");
  u64 answered_by = 0;
  auto operation = store_.whole(*wanted, &answered_by);
  if (!operation) return api_error(404, operation.error().text);
  const i64 base = store_.extent().base_time;
  json::object out = row_json(*operation, answered_by, severity_of(*operation), base);
  json::array frames;
  for (std::size_t i = 0; i < operation->frames.size() && i < 1000; ++i) frames.push_back(operation->frames[i].number);
  out["frames"] = std::move(frames);
  if (operation->opnum) out["opnum"] = *operation->opnum;
  if (operation->call_id) out["call"] = *operation->call_id;
  std::size_t nodes = kMostNodes, bytes = kMostBytes;
  if (!operation->tree.name.empty()) out["tree"] = node_json(operation->tree, nodes);
  json::array buffers;
  for (const dissect::Buffer& buffer : operation->buffers) {
    const std::size_t shown = std::min(bytes, buffer.bytes.size());
    bytes -= shown;
    buffers.push_back({{"name", buffer.name},
                       {"origin", buffer.origin},
                       {"size", buffer.bytes.size()},
                       {"base64", to_base64(ByteView(buffer.bytes).first(shown))}});
  }
  out["buffers"] = std::move(buffers);
  return answer(out);
}

ApiAnswer Api::complete(const Query& query) {
  json::array names;
  const std::string prefix = text_in(query, "prefix");
  const std::vector<std::string> found = dissect::filter_completions(prefix, dissect::operation_names(), 40);
  for (const std::string& name : found) names.emplace_back(name);
  return answer(json::object{{"prefix", prefix}, {"names", std::move(names)}});
}

ApiAnswer Api::findings() {
  json::array list;
  const std::vector<dissect::Finding> found = store_.findings();
  for (const dissect::Finding& finding : found) list.push_back(dissect::to_json(finding));
  return answer(json::object{{"findings", std::move(list)}});
}

ApiAnswer Api::statistics(const Query& query) {
  auto view = views_.borrow(text_in(query, "filter"));
  if (!view) return api_error(422, view.error().text);
  const auto until = View::Clock::now() + 2 * kPatience;
  (*view)->advance(until);
  (*view)->count(until);
  json::value out = (*view)->statistics().to_json(store_.extent().base_time);
  json::array hosts;
  const std::vector<std::string> names = (*view)->statistics().hosts(16);
  for (const std::string& host : names) hosts.emplace_back(host);
  out.get_object()["hosts"] = std::move(hosts);
  out.get_object()["complete"] = (*view)->is_counted();
  return answer(out);
}

ApiAnswer Api::overview(const Query& query) {
  const auto buckets = number_in(query, "buckets", 200);
  if (!buckets || *buckets == 0 || *buckets > 4000) return api_error(400, "buckets is to be a number up to 4000");
  auto view = views_.borrow(text_in(query, "filter"));
  if (!view) return api_error(422, view.error().text);
  (*view)->advance(View::Clock::now() + kPatience);
  const u64 total = (*view)->size();
  const std::vector<u64> numbers = (*view)->numbers(0, total);
  std::vector<std::array<u32, 4>> counts(std::min<u64>(*buckets, std::max<u64>(total, 1)));
  u64 index = 0;
  store_.visit(numbers, [&](const OperationStore::Row& row) {
    ++counts[index++ * counts.size() / numbers.size()][static_cast<std::size_t>(row.severity)];
    return true;
  });
  json::array list;
  for (const auto& count : counts) list.push_back(json::array{count[0], count[1], count[2], count[3]});
  return answer(json::object{{"total", total}, {"complete", (*view)->is_complete()}, {"buckets", std::move(list)}});
}

}  // namespace ropewalk::inspect
