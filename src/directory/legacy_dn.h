// Distinguished names of the address book, [MS-OXOABK] 2.2.1.1: "/o=Ropewalk/ou=.../cn=Recipients/cn=user1".
#pragma once

#include <string>
#include <string_view>

#include "base/guid.h"
#include "base/result.h"
#include "sql/database.h"

namespace ropewalk::directory {

// Why `dn` cannot be one; empty where it can: "/o=" and then "/x=value" parts of printable ASCII.
std::string objection_to_dn(std::string_view dn);

// A DN for an object called `alias` that no other object has: where two are called the same, with a tail of `guid`.
Result<std::string> unused_dn(sql::Database& database, std::string_view organization, std::string_view alias,
                              const Guid& guid);

// "/o=A/ou=B/cn=user1" as LDAP would have it: "cn=user1,ou=B,o=A"; and back, "" where it cannot be one.
std::string ldap_dn(std::string_view legacy_dn);
std::string legacy_dn_of(std::string_view ldap_dn);

// "/guid=0123456789ABCDEF..." of an address list.
std::string list_dn(const Guid& guid);

}  // namespace ropewalk::directory
