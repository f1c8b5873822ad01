#include "dissect/http_text.h"

#include <charconv>

#include "mapi/ascii_case.h"

namespace ropewalk::dissect {
namespace {

constexpr std::string_view kEnd = "\r\n";

wire::WireError malformed(std::size_t offset, std::string detail) {
  return {wire::ErrorKind::malformed, offset, 0, 0, "HTTP", std::move(detail)};
}

bool is_start_line(std::string_view line) {
  return line.starts_with("HTTP/") || line.find(" HTTP/") != std::string_view::npos;
}

// Appends the chunk at the start of `bytes` and removes it; false at the last one, where `bytes` ends inside one, or
// where there is none (then `bad`).
bool take_chunk(ByteView& bytes, std::vector<u8>& out, bool& bad) {
  std::string_view text = text_of(bytes);
  std::size_t line = text.find(kEnd);
  if (line == std::string_view::npos) return false;
  std::size_t size = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + line, size, 16);
  bad = error != std::errc{} || (end != text.data() + line && *end != ';' && *end != ' ');
  if (bad || size == 0) return false;
  bytes = bytes.subspan(line + kEnd.size());
  std::size_t here = std::min(size, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(here));
  bytes = bytes.subspan(here);
  if (bytes.size() < kEnd.size()) return false;
  bad = !text_of(bytes).starts_with(kEnd);
  bytes = bytes.subspan(kEnd.size());
  return !bad;
}

}  // namespace

std::string_view HttpText::field(std::string_view name) const {
  for (const HttpField& field : fields)
    if (mapi::equal_ignoring_ascii_case(field.name, name)) return field.value;
  return {};
}

Result<HttpText, wire::WireError> read_http_text(ByteView bytes) {
  HttpText message;
  std::string_view text = text_of(bytes);
  std::size_t at = 0;
  while (true) {
    std::size_t end = text.find(kEnd, at);
    if (end == std::string_view::npos) return malformed(at, "the head does not end with an empty line");
    std::string_view line = text.substr(at, end - at);
    std::size_t next = end + kEnd.size();
    if (at == 0) {
      if (!is_start_line(line)) return malformed(0, "neither a request line nor a status line");
      message.start_line = line;
    } else if (line.empty()) {
      message.body = bytes.subspan(next);
      message.body_offset = next;
      return message;
    } else {
      std::size_t colon = line.find(':');
      if (colon == std::string_view::npos) return malformed(at, "a header field without a colon");
      std::string_view value = line.substr(colon + 1);
      if (value.starts_with(' ')) value.remove_prefix(1);
      message.fields.push_back({line.substr(0, colon), value, at, next - at});
    }
    at = next;
  }
}

std::optional<ByteView> http_content(const HttpText& message, Arena& arena) {
  std::string_view coding = message.field("Transfer-Encoding");
  if (coding.empty()) return message.body;
  if (!mapi::equal_ignoring_ascii_case(coding, "chunked")) return std::nullopt;
  std::vector<u8> content;
  ByteView rest = message.body;
  bool bad = false;
  while (take_chunk(rest, content, bad)) {
  }
  if (bad) return std::nullopt;
  return arena.copy(ByteView(content));
}

}  // namespace ropewalk::dissect
