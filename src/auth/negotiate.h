// Negotiate: SPNEGO over NTLM and Kerberos, [RFC4178] with [MS-SPNG].
#pragma once

#include "auth/security_context.h"

namespace ropewalk::auth {

// Offers Kerberos, where credentials for it are there, and then NTLM.
ContextResult make_negotiate_client(const ClientOptions& options);
// Takes the first mechanism of the client's list that is served; also a bare NTLM or Kerberos token, as old clients
// send it under Negotiate's name.
ContextResult make_negotiate_server(const ServerOptions& options);

}  // namespace ropewalk::auth
