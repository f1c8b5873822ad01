// A directory elsewhere: people and groups of an LDAP server (OpenLDAP, Active Directory) are copied into the address
// book, and the people sign in with the passwords they have there.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "directory/directory_import.h"

namespace ropewalk::directory {

struct LdapSettings {
  std::string url{};          // "ldaps://host[:port]", or "ldap://..." with StartTLS; empty: there is no such directory
  std::string certificate{};  // PEM file of who signs the server's; empty: whom the system trusts
  bool in_the_clear = false;  // ldap:// without StartTLS: names and passwords can be read on the way
  std::string bind_dn{}, password{};  // who reads the directory; empty: anonymously
  std::string base{};                 // "dc=example,dc=com"
  std::string people = "(|(objectClass=inetOrgPerson)(&(objectCategory=person)(objectClass=user)))";
  std::string groups = "(|(objectClass=group)(objectClass=groupOfNames)(objectClass=groupOfUniqueNames))";
  // By the names of this program (`ropewalk directory attributes`): where the LDAP server calls them otherwise.
  std::map<std::string, std::string> attributes{};
  bool mailboxes = true;               // people with an address get a mailbox here; else they are contacts
  std::chrono::seconds interval{900};  // between two copies
  std::chrono::seconds timeout{15};    // of one answer
};

// What is wrong with the settings; empty where nothing is.
std::string objection_to_ldap(const LdapSettings& settings);

struct LdapCounts {
  ImportCounts imported;
  u64 gone = 0;  // no longer there: removed, or hidden where they have a mailbox
};

// Thread-safe; each call has a connection of its own.
class LdapSource {
 public:
  explicit LdapSource(LdapSettings settings) : settings_(std::move(settings)) {}

  // Reads all people and groups, and copies them into the address book. Where the server cannot be read to the end,
  // nothing is taken away. `make_user` as in ImportOptions; `reject` hears why an entry cannot be taken.
  Result<LdapCounts> copy_into(AddressBook& book,
                               std::function<Result<i64>(const std::string&, const std::string&)> make_user,
                               std::function<void(const std::string& why)> reject);

  // Whether it is the password of whom the LDAP server calls `dn`. Error: the server cannot be asked.
  Result<bool> is_password(const std::string& dn, std::string_view password);

  const LdapSettings& settings() const { return settings_; }

 private:
  LdapSettings settings_;
};

// For AuthenticatorOptions::elsewhere: the passwords of users who are copied from there.
std::function<std::optional<Result<bool>>(const User&, std::string_view)> passwords_of(LdapSource& source,
                                                                                       AddressBook& book);

}  // namespace ropewalk::directory
