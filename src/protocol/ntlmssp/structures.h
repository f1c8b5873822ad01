// What NTLM's messages are made of: [MS-NLMP] 2.2.2.
#pragma once

#include <array>
#include <optional>

#include "base/arena.h"
#include "base/filetime.h"
#include "wire/describe.h"
#include "wire/scalar.h"
#include "wire/values.h"

namespace ropewalk::ntlmssp {

// [MS-NLMP] 2.2.2.5 NEGOTIATE
struct NegotiateFlags {
  static constexpr u32 kUnicode = 0x00000001, kOem = 0x00000002, kRequestTarget = 0x00000004, kSign = 0x00000010,
                       kSeal = 0x00000020, kDatagram = 0x00000040, kLmKey = 0x00000080, kNtlm = 0x00000200,
                       kAnonymous = 0x00000800, kOemDomainSupplied = 0x00001000, kOemWorkstationSupplied = 0x00002000,
                       kAlwaysSign = 0x00008000, kTargetTypeDomain = 0x00010000, kTargetTypeServer = 0x00020000,
                       kExtendedSessionSecurity = 0x00080000, kIdentify = 0x00100000, kNonNtSessionKey = 0x00400000,
                       kTargetInfo = 0x00800000, kVersion = 0x02000000, k128 = 0x20000000, kKeyExchange = 0x40000000,
                       k56 = 0x80000000;
  u32 value = 0;
  bool has(u32 all) const { return (value & all) == all; }
  bool has_any(u32 some) const { return (value & some) != 0; }
};
const wire::TypeInfo& wire_type(std::type_identity<NegotiateFlags>);

// [MS-NLMP] 2.2.2.1 AV_PAIR.AvId
enum class AvId : u16 {
  eol = 0,
  nb_computer_name = 1,
  nb_domain_name = 2,
  dns_computer_name = 3,
  dns_domain_name = 4,
  dns_tree_name = 5,
  flags = 6,
  timestamp = 7,
  single_host = 8,
  target_name = 9,
  channel_bindings = 10,
};
const wire::TypeInfo& wire_type(std::type_identity<AvId>);

// The value of MsvAvFlags.
struct AvFlags {
  static constexpr u32 kConstrained = 0x1, kMicProvided = 0x2, kUntrustedTarget = 0x4;
  u32 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<AvFlags>);

// Text as it stands inside a message, without a terminator: what trees show of it.
struct PlainText16 {
  static constexpr std::string_view kName = "Text";
  wire::String16 text;
  static void fields(auto& m, auto& v) { v("Text", m.text); }
};
struct PlainText8 {
  static constexpr std::string_view kName = "Text";
  wire::String8 text;
  static void fields(auto& m, auto& v) { v("Text", m.text); }
};
struct AvFlagsValue {
  static constexpr std::string_view kName = "MsvAvFlags";
  AvFlags flags;
  static void fields(auto& m, auto& v) { v("Flags", m.flags); }
};
struct AvTimestampValue {
  static constexpr std::string_view kName = "MsvAvTimestamp";
  FileTime time;
  static void fields(auto& m, auto& v) { v("Time", m.time); }
};

// [MS-NLMP] 2.2.2.2
struct SingleHostData {
  static constexpr std::string_view kName = "Single_Host_Data";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.2";
  u32 size{}, z4{};
  std::array<u8, 8> custom_data{};
  std::array<u8, 32> machine_id{};
  static void fields(auto& m, auto& v) {
    v("Size", m.size);
    v("Z4", m.z4);
    v("CustomData", m.custom_data);
    v("MachineID", m.machine_id);
  }
};

// `bytes` and a terminator behind them, in the arena: what a tree's text is read from.
std::optional<ByteView> with_terminator(ByteView bytes, Arena& arena);

// [MS-NLMP] 2.2.2.1
struct AvPair {
  static constexpr std::string_view kName = "AV_PAIR";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.1";
  AvId id{};
  ByteView value;

  static void fields(auto& m, auto& v) {
    v("AvId", m.id);
    v("AvLen", wire::count_of<u16>(m.value));
    v("Value", m.value);
    auto itself = [&](Arena&) { return std::optional<ByteView>(m.value); };
    switch (m.id) {
      case AvId::nb_computer_name:
      case AvId::nb_domain_name:
      case AvId::dns_computer_name:
      case AvId::dns_domain_name:
      case AvId::dns_tree_name:
      case AvId::target_name:
        v.template inside<PlainText16>("Name", [&](Arena& arena) { return with_terminator(m.value, arena); });
        break;
      case AvId::flags:
        v.template inside<AvFlagsValue>("MsvAvFlags", itself);
        break;
      case AvId::timestamp:
        v.template inside<AvTimestampValue>("MsvAvTimestamp", itself);
        break;
      case AvId::single_host:
        v.template inside<SingleHostData>("MsvAvSingleHost", itself);
        break;
      default:
        break;
    }
  }
};

// A sequence of pairs, up to and with MsvAvEOL; senders may put bytes without a meaning behind it.
struct AvPairs {
  static constexpr std::string_view kName = "AV_PAIRs";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.1";
  wire::List<AvPair> pairs;
  ByteView padding;
  static void fields(auto& m, auto& v) {
    v.until("AvPairs", m.pairs, [](const AvPair& pair) { return pair.id == AvId::eol; });
    v.rest("Padding", m.padding);
  }

  // The first pair of that kind, or nullptr.
  const AvPair* find(AvId id) const {
    for (const AvPair& pair : pairs)
      if (pair.id == id) return &pair;
    return nullptr;
  }
};

// [MS-NLMP] 2.2.2.7
struct Ntlmv2ClientChallenge {
  static constexpr std::string_view kName = "NTLMv2_CLIENT_CHALLENGE";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.7";
  u8 resp_type = 1, hi_resp_type = 1;
  u16 reserved1{};
  u32 reserved2{};
  FileTime time_stamp;
  std::array<u8, 8> challenge_from_client{};
  u32 reserved3{};
  AvPairs av_pairs;
  static void fields(auto& m, auto& v) {
    v("RespType", m.resp_type);
    v("HiRespType", m.hi_resp_type);
    v("Reserved1", m.reserved1);
    v("Reserved2", m.reserved2);
    v("TimeStamp", m.time_stamp);
    v("ChallengeFromClient", m.challenge_from_client);
    v("Reserved3", m.reserved3);
    v("AvPairs", m.av_pairs);
  }
};

// [MS-NLMP] 2.2.2.8
struct Ntlmv2Response {
  static constexpr std::string_view kName = "NTLMv2_RESPONSE";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.8";
  std::array<u8, 16> response{};
  Ntlmv2ClientChallenge client_challenge;
  static void fields(auto& m, auto& v) {
    v("Response", m.response);
    v("NTLMv2_CLIENT_CHALLENGE", m.client_challenge);
  }
};

// [MS-NLMP] 2.2.2.6
struct NtlmResponse {
  static constexpr std::string_view kName = "NTLM_RESPONSE";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.6";
  std::array<u8, 24> response{};
  static void fields(auto& m, auto& v) { v("Response", m.response); }
};

// [MS-NLMP] 2.2.2.3
struct LmResponse {
  static constexpr std::string_view kName = "LM_RESPONSE";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.3";
  std::array<u8, 24> response{};
  static void fields(auto& m, auto& v) { v("Response", m.response); }
};

// [MS-NLMP] 2.2.2.4
struct Lmv2Response {
  static constexpr std::string_view kName = "LMv2_RESPONSE";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.4";
  std::array<u8, 16> response{};
  std::array<u8, 8> challenge_from_client{};
  static void fields(auto& m, auto& v) {
    v("Response", m.response);
    v("ChallengeFromClient", m.challenge_from_client);
  }
};

// [MS-NLMP] 2.2.2.9.1, without extended session security
struct MessageSignature {
  static constexpr std::string_view kName = "NTLMSSP_MESSAGE_SIGNATURE";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.9.1";
  u32 version = 1;
  u32 random_pad{}, checksum{}, seq_num{};
  static void fields(auto& m, auto& v) {
    v("Version", m.version);
    v("RandomPad", m.random_pad);
    v("Checksum", m.checksum);
    v("SeqNum", m.seq_num);
  }
};

// [MS-NLMP] 2.2.2.9.2, with extended session security
struct ExtendedMessageSignature {
  static constexpr std::string_view kName = "NTLMSSP_MESSAGE_SIGNATURE_Extended";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.9.2";
  u32 version = 1;
  std::array<u8, 8> checksum{};
  u32 seq_num{};
  static void fields(auto& m, auto& v) {
    v("Version", m.version);
    v("Checksum", m.checksum);
    v("SeqNum", m.seq_num);
  }
};
inline constexpr std::size_t kSignatureSize = 16;  // of both forms

// [MS-NLMP] 2.2.2.10
struct Version {
  static constexpr std::string_view kName = "VERSION";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.2.10";
  u8 product_major_version{}, product_minor_version{};
  u16 product_build{};
  std::array<u8, 3> reserved{};
  u8 ntlm_revision_current{};
  static void fields(auto& m, auto& v) {
    v("ProductMajorVersion", m.product_major_version);
    v("ProductMinorVersion", m.product_minor_version);
    v("ProductBuild", m.product_build);
    v("Reserved", m.reserved);
    v("NTLMRevisionCurrent", m.ntlm_revision_current);
  }
};

}  // namespace ropewalk::ntlmssp
