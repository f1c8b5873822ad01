#include "dissect/report.h"

#include <fmt/format.h>

#include "mapi/error_code.h"

namespace ropewalk::dissect {
namespace {

constexpr std::size_t kMostRops = 24;

std::string rop_text(const RopNote& rop) {
  std::string text(short_name(rop.name));
  if (!rop.object.empty()) text += fmt::format("({})", rop.object);
  if (rop.error && *rop.error != 0) text += "=" + mapi::name(mapi::ErrorCode{*rop.error});
  return text;
}

std::string round_trip_text(i64 nanoseconds) {
  double milliseconds = static_cast<double>(nanoseconds) / 1e6;
  return milliseconds < 1000 ? fmt::format("{:.3f} ms", milliseconds) : fmt::format("{:.3f} s", milliseconds / 1000);
}

wire::Node pruned(const wire::Node& node, unsigned depth) {
  wire::Node copy;
  copy.name = node.name;
  copy.type = node.type;
  copy.offset = node.offset;
  copy.length = node.length;
  copy.value = node.value;
  copy.text = node.text;
  copy.has_fields = node.has_fields;
  if (depth > 1)
    for (const wire::Node& field : node.fields) copy.fields.push_back(pruned(field, depth - 1));
  return copy;
}

}  // namespace

std::string_view short_name(std::string_view rop) {
  if (rop.starts_with("Rop") && !rop.starts_with("RopId")) rop.remove_prefix(3);
  return rop;
}

std::string summary_line(const Operation& operation, i64 start) {
  std::string line = fmt::format("{:5} {:11.6f}  {} > {}  {} {}", operation.number,
                                 static_cast<double>(operation.frame().time - start) / 1e9, operation.src,
                                 operation.dst, operation.layer, operation.name);
  // Without its request a response may have no other name.
  if (operation.direction == Direction::request && operation.name != "request") line += " request";
  if (operation.direction == Direction::response && operation.name != "response") line += " response";
  if (!operation.detail.empty()) line += fmt::format(" ({})", operation.detail);
  if (!operation.rops.empty()) {
    line += " [";
    for (std::size_t i = 0; i < operation.rops.size() && i < kMostRops; ++i)
      line += (i == 0 ? "" : ", ") + rop_text(operation.rops[i]);
    if (operation.rops.size() > kMostRops) line += fmt::format(", and {} more", operation.rops.size() - kMostRops);
    line += "]";
  }
  if (!operation.result.empty()) line += ": " + operation.result;
  if (operation.answers) line += fmt::format(", answers {}", *operation.answers);
  if (operation.round_trip) line += " in " + round_trip_text(*operation.round_trip);
  return line + "\n";
}

std::string hex_dump(ByteView bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    std::string digits, letters;
    for (std::size_t i = at; i < at + 16; ++i) {
      digits += i < bytes.size() ? fmt::format(" {:02X}", bytes[i]) : "   ";
      if (i < bytes.size()) letters += bytes[i] >= 0x20 && bytes[i] < 0x7F ? static_cast<char>(bytes[i]) : '.';
    }
    text += fmt::format("{:06X} {}  {}\n", at, digits, letters);
  }
  return text;
}

std::string full_text(const Operation& operation, i64 start, bool with_bytes, unsigned depth) {
  std::string text = summary_line(operation, start);
  text += operation.frames.size() == 1 ? "      frame " : "      frames ";
  for (std::size_t i = 0; i < operation.frames.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", operation.frames[i].number);
  text += "\n";
  for (const std::string& note : operation.notes) text += fmt::format("      note: {}\n", note);
  if (!operation.buffers.empty()) text += wire::to_text(depth == 0 ? operation.tree : pruned(operation.tree, depth));
  if (!with_bytes) return text + "\n";
  for (const Buffer& buffer : operation.buffers)
    text +=
        fmt::format("{} ({}), {} bytes\n{}", buffer.name, buffer.origin, buffer.bytes.size(), hex_dump(buffer.bytes));
  return text + "\n";
}

}  // namespace ropewalk::dissect
