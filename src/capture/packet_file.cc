#include "capture/packet_file.h"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "capture/network.h"

namespace ropewalk::capture {
namespace {

// A gzip-compressed file (or a plain one) as a stdio stream, which is what libpcap reads.
std::FILE* open_unpacking(const std::string& path) {
  gzFile file = path == "-" ? gzdopen(0, "rb") : gzopen(path.c_str(), "rb");
  if (file == nullptr) return nullptr;
  gzbuffer(file, 1u << 17);
  cookie_io_functions_t calls{};
  calls.read = [](void* cookie, char* to, std::size_t size) -> ssize_t {
    int n = gzread(static_cast<gzFile>(cookie), to, static_cast<unsigned>(std::min<std::size_t>(size, 1u << 30)));
    if (n < 0) errno = EIO;
    return n;
  };
  calls.close = [](void* cookie) { return gzclose(static_cast<gzFile>(cookie)) == Z_OK ? 0 : EOF; };
  std::FILE* stream = fopencookie(file, "rb", calls);
  if (stream == nullptr) gzclose(file);
  return stream;
}

std::string clean(std::string_view message) {
  std::string text;
  for (char c : message) text += c == '\n' ? ' ' : c;
  return text;
}

}  // namespace

i64 frame_time(i64 seconds, i64 nanoseconds) {
  constexpr i64 kSecond = 1'000'000'000, kLast = 4'600'000'000;
  if (seconds < 0) return 0;
  if (seconds >= kLast) return kLast * kSecond;
  return seconds * kSecond + std::clamp<i64>(nanoseconds, 0, kSecond - 1);
}

PacketFile::PacketFile(pcap* handle, std::string name)
    : handle_(handle), name_(std::move(name)), link_type_(pcap_datalink(handle)) {}

PacketFile::PacketFile(PacketFile&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      name_(std::move(other.name_)),
      link_type_(other.link_type_),
      count_(other.count_),
      trouble_(std::move(other.trouble_)) {}

PacketFile& PacketFile::operator=(PacketFile&& other) noexcept {
  if (this == &other) return *this;
  if (handle_ != nullptr) pcap_close(handle_);
  handle_ = std::exchange(other.handle_, nullptr);
  name_ = std::move(other.name_);
  link_type_ = other.link_type_;
  count_ = other.count_;
  trouble_ = std::move(other.trouble_);
  return *this;
}

PacketFile::~PacketFile() {
  if (handle_ != nullptr) pcap_close(handle_);
}

Result<PacketFile> PacketFile::of_stream(void* opened, std::string name) {
  auto* stream = static_cast<std::FILE*>(opened);
  char why[PCAP_ERRBUF_SIZE] = "";
  pcap* handle = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, why);
  if (handle == nullptr) {
    std::fclose(stream);
    return Error{fmt::format("{} is not a capture that can be read (pcap or pcapng, gzip-compressed or not): {}", name,
                             clean(why))};
  }
  PacketFile file(handle, std::move(name));
  if (knows_link_type(file.link_type_)) return file;
  const char* link = pcap_datalink_val_to_name(file.link_type_);
  return Error{
      fmt::format("{} was captured on a link of type {} ({}); known are Ethernet, Linux cooked, raw IP and "
                  "loopback",
                  file.name_, file.link_type_, link == nullptr ? "unknown" : link)};
}

Result<PacketFile> PacketFile::open(const std::string& path) {
  std::FILE* stream = open_unpacking(path);
  if (stream == nullptr) return Error{fmt::format("cannot open {}: {}", path, std::strerror(errno))};
  return of_stream(stream, path == "-" ? "standard input" : path);
}

Result<PacketFile> PacketFile::of_bytes(ByteView bytes, std::string name) {
  std::FILE* stream = bytes.empty() ? nullptr : fmemopen(const_cast<u8*>(bytes.data()), bytes.size(), "rb");
  if (stream == nullptr) return Error{fmt::format("{} is empty", name)};
  return of_stream(stream, std::move(name));
}

bool PacketFile::next(Packet& packet) {
  pcap_pkthdr* header = nullptr;
  const u8* bytes = nullptr;
  int got = pcap_next_ex(handle_, &header, &bytes);
  if (got != 1) {
    if (got == PCAP_ERROR && trouble_.empty())
      trouble_ = fmt::format("{} ends after {} frames: {}", name_, count_, clean(pcap_geterr(handle_)));
    return false;
  }
  packet.frame = {++count_, frame_time(header->ts.tv_sec, header->ts.tv_usec)};
  packet.length = header->len;
  packet.bytes = {bytes, header->caplen};
  return true;
}

}  // namespace ropewalk::capture
