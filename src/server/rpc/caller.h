// Who makes an RPC call.
#pragma once

#include <optional>

#include "server/rpc/service.h"

namespace ropewalk::server {

// Whom the call's security context proved, or who signed in below RPC; nullopt: nobody, or somebody who is not in the
// directory.
std::optional<directory::User> user_of(const RpcCall& call, directory::Directory& directory);

// "somebody without authentication", "ROPEWALK\user1": for log lines.
std::string caller_text(const RpcCall& call);

}  // namespace ropewalk::server
