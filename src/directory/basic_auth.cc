#include "directory/basic_auth.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/types.h"
#include "base/utf16.h"

namespace ropewalk::directory {

namespace {

constexpr std::size_t kLongest = 4096;  // of the encoded text
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr u8 kNoDigit = 0xff;

constexpr std::array<u8, 256> kDigits = [] {
  std::array<u8, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) digits[static_cast<u8>(kAlphabet[i])] = static_cast<u8>(i);
  return digits;
}();

// [RFC 4648] 4; padding may be missing, anything else that is not base64 may not be there.
std::optional<std::string> from_base64(std::string_view text) {
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  u32 bits = 0;
  int count = 0;
  for (char c : text) {
    const u8 digit = kDigits[static_cast<u8>(c)];
    if (digit == kNoDigit) return std::nullopt;
    bits = bits << 6 | digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    u32 bits = 0;
    const std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < here ? static_cast<u8>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= here ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string utf8_of_latin1(std::string_view text) {
  std::string out;
  for (char c : text) {
    const u8 byte = static_cast<u8>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

}  // namespace

Result<Credentials> parse_basic(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (header.size() < kScheme.size() ||
      !std::equal(kScheme.begin(), kScheme.end(), header.begin(), [&](char a, char b) { return a == lower(b); })) {
    return Error{"the Authorization header is not of the Basic scheme"};
  }
  header.remove_prefix(kScheme.size());
  while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
  while (!header.empty() && header.back() == ' ') header.remove_suffix(1);
  if (header.size() > kLongest) return Error{"the Basic credentials are too long"};
  auto text = from_base64(header);
  if (!text) return Error{"the Basic credentials are not base64"};
  if (!is_utf8(*text)) text = utf8_of_latin1(*text);
  const bool control = std::any_of(text->begin(), text->end(), [](char c) {
    return static_cast<u8>(c) < 0x20 || c == 0x7f;  // [RFC 7617] 2
  });
  if (control) return Error{"the Basic credentials contain control characters"};
  const auto colon = text->find(':');
  if (colon == std::string::npos) return Error{"the Basic credentials have no ':'"};
  if (colon == 0) return Error{"the Basic credentials have no user name"};
  return Credentials{text->substr(0, colon), text->substr(colon + 1)};
}

std::string basic_header(std::string_view login, std::string_view password) {
  return "Basic " + to_base64(std::string(login) + ":" + std::string(password));
}

}  // namespace ropewalk::directory
