// For tests alone: the TCP payload of recorded traffic, as far as the captures in the shared data need it.
#pragma once

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <tuple>

#include "base/hex.h"
#include "base/types.h"

namespace ropewalk::dcerpc {

// One direction of a TCP connection: runs of bytes without a gap, each with the offsets at which packets began.
struct Flow {
  struct Run {
    std::vector<u8> bytes;
    std::vector<std::size_t> packets;
  };
  std::vector<Run> runs;
  std::string from, to;  // address and port, to tell which flows belong together
  u16 from_port = 0, to_port = 0;
};

class CaptureReader {
 public:
  // Reads a pcap or pcapng file, packed by gzip or not. False where it is neither.
  bool read(const std::filesystem::path& path) {
    load(path);
    if (file_.size() < 24) return false;
    u32 magic = load_le<u32>(file_.data());
    bool known = true;
    if (magic == 0x0A0D0D0A)
      pcapng();
    else if (magic == 0xA1B2C3D4 || magic == 0xA1B23C4D)
      pcap(false);
    else if (magic == 0xD4C3B2A1 || magic == 0x4D3CB2A1)
      pcap(true);
    else
      known = false;
    return known;
  }

  std::vector<Flow> flows() const {
    std::vector<Flow> all;
    for (const auto& [key, packets] : packets_) {
      const auto& [from, to, from_port, to_port] = key;
      Flow& flow = all.emplace_back(assemble(packets));
      flow.from = to_hex(from) + ":" + std::to_string(from_port);
      flow.to = to_hex(to) + ":" + std::to_string(to_port);
      flow.from_port = from_port;
      flow.to_port = to_port;
    }
    return all;
  }

 private:
  using Key = std::tuple<std::vector<u8>, std::vector<u8>, u16, u16>;
  using Packets = std::vector<std::pair<u32, std::vector<u8>>>;

  void load(const std::filesystem::path& path) {
    std::string command = (path.extension() == ".gz" ? "gzip -dc '" : "cat '") + path.string() + "'";
    std::FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return;
    u8 chunk[65536];
    for (std::size_t n; (n = std::fread(chunk, 1, sizeof chunk, pipe)) > 0;)
      file_.insert(file_.end(), chunk, chunk + n);
    pclose(pipe);
  }
  u32 number(std::size_t at) const {
    u32 value = load_le<u32>(file_.data() + at);
    return swap_ ? __builtin_bswap32(value) : value;
  }
  void pcap(bool swap) {
    swap_ = swap;
    u32 link = number(20) & 0xFFFF;
    for (std::size_t at = 24; at + 16 <= file_.size();) {
      u32 length = number(at + 8);
      at += 16;
      if (length > file_.size() - at) return;
      frame(link, {file_.data() + at, length});
      at += length;
    }
  }
  void pcapng() {
    std::vector<u32> links;
    for (std::size_t at = 0; at + 12 <= file_.size();) {
      u32 type = load_le<u32>(file_.data() + at);
      if (type == 0x0A0D0D0A) swap_ = load_le<u32>(file_.data() + at + 8) != 0x1A2B3C4D;
      u32 length = number(at + 4);
      if (length < 12 || length > file_.size() - at) return;
      type = number(at);
      if (type == 1) links.push_back(number(at + 8) & 0xFFFF);
      if (type == 6 && length >= 32 && number(at + 20) <= length - 32 && number(at + 8) < links.size())
        frame(links[number(at + 8)], {file_.data() + at + 28, number(at + 20)});
      if (type == 3 && !links.empty() && length >= 16) frame(links[0], {file_.data() + at + 12, length - 16});
      at += length;
    }
  }
  static u16 big16(ByteView bytes, std::size_t at) { return static_cast<u16>(bytes[at] << 8 | bytes[at + 1]); }
  void frame(u32 link, ByteView bytes) {
    std::size_t at = link == 1 ? 14 : link == 113 ? 16 : link == 0 ? 4 : 0;
    if (bytes.size() < at + 20) return;
    while (link == 1 && big16(bytes, at - 2) == 0x8100 && bytes.size() >= at + 24) at += 4;
    ip(bytes.subspan(at));
  }
  void ip(ByteView bytes) {
    bool six = bytes[0] >> 4 == 6;
    if ((!six && bytes[0] >> 4 != 4) || bytes.size() < (six ? 40u : 20u)) return;
    std::size_t header = six ? 40 : (bytes[0] & 15) * 4u;
    std::size_t total = six ? 40u + big16(bytes, 4) : big16(bytes, 2);
    if (total == 0 || total > bytes.size()) total = bytes.size();  // left to the network card
    if (bytes[six ? 6 : 9] != 6 || total < header + 20) return;
    auto address = [&](std::size_t at) {
      auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      return std::vector<u8>(first, first + (six ? 16 : 4));
    };
    ByteView tcp = bytes.first(total).subspan(header);
    std::size_t offset = (tcp[12] >> 4) * 4u;
    if (offset < 20 || offset >= tcp.size()) return;
    u32 sequence = static_cast<u32>(big16(tcp, 4)) << 16 | big16(tcp, 6);
    Key key{address(six ? 8 : 12), address(six ? 24 : 16), big16(tcp, 0), big16(tcp, 2)};
    packets_[key].emplace_back(sequence, std::vector<u8>(tcp.begin() + static_cast<std::ptrdiff_t>(offset), tcp.end()));
  }
  static Flow assemble(Packets packets) {
    u32 base = packets.front().first;
    std::stable_sort(packets.begin(), packets.end(), [&](const auto& a, const auto& b) {
      return static_cast<std::int32_t>(a.first - base) < static_cast<std::int32_t>(b.first - base);
    });
    Flow flow;
    u32 next = 0;
    for (const auto& [sequence, bytes] : packets) {
      auto known = static_cast<std::int32_t>(next - sequence);
      if (flow.runs.empty() || known < 0) {
        flow.runs.emplace_back();
        known = 0;
        next = sequence;
      }
      if (static_cast<std::size_t>(known) >= bytes.size()) continue;
      Flow::Run& run = flow.runs.back();
      run.packets.push_back(run.bytes.size());
      run.bytes.insert(run.bytes.end(), bytes.begin() + known, bytes.end());
      next = sequence + static_cast<u32>(bytes.size());
    }
    return flow;
  }

  std::vector<u8> file_;
  bool swap_ = false;
  std::map<Key, Packets> packets_;
};

}  // namespace ropewalk::dcerpc
