// What a person tells the dissector once for all: a TOML file with ports, keys and depth.
#pragma once

#include <set>
#include <string>

#include "cli/secret_options.h"

namespace ropewalk::cli {

// The keys of the file stand beside each.
struct DissectPreferences {
  std::set<u16> rpc_ports;      // ports.rpc: DCE/RPC, whatever the bytes look like
  std::set<u16> capture_ports;  // ports.capture: what `ropewalk capture` listens on besides
  SecretOptions secrets;        // secrets.passwords, secrets.nt_hashes (user = "..."), secrets.keytab
  unsigned depth = 0;           // show.depth: levels of a field tree; 0 is all
};

// $XDG_CONFIG_HOME/ropewalk/dissect.toml, or that below ~/.config.
std::string default_preferences_path();
// `path` empty: the default one, or nothing where it is absent. Error: the line, and what is wrong with it.
Result<DissectPreferences> read_preferences(const std::string& path);

}  // namespace ropewalk::cli
