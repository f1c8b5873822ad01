// Kerberos through MIT's GSSAPI: [MS-KILE], [RFC4121]; messages protected in DCE style, [MS-KILE] 3.4.5.4.1.
#pragma once

#include "auth/security_context.h"

namespace ropewalk::auth {

// Signs in as `account` (with a password: against the KDC; without: with a ticket of the cache) to service/host in the
// default realm of krb5.conf, or in `domain` where that is a realm's name (it has a dot).
ContextResult make_kerberos_client(const ClientOptions& options);
// Takes tickets for every principal of the keytab.
ContextResult make_kerberos_server(const ServerOptions& options);

}  // namespace ropewalk::auth
