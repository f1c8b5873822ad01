#include "mime/body_text.h"

#include "base/utf16.h"
#include "mime/charset.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

bool has_converter(std::string_view charset) {
  return !charset.empty() && decode_charset(bytes_of("a"), charset).known;
}

}  // namespace

PartBytes decode_part(const Part& part) {
  PartBytes out;
  if (part.encoding.encoding == TransferEncoding::identity) {
    out.bytes = part.body;
    return out;
  }
  out.clean = decode_transfer(part.body, part.encoding.encoding, out.owned);
  out.bytes = out.owned;
  return out;
}

TextCharset text_charset(std::string_view bytes, std::string_view declared, std::string_view hint) {
  for (std::string_view name : {declared, hint}) {
    if (!has_converter(name)) continue;
    auto code_page = code_page_of_charset(name);
    if (code_page == 20127 && !is_ascii(bytes)) continue;  // said to be US-ASCII, and is not
    return {std::string(name), code_page.value_or(65001)};
  }
  if (is_ascii(bytes)) return {"us-ascii", 20127};
  if (is_utf8(bytes)) return {"utf-8", 65001};
  return {"windows-1252", 1252};
}

std::string html_charset(std::string_view html) {
  constexpr std::size_t kHead = 2048;
  std::string head = ascii_lowered(html.substr(0, kHead));
  for (auto meta = head.find("<meta"); meta != head.npos; meta = head.find("<meta", meta + 1)) {
    auto end = head.find('>', meta);
    auto at = head.find("charset", meta);
    if (at == head.npos || at > end) continue;
    std::string_view rest = std::string_view(head).substr(at + 7);
    while (!rest.empty() &&
           (is_space(rest.front()) || rest.front() == '=' || rest.front() == '"' || rest.front() == '\''))
      rest.remove_prefix(1);
    return std::string(rest.substr(0, rest.find_first_of("\"' ;/>\r\n\t")));
  }
  return {};
}

std::string unflow(std::string_view text, bool delete_space) {
  std::string out;
  out.reserve(text.size());
  bool joining = false;
  std::size_t joined_depth = 0;
  while (!text.empty()) {
    std::string_view whole = take_line(text);
    std::string_view line = without_line_end(whole);
    std::size_t depth = 0;
    while (depth < line.size() && line[depth] == '>') ++depth;
    std::string_view content = line.substr(depth);
    if (content.starts_with(' ')) content.remove_prefix(1);  // space stuffing
    bool signature = content == "-- ";
    if (joining && (depth != joined_depth || signature)) {
      out += "\r\n";
      joining = false;
    }
    if (!joining && depth > 0) {
      out.append(depth, '>');
      out += ' ';
    }
    bool flowed = content.ends_with(' ') && !signature && whole.size() > line.size();
    if (flowed && delete_space) content.remove_suffix(1);
    out += content;
    if (!flowed && whole.size() > line.size()) out += "\r\n";
    joining = flowed;
    joined_depth = depth;
  }
  if (joining) out += "\r\n";
  return out;
}

std::vector<u8> with_crlf(std::vector<u8> utf16) {
  std::size_t lone = 0;
  auto unit = [&](std::size_t i) { return load_le<u16>(utf16.data() + i); };
  for (std::size_t i = 0; i + 1 < utf16.size(); i += 2) {
    if (unit(i) == '\n' && (i == 0 || unit(i - 2) != '\r')) ++lone;
  }
  if (lone == 0) return utf16;
  std::vector<u8> out;
  out.reserve(utf16.size() + lone * 2);
  for (std::size_t i = 0; i + 1 < utf16.size(); i += 2) {
    if (unit(i) == '\n' && (i == 0 || unit(i - 2) != '\r')) out.insert(out.end(), {'\r', 0});
    out.insert(out.end(), {utf16[i], utf16[i + 1]});
  }
  return out;
}

}  // namespace ropewalk::mime
