#include "capture/network.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <pcap/dlt.h>

namespace ropewalk::capture {
namespace {

constexpr u8 kTcp = 6, kHopByHop = 0, kRouting = 43, kFragment = 44, kDestination = 60, kAuthentication = 51;
constexpr std::size_t kPartOverhead = 128;  // what keeping a fragment costs beside its bytes
constexpr u16 kIpv4 = 0x0800, kIpv6 = 0x86DD;

u16 big16(ByteView bytes, std::size_t at) { return static_cast<u16>(bytes[at] << 8 | bytes[at + 1]); }
u32 big32(ByteView bytes, std::size_t at) { return static_cast<u32>(big16(bytes, at)) << 16 | big16(bytes, at + 2); }

// EtherType at `at`, behind any number of VLAN tags; what follows it, empty where it is not IP.
ByteView behind_ether_type(ByteView frame, std::size_t at) {
  while (frame.size() >= at + 2) {
    u16 type = big16(frame, at);
    at += 2;
    if (type == kIpv4 || type == kIpv6) return frame.subspan(at);
    if (type != 0x8100 && type != 0x88A8 && type != 0x9100) return {};
    at += 2;
  }
  return {};
}

ByteView from(ByteView frame, std::size_t at) { return frame.size() < at ? ByteView() : frame.subspan(at); }

// What a frame carries behind the link's header: IP of either version, or nothing.
ByteView ip_in(int link_type, ByteView frame) {
  switch (link_type) {
    case DLT_EN10MB:
      return behind_ether_type(frame, 12);
    case DLT_LINUX_SLL:
      return behind_ether_type(frame, 14);
    case DLT_LINUX_SLL2:
      return frame.size() < 20 || (big16(frame, 0) != kIpv4 && big16(frame, 0) != kIpv6) ? ByteView()
                                                                                         : frame.subspan(20);
    case DLT_NULL:
    case DLT_LOOP:
      return from(frame, 4);  // an address family, whose numbers differ between systems: IP tells its version itself
    default:
      return frame;
  }
}

}  // namespace

bool knows_link_type(int link_type) {
  for (int known : {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_IPV4, DLT_IPV6, DLT_NULL, DLT_LOOP})
    if (link_type == known) return true;
  return false;
}

std::string Endpoint::address_text() const {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(is_v6 ? AF_INET6 : AF_INET, address.data(), text, sizeof text);
  return text;
}

std::string Endpoint::text() const {
  return is_v6 ? fmt::format("[{}]:{}", address_text(), port) : fmt::format("{}:{}", address_text(), port);
}

std::optional<TcpSegment> Network::segment(const Packet& packet) {
  ByteView bytes = ip_in(link_type_, packet.bytes);
  if (bytes.size() < 20) return std::nullopt;
  auto ip = bytes[0] >> 4 == 4 ? v4(bytes) : bytes[0] >> 4 == 6 ? v6(bytes) : std::nullopt;
  if (!ip || ip->protocol != kTcp || ip->payload.size() < 20) return std::nullopt;
  ByteView tcp = ip->payload;
  std::size_t header = (tcp[12] >> 4) * std::size_t{4};
  if (header < 20 || header > tcp.size()) return std::nullopt;
  TcpSegment segment;
  segment.from = ip->from;
  segment.to = ip->to;
  segment.from.port = big16(tcp, 0);
  segment.to.port = big16(tcp, 2);
  segment.sequence = big32(tcp, 4);
  segment.acknowledged = big32(tcp, 8);
  segment.flags = tcp[13];
  segment.payload = tcp.subspan(header);
  segment.cut = ip->cut;
  return segment;
}

// [RFC 791] 3.1
std::optional<Network::Ip> Network::v4(ByteView bytes) {
  std::size_t header = (bytes[0] & 15) * std::size_t{4};
  std::size_t total = big16(bytes, 2);
  if (total == 0) total = bytes.size();  // left to the network card
  if (header < 20 || header > bytes.size() || total < header) return std::nullopt;
  Ip ip;
  std::copy_n(bytes.begin() + 12, 4, ip.from.address.begin());
  std::copy_n(bytes.begin() + 16, 4, ip.to.address.begin());
  ip.protocol = bytes[9];
  ip.cut = total > bytes.size() ? total - bytes.size() : 0;
  ip.payload = bytes.subspan(header, std::min(total, bytes.size()) - header);
  u16 fragment = big16(bytes, 6);
  bool more = (fragment & 0x2000) != 0;
  u32 offset = (fragment & 0x1FFFu) * 8;
  if (!more && offset == 0) return ip;
  if (ip.cut != 0 || ip.protocol != kTcp) return std::nullopt;
  auto whole = join({ip.from.address, ip.to.address, big16(bytes, 4), ip.protocol, false}, offset, more, ip.payload);
  if (!whole) return std::nullopt;
  ip.payload = *whole;
  return ip;
}

// [RFC 8200] 3 and 4
std::optional<Network::Ip> Network::v6(ByteView bytes) {
  if (bytes.size() < 40) return std::nullopt;
  Ip ip;
  ip.from.is_v6 = ip.to.is_v6 = true;
  std::copy_n(bytes.begin() + 8, 16, ip.from.address.begin());
  std::copy_n(bytes.begin() + 24, 16, ip.to.address.begin());
  std::size_t length = big16(bytes, 4);
  ByteView rest = bytes.subspan(40);
  if (length == 0) length = rest.size();
  ip.cut = length > rest.size() ? length - rest.size() : 0;
  rest = rest.first(std::min(length, rest.size()));
  ip.protocol = bytes[6];
  while (ip.protocol != kTcp) {
    if (rest.size() < 8) return std::nullopt;
    u8 next = rest[0];
    if (ip.protocol == kFragment) {
      u16 fragment = big16(rest, 2);
      if (ip.cut != 0) return std::nullopt;
      auto whole = join({ip.from.address, ip.to.address, big32(rest, 4), next, true}, fragment & 0xFFF8u,
                        (fragment & 1) != 0, rest.subspan(8));
      if (!whole) return std::nullopt;
      rest = *whole;
    } else {
      if (ip.protocol != kHopByHop && ip.protocol != kRouting && ip.protocol != kDestination &&
          ip.protocol != kAuthentication)
        return std::nullopt;
      std::size_t size =
          ip.protocol == kAuthentication ? (rest[1] + 2) * std::size_t{4} : (rest[1] + 1) * std::size_t{8};
      if (size > rest.size()) return std::nullopt;
      rest = rest.subspan(size);
    }
    ip.protocol = next;
  }
  ip.payload = rest;
  return ip;
}

std::optional<ByteView> Network::join(const FragmentKey& key, u32 offset, bool more, ByteView part) {
  if (part.empty() || offset + part.size() > 0x10000) return std::nullopt;
  auto [found, is_new] = datagrams_.try_emplace(key);
  Datagram& datagram = found->second;
  if (is_new) datagram.age = ages_.insert(ages_.end(), key);
  auto [at, first] = datagram.parts.try_emplace(offset, part.begin(), part.end());
  if (first) {
    datagram.bytes += part.size() + kPartOverhead;
    waiting_ += part.size() + kPartOverhead;
  }
  if (!more) datagram.total = static_cast<u32>(offset + part.size());
  // Whether it is whole is asked only where that may have changed: a hostile one has thousands of parts.
  if (more && !first) return std::nullopt;
  u32 reached = 0;
  const bool may_be_whole = datagram.total && datagram.bytes - datagram.parts.size() * kPartOverhead >= *datagram.total;
  for (const auto& [begin, bytes] : datagram.parts) {
    if (!may_be_whole || begin > reached) break;
    reached = std::max(reached, static_cast<u32>(begin + bytes.size()));
  }
  if (!datagram.total || reached < *datagram.total) {
    while (waiting_ > kMaxFragmentBytes) drop(FragmentKey(ages_.front()));
    return std::nullopt;
  }
  joined_.assign(*datagram.total, 0);
  for (const auto& [begin, bytes] : datagram.parts)
    if (begin < joined_.size())
      std::copy_n(bytes.begin(), std::min(bytes.size(), joined_.size() - begin), joined_.begin() + begin);
  drop(key);
  return ByteView(joined_);
}

void Network::drop(const FragmentKey& key) {
  auto found = datagrams_.find(key);
  waiting_ -= found->second.bytes;
  ages_.erase(found->second.age);
  datagrams_.erase(found);
}

}  // namespace ropewalk::capture
