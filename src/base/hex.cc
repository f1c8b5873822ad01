#include "base/hex.h"

namespace ropewalk {
namespace {

constexpr char kDigits[] = "0123456789ABCDEF";

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_separator(char c) { return std::string_view(" \t\r\n\f\v-:,").find(c) != std::string_view::npos; }

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kDigits[bytes[i] >> 4];
    text[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return text;
}

std::string hex_number(u64 value, int digits) {
  std::string reversed;
  for (; value != 0 || static_cast<int>(reversed.size()) < digits; value >>= 4) reversed += kDigits[value & 15];
  return "0x" + std::string(reversed.rbegin(), reversed.rend());
}

std::optional<std::vector<u8>> from_hex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  std::vector<u8> bytes;
  bytes.reserve(text.size() / 2);
  int high = -1;
  for (char c : text) {
    if (is_separator(c)) continue;
    int value = digit_value(c);
    if (value < 0) return std::nullopt;
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<u8>(high << 4 | value));
      high = -1;
    }
  }
  if (high >= 0) return std::nullopt;
  return bytes;
}

}  // namespace ropewalk
