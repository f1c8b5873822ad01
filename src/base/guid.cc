#include "base/guid.h"

#include <sys/random.h>

#include <cstdlib>

#include "base/hex.h"

namespace ropewalk {
namespace {

// Position in the bytes of each pair of digits of the text form.
constexpr int kOrder[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

}  // namespace

std::string Guid::to_string() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[kOrder[i]] >> 4];
    text += kDigits[bytes[kOrder[i]] & 15];
  }
  return text;
}

std::optional<Guid> Guid::parse(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
  auto raw = from_hex(text);
  if (!raw || raw->size() != 16) return std::nullopt;
  Guid guid;
  for (int i = 0; i < 16; ++i) guid.bytes[kOrder[i]] = (*raw)[i];
  return guid;
}

Guid Guid::random() {
  Guid guid;
  if (getrandom(guid.bytes.data(), guid.bytes.size(), 0) != 16) std::abort();
  guid.bytes[7] = static_cast<u8>((guid.bytes[7] & 0x0F) | 0x40);
  guid.bytes[8] = static_cast<u8>((guid.bytes[8] & 0x3F) | 0x80);
  return guid;
}

}  // namespace ropewalk
