#include "mime/encoded_word.h"

#include <algorithm>

#include "mime/text.h"
#include "mime/transfer.h"

namespace ropewalk::mime {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }

// Words that a header line cannot hold as they are, or that would be read as something else.
bool needs_encoding(std::string_view text) {
  constexpr std::size_t kLongestWord = 400;  // a line has to break somewhere before 998
  if (!is_ascii(text) || text.find("=?") != text.npos || std::ranges::any_of(text, is_control)) return true;
  if (text.starts_with(' ') || text.ends_with(' ') || text.find("  ") != text.npos) return true;
  std::size_t word = 0;
  for (char c : text) {
    word = is_blank(c) ? 0 : word + 1;
    if (word > kLongestWord) return true;
  }
  return false;
}

// One encoded word for every 42 bytes of text (75 characters at most), never within a character.
std::string encoded_words(std::string_view utf8) {
  constexpr std::size_t kBytes = 42;
  std::string out;
  while (!utf8.empty()) {
    std::size_t size = std::min(kBytes, utf8.size());
    while (size < utf8.size() && size > 0 && (static_cast<unsigned char>(utf8[size]) & 0xC0) == 0x80) --size;
    if (size == 0) size = std::min(kBytes, utf8.size());
    if (!out.empty()) out += ' ';
    std::string_view piece = utf8.substr(0, size);
    out += "=?utf-8?B?" + base64_line({reinterpret_cast<const unsigned char*>(piece.data()), piece.size()}) + "?=";
    utf8.remove_prefix(size);
  }
  return out;
}

bool is_atom_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~ ").find(c) != std::string_view::npos;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

bool is_attribute_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
         std::string_view("!#$&+-.^_`{|}~").find(c) != std::string_view::npos;
}

std::string percent_encoded(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    if (is_attribute_char(c)) {
      out += c;
      continue;
    }
    out += '%';
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

}  // namespace

std::string encode_text(std::string_view utf8) {
  return needs_encoding(utf8) ? encoded_words(utf8) : std::string(utf8);
}

std::string encode_phrase(std::string_view utf8) {
  if (needs_encoding(utf8)) return encoded_words(utf8);
  return std::ranges::all_of(utf8, is_atom_char) ? std::string(utf8) : quoted(utf8);
}

std::string encode_parameter(std::string_view name, std::string_view utf8) {
  constexpr std::size_t kPiece = 54;
  bool plain =
      is_ascii(utf8) && utf8.size() <= kPiece && std::ranges::none_of(utf8, is_control) && utf8.find("=?") == utf8.npos;
  if (plain) return "; " + std::string(name) + "=" + quoted(utf8);
  std::string encoded = percent_encoded(utf8);
  if (encoded.size() <= kPiece) return "; " + std::string(name) + "*=utf-8''" + encoded;
  std::string out;
  for (int piece = 0; !encoded.empty(); ++piece) {
    std::size_t size = std::min(kPiece, encoded.size());
    for (int back = 0; back < 2 && size < encoded.size() && size > 2; ++back) {  // never within a %XX
      if (encoded[size - 1] == '%' || encoded[size - 2] == '%') --size;
    }
    out += "; " + std::string(name) + "*" + std::to_string(piece) + "*=" + (piece == 0 ? "utf-8''" : "") +
           encoded.substr(0, size);
    encoded.erase(0, size);
  }
  return out;
}

std::string fold_field(std::string_view name, std::string_view value) {
  constexpr std::size_t kLine = 76;
  std::string out(name);
  out += ':';
  std::size_t column = out.size();
  while (!value.empty()) {
    std::size_t space = std::min(value.find(' ', 1), value.size());
    std::string_view word = value.substr(0, space);  // with the space before it, but for the first word
    value.remove_prefix(space);
    bool first = column == name.size() + 1;
    if (first) {
      out += ' ';
      out += word;
      column += word.size() + 1;
      continue;
    }
    if (column + word.size() > kLine && word.size() > 1) {
      out += "\r\n";
      column = 0;
    }
    out += word;
    column += word.size();
  }
  return out + "\r\n";
}

}  // namespace ropewalk::mime
