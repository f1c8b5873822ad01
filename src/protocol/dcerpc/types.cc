#include "protocol/dcerpc/types.h"

#include <fmt/format.h>

#include "wire/flag_text.h"

namespace ropewalk::dcerpc {
namespace {

using wire::Form;
using wire::NamedValue;
using wire::TypeInfo;

constexpr NamedValue kPacketTypes[] = {
    {0, "request"},   {2, "response"},  {3, "fault"},          {11, "bind"},
    {12, "bind_ack"}, {13, "bind_nak"}, {14, "alter_context"}, {15, "alter_context_resp"},
    {16, "auth3"},    {17, "shutdown"}, {18, "co_cancel"},     {19, "orphaned"},
    {20, "rts"}};
constexpr NamedValue kFlags[] = {
    {0x01, "PFC_FIRST_FRAG"}, {0x02, "PFC_LAST_FRAG"},       {0x04, "PFC_PENDING_CANCEL/SUPPORT_HEADER_SIGN"},
    {0x10, "PFC_CONC_MPX"},   {0x20, "PFC_DID_NOT_EXECUTE"}, {0x40, "PFC_MAYBE"},
    {0x80, "PFC_OBJECT_UUID"}};
constexpr NamedValue kIntegers[] = {{0x00, "big-endian, ASCII"},
                                    {0x01, "big-endian, EBCDIC"},
                                    {0x10, "little-endian, ASCII"},
                                    {0x11, "little-endian, EBCDIC"}};
constexpr NamedValue kAuthTypes[] = {{0x00, "RPC_C_AUTHN_NONE"},         {0x09, "RPC_C_AUTHN_GSS_NEGOTIATE"},
                                     {0x0A, "RPC_C_AUTHN_WINNT"},        {0x0E, "RPC_C_AUTHN_GSS_SCHANNEL"},
                                     {0x10, "RPC_C_AUTHN_GSS_KERBEROS"}, {0x44, "RPC_C_AUTHN_NETLOGON"},
                                     {0xFF, "RPC_C_AUTHN_DEFAULT"}};
constexpr NamedValue kAuthLevels[] = {{0, "RPC_C_AUTHN_LEVEL_DEFAULT"},    {1, "RPC_C_AUTHN_LEVEL_NONE"},
                                      {2, "RPC_C_AUTHN_LEVEL_CONNECT"},    {3, "RPC_C_AUTHN_LEVEL_CALL"},
                                      {4, "RPC_C_AUTHN_LEVEL_PKT"},        {5, "RPC_C_AUTHN_LEVEL_PKT_INTEGRITY"},
                                      {6, "RPC_C_AUTHN_LEVEL_PKT_PRIVACY"}};
constexpr NamedValue kResults[] = {
    {0, "acceptance"}, {1, "user_rejection"}, {2, "provider_rejection"}, {3, "negotiate_ack"}};
constexpr NamedValue kReasons[] = {{0, "reason_not_specified"},
                                   {1, "abstract_syntax_not_supported"},
                                   {2, "proposed_transfer_syntaxes_not_supported"},
                                   {3, "local_limit_exceeded"}};
constexpr NamedValue kRejects[] = {{0, "REASON_NOT_SPECIFIED"},
                                   {1, "TEMPORARY_CONGESTION"},
                                   {2, "LOCAL_LIMIT_EXCEEDED"},
                                   {3, "CALLED_PADDR_UNKNOWN"},
                                   {4, "PROTOCOL_VERSION_NOT_SUPPORTED"},
                                   {5, "DEFAULT_CONTEXT_NOT_SUPPORTED"},
                                   {6, "USER_DATA_NOT_READABLE"},
                                   {7, "NO_PSAP_AVAILABLE"},
                                   {8, "authentication_type_not_recognized"},
                                   {9, "invalid_checksum"}};

template <auto& names>
void value_text(u64 raw, std::string& out) {
  wire::append_value_name(raw, names, out);
}
template <auto& names>
u64 any_of(wire::Random& random) {
  return names[random.below(std::size(names))].value;
}

}  // namespace

std::string_view packet_name(PacketType type) {
  for (const auto& known : kPacketTypes)
    if (known.value == static_cast<u64>(type)) return known.name;
  return {};
}

const TypeInfo& wire_type(std::type_identity<PacketType>) {
  static constexpr TypeInfo info{"PTYPE", 1, Form::unsigned_number, value_text<kPacketTypes>, any_of<kPacketTypes>};
  return info;
}
const TypeInfo& wire_type(std::type_identity<PfcFlags>) {
  static constexpr TypeInfo info{"pfc_flags", 1, Form::unsigned_number,
                                 [](u64 raw, std::string& out) { wire::append_flag_names(raw, kFlags, out); }};
  return info;
}
const TypeInfo& wire_type(std::type_identity<IntegerRepresentation>) {
  static constexpr TypeInfo info{"drep", 1, Form::unsigned_number, value_text<kIntegers>, any_of<kIntegers>};
  return info;
}
const TypeInfo& wire_type(std::type_identity<AuthType>) {
  static constexpr TypeInfo info{"auth_type", 1, Form::unsigned_number, value_text<kAuthTypes>, any_of<kAuthTypes>};
  return info;
}
const TypeInfo& wire_type(std::type_identity<AuthLevel>) {
  static constexpr TypeInfo info{"auth_level", 1, Form::unsigned_number, value_text<kAuthLevels>, any_of<kAuthLevels>};
  return info;
}
const TypeInfo& wire_type(std::type_identity<ContextResult>) {
  static constexpr TypeInfo info{"p_cont_def_result_t", 2, Form::unsigned_number, value_text<kResults>,
                                 any_of<kResults>};
  return info;
}
const TypeInfo& wire_type(std::type_identity<ProviderReason>) {
  static constexpr TypeInfo info{"p_provider_reason_t", 2, Form::unsigned_number, value_text<kReasons>,
                                 any_of<kReasons>};
  return info;
}
const TypeInfo& wire_type(std::type_identity<RejectReason>) {
  static constexpr TypeInfo info{"p_reject_reason_t", 2, Form::unsigned_number, value_text<kRejects>, any_of<kRejects>};
  return info;
}

std::string SyntaxId::to_string() const { return fmt::format("{} v{}.{}", uuid.to_string(), major(), minor()); }

std::optional<u16> bind_time_features(const SyntaxId& offered) {
  if (!std::equal(kBindTimeFeatures.bytes.begin(), kBindTimeFeatures.bytes.begin() + 8, offered.uuid.bytes.begin()))
    return std::nullopt;
  return load_le<u16>(offered.uuid.bytes.data() + 8);
}

SyntaxId bind_time_syntax(u16 features) {
  SyntaxId id = syntax(kBindTimeFeatures, 1);
  store_le(id.uuid.bytes.data() + 8, features);
  return id;
}

}  // namespace ropewalk::dcerpc
