// Packets as they pass an interface, and files to keep them in, through libpcap.
#pragma once

#include <csignal>
#include <optional>
#include <set>
#include <string>

#include "capture/packet_file.h"

struct pcap_dumper;

namespace ropewalk::capture {

// The libpcap filter of a MAPI capture: all of the TCP ports given, and on any other port what begins or negotiates an
// RPC connection (bind, alter_context, their answers, auth3), so that a connection to a port that was named a moment
// ago is not missed before the filter is widened. Fragments of IPv4 pass too.
std::string mapi_filter(const std::set<u16>& ports);

// An interface that is listened to. One thread, but for stop().
class LiveCapture {
 public:
  // Error: no such interface, no right to capture on it, or a link type that is not known here; it says what to do.
  static Result<LiveCapture> open(const std::string& interface_name);
  LiveCapture(LiveCapture&& other) noexcept;
  ~LiveCapture();

  // Only what passes it is seen from now on. Error: libpcap does not take the expression.
  Status set_filter(const std::string& expression);

  enum class Next { packet, nothing_yet, stopped };
  // Waits a fraction of a second at most. Error: the interface went down.
  Result<Next> next(Packet& packet);
  // Lets next() answer `stopped`. Any thread, and signal handlers.
  void stop();

  int link_type() const { return link_type_; }
  // Packets that the kernel had no room for.
  u64 dropped() const;

 private:
  explicit LiveCapture(pcap* handle, std::string name);
  pcap* handle_ = nullptr;
  std::string name_;
  int link_type_ = 0;
  u64 count_ = 0;
  volatile std::sig_atomic_t is_stopped_ = 0;
};

// The interfaces that can be listened to, by name.
Result<std::vector<std::string>> interface_names();

// A pcap file (nanoseconds) under construction.
class PacketWriter {
 public:
  // Error: the file cannot be made. "-": standard output.
  static Result<PacketWriter> create(const std::string& path, int link_type);
  PacketWriter(PacketWriter&& other) noexcept;
  ~PacketWriter();

  void write(const Packet& packet);
  // Writes what is buffered. Error: the disk is full, or whatever else kept it from being written.
  Status flush();

 private:
  PacketWriter(pcap* handle, pcap_dumper* dumper, std::string path);
  pcap* handle_ = nullptr;
  pcap_dumper* dumper_ = nullptr;
  std::string path_;
};

}  // namespace ropewalk::capture
