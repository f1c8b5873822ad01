#include "server/user_with_mailbox.h"

#include <fmt/format.h>

namespace ropewalk::server {

Result<directory::User> add_user_with_mailbox(directory::Directory& directory, store::MailboxStores& mailboxes,
                                              const directory::NewUser& wanted) {
  ROPEWALK_TRY(directory::User user, directory.add_user(wanted));
  auto made = mailboxes.create({user.name, user.address, user.legacy_dn, user.mailbox_guid});
  if (made.ok()) return user;
  const Status undone = directory.remove(user.address);
  return Error{fmt::format("cannot make the mailbox of {}: {}{}", user.address, made.error().text,
                           undone.ok() ? "" : "; and the user cannot be removed again: " + undone.error().text)};
}

}  // namespace ropewalk::server
