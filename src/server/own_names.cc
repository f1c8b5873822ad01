#include "server/own_names.h"

#include <unistd.h>

#include <algorithm>

namespace ropewalk::server {

std::vector<std::string> own_names(const Config& config) {
  std::vector<std::string> names = config.host_names;
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) == 0 && host[0] != '\0') names.emplace_back(host);
  if (config.listen != "0.0.0.0" && config.listen != "::") names.push_back(config.listen);
  for (const char* local : {"localhost", "127.0.0.1", "::1"})
    if (std::find(names.begin(), names.end(), local) == names.end()) names.emplace_back(local);
  return names;
}

std::string own_host(const Config& config) { return own_names(config).front(); }

}  // namespace ropewalk::server
