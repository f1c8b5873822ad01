#include "inspect/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace ropewalk::inspect {
namespace {

std::string spool_folder(std::string given) {
  if (!given.empty()) return given;
  const char* wanted = std::getenv("TMPDIR");
  return wanted != nullptr && *wanted != '\0' ? wanted : "/var/tmp";  // which is on a disk, as /tmp may not be
}

}  // namespace

Spool::Spool(std::string folder) : folder_(spool_folder(std::move(folder))) {}

Spool::~Spool() {
  for (const File& file : files_) close(file.descriptor);
}

Status Spool::add_file() {
  std::string name = folder_ + "/ropewalk-XXXXXX";
  const int descriptor = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0)
    return Error{fmt::format("cannot make a temporary file in {}: {} (TMPDIR names another folder)", folder_,
                             std::strerror(errno))};
  unlink(name.c_str());
  files_.push_back({descriptor, end_, 0});
  return {};
}

Result<Spool::Place> Spool::append(std::string_view bytes) {
  if (bytes.size() > 0xFFFFFFFF) return Error{"cannot keep a field tree of more than 4 GiB"};
  if (files_.empty() || files_.back().size >= kFileSize) ROPEWALK_CHECK(add_file());
  File& file = files_.back();
  const Place place{end_, static_cast<u32>(bytes.size())};
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written =
        pwrite(file.descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(file.size + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      return Error{fmt::format("cannot write a temporary file in {}: {}", folder_, std::strerror(errno))};
    done += static_cast<std::size_t>(written);
  }
  file.size += bytes.size();
  end_ += bytes.size();
  return place;
}

Result<std::string> Spool::read(const Place& place) const {
  auto file = std::find_if(files_.rbegin(), files_.rend(), [&](const File& f) { return f.begin <= place.offset; });
  if (file == files_.rend() || place.offset + place.size > file->begin + file->size)
    return Error{"it is not kept any more"};
  std::string bytes(place.size, '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got = pread(file->descriptor, bytes.data() + done, bytes.size() - done,
                              static_cast<off_t>(place.offset - file->begin + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Error{fmt::format("cannot read a temporary file: {}", std::strerror(got == 0 ? EIO : errno))};
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

void Spool::drop_before(u64 offset) {
  while (files_.size() > 1 && files_.front().begin + files_.front().size <= offset) {
    close(files_.front().descriptor);
    files_.pop_front();
  }
}

u64 Spool::size() const {
  u64 sum = 0;
  for (const File& file : files_) sum += file.size;
  return sum;
}

}  // namespace ropewalk::inspect
