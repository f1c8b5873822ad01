#include "store/stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ropewalk::store {
namespace {

constexpr std::size_t kMostInMemory = 256u << 10;
constexpr std::size_t kCopyBlock = 64u << 10;

Failure file_failure(const std::string& what, const std::string& folder) {
  const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return {full ? mapi::ErrorCode::stream_size_error : mapi::ErrorCode::error,
          what + " a temporary file in " + folder + ": " + std::strerror(errno)};
}

}  // namespace

Spool::~Spool() {
  if (file_ >= 0) ::close(file_);
}

Outcome<std::size_t> Spool::read(u64 offset, std::span<u8> out) {
  if (offset >= size_) return std::size_t{0};
  const auto wanted = static_cast<std::size_t>(std::min<u64>(out.size(), size_ - offset));
  if (file_ < 0) {
    if (wanted != 0) std::memcpy(out.data(), memory_.data() + offset, wanted);
    return wanted;
  }
  std::size_t done = 0;
  while (done < wanted) {
    const ssize_t got = ::pread(file_, out.data() + done, wanted - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return file_failure("cannot read", folder_);
    done += static_cast<std::size_t>(got);
  }
  return wanted;
}

Outcome<void> Spool::write(u64 offset, ByteView bytes) {
  const u64 end = offset + bytes.size();
  if (end > kMostInMemory && file_ < 0) ROPEWALK_CHECK(to_file());
  if (file_ < 0) {
    if (end > memory_.size()) memory_.resize(end);
    if (!bytes.empty()) std::memcpy(memory_.data() + offset, bytes.data(), bytes.size());
  } else {
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t put = ::pwrite(file_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return file_failure("cannot write", folder_);
      done += static_cast<std::size_t>(put);
    }
  }
  size_ = std::max(size_, end);
  return {};
}

Outcome<void> Spool::resize(u64 size) {
  if (size > kMostInMemory && file_ < 0) ROPEWALK_CHECK(to_file());
  if (file_ < 0)
    memory_.resize(size);
  else if (::ftruncate(file_, static_cast<off_t>(size)) != 0)
    return file_failure("cannot resize", folder_);
  size_ = size;
  return {};
}

Outcome<void> Spool::copy_from(ByteSource& source) {
  ROPEWALK_CHECK(resize(0));
  std::vector<u8> block(kCopyBlock);
  for (u64 at = 0; at < source.size();) {
    ROPEWALK_TRY(std::size_t got, source.read(at, block));
    if (got == 0) break;
    ROPEWALK_CHECK(write(at, ByteView(block.data(), got)));
    at += got;
  }
  return {};
}

// The file has no name from the start, so that nothing stays behind whatever happens.
Outcome<void> Spool::to_file() {
  int file = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) {  // a file system without O_TMPFILE
    std::string name = folder_ + "/spool-XXXXXX";
    file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file >= 0) ::unlink(name.c_str());
  }
  if (file < 0) return file_failure("cannot make", folder_);
  file_ = file;
  const std::vector<u8> before = std::exchange(memory_, {});
  return write(0, ByteView(before));
}

}  // namespace ropewalk::store
