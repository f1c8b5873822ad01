// For tests alone: operations as the dissector gives them, made without a capture.
#pragma once

#include <fmt/format.h>

#include "dissect/operation.h"
#include "mapi/error_code.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/mapihttp/bodies.h"
#include "wire/encoder.h"

namespace ropewalk::inspect {

// A plain ROP buffer: its size, ROPs, handles.
inline std::vector<u8> rop_buffer(const std::vector<std::vector<u8>>& rops, std::size_t handles) {
  std::vector<u8> out{0, 0};
  for (const auto& rop : rops) out.insert(out.end(), rop.begin(), rop.end());
  out[0] = static_cast<u8>(out.size());
  out[1] = static_cast<u8>(out.size() >> 8);
  for (std::size_t i = 0; i < 4 * handles; ++i) out.push_back(static_cast<u8>(i % 4 == 0 ? i / 4 + 1 : 0));
  return out;
}

// An Execute request: RopOpenFolder and RopGetContentsTable.
inline std::vector<u8> sample_rops(u64 folder) {
  std::vector<u8> open{0x02, 0x00, 0x00, 0x01};
  for (int i = 0; i < 8; ++i) open.push_back(static_cast<u8>(folder >> (8 * i)));
  open.push_back(0x00);
  return rop_buffer({open, {0x05, 0x00, 0x01, 0x02, 0x00}}, 3);
}

inline void append_u32(std::vector<u8>& out, std::size_t value) {
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<u8>(value >> (8 * i)));
}

// The tree and both buffers of an Execute request's body with those ROPs.
inline void add_content(dissect::Operation& operation, const std::vector<u8>& rops) {
  wire::OutBuffer packed;
  emsmdb::append_extended_buffer(rops, {.compress = false}, packed);
  std::vector<u8> body;
  append_u32(body, 3);
  append_u32(body, packed.view().size());
  body.insert(body.end(), packed.view().begin(), packed.view().end());
  append_u32(body, 0x10008);
  append_u32(body, 0);
  Arena arena;
  wire::Tree tree = wire::read_tree(wire::struct_info<mapihttp::ExecuteRequest>, body, arena);
  operation.size = body.size();
  operation.tree = std::move(tree.root);
  operation.tree.length = body.size();
  operation.buffers = {{"body", "as it travelled", body},
                       {"Opened", "its extended buffers", {packed.view().begin(), packed.view().end()}},
                       {"PlainPayload", "XOR 0xA5 removed", rops}};
}

// Number n of a made-up conversation: requests are odd, each response follows its request; every 10th response has a
// ROP that failed, every 50th fails as a whole; clients change every 200 operations.
inline dissect::Operation sample_operation(u64 n) {
  using dissect::Direction;
  constexpr i64 kStart = 1'700'000'000'000'000'000, kStep = 1'370'000;
  dissect::Operation operation;
  const bool is_response = n % 2 == 0;
  const u64 call = (n + 1) / 2;
  const i64 wait = 400'000 + static_cast<i64>(call * 7919 % 97) * 90'000 + (call % 40 == 0 ? 380'000'000 : 0);
  operation.number = n;
  operation.frames = {{n * 2 + 4, kStart + static_cast<i64>(call) * kStep * 2 + (is_response ? wait : 0)}};
  operation.connection = n / 200 + 1;
  const std::string client = fmt::format("198.51.100.{}:{}", 10 + n / 200 % 3, 49152 + n / 200 % 9000);
  const std::string server = n / 200 % 2 == 0 ? "192.0.2.7:443" : "192.0.2.7:6001";
  operation.src = is_response ? server : client;
  operation.dst = is_response ? client : server;
  operation.layer = n / 200 % 2 == 0 ? "MAPIHTTP" : "EMSMDB";
  operation.name = operation.layer == "EMSMDB" ? "EcDoRpcExt2" : "Execute";
  operation.direction = is_response ? Direction::response : Direction::request;
  operation.user = "user1@ropewalk.test";
  static constexpr std::array<std::array<std::string_view, 2>, 4> kRops{{{"RopOpenFolder", "RopGetContentsTable"},
                                                                         {"RopSetColumns", "RopQueryRows"},
                                                                         {"RopOpenMessage", "RopGetPropertiesSpecific"},
                                                                         {"RopLogon", "RopGetReceiveFolder"}}};
  const auto& names = kRops[call % kRops.size()];
  operation.rops = {{std::string(names[0]), std::nullopt, "Folder \"Inbox\""},
                    {std::string(names[1]), std::nullopt, ""}};
  if (is_response) {
    operation.answers = n - 1;
    operation.round_trip = wait;
    operation.result = "success";
    operation.rops[0].error = operation.rops[1].error = 0;
    if (call % 10 == 0) operation.rops[1].error = static_cast<u32>(mapi::ErrorCode::not_found);
    if (call % 50 == 0) {
      operation.error = static_cast<u32>(mapi::ErrorCode::rpc_format);
      operation.result = mapi::name(mapi::ErrorCode::rpc_format);
    }
  } else if (call % 33 == 0) {
    operation.notes = {"encrypted by NTLM, privacy: no secret is known"};
  }
  add_content(operation, sample_rops(0x0500000000000001 + call % 7));
  return operation;
}

}  // namespace ropewalk::inspect
