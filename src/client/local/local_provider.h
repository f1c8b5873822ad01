// The provider "local": a mailbox file, opened in this process, with no server between.
//
// Settings: `path`: a mailbox file, or a server's data folder; `user`: in a data folder with several mailboxes, whose.
// A mailbox that a running server has open must not be opened this way. Events are those of changes made through the
// same opened store.
#pragma once

#include "client/provider.h"

namespace ropewalk::client {

Provider& local_provider();

}  // namespace ropewalk::client
