#include "session/session.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <cstdlib>

#include "base/hex.h"

namespace ropewalk::session {

std::string ClientVersion::to_string() const { return fmt::format("{}.{}.{}.{}", major, minor, build, revision); }

std::string random_id() {
  u8 bytes[16];
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) std::abort();
  return to_hex(bytes);
}

Session::Session(UserIdentity who, ClientContext what)
    : user(std::move(who)), client(std::move(what)), id_(random_id()) {}

}  // namespace ropewalk::session
