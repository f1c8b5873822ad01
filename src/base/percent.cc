#include "base/percent.h"

#include "base/hex.h"

namespace ropewalk {

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = text[i] == '%' ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    const bool is_encoded = octet && octet->size() == 1;
    out += is_encoded ? static_cast<char>(octet->front()) : text[i];
    if (is_encoded) i += 2;
  }
  return out;
}

}  // namespace ropewalk
