// Keeps the address book a copy of the LDAP server that the configuration names.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "directory/ldap_source.h"
#include "server/logging.h"
#include "store/mailbox_stores.h"

namespace ropewalk::server {

// One copy, with mailboxes for those who are new. One at a time in a data folder, whichever process asks: `busy` is
// called where another one is under way and has to be waited for; where that says no, nothing is done (nullopt).
struct LdapCopy {
  const std::string& data_folder;
  directory::AddressBook& book;
  directory::Directory& directory;
  store::MailboxStores& mailboxes;
};
Result<std::optional<directory::LdapCounts>> copy_ldap(const LdapCopy& to, directory::LdapSource& source,
                                                       directory::LdapSource::Listener listener,
                                                       const std::function<bool()>& busy);

// A thread that copies at once and then every `interval`; after a failure each minute until it works again. What it has
// to say goes to the log: what changed, who cannot be taken (once), that the server cannot be reached and of when the
// address book is then.
class LdapCopying {
 public:
  struct Parts {
    std::string data_folder;
    directory::AddressBook& book;
    directory::Directory& directory;
    store::MailboxStores& mailboxes;
    Log& log;
  };
  LdapCopying(const Parts& parts, const directory::LdapSettings& settings);
  ~LdapCopying();
  LdapCopying(const LdapCopying&) = delete;
  LdapCopying& operator=(const LdapCopying&) = delete;

  directory::LdapSource& source() { return source_; }

 private:
  void work();
  bool copy();

  Parts parts_;
  directory::LdapSource source_;
  std::string copied_at_;        // when it last worked; empty: never
  bool is_reachable_ = true;     // as far as the log knows
  std::set<std::string> known_;  // complaints that are in the log
  std::mutex lock_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace ropewalk::server
