// NTLM from the server's side: [MS-NLMP] 3.2.
#pragma once

#include "auth/security_context.h"

namespace ropewalk::auth {

ContextResult make_ntlm_server(const ServerOptions& options);

}  // namespace ropewalk::auth
