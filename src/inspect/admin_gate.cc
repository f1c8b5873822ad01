#include "inspect/admin_gate.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/hex.h"
#include "directory/password.h"

namespace ropewalk::inspect {

using namespace std::chrono_literals;

std::string random_token() {
  u8 bytes[32];
  if (RAND_bytes(bytes, sizeof bytes) != 1) std::abort();  // nothing that follows would be a secret
  return to_hex(bytes);
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && !a.empty() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string admin_password_path(const std::string& data) {
  return (std::filesystem::path(data) / "admin-password").string();
}

Result<std::string> read_admin_password(const std::string& data) {
  const std::string path = admin_password_path(data);
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) return std::string();
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line))
    return Error{fmt::format("cannot read the administrator's password in {}: {}", path, std::strerror(errno))};
  return line;
}

Status write_admin_password(const std::string& data, std::string_view password) {
  ROPEWALK_TRY(const std::string hash, directory::hash_password(password));
  std::error_code failed;
  std::filesystem::create_directories(data, failed);
  if (failed) return Error{fmt::format("cannot make the folder {}: {}", data, failed.message())};
  const std::string path = admin_password_path(data), fresh = path + ".new", text = hash + "\n";
  unlink(fresh.c_str());
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool written = file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  written = written && fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) close(file);
  if (!written) return Error{fmt::format("cannot write {}: {}", fresh, std::strerror(reason))};
  if (rename(fresh.c_str(), path.c_str()) != 0)
    return Error{fmt::format("cannot write {}: {}", path, std::strerror(errno))};
  return {};
}

AdminGate::AdminGate(std::function<std::string()> hash, std::function<Clock::time_point()> now)
    : hash_(std::move(hash)), now_(std::move(now)), peers_({5, 15s, 1000}), all_({20, 3s, 1}) {}

std::chrono::milliseconds AdminGate::wait(const std::string& peer) {
  const auto now = now_();
  std::lock_guard guard(lock_);
  const auto longest = std::max(peers_.wait(peer, now), all_.wait("", now));
  if (longest > 0ms) return longest;
  peers_.take(peer, now);
  all_.take("", now);
  return 0ms;
}

AdminGate::Verdict AdminGate::sign_in(std::string_view password, const std::string& peer) {
  const std::string hash = hash_();
  if (hash.empty()) return {{}, "no administrator's password is set: ropewalk admin password --data DIR", {}};
  if (const auto pause = wait(peer); pause > 0ms) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(pause).count();
    return {{}, fmt::format("too many wrong passwords; try again in {} s", seconds), pause};
  }
  if (!directory::password_matches(password, hash)) return {{}, "this is not the administrator's password", {}};
  const auto now = now_();
  std::lock_guard guard(lock_);
  peers_.give_back(peer);
  all_.give_back("");
  sessions_.push_front({random_token(), hash, now, now});
  if (sessions_.size() > kMostSessions) sessions_.pop_back();
  return {sessions_.front().name, {}, {}};
}

bool AdminGate::is_signed_in(std::string_view session) {
  if (session.empty()) return false;
  const std::string hash = hash_();
  const auto now = now_();
  std::lock_guard guard(lock_);
  sessions_.remove_if(
      [&](const Session& s) { return s.hash != hash || now - s.begin > kLongest || now - s.used > kIdle; });
  for (Session& known : sessions_) {
    if (!same_secret(known.name, session)) continue;
    known.used = now;
    return true;
  }
  return false;
}

void AdminGate::sign_out(std::string_view session) {
  std::lock_guard guard(lock_);
  sessions_.remove_if([&](const Session& s) { return same_secret(s.name, session); });
}

}  // namespace ropewalk::inspect
