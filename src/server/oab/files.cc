#include "server/oab/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace ropewalk::server {

namespace fs = std::filesystem;

Status write_whole(const fs::path& path, std::string_view bytes) {
  const std::string beside = path.string() + ".new";
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good = file >= 0;
  for (std::size_t at = 0; good && at < bytes.size();) {
    const ssize_t n = ::write(file, bytes.data() + at, bytes.size() - at);
    good = n > 0 || (n < 0 && errno == EINTR);
    if (n > 0) at += static_cast<std::size_t>(n);
  }
  good = good && ::fsync(file) == 0 && ::rename(beside.c_str(), path.c_str()) == 0;
  const int wrong = errno;
  if (file >= 0) ::close(file);
  if (good) return {};
  return Error{fmt::format("cannot write {}: {}", path.string(), std::strerror(wrong))};
}

std::optional<std::string> read_whole(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string sha1_text(ByteView bytes) {
  u8 digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha1(), nullptr);
  std::string text;
  for (u8 byte : ByteView(digest, size)) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace ropewalk::server
