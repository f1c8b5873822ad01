// For tests and benches: captures made in memory, packet by packet.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "capture/streams.h"

namespace ropewalk::capture {

// A pcap file of Ethernet frames with IPv4 and TCP.
class CaptureWriter {
 public:
  CaptureWriter() {
    for (u32 word : {0xA1B23C4Du, 0x00040002u, 0u, 0u, 0x40000u, 1u}) number(word);
  }
  // The next frame comes a millisecond after the last.
  void frame(ByteView bytes) { frame(bytes, bytes.size()); }
  void frame(ByteView bytes, std::size_t length_on_the_wire) {
    time_ += 1'000'000;
    number(static_cast<u32>(time_ / 1'000'000'000));
    number(static_cast<u32>(time_ % 1'000'000'000));
    number(static_cast<u32>(bytes.size()));
    number(static_cast<u32>(length_on_the_wire));
    file_.insert(file_.end(), bytes.begin(), bytes.end());
  }
  const std::vector<u8>& file() const { return file_; }

 private:
  void number(u32 value) {
    std::size_t at = file_.size();
    file_.resize(at + 4);
    store_le(file_.data() + at, value);
  }
  std::vector<u8> file_;
  u64 time_ = 1'000'000'000'000'000'000;
};

// The capture is also a seed for fuzzing: written to the folder that ROPEWALK_SEEDS names, where it does.
inline void keep_seed(const std::string& name, ByteView file) {
  const char* folder = std::getenv("ROPEWALK_SEEDS");
  if (folder != nullptr) std::ofstream(std::string(folder) + "/" + name, std::ios::binary) << text_of(file);
}

inline void append_big(std::vector<u8>& out, u64 value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<u8>(value >> (8 * i)));
}

// An Ethernet frame with IPv4 around `payload`. `fragment`: flags and offset of [RFC 791] 3.1.
inline std::vector<u8> ipv4_frame(u32 from, u32 to, ByteView payload, u16 fragment = 0, u16 id = 1) {
  std::vector<u8> out(12, 0x02);
  append_big(out, 0x0800, 2);
  append_big(out, 0x4500, 2);
  append_big(out, 20 + payload.size(), 2);
  append_big(out, id, 2);
  append_big(out, fragment, 2);
  append_big(out, 0x40060000, 4);
  append_big(out, from, 4);
  append_big(out, to, 4);
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

// One TCP connection whose segments the test chooses.
struct TestConnection {
  static constexpr u32 kClient = 0xC0000201, kServer = 0xC0000202;  // 192.0.2.1, 192.0.2.2
  u16 client_port = 50000, server_port = 6001;
  u32 sequence[2] = {1000, 70000};  // the next one of each side

  std::vector<u8> tcp(Side from, u32 at, u8 flags, ByteView payload) const {
    std::vector<u8> out;
    bool is_client = from == Side::client;
    append_big(out, is_client ? client_port : server_port, 2);
    append_big(out, is_client ? server_port : client_port, 2);
    append_big(out, at, 4);
    append_big(out, sequence[is_client ? 1 : 0], 4);
    append_big(out, 0x5000u | flags, 2);
    append_big(out, 0xFFFF00000000, 6);
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
  }
  std::vector<u8> segment(Side from, u32 at, u8 flags, ByteView payload) const {
    bool is_client = from == Side::client;
    return ipv4_frame(is_client ? kClient : kServer, is_client ? kServer : kClient, tcp(from, at, flags, payload));
  }
  void open(CaptureWriter& out) {
    out.frame(segment(Side::client, sequence[0]++, TcpSegment::kSyn, {}));
    out.frame(segment(Side::server, sequence[1]++, TcpSegment::kSyn | TcpSegment::kAck, {}));
  }
  // In segments of at most `most` bytes.
  void send(CaptureWriter& out, Side from, ByteView bytes, std::size_t most = 1400) {
    u32& at = sequence[static_cast<int>(from)];
    while (!bytes.empty()) {
      ByteView piece = bytes.first(std::min(most, bytes.size()));
      out.frame(segment(from, at, TcpSegment::kAck, piece));
      at += static_cast<u32>(piece.size());
      bytes = bytes.subspan(piece.size());
    }
  }
  void close(CaptureWriter& out) {
    out.frame(segment(Side::client, sequence[0]++, TcpSegment::kFin | TcpSegment::kAck, {}));
    out.frame(segment(Side::server, sequence[1]++, TcpSegment::kFin | TcpSegment::kAck, {}));
  }
};

}  // namespace ropewalk::capture
