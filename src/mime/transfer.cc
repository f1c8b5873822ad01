#include "mime/transfer.h"

#include <array>

#include "mime/text.h"

namespace ropewalk::mime {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr u8 kSkip = 64, kPad = 65, kBad = 66;

constexpr std::array<u8, 256> make_values() {
  std::array<u8, 256> values{};
  for (auto& value : values) value = kBad;
  for (u8 i = 0; i < 64; ++i) values[static_cast<u8>(kAlphabet[i])] = i;
  for (char c : {' ', '\t', '\r', '\n'}) values[static_cast<u8>(c)] = kSkip;
  values['='] = kPad;
  return values;
}
constexpr std::array<u8, 256> kValues = make_values();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

void append_hex(char c, std::string& out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  out += '=';
  out += kDigits[static_cast<u8>(c) >> 4];
  out += kDigits[static_cast<u8>(c) & 15];
}

}  // namespace

NamedEncoding parse_encoding(std::string_view name) {
  std::string text = ascii_lowered(trim(name));
  if (auto semicolon = text.find_first_of(";("); semicolon != text.npos) text = trim(text.substr(0, semicolon));
  if (text.empty() || text == "7bit" || text == "8bit" || text == "binary" || text == "7-bit" || text == "8-bit")
    return {};
  if (text == "base64") return {TransferEncoding::base64, true};
  if (text == "quoted-printable") return {TransferEncoding::quoted_printable, true};
  if (text == "x-uuencode" || text == "uuencode" || text == "x-uue") return {TransferEncoding::uuencode, true};
  return {TransferEncoding::identity, false};
}

bool decode_base64(std::string_view text, std::string& out) {
  out.reserve(out.size() + text.size() / 4 * 3 + 3);
  bool clean = true, padded = false, blank = false;
  u32 bits = 0;
  int count = 0;
  for (char c : text) {
    u8 value = kValues[static_cast<u8>(c)];
    if (value < 64) {
      if (blank) clean = false;  // words with blanks between them: this never was base64
      if (padded) {              // a second base64 text put after the first one
        count = 0;
        bits = 0;
        padded = false;
      }
      bits = bits << 6 | value;
      if (++count == 4) {
        out += static_cast<char>(bits >> 16);
        out += static_cast<char>(bits >> 8);
        out += static_cast<char>(bits);
        count = 0;
        bits = 0;
      }
      continue;
    }
    if (value == kBad) clean = false;
    if (value == kSkip) blank = is_blank(c) && count > 0;
    if (value != kPad || padded) continue;
    padded = true;
    if (count == 3) out += static_cast<char>(bits >> 10);
    if (count >= 2) out += static_cast<char>(count == 3 ? bits >> 2 : bits >> 4);
    if (count == 1) clean = false;
    count = 0;
    bits = 0;
  }
  if (count == 3) out += static_cast<char>(bits >> 10);
  if (count >= 2) out += static_cast<char>(count == 3 ? bits >> 2 : bits >> 4);
  return clean && count != 1;
}

void decode_quoted_printable(std::string_view text, std::string& out) {
  out.reserve(out.size() + text.size());
  while (!text.empty()) {
    std::string_view line = take_line(text);
    std::string_view content = without_line_end(line);
    std::string_view line_end = line.substr(content.size());
    while (!content.empty() && is_blank(content.back())) content.remove_suffix(1);  // added on the way, RFC 2045 6.7
    bool soft = !content.empty() && content.back() == '=';
    if (soft) content.remove_suffix(1);
    for (std::size_t i = 0; i < content.size(); ++i) {
      if (content[i] == '=' && i + 2 < content.size() && hex_value(content[i + 1]) >= 0 &&
          hex_value(content[i + 2]) >= 0) {
        out += static_cast<char>(hex_value(content[i + 1]) << 4 | hex_value(content[i + 2]));
        i += 2;
      } else {
        out += content[i];
      }
    }
    if (!soft) out += line_end;
  }
}

bool decode_uuencode(std::string_view text, std::string& out) {
  bool begun = false, clean = true;
  while (!text.empty()) {
    std::string_view line = without_line_end(take_line(text));
    if (!begun) {
      begun = line.starts_with("begin ");
      if (!begun && !trim(line).empty()) clean = false;
      continue;
    }
    if (line == "end") return clean && trim(text).empty();
    if (line.empty()) continue;
    std::size_t length = static_cast<std::size_t>((line[0] - 32) & 63);
    line.remove_prefix(1);
    std::size_t characters = (length + 2) / 3 * 4;
    if (characters > line.size() + 2) clean = false;
    u32 bits = 0;
    for (std::size_t i = 0; i < characters; ++i) {
      char c = i < line.size() ? line[i] : ' ';
      bits = bits << 6 | static_cast<u32>((c - 32) & 63);
      if (i % 4 != 3) continue;
      for (int shift = 16; shift >= 0; shift -= 8) {
        if (length == 0) break;
        out += static_cast<char>(bits >> shift);
        --length;
      }
      bits = 0;
    }
  }
  return false;  // no "end"
}

bool decode_transfer(std::string_view text, TransferEncoding encoding, std::string& out) {
  switch (encoding) {
    case TransferEncoding::base64:
      return decode_base64(text, out);
    case TransferEncoding::uuencode:
      return decode_uuencode(text, out);
    case TransferEncoding::quoted_printable:
      decode_quoted_printable(text, out);
      return true;
    case TransferEncoding::identity:
      out += text;
      return true;
  }
  return false;
}

std::string base64_line(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t left = bytes.size() - i;
    u32 bits = u32{bytes[i]} << 16 | (left > 1 ? u32{bytes[i + 1]} << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
    out += kAlphabet[bits >> 18];
    out += kAlphabet[bits >> 12 & 63];
    out += left > 1 ? kAlphabet[bits >> 6 & 63] : '=';
    out += left > 2 ? kAlphabet[bits & 63] : '=';
  }
  return out;
}

void encode_base64(ByteView bytes, std::string& out) {
  constexpr std::size_t kLine = 57;  // 76 characters
  out.reserve(out.size() + bytes.size() / kLine * 78 + 80);
  for (std::size_t at = 0; at < bytes.size(); at += kLine) {
    out += base64_line(bytes.subspan(at, std::min(kLine, bytes.size() - at)));
    out += "\r\n";
  }
}

void encode_quoted_printable(std::string_view text, std::string& out) {
  constexpr std::size_t kLine = 76;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      out += "\r\n";
      ++i;
      column = 0;
      continue;
    }
    bool before_break = i + 1 >= text.size() || text[i + 1] == '\r' || text[i + 1] == '\n';
    bool plain = (c > 32 && c < 127 && c != '=') || (is_blank(c) && !before_break);
    if (column == 0 && (c == '.' || (c == 'F' && text.substr(i).starts_with("From ")))) plain = false;
    std::size_t width = plain ? 1 : 3;
    if (column + width > kLine - 1) {
      out += "=\r\n";
      column = 0;
    }
    if (plain)
      out += c;
    else
      append_hex(c, out);
    column += width;
  }
}

}  // namespace ropewalk::mime
