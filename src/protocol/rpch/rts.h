// RTS PDUs, by which the parties of RPC over HTTP v2 build and recycle channels: [MS-RPCH] 2.2.3 and 2.2.4.
#pragma once

#include <array>
#include <initializer_list>

#include "base/guid.h"
#include "wire/scalar.h"
#include "wire/struct_info.h"
#include "wire/values.h"

namespace ropewalk::rpch {

// [MS-RPCH] 2.2.3.5
enum class CommandType : u32 {
  receive_window_size = 0,
  flow_control_ack = 1,
  connection_timeout = 2,
  cookie = 3,
  channel_lifetime = 4,
  client_keepalive = 5,
  version = 6,
  empty = 7,
  padding = 8,
  negative_ance = 9,
  ance = 10,
  client_address = 11,
  association_group_id = 12,
  destination = 13,
  ping_traffic_sent_notify = 14,
};
const wire::TypeInfo& wire_type(std::type_identity<CommandType>);
// "ReceiveWindowSize"; empty for values without a meaning.
std::string_view command_name(CommandType type);

// [MS-RPCH] 2.2.3.6.1
struct RtsFlags {
  static constexpr u16 kNone = 0, kPing = 0x0001, kOtherCommand = 0x0002, kRecycleChannel = 0x0004, kInChannel = 0x0008,
                       kOutChannel = 0x0010, kEof = 0x0020, kEcho = 0x0040;
  u16 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<RtsFlags>);

// [MS-RPCH] 2.2.3.3
enum class Destination : u32 { client = 0, in_proxy = 1, server = 2, out_proxy = 3 };

// One command. Which members count depends on `type`.
struct Command {
  static constexpr std::string_view kName = "RTS Command";
  static constexpr std::string_view kSource = "[MS-RPCH] 2.2.3.5";
  CommandType type = CommandType::empty;
  // Window (bytes), timeout (ms), lifetime (bytes), keep-alive (ms), version, destination, ping bytes; AddressType.
  u32 value{};
  u32 bytes_received{}, available_window{};  // flow_control_ack
  Guid cookie;                               // cookie, association_group_id, flow_control_ack
  ByteView bytes;                            // padding; the address of client_address

  static Command number(CommandType type, u32 value) {
    Command command;
    command.type = type;
    command.value = value;
    return command;
  }
  static Command of_cookie(const Guid& cookie, CommandType type = CommandType::cookie) {
    Command command;
    command.type = type;
    command.cookie = cookie;
    return command;
  }
  static Command acknowledge(u32 received, u32 window, const Guid& channel) {
    Command command = of_cookie(channel, CommandType::flow_control_ack);
    command.bytes_received = received;
    command.available_window = window;
    return command;
  }
  static Command plain(CommandType type) { return number(type, 0); }

  static void fields(auto& m, auto& v) {
    v("CommandType", m.type);
    switch (m.type) {
      case CommandType::flow_control_ack:
        v("BytesReceived", m.bytes_received);
        v("AvailableWindow", m.available_window);
        v("ChannelCookie", m.cookie);
        break;
      case CommandType::cookie:
        v("Cookie", m.cookie);
        break;
      case CommandType::association_group_id:
        v("AssociationGroupId", m.cookie);
        break;
      case CommandType::padding:
        v("ConformanceCount", wire::count_of<u32>(m.bytes));
        v("Padding", m.bytes);
        break;
      case CommandType::client_address:
        address(m, v);
        break;
      case CommandType::empty:
      case CommandType::negative_ance:
      case CommandType::ance:
        break;
      case CommandType::receive_window_size:
      case CommandType::connection_timeout:
      case CommandType::channel_lifetime:
      case CommandType::client_keepalive:
      case CommandType::version:
      case CommandType::destination:
      case CommandType::ping_traffic_sent_notify:
        v(command_name(m.type), m.value);
        break;
      default:
        v.fail("an RTS command without a meaning, whose length nobody knows");
    }
  }

  // [MS-RPCH] 2.2.3.2; `bytes` is the address and 12 bytes of padding
  static void address(auto& m, auto& v) {
    v("AddressType", m.value);
    if (m.value > 1) return v.fail("an address that is neither IPv4 nor IPv6");
    v.resize(m.bytes, m.value == 0 ? 16 : 28);
    v("ClientAddress", m.bytes);
  }
};

// The body of an RTS PDU; the header is a PDU's ([MS-RPCH] 2.2.3.6.1), always little-endian.
struct Rts {
  static constexpr std::string_view kName = "rts";
  static constexpr std::string_view kSource = "[MS-RPCH] 2.2.3.6";
  RtsFlags flags;
  wire::List<Command> commands;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    v("NumberOfCommands", wire::count_of<u16>(m.commands));
    v("Commands", m.commands);
  }
};

// A named RTS PDU: what its flags and commands are. "CONN/A1"
struct NamedRts {
  std::string_view name;
  std::string_view source;
  u16 flags;
  u8 count;
  std::array<CommandType, 7> commands;

  bool is(const Rts& rts) const;
};
std::span<const NamedRts> named_rts();
// By name; null where there is none.
const NamedRts* find_rts(std::string_view name);
// All names that these flags and commands have ([MS-RPCH] 2.2.4.1: which one is meant, the channel and its state tell),
// separated by commas: "IN_R1/A5, IN_R1/A6, IN_R2/A2, IN_R2/A5, OUT_R2/A4".
std::string rts_names(const Rts& rts);

}  // namespace ropewalk::rpch
