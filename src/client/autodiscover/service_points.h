// Service connection points: which autodiscover servers an Active Directory names. [MS-OXDISCO] 3.1.5.1
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace ropewalk::client::autodiscover {

/// An LDAP server, and who asks it.
struct LdapPlace {
  std::string url;             // "ldaps://HOST[:PORT]", or "ldap://..." with StartTLS: nothing is told without TLS
  std::string ca_file;         // PEM; empty: the system's store
  std::string user, password;  // of a simple bind, a DN or what Active Directory takes for one; empty: nobody
  std::string base;            // where to look; empty: where the server keeps its configuration
  std::chrono::seconds timeout{10};
};

struct ServicePoints {
  std::vector<std::string> urls;      // of autodiscover servers
  std::vector<std::string> pointers;  // "ldap://HOST[:PORT]": servers to be asked instead, those for the domain first
};

/// Why there is no answer: `is_refused` where it does not accept the user with this password.
struct LdapRefusal {
  LdapRefusal(Error error, bool refused = false) : text(std::move(error.text)), is_refused(refused) {}
  std::string text;
  bool is_refused = false;
};

/// What the server says for a mail domain. No more than a hundred of each.
Result<ServicePoints, LdapRefusal> service_points(const LdapPlace& place, const std::string& domain);

}  // namespace ropewalk::client::autodiscover
