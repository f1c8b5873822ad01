#include "directory/basic_auth.h"

#include <algorithm>

#include "base/base64.h"
#include "base/utf16.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

constexpr std::size_t kLongest = 4096;  // of the encoded text
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
  if (!mapi::equal_ignoring_ascii_case(header.substr(0, kScheme.size()), kScheme)) {
    return Error{"the Authorization header is not of the Basic scheme"};
  }
  header.remove_prefix(kScheme.size());
  while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
  while (!header.empty() && header.back() == ' ') header.remove_suffix(1);
  if (header.size() > kLongest) return Error{"the Basic credentials are too long"};
  const auto bytes = from_base64(header);
  if (!bytes) return Error{"the Basic credentials are not base64"};
  std::string text(text_of(*bytes));
  if (!is_utf8(text)) text = utf8_of_latin1(text);
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<u8>(c) < 0x20 || c == 0x7f;  // [RFC 7617] 2
  });
  if (control) return Error{"the Basic credentials contain control characters"};
  const auto colon = text.find(':');
  if (colon == std::string::npos) return Error{"the Basic credentials have no ':'"};
  if (colon == 0) return Error{"the Basic credentials have no user name"};
  return Credentials{text.substr(0, colon), text.substr(colon + 1)};
}

std::string basic_header(std::string_view login, std::string_view password) {
  return "Basic " + to_base64(bytes_of(std::string(login) + ":" + std::string(password)));
}

}  // namespace ropewalk::directory
