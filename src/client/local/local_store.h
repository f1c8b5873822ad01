// A mailbox file as MAPI objects.
#pragma once

#include <memory>

#include "client/objects.h"

namespace ropewalk::store {
class MailboxStore;
}

namespace ropewalk::client {

std::unique_ptr<MessageStore> make_local_store(std::shared_ptr<store::MailboxStore> mailbox);

}  // namespace ropewalk::client
