// The verification trailer behind a request's stub: [MS-RPCE] 2.2.2.13. Little-endian, whatever the PDU is.
#pragma once

#include "protocol/dcerpc/pdu.h"

namespace ropewalk::dcerpc {

// SEC_VT.command
struct VerificationCommandCode {
  static constexpr u16 kBitmask1 = 0x0001, kPcontext = 0x0002, kHeader2 = 0x0003, kEnd = 0x4000, kMustProcess = 0x8000;
  u16 value = 0;
  u16 type() const { return value & 0x3FFF; }
  bool is_last() const { return (value & kEnd) != 0; }
  bool must_process() const { return (value & kMustProcess) != 0; }
};
const wire::TypeInfo& wire_type(std::type_identity<VerificationCommandCode>);

// A command's content; which members count depends on its type.
struct VerificationCommand {
  static constexpr std::string_view kName = "SEC_VT";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.2.13";
  static constexpr u32 kSupportHeaderSigning = 1;
  VerificationCommandCode command;
  u32 bits{};                              // rpc_sec_vt_bitmask
  SyntaxId interface_id, transfer_syntax;  // rpc_sec_vt_pcontext
  PacketType packet_type{};                // rpc_sec_vt_header2, from here on
  u8 reserved1{};
  u16 reserved2{};
  u32 drep{}, call_id{};
  u16 context_id{}, opnum{};
  ByteView unknown;

  static void fields(auto& m, auto& v) {
    v("command", m.command);
    v.sized("length", u16{}, [&] { content(m, v); });
  }
  static void content(auto& m, auto& v) {
    switch (m.command.type()) {
      case VerificationCommandCode::kBitmask1:
        v("bits", m.bits);
        break;
      case VerificationCommandCode::kPcontext:
        v("InterfaceId", m.interface_id);
        v("TransferSyntax", m.transfer_syntax);
        break;
      case VerificationCommandCode::kHeader2:
        v("PTYPE", m.packet_type);
        v("Reserved1", m.reserved1);
        v("Reserved2", m.reserved2);
        v("drep", m.drep);
        v("call_id", m.call_id);
        v("p_context_id_t", m.context_id);
        v("opnum", m.opnum);
        break;
      default:
        v.rest("unknown", m.unknown);
    }
  }
};

inline constexpr std::array<u8, 8> kVerificationSignature = {0x8A, 0xE3, 0x13, 0x71, 0x02, 0xF4, 0x36, 0x71};

struct VerificationTrailer {
  static constexpr std::string_view kName = "rpc_sec_verification_trailer";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.2.13.1";
  std::array<u8, 8> signature = kVerificationSignature;
  wire::List<VerificationCommand> commands;
  static void fields(auto& m, auto& v) {
    v("signature", m.signature);
    v.until("commands", m.commands, [](const VerificationCommand& command) { return command.command.is_last(); });
  }
};

// Where the last signature stands in a request's stub data, on a boundary of four bytes; std::nullopt without one.
std::optional<std::size_t> find_verification_trailer(ByteView stub_data);

}  // namespace ropewalk::dcerpc
