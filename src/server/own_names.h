// What this server is called.
#pragma once

#include <string>
#include <vector>

#include "server/config.h"

namespace ropewalk::server {

// As configured, this machine's, the address it listens on, and the names of the loopback.
std::vector<std::string> own_names(const Config& config);
// The first of them: what clients are told.
std::string own_host(const Config& config);

}  // namespace ropewalk::server
