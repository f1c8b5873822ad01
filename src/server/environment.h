// What ROPs may reach beyond their session: the mailboxes, and who has one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/guid.h"
#include "base/types.h"

namespace ropewalk::store {
class MailboxStores;
}

namespace ropewalk::server {

// A mailbox as the directory knows it.
struct MailboxEntry {
  i64 user_id = 0;
  Guid mailbox_guid;
  std::string display_name;
  std::string address;
  std::string legacy_dn;
};

// Outlives every session. Thread-safe.
struct Environment {
  store::MailboxStores& mailboxes;
  // Whose legacy DN this is (any case); nullopt for nobody's.
  std::function<std::optional<MailboxEntry>(std::string_view legacy_dn)> find_mailbox;
  // A line for the log: what was refused to whom, and why.
  std::function<void(const std::string& line)> refused = [](const std::string&) {};
};

}  // namespace ropewalk::server
