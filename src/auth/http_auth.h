// How HTTP carries tokens: [RFC4559] ("Negotiate") and [MS-NTHT] ("NTLM"), base64 behind the scheme's name; and what
// binds a sign-in to a TLS connection.
#pragma once

#include "auth/security_context.h"

namespace ropewalk::auth {

struct HttpToken {
  Mechanism mechanism = Mechanism::none;
  std::vector<u8> token;  // empty: the scheme alone, as a server's first challenge has it
};

// Reads an Authorization or a WWW-Authenticate header's value; std::nullopt for other schemes. A token that is no
// base64, or longer than 128 KiB, is an error.
Result<std::optional<HttpToken>, Refusal> parse_http_token(std::string_view header);
// "Negotiate YII..."; the scheme alone for an empty token.
std::string http_token_header(Mechanism mechanism, ByteView token);

// The channel bindings "tls-server-end-point:" of [RFC5929] 4 for the server's certificate in DER: what
// ClientOptions and ServerOptions take. Empty where the certificate cannot be read.
std::vector<u8> tls_server_end_point(ByteView certificate);

}  // namespace ropewalk::auth
