#include "protocol/epm/tower.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "wire/flag_text.h"

namespace ropewalk::epm {
namespace {

constexpr wire::NamedValue kProtocols[] = {{0x07, "TCP"},
                                           {0x08, "UDP"},
                                           {0x09, "IP"},
                                           {0x0A, "connectionless RPC"},
                                           {0x0B, "connection-oriented RPC"},
                                           {0x0C, "local RPC"},
                                           {0x0D, "UUID"},
                                           {0x0F, "named pipe"},
                                           {0x10, "local named pipe"},
                                           {0x11, "NetBIOS"},
                                           {0x1F, "HTTP"}};

std::string name_of(ByteView right) {
  std::string_view text = text_of(right);
  return std::string(text.substr(0, text.find('\0')));
}

std::array<u8, 4> dotted(std::string_view text) {
  std::array<u8, 4> address{};
  const char* at = text.data();
  const char* end = at + text.size();
  for (std::size_t i = 0; i < 4; ++i) {
    auto [next, error] = std::from_chars(at, end, address[i]);
    if (error != std::errc{} || (i < 3 && (next == end || *next != '.'))) return {};
    at = next + 1;
  }
  return address;
}

std::string_view sequence_of(FloorProtocol transport) {
  switch (transport) {
    case FloorProtocol::tcp:
      return "ncacn_ip_tcp";
    case FloorProtocol::http:
      return "ncacn_http";
    case FloorProtocol::named_pipe:
      return "ncacn_np";
    case FloorProtocol::udp:
      return "ncadg_ip_udp";
    case FloorProtocol::local:
    case FloorProtocol::local_pipe:
      return "ncalrpc";
    default:
      return "unknown";
  }
}

std::optional<dcerpc::SyntaxId> syntax_of(const Floor& floor) {
  if (floor.protocol != FloorProtocol::uuid || floor.right.size() < 2) return std::nullopt;
  return dcerpc::syntax(floor.uuid, floor.version, load_le<u16>(floor.right.data()));
}

}  // namespace

const wire::TypeInfo& wire_type(std::type_identity<FloorProtocol>) {
  static constexpr wire::TypeInfo info{
      "protocol", 1, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) { wire::append_value_name(raw, kProtocols, out); },
      [](wire::Random& random) { return kProtocols[random.below(std::size(kProtocols))].value; }};
  return info;
}

std::string Binding::to_string() const {
  std::string where = port != 0 ? std::to_string(port) : endpoint;
  return fmt::format("{}:{}[{}]", sequence_of(transport), host, where);
}

std::optional<Binding> to_binding(const Tower& tower) {
  if (tower.floors.size() < 4) return std::nullopt;
  auto interface_id = syntax_of(tower.floors[0]), transfer = syntax_of(tower.floors[1]);
  if (!interface_id || !transfer) return std::nullopt;
  Binding binding;
  binding.interface_id = *interface_id;
  binding.transfer_syntax = *transfer;
  const Floor& transport = tower.floors[3];
  binding.transport = transport.protocol;
  switch (transport.protocol) {
    case FloorProtocol::tcp:
    case FloorProtocol::udp:
    case FloorProtocol::http:
      if (transport.right.size() != 2) return std::nullopt;
      binding.port = transport.port();
      break;
    case FloorProtocol::named_pipe:
    case FloorProtocol::local_pipe:
    case FloorProtocol::local:
      binding.endpoint = name_of(transport.right);
      break;
    default:
      return std::nullopt;
  }
  if (tower.floors.size() < 5) return binding;
  const Floor& host = tower.floors[4];
  if (host.protocol == FloorProtocol::ip && host.right.size() == 4)
    binding.host = fmt::format("{}.{}.{}.{}", host.right[0], host.right[1], host.right[2], host.right[3]);
  else if (host.protocol == FloorProtocol::netbios)
    binding.host = name_of(host.right);
  return binding;
}

std::optional<Binding> read_tower(ByteView tower) {
  Arena arena;
  auto decoded = wire::decode<Tower>(tower, arena);
  return decoded.ok() ? to_binding(*decoded) : std::nullopt;
}

std::vector<u8> make_tower(const Binding& binding) {
  auto uuid_floor = [](const dcerpc::SyntaxId& id, const std::array<u8, 2>& minor) {
    return Floor{FloorProtocol::uuid, id.uuid, id.major(), {}, minor};
  };
  auto halves = [](u16 n) { return std::array<u8, 2>{static_cast<u8>(n), static_cast<u8>(n >> 8)}; };
  std::array<u8, 2> minor = halves(binding.interface_id.minor()),
                    transfer_minor = halves(binding.transfer_syntax.minor());
  std::array<u8, 2> zero{}, port{static_cast<u8>(binding.port >> 8), static_cast<u8>(binding.port)};
  std::array<u8, 4> address = dotted(binding.host);
  std::string endpoint = binding.endpoint + '\0', host = binding.host + '\0';
  bool by_name = binding.transport == FloorProtocol::named_pipe || binding.transport == FloorProtocol::local ||
                 binding.transport == FloorProtocol::local_pipe;
  bool connectionless = binding.transport == FloorProtocol::udp;
  bool local = binding.transport == FloorProtocol::local || binding.transport == FloorProtocol::local_pipe;
  Floor floors[5] = {
      uuid_floor(binding.interface_id, minor),
      uuid_floor(binding.transfer_syntax, transfer_minor),
      {connectionless ? FloorProtocol::connectionless
       : local        ? FloorProtocol::local
                      : FloorProtocol::connection_oriented,
       {},
       0,
       {},
       zero},
      {local ? FloorProtocol::local_pipe : binding.transport, {}, 0, {}, by_name ? bytes_of(endpoint) : ByteView(port)},
      {by_name ? FloorProtocol::netbios : FloorProtocol::ip, {}, 0, {}, by_name ? bytes_of(host) : ByteView(address)}};
  Tower tower{wire::List<Floor>(std::span<Floor>(floors, local ? 4 : 5))};
  wire::OutBuffer out;
  wire::encode(tower, out);
  return {out.view().begin(), out.view().end()};
}

}  // namespace ropewalk::epm
