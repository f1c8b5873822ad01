// HTTP/1.1 messages as captured text: where each part stands. For showing them; the network has its own reader.
#pragma once

#include <optional>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "base/types.h"
#include "wire/error.h"

namespace ropewalk::dissect {

struct HttpField {
  std::string_view name, value;  // the value without the space in front
  std::size_t offset, length;    // of the whole line
};

// Views into the message's bytes.
struct HttpText {
  std::string_view start_line;
  std::vector<HttpField> fields;
  ByteView body;  // as it travelled
  std::size_t body_offset = 0;

  // The first field of that name, in any case; empty where there is none.
  std::string_view field(std::string_view name) const;
  bool is_response() const { return start_line.starts_with("HTTP/"); }
};

// Error: the head is not one, or does not end.
Result<HttpText, wire::WireError> read_http_text(ByteView bytes);

// The body without its transfer coding, in the arena where there was one; as much of it as came, where it was cut off.
// std::nullopt where the coding is malformed or not known.
std::optional<ByteView> http_content(const HttpText& message, Arena& arena);

}  // namespace ropewalk::dissect
