// Protocol towers: [C706] appendix L. Fields are little-endian in whatever representation a tower travels.
#pragma once

#include "protocol/dcerpc/types.h"
#include "wire/describe.h"

namespace ropewalk::epm {

// [C706] appendix I; [MS-RPCE] 2.1
enum class FloorProtocol : u8 {
  tcp = 0x07,
  udp = 0x08,
  ip = 0x09,
  connectionless = 0x0A,
  connection_oriented = 0x0B,
  local = 0x0C,
  uuid = 0x0D,
  named_pipe = 0x0F,
  local_pipe = 0x10,
  netbios = 0x11,
  http = 0x1F,
};
const wire::TypeInfo& wire_type(std::type_identity<FloorProtocol>);

// One floor. What the right-hand side holds depends on the protocol: a port (big-endian), an address, a name, a minor
// version.
struct Floor {
  static constexpr std::string_view kName = "floor";
  static constexpr std::string_view kSource = "[C706] appendix L";
  FloorProtocol protocol{};
  Guid uuid;      // of a uuid floor, with
  u16 version{};  // the major version of the interface or transfer syntax
  ByteView left_rest;
  ByteView right;

  // A port of TCP, UDP or HTTP; 0 where there is none.
  u16 port() const { return right.size() == 2 ? static_cast<u16>(right[0] << 8 | right[1]) : 0; }

  static void fields(auto& m, auto& v) {
    v.sized("lhs_length", u16{}, [&] {
      v("protocol", m.protocol);
      if (m.protocol == FloorProtocol::uuid) {
        v("uuid", m.uuid);
        v("version", m.version);
      }
      v.rest("lhs", m.left_rest);
    });
    v.sized("rhs_length", u16{}, [&] { v.rest("rhs", m.right); });
  }
};

struct Tower {
  static constexpr std::string_view kName = "tower";
  static constexpr std::string_view kSource = "[C706] appendix L";
  wire::List<Floor> floors;
  static void fields(auto& m, auto& v) {
    v("floor_count", wire::count_of<u16>(m.floors));
    v("floors", m.floors);
  }
};

// What a tower says, in words: an interface, how it travels, and where it is.
struct Binding {
  dcerpc::SyntaxId interface_id, transfer_syntax;
  FloorProtocol transport = FloorProtocol::tcp;  // tcp, http, named_pipe, udp, local
  u16 port = 0;                                  // of tcp, udp, http
  std::string endpoint;                          // of named_pipe and local: the name
  std::string host;                              // "10.1.2.3" of an ip floor, or a NetBIOS name

  // "ncacn_ip_tcp:10.1.2.3[1025]"
  std::string to_string() const;
};

// std::nullopt where the tower is not one that RPC over connections uses.
std::optional<Binding> read_tower(ByteView tower);
std::optional<Binding> to_binding(const Tower& tower);
// The tower's bytes. An address that is not dotted IPv4 becomes 0.0.0.0.
std::vector<u8> make_tower(const Binding& binding);

}  // namespace ropewalk::epm
