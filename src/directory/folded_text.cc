#include "directory/folded_text.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <algorithm>

#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

constexpr std::size_t kMostSearchable = 64;
constexpr std::size_t kMostTails = 8;

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool is_between_words(char c) {
  return is_ascii(c) && !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'');
}

std::string normalized(const icu::Normalizer2* with, std::string_view utf8) {
  std::string out;
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&out);
  with->normalizeUTF8(0, icu::StringPiece(utf8.data(), static_cast<int>(utf8.size())), sink, nullptr, status);
  return U_FAILURE(status) ? std::string(utf8) : out;
}

// Accents of Latin, Greek and Cyrillic letters are U+0300 to U+036F: CC 80 to CD AF. Other marks are part of a sound.
std::string without_accents(const std::string& apart) {
  std::string out;
  for (std::size_t i = 0; i < apart.size(); ++i) {
    const auto first = static_cast<unsigned char>(apart[i]);
    if ((first == 0xCC || first == 0xCD) && i + 1 < apart.size()) {
      const auto second = static_cast<unsigned char>(apart[i + 1]);
      if (first == 0xCC || second <= 0xAF) {
        ++i;
        continue;
      }
    }
    out += apart[i];
  }
  return out;
}

}  // namespace

std::string fold(std::string_view utf8) {
  if (std::all_of(utf8.begin(), utf8.end(), is_ascii)) {
    return mapi::ascii_lowered(utf8);
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* casefold = icu::Normalizer2::getNFKCCasefoldInstance(status);
  const icu::Normalizer2* decompose = icu::Normalizer2::getNFDInstance(status);
  if (U_FAILURE(status)) return std::string(utf8);
  return without_accents(normalized(decompose, normalized(casefold, utf8)));
}

std::string_view searchable(std::string_view folded) {
  if (folded.size() <= kMostSearchable) return folded;
  std::size_t end = kMostSearchable;
  while (end > 0 && (static_cast<unsigned char>(folded[end]) & 0xC0) == 0x80) --end;  // not within a character
  return folded.substr(0, end);
}

std::vector<std::string> word_tails(std::string_view folded) {
  std::vector<std::string> tails;
  if (!folded.empty()) tails.emplace_back(searchable(folded));
  for (std::size_t i = 1; i < folded.size() && tails.size() < kMostTails; ++i) {
    if (is_between_words(folded[i - 1]) && !is_between_words(folded[i]))
      tails.emplace_back(searchable(folded.substr(i)));
  }
  return tails;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace ropewalk::directory
