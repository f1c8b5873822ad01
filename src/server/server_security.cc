#include "server/server_security.h"

#include <unistd.h>

namespace ropewalk::server {
namespace {

// "MAIL" of "mail.ropewalk.test": what NTLM calls a machine.
std::string netbios_name(std::string_view name) {
  std::string made;
  for (char c : name.substr(0, name.find('.'))) {
    if (made.size() == 15) break;
    made += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  return made;
}

}  // namespace

std::string host_name(const Config& config) {
  if (!config.host_names.empty()) return config.host_names.front();
  char host[256] = {};
  return gethostname(host, sizeof host - 1) == 0 && host[0] != '\0' ? host : "localhost";
}

auth::ServerOptions security_options(const Config& config) {
  const std::string host = host_name(config);
  auth::ServerOptions options;
  options.names.computer = netbios_name(host);
  options.names.domain = netbios_name(config.organization);
  options.names.dns_computer = host;
  options.keytab = config.keytab;
  options.allow_ntlm_v1 = config.ntlm_v1;
  return options;
}

}  // namespace ropewalk::server
