// The options that name what opens encrypted captures: of `ropewalk dissect` and `ropewalk inspect`.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "dissect/dissector.h"

namespace CLI {
class App;
}

namespace ropewalk::cli {

struct SecretOptions {
  std::vector<std::string> passwords, hashes;  // "USER=..."
  std::string keytab;
};

// Adds --password, --nt-hash and --keytab; `options` outlives the command.
void add_secret_options(CLI::App& command, SecretOptions& options);
// Both together; the keytab of `second` counts where it names one.
SecretOptions merged(SecretOptions first, const SecretOptions& second);
// The error names the option that cannot be.
Result<dissect::Secrets> secrets_of(const SecretOptions& options);

}  // namespace ropewalk::cli
