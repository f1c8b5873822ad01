#include "auth/security_context.h"

#include "auth/kerberos.h"
#include "auth/negotiate.h"
#include "auth/ntlm_client.h"
#include "auth/ntlm_server.h"

namespace ropewalk::auth {

std::string_view level_name(Level level) {
  static constexpr std::string_view kNames[] = {"default", "none", "connect", "call", "packet", "integrity", "privacy"};
  const auto index = static_cast<std::size_t>(level);
  return index < std::size(kNames) ? kNames[index] : "unknown";
}

Level effective_level(Level level) {
  switch (level) {
    case Level::standard:  // [MS-RPCE] 2.2.1.1.8: the same as connect
      return Level::connect;
    case Level::call:
    case Level::packet:
      return Level::integrity;
    default:
      return level;
  }
}

std::string level_mismatch(Level asked, Level required) {
  if (effective_level(asked) >= effective_level(required)) return {};
  auto named = [](Level level) {
    return std::string(level_name(level)) + " level " + std::to_string(static_cast<unsigned>(level));
  };
  return "client asks for " + named(asked) + ", server requires " + named(required);
}

std::string_view mechanism_name(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::none:
      return "none";
    case Mechanism::negotiate:
      return "Negotiate";
    case Mechanism::ntlm:
      return "NTLM";
    case Mechanism::kerberos:
      return "Kerberos";
  }
  return "unknown";
}

namespace {

Refusal unsupported(Mechanism mechanism) {
  return {Reason::switched_off, "authentication type " + std::to_string(static_cast<unsigned>(mechanism)) +
                                    " is none that is served here: 9 (Negotiate), 10 (NTLM) and 16 (Kerberos) are"};
}

}  // namespace

ContextResult make_client(Mechanism mechanism, const ClientOptions& options) {
  switch (mechanism) {
    case Mechanism::ntlm:
      return make_ntlm_client(options);
    case Mechanism::kerberos:
      return make_kerberos_client(options);
    case Mechanism::negotiate:
      return make_negotiate_client(options);
    case Mechanism::none:
      break;
  }
  return unsupported(mechanism);
}

ContextResult make_server(Mechanism mechanism, const ServerOptions& options) {
  switch (mechanism) {
    case Mechanism::ntlm:
      return make_ntlm_server(options);
    case Mechanism::kerberos:
      return make_kerberos_server(options);
    case Mechanism::negotiate:
      return make_negotiate_server(options);
    case Mechanism::none:
      break;
  }
  return unsupported(mechanism);
}

}  // namespace ropewalk::auth
