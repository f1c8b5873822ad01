// NTLM from the client's side: [MS-NLMP] 3.1.
#pragma once

#include "auth/security_context.h"

namespace ropewalk::auth {

ContextResult make_ntlm_client(const ClientOptions& options);

}  // namespace ropewalk::auth
