// Who signs in to an HTTP server, and how: the Authorization field of a request, the WWW-Authenticate fields of a 401.
#pragma once

#include <optional>
#include <string>

#include "dissect/http_text.h"

namespace ropewalk::dissect {

// [RFC 7617], [RFC 4559]
struct HttpCredentials {
  std::string scheme;        // "Basic", "NTLM", "NTLM inside SPNEGO", "Kerberos"; else as the field has it
  std::string user;          // where it tells
  bool is_complete = false;  // the server can decide by them; false for the first legs of a handshake
  std::string text() const;  // `Basic as "user1@ropewalk.test"`
};
// std::nullopt where the message has none.
std::optional<HttpCredentials> read_credentials(const HttpText& message);

// "Negotiate, NTLM, Basic": what a response asks for; empty where it asks for nothing.
std::string offered_schemes(const HttpText& message);

}  // namespace ropewalk::dissect
