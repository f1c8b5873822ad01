#include "dissect/redact.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>

#include "mapi/ascii_case.h"

namespace ropewalk::dissect {
namespace {

// Header fields that tell of the protocol alone.
constexpr std::string_view kKeptHeaders[] = {
    "Content-Type",  "Content-Length", "Transfer-Encoding",   "Content-Encoding",    "Connection",
    "Date",          "X-RequestType",  "X-ResponseCode",      "X-PendingPeriod",     "X-ExpirationInfo",
    "X-ElapsedTime", "X-StartTime",    "X-ClientApplication", "X-ServerApplication", "Server",
    "User-Agent"};

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

// Paths that are the protocol's own; others may name people, as those of autodiscover's JSON do.
constexpr std::string_view kKnownPaths[] = {"/mapi/emsmdb",
                                            "/mapi/nspi",
                                            "/rpc/rpcproxy.dll",
                                            "/rpcwithcert/rpcproxy.dll",
                                            "/autodiscover/autodiscover.xml",
                                            "/autodiscover/autodiscover.svc"};

// "GET /x?y" as "GET ...", "POST /mapi/emsmdb/?MailboxId=x" as "POST /mapi/emsmdb/".
std::string without_target(const std::string& name) {
  const auto slash = name.find(" /");
  if (slash == std::string::npos) return name;
  const std::string path = name.substr(slash + 1, name.find('?') - slash - 1);
  std::string_view plain = path;
  if (plain.ends_with('/')) plain.remove_suffix(1);
  for (std::string_view known : kKnownPaths)
    if (mapi::equal_ignoring_ascii_case(known, plain)) return name.substr(0, slash + 1) + path;
  return name.substr(0, slash) + " ...";
}

std::string without(std::string text, std::string_view secret) {
  for (auto at = text.find(secret); !secret.empty() && at != std::string::npos; at = text.find(secret, at))
    text.replace(at, secret.size(), "...");
  return text;
}

bool hides(const wire::Node& leaf) {
  const bool is_header = leaf.type == "header";
  if (is_header && is_kept_header(leaf.name)) return false;
  if (is_header || leaf.type == "bytes" || leaf.type == "String8" || leaf.type == "String16" || leaf.type == "text" ||
      leaf.type == "PtypString" || leaf.type == "PtypString8" || leaf.value.is_object())
    return true;
  // A type that is not known here is redacted where its value is text that is no number, time or GUID.
  return leaf.value.is_string() && leaf.type != "GUID" && leaf.type != "FILETIME" &&
         !std::string_view(leaf.value.as_string()).starts_with("0x");
}

class Redactor {
 public:
  explicit Redactor(std::vector<Buffer>& buffers) : buffers_(buffers) {}

  // `buffer`: that the node counts in.
  void node(wire::Node& node, std::size_t buffer) {
    if (node.type == kDerived) buffer = ++last_;
    node.text = without_quoted(node.text);
    for (wire::Node& field : node.fields) this->node(field, buffer);
    if (node.has_fields || !hides(node)) return;
    node.value = boost::json::object{{"redacted", node.length}};
    if (buffer < buffers_.size()) mask(buffers_[buffer].bytes, node.offset, node.length);
  }

 private:
  static void mask(std::vector<u8>& bytes, std::size_t offset, std::size_t length) {
    const std::size_t begin = std::min(offset, bytes.size());
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(begin), std::min(length, bytes.size() - begin), u8{'*'});
  }

  std::vector<Buffer>& buffers_;
  std::size_t last_ = 0;
};

}  // namespace

void redact(Operation& operation, RedactedBytes bytes) {
  Redactor(operation.buffers).node(operation.tree, 0);
  if (bytes == RedactedBytes::dropped)
    for (Buffer& buffer : operation.buffers) buffer.bytes.clear();
  for (RopNote& rop : operation.rops) rop.object = without_quoted(rop.object);
  for (std::string& note : operation.notes) note = without(without_quoted(note), operation.user);
  const bool is_http = operation.layer == "MAPIHTTP" || operation.layer == "HTTP" ||
                       operation.layer == "AUTODISCOVER" || operation.layer == "OAB";
  operation.detail = is_http ? std::string() : without(without_quoted(operation.detail), operation.user);
  if (is_http) operation.name = without_target(operation.name);
  operation.name = operation.name.substr(0, operation.name.find('?'));
  operation.user.clear();
}

}  // namespace ropewalk::dissect
