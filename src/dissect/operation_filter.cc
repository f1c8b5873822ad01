#include "dissect/operation_filter.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "dissect/counting.h"
#include "dissect/report.h"
#include "mapi/error_code.h"

namespace ropewalk::dissect {
namespace {

using Values = std::vector<FilterValue>;

// ---- layers ----

constexpr std::string_view kMapi = "mapi", kDcerpc = "dcerpc", kHttp = "http";

struct LayerRow {
  std::string_view name;
  bool (*is_in)(const Operation& operation);
};
bool is_over_rpc(const Operation& operation) { return operation.call_id.has_value(); }
template <std::size_t N>
bool is_one_of(const Operation& operation, const std::array<std::string_view, N>& layers) {
  return std::ranges::find(layers, operation.layer) != layers.end();
}

constexpr LayerRow kLayers[] = {
    {kMapi,
     [](const Operation& o) {
       return is_one_of(o, std::array<std::string_view, 3>{"EMSMDB", "AsyncEMSMDB", "MAPIHTTP"}) || !o.rops.empty();
     }},
    {kDcerpc, is_over_rpc},
    {kHttp,
     [](const Operation& o) {
       return is_one_of(o, std::array<std::string_view, 4>{"MAPIHTTP", "HTTP", "AUTODISCOVER", "OAB"});
     }},
    {"mapihttp", [](const Operation& o) { return o.layer == "MAPIHTTP"; }},
    {"emsmdb", [](const Operation& o) { return o.layer == "EMSMDB" || o.layer == "AsyncEMSMDB"; }},
    {"epm", [](const Operation& o) { return o.layer == "EPM"; }},
    {"mgmt", [](const Operation& o) { return o.layer == "MGMT"; }},
    {"nspi",
     [](const Operation& o) { return o.layer == "NSPI" || (o.layer == "MAPIHTTP" && o.name.starts_with("Nspi")); }},
    {"rfr", [](const Operation& o) { return o.layer == "RFR"; }},
    {"rts", [](const Operation& o) { return o.layer == "RTS"; }},
    {"oab", [](const Operation& o) { return o.layer == "OAB"; }},
    {"autodiscover", [](const Operation& o) { return o.layer == "AUTODISCOVER"; }},
};

// ---- attributes ----

void add_port(std::string_view endpoint, Values& values) {
  auto colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return;
  u16 port = 0;
  std::from_chars(endpoint.data() + colon + 1, endpoint.data() + endpoint.size(), port);
  values.push_back({.number = port});
}

void add_text(std::string_view text, Values& values) {
  if (!text.empty()) values.push_back({.text = text});
}

template <class T>
void add_number(const std::optional<T>& number, Values& values) {
  if (number) values.push_back({.number = static_cast<i64>(*number), .is_unsigned = true});
}

std::string_view name_of(u32 error) {
  const mapi::ErrorInfo* known = mapi::find_error(static_cast<mapi::ErrorCode>(error));
  return known == nullptr ? std::string_view() : known->name;
}

// Success is a value only where nothing failed: `mapi.error != 0`, which asks for all values, then finds every failure.
void add_errors(const Operation& operation, Values& values) {
  std::size_t before = values.size();
  if (operation.error != 0)
    values.push_back({.number = operation.error, .is_unsigned = true, .meaning = operation.result});
  for (const RopNote& rop : operation.rops)
    if (rop.error.value_or(0) != 0)
      values.push_back({.number = *rop.error, .is_unsigned = true, .meaning = name_of(*rop.error)});
  if (values.size() == before && operation.direction == Direction::response)
    values.push_back({.number = 0, .is_unsigned = true, .meaning = operation.result});
}

constexpr double kNanoseconds = 1e9;

struct AttributeRow {
  std::string_view name, type, meaning;
  void (*add)(const Operation& operation, Values& values);
};

constexpr AttributeRow kAttributes[] = {
    {"mapi.rop", "text", "the ROPs of an operation by name: RopOpenFolder, or OpenFolder for short",
     [](const Operation& o, Values& values) {
       for (const RopNote& rop : o.rops) values.push_back({.text = rop.name, .meaning = short_name(rop.name)});
     }},
    {"mapi.object", "text", "what its ROPs act on: Folder \"Inbox\"",
     [](const Operation& o, Values& values) {
       for (const RopNote& rop : o.rops) add_text(rop.object, values);
     }},
    {"mapi.error", "uint32",
     "what failed in a response: its own error code, and those of its ROPs; 0 where nothing did", add_errors},
    {"mapi.detail", "text", "a few words more: EMSMDB v0.81; NTLM, privacy (6)",
     [](const Operation& o, Values& values) { add_text(o.detail, values); }},
    {"mapi.result", "text", "the result in words: success, ecNotFound",
     [](const Operation& o, Values& values) { add_text(o.result, values); }},
    {"mapi.operation", "text", "what it is called: bind, EcDoRpcExt2, Execute",
     [](const Operation& o, Values& values) { add_text(o.name, values); }},
    {"mapi.layer", "text", "the protocol: EPM, DCERPC, EMSMDB, NSPI, MAPIHTTP, RTS",
     [](const Operation& o, Values& values) { add_text(o.layer, values); }},
    {"mapi.direction", "text", "request, response or one-way",
     [](const Operation& o, Values& values) {
       constexpr std::string_view kDirections[] = {"request", "response", "one-way"};
       add_text(kDirections[static_cast<std::size_t>(o.direction)], values);
     }},
    {"mapi.number", "uint64", "the operation's number in the capture",
     [](const Operation& o, Values& values) { add_number(std::optional(o.number), values); }},
    {"mapi.response_to", "uint64", "number of the request that a response answers",
     [](const Operation& o, Values& values) { add_number(o.answers, values); }},
    {"mapi.time", "double", "seconds from a request to its response",
     [](const Operation& o, Values& values) {
       if (o.round_trip) values.push_back({.real = static_cast<double>(*o.round_trip) / kNanoseconds});
     }},
    {"mapi.opnum", "uint16", "the method's number in its interface",
     [](const Operation& o, Values& values) { add_number(o.opnum, values); }},
    {"mapi.call_id", "uint32", "the call's number on its connection",
     [](const Operation& o, Values& values) { add_number(o.call_id, values); }},
    {"mapi.user", "text", "who signed in", [](const Operation& o, Values& values) { add_text(o.user, values); }},
    {"mapi.note", "text", "what is lost, encrypted, sent twice or malformed",
     [](const Operation& o, Values& values) {
       for (const std::string& note : o.notes) add_text(note, values);
     }},
    {"mapi.size", "uint64", "bytes that travelled",
     [](const Operation& o, Values& values) { add_number(std::optional(o.size), values); }},
    {"tcp.stream", "uint64", "the connection's number in the capture",
     [](const Operation& o, Values& values) { add_number(std::optional(o.connection), values); }},
    {"tcp.srcport", "uint16", "the sender's port", [](const Operation& o, Values& values) { add_port(o.src, values); }},
    {"tcp.dstport", "uint16", "the receiver's port",
     [](const Operation& o, Values& values) { add_port(o.dst, values); }},
    {"tcp.port", "uint16", "either port",
     [](const Operation& o, Values& values) {
       add_port(o.src, values);
       add_port(o.dst, values);
     }},
    {"ip.src", "address", "the sender's address",
     [](const Operation& o, Values& values) { add_text(host_of(o.src), values); }},
    {"ip.dst", "address", "the receiver's address",
     [](const Operation& o, Values& values) { add_text(host_of(o.dst), values); }},
    {"ip.addr", "address", "either address",
     [](const Operation& o, Values& values) {
       add_text(host_of(o.src), values);
       add_text(host_of(o.dst), values);
     }},
    {"frame.number", "uint64", "the frames that carried it",
     [](const Operation& o, Values& values) {
       for (const capture::Frame& frame : o.frames) values.push_back({.number = static_cast<i64>(frame.number)});
     }},
    {"frame.time_relative", "double", "seconds from the capture's first frame to the last that carried it",
     [](const Operation& o, Values& values) {
       values.push_back({.real = static_cast<double>(o.since_start) / kNanoseconds});
     }},
};

class OperationSubject final : public FilterSubject {
 public:
  // `read_tree`: where the tree is not at hand; may be empty.
  explicit OperationSubject(const Operation& operation, const std::function<wire::Node()>& read_tree = {})
      : operation_(operation), read_tree_(read_tree) {}
  bool has_layer(std::string_view layer) const override {
    for (const LayerRow& row : kLayers)
      if (row.name == layer) return row.is_in(operation_);
    return false;
  }
  void attribute(std::size_t number, Values& values) const override { kAttributes[number].add(operation_, values); }
  const wire::Node& tree() const override {
    if (!read_tree_) return operation_.tree;
    if (!tree_) tree_ = read_tree_();
    return *tree_;
  }

 private:
  const Operation& operation_;
  const std::function<wire::Node()> read_tree_;
  mutable std::optional<wire::Node> tree_;
};

}  // namespace

const FilterNames& operation_names() {
  static const FilterNames names = [] {
    FilterNames made;
    for (const LayerRow& row : kLayers) made.layers.push_back(row.name);
    for (const AttributeRow& row : kAttributes) made.attributes.push_back({row.name, row.type, row.meaning});
    return made;
  }();
  return names;
}

bool matches(const Filter& filter, const Operation& operation) { return filter.matches(OperationSubject(operation)); }
bool matches(const Filter& filter, const Operation& operation, const std::function<wire::Node()>& read_tree) {
  return filter.matches(OperationSubject(operation, read_tree));
}

}  // namespace ropewalk::dissect
