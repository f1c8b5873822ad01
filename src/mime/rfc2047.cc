#include "mime/rfc2047.h"

#include <optional>

#include "base/utf16.h"
#include "mime/charset.h"
#include "mime/text.h"
#include "mime/transfer.h"

namespace ropewalk::mime {
namespace {

struct Word {
  std::string charset;  // lower case
  std::string bytes;
  std::size_t length = 0;  // in the text
};

std::string decode_q(std::string_view text) {
  std::string spaced(text), out;
  for (char& c : spaced)
    if (c == '_') c = ' ';
  decode_quoted_printable(spaced, out);
  std::size_t blanks = spaced.size() - std::string_view(spaced).find_last_not_of(' ') - 1;
  if (spaced.find_first_not_of(' ') == spaced.npos) blanks = spaced.size();
  return out + std::string(blanks, ' ');  // quoted-printable drops them at a line's end; here they are text
}

// The encoded word that `text` begins with.
std::optional<Word> take_word(std::string_view text) {
  constexpr std::size_t kLongestCharset = 60;
  std::size_t charset_end = text.find('?', 2);
  if (charset_end == text.npos || charset_end - 2 > kLongestCharset || charset_end + 2 >= text.size())
    return std::nullopt;
  if (text[charset_end + 2] != '?') return std::nullopt;
  char encoding = ascii_lower(text[charset_end + 1]);
  std::size_t begin = charset_end + 3;
  std::size_t end = text.find("?=", begin);
  if (end == text.npos || (encoding != 'q' && encoding != 'b')) return std::nullopt;
  Word word;
  std::string_view charset = text.substr(2, charset_end - 2);
  word.charset = ascii_lowered(charset.substr(0, charset.find('*')));  // RFC 2231 5: a language after it
  if (word.charset.empty() || word.charset.find_first_of(" \t\"") != std::string::npos) return std::nullopt;
  std::string_view content = text.substr(begin, end - begin);
  if (encoding == 'q')
    word.bytes = decode_q(content);
  else
    decode_base64(content, word.bytes);
  word.length = end + 2;
  return word;
}

std::string text_of_words(const std::string& bytes, const std::string& charset) {
  Decoded decoded = decode_charset(bytes_of(bytes), charset);
  if (!decoded.known) decoded = decode_charset(bytes_of(bytes), is_utf8(bytes) ? "utf-8" : "windows-1252");
  std::string out = utf16_to_utf8(decoded.utf16);
  for (char& c : out)
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  return out;
}

template <class Take>
std::string replace_words(std::string_view text, Take&& take) {
  std::string out, run, bytes, charset;
  auto flush_bytes = [&] {
    run += bytes.empty() ? std::string() : text_of_words(bytes, charset);
    bytes.clear();
  };
  const std::size_t last_end = text.rfind("?=") == text.npos ? 0 : text.size() - text.rfind("?=");
  while (!text.empty()) {
    std::size_t start = text.find("=?");
    if (start != text.npos && text.size() - start < last_end + 2) start = text.npos;  // no word ends after it
    auto word = start == text.npos ? std::nullopt : take_word(text.substr(start));
    std::string_view before = text.substr(0, word ? start : start == text.npos ? start : start + 2);
    bool adjacent = !charset.empty() && word && trim(before).empty();
    if (!adjacent) {
      flush_bytes();
      if (!charset.empty()) out += take(run);
      run.clear();
      charset.clear();
      out += before;
    }
    text.remove_prefix(before.size());
    if (!word) continue;
    if (word->charset != charset) flush_bytes();
    charset = word->charset;
    bytes += word->bytes;
    text.remove_prefix(word->length);
  }
  flush_bytes();
  if (!charset.empty()) out += take(run);
  return out;
}

}  // namespace

std::string decode_encoded_words(std::string_view text) {
  return replace_words(text, [](const std::string& run) { return run; });
}

std::string join_encoded_words(std::string_view text) {
  return replace_words(text, [](const std::string& run) {
    return run.empty() ? std::string() : "=?utf-8?B?" + base64_line(bytes_of(run)) + "?=";
  });
}

}  // namespace ropewalk::mime
