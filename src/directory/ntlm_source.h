// What the directory knows for NTLM.
#pragma once

#include "auth/security_context.h"
#include "directory/authenticator.h"

namespace ropewalk::directory {

// Looks accounts up as find_by_login() does and gives the hashes of those for whom NTLM is switched on. The directory
// has to outlive it; thread-safe. With a `guard`, which has to outlive it too, guesses are slowed down as those of
// Basic are, and counted together with them; `peer` is the client's address, without a port.
auth::HashSource ntlm_source(Directory& directory, Authenticator* guard = nullptr, std::string peer = {});

// Who a context says has signed in, for people: "ROPEWALK\user1", "user1@ropewalk.test".
std::string login_of(const auth::SecurityContext& context);
// The user here whom it means; nobody where there is none.
Result<std::optional<User>> user_of(Directory& directory, const auth::SecurityContext& context);

}  // namespace ropewalk::directory
