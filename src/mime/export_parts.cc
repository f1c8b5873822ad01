// MIME entities for the way out.
#include <algorithm>
#include <charconv>

#include "mime/export_context.h"
#include "mime/text.h"
#include "mime/transfer.h"

namespace ropewalk::mime {
namespace {

constexpr std::size_t kLongestLine = 998;  // RFC 5322 2.1.1

// 7-bit text in lines that a transport leaves alone.
bool fits_7bit(std::string_view text) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x80 || c == '\0') return false;
    bool crlf = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (crlf) {
      ++i;
      column = 0;
      continue;
    }
    if (c == '\r' || c == '\n' || ++column > kLongestLine) return false;
  }
  return true;
}

bool is_mostly_ascii(std::string_view text) {
  auto plain = std::ranges::count_if(text, [](char c) { return (c >= 32 && c < 127) || is_space(c); });
  return static_cast<std::size_t>(plain) * 4 >= text.size() * 3;
}

// One past the highest number of such a boundary in any of the parts.
std::string unused_boundary(const std::vector<std::string>& entities) {
  constexpr std::string_view kStem = "=_part_";
  u64 highest = 0;
  for (const std::string& entity : entities) {
    for (auto at = entity.find(kStem); at != entity.npos; at = entity.find(kStem, at + 1)) {
      u64 number = 0;
      std::string_view digits = std::string_view(entity).substr(at + kStem.size(), 12);
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
      highest = std::max(highest, number);
    }
  }
  return std::string(kStem) + std::to_string(highest + 1);
}

}  // namespace

std::string make_part(const std::string& fields, std::string_view bytes, bool is_text) {
  std::string out = fields;
  if (is_text && fits_7bit(bytes)) {
    out += "\r\n";
    out += bytes;
  } else if (is_text && is_mostly_ascii(bytes)) {
    out += "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
    encode_quoted_printable(bytes, out);
  } else {
    out += "Content-Transfer-Encoding: base64\r\n\r\n";
    encode_base64(ByteView(reinterpret_cast<const u8*>(bytes.data()), bytes.size()), out);
  }
  return out;
}

std::string make_multipart(std::string_view subtype, std::string_view parameters,
                           const std::vector<std::string>& entities) {
  std::string boundary = unused_boundary(entities);
  std::string out = "Content-Type: multipart/" + std::string(subtype);
  out += ";";
  out += parameters;
  out += "\r\n boundary=\"" + boundary + "\"\r\n\r\n";
  for (const std::string& entity : entities) out += "--" + boundary + "\r\n" + entity + "\r\n";
  return out + "--" + boundary + "--\r\n";
}

}  // namespace ropewalk::mime
