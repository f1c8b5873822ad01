#include "server/kept_guid.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace ropewalk::server {

Result<Guid> kept_guid(const std::string& data_folder, const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(data_folder) / name;
  std::string line;
  if (std::ifstream in(path); in && std::getline(in, line)) {
    if (auto kept = Guid::parse(line)) return *kept;
    return Error{fmt::format("{} holds no GUID; remove it, and a new one is made", path.string())};
  }
  const Guid made = Guid::random();
  // Beside and renamed over: a server that is killed leaves no half of one.
  const std::filesystem::path beside = path.string() + ".new";
  std::ofstream out(beside, std::ios::trunc);
  out << made.to_string() << "\n";
  out.close();
  std::error_code failed;
  if (out) std::filesystem::rename(beside, path, failed);
  if (!out || failed)
    return Error{fmt::format("cannot write {}: {}", path.string(), failed ? failed.message() : std::strerror(errno))};
  return made;
}

}  // namespace ropewalk::server
