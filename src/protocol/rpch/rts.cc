#include "protocol/rpch/rts.h"

#include <algorithm>

#include "wire/flag_text.h"

namespace ropewalk::rpch {
namespace {

using wire::NamedValue;
using T = CommandType;

constexpr NamedValue kCommands[] = {{0, "ReceiveWindowSize"},
                                    {1, "FlowControlAck"},
                                    {2, "ConnectionTimeout"},
                                    {3, "Cookie"},
                                    {4, "ChannelLifetime"},
                                    {5, "ClientKeepalive"},
                                    {6, "Version"},
                                    {7, "Empty"},
                                    {8, "Padding"},
                                    {9, "NegativeANCE"},
                                    {10, "ANCE"},
                                    {11, "ClientAddress"},
                                    {12, "AssociationGroupId"},
                                    {13, "Destination"},
                                    {14, "PingTrafficSentNotify"}};
constexpr NamedValue kFlags[] = {
    {0x01, "RTS_FLAG_PING"},       {0x02, "RTS_FLAG_OTHER_CMD"},   {0x04, "RTS_FLAG_RECYCLE_CHANNEL"},
    {0x08, "RTS_FLAG_IN_CHANNEL"}, {0x10, "RTS_FLAG_OUT_CHANNEL"}, {0x20, "RTS_FLAG_EOF"},
    {0x40, "RTS_FLAG_ECHO"}};

// [MS-RPCH] 2.2.4.2 to 2.2.4.51. OUT_R2/C1 may hold Padding instead of Empty: see NamedRts::is().
constexpr NamedRts kNamed[] = {
    {"CONN/A1", "[MS-RPCH] 2.2.4.2", 0, 4, {T::version, T::cookie, T::cookie, T::receive_window_size}},
    {"CONN/A2",
     "[MS-RPCH] 2.2.4.3",
     RtsFlags::kOutChannel,
     5,
     {T::version, T::cookie, T::cookie, T::channel_lifetime, T::receive_window_size}},
    {"CONN/A3", "[MS-RPCH] 2.2.4.4", 0, 1, {T::connection_timeout}},
    {"CONN/B1",
     "[MS-RPCH] 2.2.4.5",
     0,
     6,
     {T::version, T::cookie, T::cookie, T::channel_lifetime, T::client_keepalive, T::association_group_id}},
    {"CONN/B2",
     "[MS-RPCH] 2.2.4.6",
     RtsFlags::kInChannel,
     7,
     {T::version, T::cookie, T::cookie, T::receive_window_size, T::connection_timeout, T::association_group_id,
      T::client_address}},
    {"CONN/B3", "[MS-RPCH] 2.2.4.7", 0, 2, {T::receive_window_size, T::version}},
    {"CONN/C1", "[MS-RPCH] 2.2.4.8", 0, 3, {T::version, T::receive_window_size, T::connection_timeout}},
    {"CONN/C2", "[MS-RPCH] 2.2.4.9", 0, 3, {T::version, T::receive_window_size, T::connection_timeout}},
    {"IN_R1/A1", "[MS-RPCH] 2.2.4.10", RtsFlags::kRecycleChannel, 4, {T::version, T::cookie, T::cookie, T::cookie}},
    {"IN_R1/A2",
     "[MS-RPCH] 2.2.4.11",
     RtsFlags::kInChannel | RtsFlags::kRecycleChannel,
     6,
     {T::version, T::cookie, T::cookie, T::cookie, T::receive_window_size, T::connection_timeout}},
    {"IN_R1/A3",
     "[MS-RPCH] 2.2.4.12",
     0,
     4,
     {T::destination, T::version, T::receive_window_size, T::connection_timeout}},
    {"IN_R1/A4",
     "[MS-RPCH] 2.2.4.13",
     0,
     4,
     {T::destination, T::version, T::receive_window_size, T::connection_timeout}},
    {"IN_R1/A5", "[MS-RPCH] 2.2.4.14", 0, 1, {T::cookie}},
    {"IN_R1/A6", "[MS-RPCH] 2.2.4.15", 0, 1, {T::cookie}},
    {"IN_R1/B1", "[MS-RPCH] 2.2.4.16", 0, 1, {T::empty}},
    {"IN_R1/B2", "[MS-RPCH] 2.2.4.17", 0, 1, {T::receive_window_size}},
    {"IN_R2/A1", "[MS-RPCH] 2.2.4.18", RtsFlags::kRecycleChannel, 4, {T::version, T::cookie, T::cookie, T::cookie}},
    {"IN_R2/A2", "[MS-RPCH] 2.2.4.19", 0, 1, {T::cookie}},
    {"IN_R2/A3", "[MS-RPCH] 2.2.4.20", 0, 1, {T::destination}},
    {"IN_R2/A4", "[MS-RPCH] 2.2.4.21", 0, 1, {T::destination}},
    {"IN_R2/A5", "[MS-RPCH] 2.2.4.22", 0, 1, {T::cookie}},
    {"OUT_R1/A1", "[MS-RPCH] 2.2.4.23", RtsFlags::kRecycleChannel, 1, {T::destination}},
    {"OUT_R1/A2", "[MS-RPCH] 2.2.4.24", RtsFlags::kRecycleChannel, 1, {T::destination}},
    {"OUT_R1/A3",
     "[MS-RPCH] 2.2.4.25",
     RtsFlags::kRecycleChannel,
     5,
     {T::version, T::cookie, T::cookie, T::cookie, T::receive_window_size}},
    {"OUT_R1/A4",
     "[MS-RPCH] 2.2.4.26",
     RtsFlags::kRecycleChannel | RtsFlags::kOutChannel,
     7,
     {T::version, T::cookie, T::cookie, T::cookie, T::channel_lifetime, T::receive_window_size, T::connection_timeout}},
    {"OUT_R1/A5", "[MS-RPCH] 2.2.4.27", RtsFlags::kOutChannel, 3, {T::destination, T::version, T::connection_timeout}},
    {"OUT_R1/A6", "[MS-RPCH] 2.2.4.28", RtsFlags::kOutChannel, 3, {T::destination, T::version, T::connection_timeout}},
    {"OUT_R1/A7", "[MS-RPCH] 2.2.4.29", RtsFlags::kOutChannel, 2, {T::destination, T::cookie}},
    {"OUT_R1/A8", "[MS-RPCH] 2.2.4.30", RtsFlags::kOutChannel, 2, {T::destination, T::cookie}},
    {"OUT_R1/A9", "[MS-RPCH] 2.2.4.31", 0, 1, {T::ance}},
    {"OUT_R1/A10", "[MS-RPCH] 2.2.4.32", 0, 1, {T::ance}},
    {"OUT_R1/A11", "[MS-RPCH] 2.2.4.33", 0, 1, {T::ance}},
    {"OUT_R2/A1", "[MS-RPCH] 2.2.4.34", RtsFlags::kRecycleChannel, 1, {T::destination}},
    {"OUT_R2/A2", "[MS-RPCH] 2.2.4.35", RtsFlags::kRecycleChannel, 1, {T::destination}},
    {"OUT_R2/A3",
     "[MS-RPCH] 2.2.4.36",
     RtsFlags::kRecycleChannel,
     5,
     {T::version, T::cookie, T::cookie, T::cookie, T::receive_window_size}},
    {"OUT_R2/A4", "[MS-RPCH] 2.2.4.37", 0, 1, {T::cookie}},
    {"OUT_R2/A5", "[MS-RPCH] 2.2.4.38", 0, 2, {T::destination, T::ance}},
    {"OUT_R2/A6", "[MS-RPCH] 2.2.4.39", 0, 2, {T::destination, T::ance}},
    {"OUT_R2/A7", "[MS-RPCH] 2.2.4.40", RtsFlags::kOutChannel, 3, {T::destination, T::cookie, T::version}},
    {"OUT_R2/A8", "[MS-RPCH] 2.2.4.41", RtsFlags::kOutChannel, 2, {T::destination, T::cookie}},
    {"OUT_R2/B1", "[MS-RPCH] 2.2.4.42", 0, 1, {T::ance}},
    {"OUT_R2/B2", "[MS-RPCH] 2.2.4.43", 0, 1, {T::negative_ance}},
    {"OUT_R2/B3", "[MS-RPCH] 2.2.4.44", RtsFlags::kEof, 1, {T::ance}},
    {"OUT_R2/C1", "[MS-RPCH] 2.2.4.45", RtsFlags::kPing, 1, {T::empty}},
    {"Keep-Alive", "[MS-RPCH] 2.2.4.46", RtsFlags::kOtherCommand, 1, {T::client_keepalive}},
    {"Ping Traffic Sent Notify", "[MS-RPCH] 2.2.4.47", RtsFlags::kOtherCommand, 1, {T::ping_traffic_sent_notify}},
    {"Echo", "[MS-RPCH] 2.2.4.48", RtsFlags::kEcho, 0, {}},
    {"Ping", "[MS-RPCH] 2.2.4.49", RtsFlags::kPing, 0, {}},
    {"FlowControlAck", "[MS-RPCH] 2.2.4.50", RtsFlags::kOtherCommand, 1, {T::flow_control_ack}},
    {"FlowControlAckWithDestination",
     "[MS-RPCH] 2.2.4.51",
     RtsFlags::kOtherCommand,
     2,
     {T::destination, T::flow_control_ack}},
};

}  // namespace

const wire::TypeInfo& wire_type(std::type_identity<CommandType>) {
  static constexpr wire::TypeInfo info{"CommandType", 4, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_value_name(raw, kCommands, out); },
                                       [](wire::Random& random) { return random.below(std::size(kCommands)); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<RtsFlags>) {
  static constexpr wire::TypeInfo info{"RTS Flags", 2, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_flag_names(raw, kFlags, out); }};
  return info;
}

std::string_view command_name(CommandType type) {
  auto i = static_cast<std::size_t>(type);
  return i < std::size(kCommands) ? kCommands[i].name : std::string_view();
}

bool NamedRts::is(const Rts& rts) const {
  if (rts.flags.value != flags || rts.commands.size() != count) return false;
  for (std::size_t i = 0; i < count; ++i) {
    T given = rts.commands[i].type;
    if (given != commands[i] && !(given == T::padding && commands[i] == T::empty && flags == RtsFlags::kPing))
      return false;
  }
  return true;
}

std::span<const NamedRts> named_rts() { return kNamed; }

const NamedRts* find_rts(std::string_view name) {
  auto found = std::find_if(std::begin(kNamed), std::end(kNamed), [&](const auto& row) { return row.name == name; });
  return found == std::end(kNamed) ? nullptr : found;
}

std::string rts_names(const Rts& rts) {
  std::string names;
  for (const NamedRts& row : kNamed)
    if (row.is(rts)) names.append(names.empty() ? "" : ", ").append(row.name);
  return names;
}

}  // namespace ropewalk::rpch
