// Recorded packets: pcap and pcapng files, compressed by gzip or not, through libpcap.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "base/types.h"

struct pcap;

namespace ropewalk::capture {

// Where something was in a capture.
struct Frame {
  u64 number = 0;  // from 1, as Wireshark counts
  i64 time = 0;    // nanoseconds since 1970-01-01 UTC
};

// A frame's time, from what a file says: hostile files say anything. Times before 1970 and after 2115 are those, so that
// the difference of any two is a number.
i64 frame_time(i64 seconds, i64 nanoseconds);

struct Packet {
  Frame frame;
  std::size_t length = 0;  // on the wire; `bytes` has fewer where the capture cut it off
  ByteView bytes;          // until the next packet is read
};

// Owns the file. Not thread-safe.
class PacketFile {
 public:
  // Error: the file cannot be read, is no capture, or has a link type that is not known here; it names the file.
  // "-": standard input.
  static Result<PacketFile> open(const std::string& path);
  // The same for bytes in memory, which outlive it; `name` is for messages.
  static Result<PacketFile> of_bytes(ByteView bytes, std::string name);

  PacketFile(PacketFile&&) noexcept;
  PacketFile& operator=(PacketFile&&) noexcept;
  ~PacketFile();

  // The next packet; false at the end, or where the file is broken: then trouble() says so.
  bool next(Packet& packet);
  // "x.pcap: truncated dump file…"; empty where all is well.
  const std::string& trouble() const { return trouble_; }
  // The DLT_ value of [libpcap]'s link types: 1 is Ethernet.
  int link_type() const { return link_type_; }

 private:
  PacketFile(pcap* handle, std::string name);
  static Result<PacketFile> of_stream(void* stream, std::string name);

  pcap* handle_ = nullptr;
  std::string name_;
  int link_type_ = 0;
  u64 count_ = 0;
  std::string trouble_;
};

}  // namespace ropewalk::capture
