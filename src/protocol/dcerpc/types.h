// The small types that connection-oriented PDUs are made of: [C706] 12.6, [MS-RPCE] 2.2.
#pragma once

#include "base/guid.h"
#include "protocol/ndr/format.h"
#include "wire/context.h"
#include "wire/scalar.h"
#include "wire/values.h"

namespace ropewalk::dcerpc {

// [C706] 12.6.1 PTYPE; rpc_auth_3 and rts are from [MS-RPCE] 2.2.2.10 and [MS-RPCH] 2.2.3.6.
enum class PacketType : u8 {
  request = 0,
  response = 2,
  fault = 3,
  bind = 11,
  bind_ack = 12,
  bind_nak = 13,
  alter_context = 14,
  alter_context_resp = 15,
  auth3 = 16,
  shutdown = 17,
  co_cancel = 18,
  orphaned = 19,
  rts = 20,
};
const wire::TypeInfo& wire_type(std::type_identity<PacketType>);
// "alter_context"; empty for values without a meaning.
std::string_view packet_name(PacketType type);

// [C706] 12.6.3.1 pfc_flags.
struct PfcFlags {
  static constexpr u8 kFirstFrag = 0x01, kLastFrag = 0x02;
  static constexpr u8 kPendingCancel = 0x04;      // in requests and the like
  static constexpr u8 kSupportHeaderSign = 0x04;  // in bind, alter_context, their answers, auth3: [MS-RPCE] 2.2.2.3
  static constexpr u8 kConcMpx = 0x10, kDidNotExecute = 0x20, kMaybe = 0x40, kObjectUuid = 0x80;
  u8 value = kFirstFrag | kLastFrag;
  bool has(u8 flags) const { return (value & flags) == flags; }
};
const wire::TypeInfo& wire_type(std::type_identity<PfcFlags>);

// [C706] 14.1: the first byte of the data representation label, integers and characters.
struct IntegerRepresentation {
  static constexpr u8 kLittleEndian = 0x10;
  u8 value = kLittleEndian;
  bool big_endian() const { return (value & kLittleEndian) == 0; }
};
const wire::TypeInfo& wire_type(std::type_identity<IntegerRepresentation>);

// [MS-RPCE] 2.2.1.1.7 and 2.2.1.1.8
enum class AuthType : u8 {
  none = 0x00,
  spnego = 0x09,
  ntlm = 0x0A,
  schannel = 0x0E,
  kerberos = 0x10,
  netlogon = 0x44,
  default_type = 0xFF
};
const wire::TypeInfo& wire_type(std::type_identity<AuthType>);
enum class AuthLevel : u8 {
  default_level = 0,
  none = 1,
  connect = 2,
  call = 3,
  packet = 4,
  integrity = 5,
  privacy = 6
};
const wire::TypeInfo& wire_type(std::type_identity<AuthLevel>);

// p_cont_def_result_t: [C706] 12.6.3.1, [MS-RPCE] 2.2.2.4
enum class ContextResult : u16 { acceptance = 0, user_rejection = 1, provider_rejection = 2, negotiate_ack = 3 };
const wire::TypeInfo& wire_type(std::type_identity<ContextResult>);

// p_provider_reason_t. Where the result is negotiate_ack, the field holds the response bitmask instead.
struct ProviderReason {
  static constexpr u16 kNotSpecified = 0, kAbstractSyntaxNotSupported = 1, kTransferSyntaxesNotSupported = 2,
                       kLocalLimitExceeded = 3;
  u16 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<ProviderReason>);

// p_reject_reason_t of bind_nak: [C706] 12.6.3.1, [MS-RPCE] 2.2.2.5
enum class RejectReason : u16 {
  not_specified = 0,
  temporary_congestion = 1,
  local_limit_exceeded = 2,
  called_paddr_unknown = 3,
  protocol_version_not_supported = 4,
  default_context_not_supported = 5,
  user_data_not_readable = 6,
  no_psap_available = 7,
  authentication_type_not_recognized = 8,
  invalid_checksum = 9,
};
const wire::TypeInfo& wire_type(std::type_identity<RejectReason>);

// BindTimeFeatureNegotiationBitmask: [MS-RPCE] 2.2.2.14, 2.2.2.15
inline constexpr u16 kSecurityContextMultiplexing = 0x0001, kKeepConnectionOnOrphan = 0x0002;

// The fields of a structure whose integers are in the byte order of the PDU around it. Nothing is aligned: [C706] 12.6
// lays PDUs out so that every field is.
template <class V>
class Ordered {
 public:
  explicit Ordered(V& v) : v_(v) {
    if (const auto* format = wire::context<ndr::Format>(v)) big_endian_ = format->big_endian;
  }
  bool big_endian() const { return big_endian_; }
  void operator()(std::string_view name, auto& x) { v_.ordered(name, x, big_endian_); }

 private:
  V& v_;
  bool big_endian_ = false;
};

// p_syntax_id_t: an interface or a transfer syntax. The version's low half is the major one.
struct SyntaxId {
  static constexpr std::string_view kName = "p_syntax_id_t";
  static constexpr std::string_view kSource = "[C706] 12.6.3.1";
  Guid uuid;
  u32 version{};

  constexpr u16 major() const { return static_cast<u16>(version); }
  constexpr u16 minor() const { return static_cast<u16>(version >> 16); }
  bool operator==(const SyntaxId&) const = default;
  // "a4f1db00-ca47-1067-b31f-00dd010662da v0.81"
  std::string to_string() const;

  static void fields(auto& m, auto& v) {
    Ordered o(v);
    o("if_uuid", m.uuid);
    o("if_version", m.version);
  }
};

constexpr SyntaxId syntax(const Guid& uuid, u16 major, u16 minor = 0) {
  return {uuid, static_cast<u32>(minor) << 16 | major};
}

// [C706] appendix I; [MS-RPCE] 2.2.5.1
inline constexpr SyntaxId kNdr = syntax(guid_literal("8a885d04-1ceb-11c9-9fe8-08002b104860"), 2);
inline constexpr SyntaxId kNdr64 = syntax(guid_literal("71710533-beba-4937-8319-b5dbef9ccc36"), 1);

// [MS-RPCE] 3.3.1.5.3: a transfer syntax whose UUID begins with this carries the client's features in its last 8 bytes.
inline constexpr Guid kBindTimeFeatures = guid_literal("6cb71c2c-9812-4540-0000-000000000000");
// The client's features, if `offered` is such a syntax.
std::optional<u16> bind_time_features(const SyntaxId& offered);
SyntaxId bind_time_syntax(u16 features);

}  // namespace ropewalk::dcerpc
