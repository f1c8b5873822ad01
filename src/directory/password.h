// Passwords as Argon2id hashes in PHC form, [RFC 9106].
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ropewalk::directory {

struct PasswordCost {
  unsigned memory_kib = 19 * 1024;
  unsigned passes = 2;
};

// "$argon2id$v=19$m=19456,t=2,p=1$...", with a fresh salt. Takes some 20 ms of CPU. Empty and overlong passwords are
// errors.
Result<std::string> hash_password(std::string_view password, PasswordCost cost = {});
// Constant time in the password; as slow as hashing. False for a hash that is none.
bool password_matches(std::string_view password, const std::string& hash);

}  // namespace ropewalk::directory
