// From frames to TCP segments: link layers, IPv4 and IPv6 with their fragments.
#pragma once

#include <array>
#include <compare>
#include <list>
#include <map>
#include <optional>

#include "capture/packet_file.h"

namespace ropewalk::capture {

bool knows_link_type(int link_type);

// An address and a port. IPv4 addresses stand in the first four bytes.
struct Endpoint {
  std::array<u8, 16> address{};
  bool is_v6 = false;
  u16 port = 0;

  auto operator<=>(const Endpoint&) const = default;
  std::string address_text() const;  // "192.0.2.1", "2001:db8::1"
  std::string text() const;          // "192.0.2.1:6001", "[2001:db8::1]:6001"
};

struct TcpSegment {
  static constexpr u8 kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;
  Endpoint from, to;
  u32 sequence = 0, acknowledged = 0;
  u8 flags = 0;
  ByteView payload;
  std::size_t cut = 0;  // bytes of payload that the capture left out
  bool has(u8 flag) const { return (flags & flag) != 0; }
};

// Takes packets apart. Owns the fragments that wait for others: at most kMaxFragmentBytes.
class Network {
 public:
  static constexpr std::size_t kMaxFragmentBytes = 4u << 20;

  explicit Network(int link_type) : link_type_(link_type) {}

  // The TCP segment in a packet, or that it completes; std::nullopt for everything else. Its payload lives as long as
  // the packet, and until the next call.
  std::optional<TcpSegment> segment(const Packet& packet);

 private:
  struct FragmentKey {
    std::array<u8, 16> from, to;
    u32 id;
    u8 protocol;
    bool is_v6;
    auto operator<=>(const FragmentKey&) const = default;
  };
  struct Datagram {
    std::map<u32, std::vector<u8>> parts;  // by offset
    std::optional<u32> total;
    std::size_t bytes = 0;
    std::list<FragmentKey>::iterator age;
  };
  struct Ip {
    Endpoint from, to;
    u8 protocol = 0;
    ByteView payload;
    std::size_t cut = 0;
  };

  std::optional<Ip> v4(ByteView bytes);
  std::optional<Ip> v6(ByteView bytes);
  // The payload of the whole datagram, once `part` completes it.
  std::optional<ByteView> join(const FragmentKey& key, u32 offset, bool more, ByteView part);
  void drop(const FragmentKey& key);

  int link_type_;
  std::map<FragmentKey, Datagram> datagrams_;
  std::list<FragmentKey> ages_;  // oldest first
  std::size_t waiting_ = 0;      // bytes
  std::vector<u8> joined_;
};

}  // namespace ropewalk::capture
