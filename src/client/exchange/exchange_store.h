// A mailbox on a server as a MessageStore.
#pragma once

#include "client/exchange/rop_session.h"

namespace ropewalk::client::exchange {

std::unique_ptr<MessageStore> make_store(std::shared_ptr<RopSession> session);

}  // namespace ropewalk::client::exchange
