// The Authorization header of HTTP Basic, [RFC 7617].
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ropewalk::directory {

struct Credentials {
  std::string login;     // UTF-8, not empty
  std::string password;  // UTF-8, may be empty
};

// Takes "Basic dXNlcjpwYXNz". Text that is not UTF-8 is read as ISO 8859-1, which older clients send. An error says why
// the header cannot be used, without quoting it.
Result<Credentials> parse_basic(std::string_view header);
// The header for a client to send.
std::string basic_header(std::string_view login, std::string_view password);

}  // namespace ropewalk::directory
