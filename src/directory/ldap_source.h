// A directory elsewhere: people and groups of an LDAP server (OpenLDAP, Active Directory) are copied into the address
// book, and the people sign in with the passwords they have there.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "directory/directory_import.h"
#include "directory/ldap_settings.h"

namespace ropewalk::directory {

struct LdapCounts {
  ImportCounts imported;
  u64 gone = 0;  // no longer there: removed, or hidden where they have a mailbox
};

// Thread-safe; each call has a connection of its own.
class LdapSource {
 public:
  explicit LdapSource(LdapSettings settings) : settings_(std::move(settings)) {}

  struct Listener {
    // As in ImportOptions.
    std::function<Result<i64>(const std::string& address, const std::string& name)> make_user{};
    // Why an entry cannot be taken, or only in part; and why one has no place in an address book.
    std::function<void(const std::string& dn, const std::string& why)> reject = [](auto&, auto&) {};
    std::function<void(const std::string& dn, const std::string& why)> skip = [](auto&, auto&) {};
    // After each page.
    std::function<void(const ImportCounts& counts)> progress = [](const ImportCounts&) {};
  };
  // Reads all people and groups, and copies them into the address book. Where the server cannot be read to the end,
  // nothing is taken away.
  Result<LdapCounts> copy_into(AddressBook& book, const Listener& listener);

  // Whether it is the password of whom the LDAP server calls `dn`. Error: the server cannot be asked; for some seconds
  // after that nobody waits for it again.
  Result<bool> is_password(const std::string& dn, std::string_view password);

  const LdapSettings& settings() const { return settings_; }

 private:
  Result<bool> ask(const std::string& dn, std::string_view password);

  LdapSettings settings_;
  std::atomic<std::chrono::steady_clock::rep> rests_until_{0};
};

// For AuthenticatorOptions::elsewhere: the passwords of users who are copied from there.
std::function<std::optional<Result<bool>>(const User&, std::string_view)> passwords_of(LdapSource& source,
                                                                                       AddressBook& book);

}  // namespace ropewalk::directory
