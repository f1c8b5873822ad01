// A user of the directory as sessions know him.
#pragma once

#include "directory/directory.h"
#include "session/session.h"

namespace ropewalk::server {

inline session::UserIdentity identity_of(const directory::User& user) {
  return {user.id, user.address, user.name, user.legacy_dn, user.mailbox_guid};
}

}  // namespace ropewalk::server
