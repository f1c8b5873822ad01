#include "dissect/redact.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>

#include "mapi/ascii_case.h"

namespace ropewalk::dissect {
namespace {

// Header fields that tell of the protocol alone.
constexpr std::string_view kKeptHeaders[] = {
    "Content-Type",  "Content-Length",  "Transfer-Encoding",   "Content-Encoding",    "Connection",
    "Date",          "X-RequestType",   "X-ResponseCode",      "X-PendingPeriod",     "X-ExpirationInfo",
    "X-ElapsedTime", "X-StartTime",     "X-ClientApplication", "X-ServerApplication", "Server",
    "User-Agent",    "WWW-Authenticate"};

bool is_kept_header(std::string_view name) {
  for (std::string_view kept : kKeptHeaders)
    if (mapi::equal_ignoring_ascii_case(kept, name)) return true;
  return false;
}

// The text without what stands between quotation marks.
std::string without_quoted(std::string_view text) {
  std::string out;
  bool inside = false;
  for (char c : text) {
    if (c == '"') {
      inside = !inside;
      if (inside) out += "\"...\"";
    } else if (!inside) {
      out += c;
    }
  }
  return out;
}

void redact_node(wire::Node& node) {
  node.text = without_quoted(node.text);
  for (wire::Node& field : node.fields) redact_node(field);
  if (node.has_fields) return;
  bool is_header = node.type == "header";
  if (is_header && is_kept_header(node.name)) return;
  bool hides = is_header || node.type == "bytes" || node.type == "String8" || node.type == "String16" ||
               node.type == "text" || node.type == "PtypString" || node.type == "PtypString8";
  // A type that is not known here is redacted where its value is text that is no number, time or GUID.
  if (!hides && node.value.is_string()) {
    std::string_view type = node.type;
    hides = type != "GUID" && type != "FILETIME" && !std::string_view(node.value.as_string()).starts_with("0x");
  }
  if (hides || node.value.is_object()) node.value = boost::json::object{{"redacted", node.length}};
}

}  // namespace

void redact(Operation& operation) {
  redact_node(operation.tree);
  for (Buffer& buffer : operation.buffers) buffer.bytes.clear();
  for (RopNote& rop : operation.rops) rop.object = without_quoted(rop.object);
  for (std::string& note : operation.notes) note = without_quoted(note);
  operation.detail = operation.layer == "MAPIHTTP" ? std::string() : without_quoted(operation.detail);
  operation.name = operation.name.substr(0, operation.name.find('?'));
  operation.user.clear();
}

}  // namespace ropewalk::dissect
