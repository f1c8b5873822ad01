// Users and their mailboxes are made together: the directory has the one, a file the other.
#pragma once

#include "directory/directory.h"
#include "store/mailbox_stores.h"

namespace ropewalk::server {

// The user with his mailbox, or neither. The error says which of the two cannot be made, and where the user cannot be
// taken back either, that he is there without a mailbox.
Result<directory::User> add_user_with_mailbox(directory::Directory& directory, store::MailboxStores& mailboxes,
                                              const directory::NewUser& wanted);

}  // namespace ropewalk::server
