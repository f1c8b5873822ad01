// Which LDAP server is copied into the address book, and how: the [ldap] section of the configuration.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace ropewalk::directory {

struct LdapSettings {
  std::string url{};          // "ldaps://host[:port]", or "ldap://..." with StartTLS; empty: there is no such directory
  std::string certificate{};  // PEM file of who signs the server's; empty: whom the system trusts
  bool in_the_clear = false;  // ldap:// without StartTLS: names and passwords can be read on the way
  std::string bind_dn{}, password{};  // who reads the directory; empty: anonymously
  std::string base{};                 // "dc=example,dc=com"
  std::string realm{};  // of Active Directory: whose tickets name people by sAMAccountName; empty: as the base says
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

}  // namespace ropewalk::directory
