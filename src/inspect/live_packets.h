// What a server's tap tells, as the packets that would have carried it in plain: so that the dissector explains live
// traffic as it explains captures.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <set>

#include "capture/packet_file.h"
#include "server/tap.h"

namespace ropewalk::inspect {

// Not thread-safe. Passwords and tokens in HTTP headers are replaced, cookies by what tells them apart.
class LivePackets {
 public:
  static constexpr int kLinkType = 1;  // Ethernet
  static constexpr std::size_t kMaxConnections = 2048;

  explicit LivePackets(std::function<void(const capture::Packet&)> sink);

  // `time`: nanoseconds since 1970.
  void http_request(const server::TapLink& link, i64 time, std::string_view head, std::string_view body);
  void http_response(const server::TapLink& link, i64 time, std::string_view head, std::string_view body);
  void rpc_request(const server::TapLink& link, i64 time, const server::TapCall& call, ByteView stub);
  void rpc_response(const server::TapLink& link, i64 time, const server::TapCall& call, ByteView stub);

 private:
  struct Address {
    std::array<u8, 16> bytes{};
    bool is_v6 = false;
  };
  struct Key {
    std::string client, server;
    u16 client_port, server_port;
    u64 conversation;
    auto operator<=>(const Key&) const = default;
  };
  struct Connection {
    Address client, server;
    u16 client_port, server_port;
    u32 next[2] = {1, 1};        // sequence numbers of client and server
    bool awaits_answer = false;  // of HTTP
    std::set<u16> contexts;      // of RPC, that have been bound
    std::list<Key>::iterator age;
  };
  Connection& connection(const server::TapLink& link, i64 time);
  void begin(Connection& connection, i64 time);
  void end(Connection& connection, i64 time);
  void say(Connection& connection, bool from_client, i64 time, ByteView bytes);
  void packet(Connection& connection, bool from_client, u8 flags, i64 time, ByteView payload);
  void bind(Connection& connection, i64 time, const server::TapCall& call);

  std::function<void(const capture::Packet&)> sink_;
  std::map<Key, Connection> connections_;
  std::list<Key> ages_;  // idle for longest first
  u64 frames_ = 0;
  std::vector<u8> bytes_;
};

// Request and response line with their fields, as LivePackets takes them: without lengths and transfer codings, and
// without what opens doors.
std::string http_head(const net::HttpRequest& request);
std::string http_head(int status, std::string_view lines);

}  // namespace ropewalk::inspect
