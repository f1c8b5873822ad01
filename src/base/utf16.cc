#include "base/utf16.h"

namespace ropewalk {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

void append_utf8(char32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

void append_unit(u32 unit, std::vector<u8>& out) {
  out.push_back(static_cast<u8>(unit));
  out.push_back(static_cast<u8>(unit >> 8));
}

// Decodes one scalar at `text[at]` and moves past it; false (one byte consumed) where it is ill-formed.
bool next_scalar(std::string_view text, std::size_t& at, char32_t& c) {
  auto byte = [&](std::size_t i) { return static_cast<u8>(text[i]); };
  u8 first = byte(at);
  int extra = first < 0x80                    ? 0
              : first >= 0xC2 && first < 0xE0 ? 1
              : first >= 0xE0 && first < 0xF0 ? 2
              : first >= 0xF0 && first < 0xF5 ? 3
                                              : -1;
  c = extra <= 0 ? first : first & (0x3F >> extra);
  bool good = extra >= 0 && at + static_cast<std::size_t>(extra) < text.size();
  for (int i = 1; good && i <= extra; ++i) {
    u8 next = byte(at + static_cast<std::size_t>(i));
    good = (next & 0xC0) == 0x80;
    c = c << 6 | (next & 0x3F);
  }
  good =
      good && !(extra == 2 && c < 0x800) && !(extra == 3 && c < 0x10000) && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
  at += good ? static_cast<std::size_t>(extra) + 1 : 1;
  return good;
}

// Converts; false if something could not be represented and was replaced.
bool convert(ByteView in, std::string& out) {
  bool exact = in.size() % 2 == 0;
  out.reserve(in.size() / 2);
  for (std::size_t at = 0; at + 2 <= in.size(); at += 2) {
    char32_t unit = load_le<u16>(in.data() + at);
    if (unit >= 0xD800 && unit < 0xDC00 && at + 4 <= in.size()) {
      u16 low = load_le<u16>(in.data() + at + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        append_utf8(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00u), out);
        at += 2;
        continue;
      }
    }
    if (unit >= 0xD800 && unit < 0xE000) {
      exact = false;
      unit = kReplacement;
    }
    append_utf8(unit, out);
  }
  return exact;
}

}  // namespace

std::string utf16_to_utf8(ByteView utf16le) {
  std::string out;
  convert(utf16le, out);
  return out;
}

std::optional<std::string> utf16_to_utf8_exact(ByteView utf16le) {
  std::string out;
  if (!convert(utf16le, out)) return std::nullopt;
  return out;
}

void append_utf16(std::string_view utf8, std::vector<u8>& out) {
  for (std::size_t at = 0; at < utf8.size();) {
    char32_t c = 0;
    if (!next_scalar(utf8, at, c)) c = kReplacement;
    if (c >= 0x10000) {
      append_unit(0xD800 + ((c - 0x10000) >> 10), out);
      append_unit(0xDC00 + ((c - 0x10000) & 0x3FF), out);
    } else {
      append_unit(c, out);
    }
  }
}

std::vector<u8> utf8_to_utf16(std::string_view utf8) {
  std::vector<u8> out;
  out.reserve(utf8.size() * 2);
  append_utf16(utf8, out);
  return out;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    char32_t c = 0;
    if (!next_scalar(text, at, c)) return false;
  }
  return true;
}

}  // namespace ropewalk
