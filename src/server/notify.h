// RopNotify: telling clients what happened, [MS-OXCNOTIF] 3.1.4.3.
#pragma once

#include "session/session.h"
#include "wire/encoder.h"

namespace ropewalk::server {

// Appends a RopNotify for each pending event of the session, as far as `room` bytes allow; RopPending where more wait.
void append_notifications(session::Session& session, std::size_t room, wire::OutBuffer& out);

}  // namespace ropewalk::server
