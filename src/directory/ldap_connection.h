// Connections to an LDAP server as the settings ask for them: over TLS, whose certificate has to be good, or not at
// all.
#pragma once

#include <ldap.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "directory/ldap_settings.h"

namespace ropewalk::directory {

struct LdapUnbind {
  void operator()(LDAP* ldap) const { ldap_unbind_ext_s(ldap, nullptr, nullptr); }
};
using LdapConnection = std::unique_ptr<LDAP, LdapUnbind>;

// Nobody has signed in on it. To ldaps:// it may be connected only when something is asked.
Result<LdapConnection> connect_to_ldap(const LdapSettings& settings);
// A simple bind; LDAP's result code.
int bind_to_ldap(LDAP* ldap, const std::string& dn, std::string_view password);

// Whether a result code means that the server cannot be talked to.
bool is_ldap_unreachable(int code);
// "cannot ...: Can't contact LDAP server (TLS: ...)"
Error ldap_failure(const std::string& doing, LDAP* ldap, int code);
// The same for a server that cannot be reached; says what is wrong with its certificate, where it is that.
Error ldap_unreachable(const LdapSettings& settings, LDAP* ldap, int code);

}  // namespace ropewalk::directory
