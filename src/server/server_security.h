// What the server is called and which keys it has, for NTLM and Kerberos over whatever transport.
#pragma once

#include "auth/security_context.h"
#include "server/config.h"

namespace ropewalk::server {

// The name clients know this machine by: the first of host_names, or the machine's own.
std::string host_name(const Config& config);
// Names, keytab and what is allowed; without a source of hashes, channel bindings and DCE style.
auth::ServerOptions security_options(const Config& config);

}  // namespace ropewalk::server
