#include "dissect/operation.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/filetime.h"
#include "wire/tree_json.h"

namespace ropewalk::dissect {

namespace json = boost::json;

namespace {

// "2009-05-25T16:20:44.123456789Z"
std::string time_text(i64 nanoseconds) {
  i64 seconds = nanoseconds / 1'000'000'000;
  std::string text = FileTime::from_unix(seconds).to_string();
  return fmt::format("{}.{:09}Z", text.substr(0, 19), nanoseconds % 1'000'000'000);
}

json::array rops_json(const std::vector<RopNote>& rops) {
  json::array list;
  for (const RopNote& rop : rops) {
    json::object object{{"name", rop.name}};
    if (rop.error) object["error"] = *rop.error;
    if (!rop.object.empty()) object["object"] = rop.object;
    list.push_back(std::move(object));
  }
  return list;
}

// All members but the tree, which is the last.
json::object facts_of(const Operation& operation) {
  json::object object;
  object["frame"] = operation.frame().number;
  object["time"] = time_text(operation.frame().time);
  object["src"] = operation.src;
  object["dst"] = operation.dst;
  object["layer"] = operation.layer;
  object["name"] = operation.name;
  object["result"] = operation.result;
  object["number"] = operation.number;
  object["connection"] = operation.connection;
  json::array frames;
  for (const capture::Frame& frame : operation.frames) frames.push_back(frame.number);
  object["frames"] = std::move(frames);
  constexpr std::string_view kDirections[] = {"request", "response", "one way"};
  object["direction"] = kDirections[static_cast<int>(operation.direction)];
  object["error"] = operation.error;
  object["detail"] = operation.detail;
  if (operation.answers) object["answers"] = *operation.answers;
  if (operation.round_trip) object["round_trip"] = static_cast<double>(*operation.round_trip) / 1e9;
  object["size"] = operation.size;
  if (operation.opnum) object["opnum"] = *operation.opnum;
  if (operation.call_id) object["call_id"] = *operation.call_id;
  if (!operation.user.empty()) object["user"] = operation.user;
  if (!operation.rops.empty()) object["rops"] = rops_json(operation.rops);
  if (!operation.notes.empty()) object["notes"] = json::array(operation.notes.begin(), operation.notes.end());
  return object;
}

}  // namespace

json::value to_json(const Operation& operation) {
  json::object object = facts_of(operation);
  object["tree"] = operation.buffers.empty() ? json::value(nullptr) : wire::to_json(operation.tree);
  return object;
}

void append_json(const Operation& operation, std::string& out) {
  out += json::serialize(facts_of(operation));
  out.back() = ',';  // for its closing brace
  out += "\"tree\":";
  if (operation.buffers.empty())
    out += "null";
  else
    wire::append_json(operation.tree, out);
  out += '}';
}

}  // namespace ropewalk::dissect
