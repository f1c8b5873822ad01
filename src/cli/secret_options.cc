#include "cli/secret_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "auth/kerberos_observer.h"
#include "auth/ntlm_keys.h"
#include "base/hex.h"

namespace ropewalk::cli {
namespace {

// "USER=SECRET"; the user may be DOMAIN\USER or USER@REALM.
Result<std::pair<std::string, std::string>> split_secret(const std::string& text, std::string_view option) {
  std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    return Error{fmt::format("{} needs USER=..., not \"{}\"", option, text.substr(0, text.find('=')))};
  return std::pair(dissect::secret_name(std::string_view(text).substr(0, equals)), text.substr(equals + 1));
}

}  // namespace

void add_secret_options(CLI::App& command, SecretOptions& options) {
  command.add_option("--password", options.passwords, "USER=PASSWORD, which opens what NTLM protects; may be repeated")
      ->type_name("USER=PW")
      ->allow_extra_args(false);
  command.add_option("--nt-hash", options.hashes, "The same with the password's NT hash; may be repeated")
      ->type_name("USER=HEX")
      ->allow_extra_args(false);
  command.add_option("--keytab", options.keytab, "Keys of services, which open what Kerberos protects");
}

SecretOptions merged(SecretOptions first, const SecretOptions& second) {
  first.passwords.insert(first.passwords.end(), second.passwords.begin(), second.passwords.end());
  first.hashes.insert(first.hashes.end(), second.hashes.begin(), second.hashes.end());
  if (!second.keytab.empty()) first.keytab = second.keytab;
  return first;
}

Result<dissect::Secrets> secrets_of(const SecretOptions& options) {
  dissect::Secrets secrets;
  for (const std::string& text : options.passwords) {
    ROPEWALK_TRY(auto secret, split_secret(text, "--password"));
    secrets.nt_hashes.emplace(secret.first, auth::nt_hash(secret.second));
  }
  for (const std::string& text : options.hashes) {
    ROPEWALK_TRY(auto secret, split_secret(text, "--nt-hash"));
    auto bytes = from_hex(secret.second);
    if (!bytes || bytes->size() != 16)
      return Error{fmt::format("--nt-hash of {} needs 32 hexadecimal digits", secret.first)};
    std::copy(bytes->begin(), bytes->end(), secrets.nt_hashes.emplace(secret.first, auth::Key16{})->second.begin());
  }
  if (!options.keytab.empty()) {
    auto readable = auth::KerberosObserver::open(options.keytab);
    if (!readable.ok()) return std::move(readable).error();
  }
  secrets.keytab = options.keytab;
  return secrets;
}

}  // namespace ropewalk::cli
