#include "directory/password.h"

#include <argon2.h>
#include <openssl/rand.h>

#include <array>

namespace ropewalk::directory {

namespace {

constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kHashSize = 32;
constexpr std::size_t kLongest = 1024;  // bytes

}  // namespace

Result<std::string> hash_password(std::string_view password, PasswordCost cost) {
  if (password.empty()) return Error{"the password is empty"};
  if (password.size() > kLongest) return Error{"the password is longer than " + std::to_string(kLongest) + " bytes"};
  std::array<unsigned char, kSaltSize> salt;
  if (RAND_bytes(salt.data(), kSaltSize) != 1) return Error{"cannot hash the password: no random bytes"};
  std::string encoded(argon2_encodedlen(cost.passes, cost.memory_kib, 1, kSaltSize, kHashSize, Argon2_id), '\0');
  const int status = argon2id_hash_encoded(cost.passes, cost.memory_kib, 1, password.data(), password.size(),
                                           salt.data(), salt.size(), kHashSize, encoded.data(), encoded.size());
  if (status != ARGON2_OK) return Error{std::string("cannot hash the password: ") + argon2_error_message(status)};
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool password_matches(std::string_view password, const std::string& hash) {
  if (password.empty() || password.size() > kLongest || hash.empty()) return false;
  return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

}  // namespace ropewalk::directory
