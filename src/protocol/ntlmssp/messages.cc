#include "protocol/ntlmssp/messages.h"

#include "wire/flag_text.h"

namespace ropewalk::ntlmssp {

using wire::NamedValue;

const wire::TypeInfo& wire_type(std::type_identity<NegotiateFlags>) {
  using F = NegotiateFlags;
  static constexpr NamedValue kNames[] = {{F::kUnicode, "NTLMSSP_NEGOTIATE_UNICODE"},
                                          {F::kOem, "NTLM_NEGOTIATE_OEM"},
                                          {F::kRequestTarget, "NTLMSSP_REQUEST_TARGET"},
                                          {F::kSign, "NTLMSSP_NEGOTIATE_SIGN"},
                                          {F::kSeal, "NTLMSSP_NEGOTIATE_SEAL"},
                                          {F::kDatagram, "NTLMSSP_NEGOTIATE_DATAGRAM"},
                                          {F::kLmKey, "NTLMSSP_NEGOTIATE_LM_KEY"},
                                          {F::kNtlm, "NTLMSSP_NEGOTIATE_NTLM"},
                                          {F::kAnonymous, "NTLMSSP_ANONYMOUS"},
                                          {F::kOemDomainSupplied, "NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED"},
                                          {F::kOemWorkstationSupplied, "NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED"},
                                          {F::kAlwaysSign, "NTLMSSP_NEGOTIATE_ALWAYS_SIGN"},
                                          {F::kTargetTypeDomain, "NTLMSSP_TARGET_TYPE_DOMAIN"},
                                          {F::kTargetTypeServer, "NTLMSSP_TARGET_TYPE_SERVER"},
                                          {F::kExtendedSessionSecurity, "NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY"},
                                          {F::kIdentify, "NTLMSSP_NEGOTIATE_IDENTIFY"},
                                          {F::kNonNtSessionKey, "NTLMSSP_REQUEST_NON_NT_SESSION_KEY"},
                                          {F::kTargetInfo, "NTLMSSP_NEGOTIATE_TARGET_INFO"},
                                          {F::kVersion, "NTLMSSP_NEGOTIATE_VERSION"},
                                          {F::k128, "NTLMSSP_NEGOTIATE_128"},
                                          {F::kKeyExchange, "NTLMSSP_NEGOTIATE_KEY_EXCH"},
                                          {F::k56, "NTLMSSP_NEGOTIATE_56"}};
  static constexpr wire::TypeInfo info{"NEGOTIATE", 4, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_flag_names(raw, kNames, out); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<AvId>) {
  static constexpr NamedValue kNames[] = {
      {0, "MsvAvEOL"},           {1, "MsvAvNbComputerName"}, {2, "MsvAvNbDomainName"},    {3, "MsvAvDnsComputerName"},
      {4, "MsvAvDnsDomainName"}, {5, "MsvAvDnsTreeName"},    {6, "MsvAvFlags"},           {7, "MsvAvTimestamp"},
      {8, "MsvAvSingleHost"},    {9, "MsvAvTargetName"},     {10, "MsvAvChannelBindings"}};
  static constexpr wire::TypeInfo info{"AvId", 2, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_value_name(raw, kNames, out); },
                                       [](wire::Random& random) { return random.below(12); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<AvFlags>) {
  static constexpr NamedValue kNames[] = {{1, "AccountConstrained"}, {2, "MicProvided"}, {4, "UntrustedTarget"}};
  static constexpr wire::TypeInfo info{"MsvAvFlags", 4, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_flag_names(raw, kNames, out); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<MessageType>) {
  static constexpr NamedValue kNames[] = {{1, "NtLmNegotiate"}, {2, "NtLmChallenge"}, {3, "NtLmAuthenticate"}};
  static constexpr wire::TypeInfo info{"MessageType", 4, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_value_name(raw, kNames, out); },
                                       [](wire::Random& random) { return 1 + random.below(3); }};
  return info;
}

std::optional<ByteView> with_terminator(ByteView bytes, Arena& arena) {
  auto made = arena.make<u8>(bytes.size() + 2);  // zeros
  if (made.empty()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), made.begin());
  return ByteView(made);
}

const wire::StructInfo* message_info(ByteView bytes) {
  if (bytes.size() < 12 || !std::equal(kSignature.begin(), kSignature.end(), bytes.begin())) return nullptr;
  switch (MessageType{load_le<u32>(bytes.data() + 8)}) {
    case MessageType::negotiate:
      return &wire::struct_info<NegotiateMessage>;
    case MessageType::challenge:
      return &wire::struct_info<ChallengeMessage>;
    case MessageType::authenticate:
      return &wire::struct_info<AuthenticateMessage>;
  }
  return nullptr;
}

template <class M>
Result<M, wire::WireError> read_message(ByteView bytes, Arena& arena) {
  auto read = wire::decode<M>(bytes, arena);
  if (!read.ok()) return read;
  auto wrong = [](std::size_t offset, std::string detail) {
    return wire::WireError{wire::ErrorKind::malformed, offset, 0, 0, std::string(M::kName), std::move(detail)};
  };
  if (read->signature != kSignature) return wrong(0, "the Signature is not NTLMSSP");
  if (read->message_type != M::kType)
    return wrong(8, "MessageType is " + std::to_string(static_cast<u32>(read->message_type)) + ", not " +
                        std::to_string(static_cast<u32>(M::kType)));
  return read;
}
template Result<NegotiateMessage, wire::WireError> read_message(ByteView, Arena&);
template Result<ChallengeMessage, wire::WireError> read_message(ByteView, Arena&);
template Result<AuthenticateMessage, wire::WireError> read_message(ByteView, Arena&);

template <class M>
std::vector<u8> write_message(M message, std::initializer_list<Part<M>> parts) {
  std::vector<u8> payload;
  for (const Part<M>& part : parts) {
    PayloadField& field = message.*part.field;
    field.length = field.max_length = static_cast<u16>(part.bytes.size());
    field.offset = static_cast<u32>(M::kFixed + payload.size());
    payload.insert(payload.end(), part.bytes.begin(), part.bytes.end());
  }
  message.payload = payload;
  wire::OutBuffer out;
  (void)wire::encode(message, out);
  return {out.data(), out.data() + out.size()};
}
template std::vector<u8> write_message(NegotiateMessage, std::initializer_list<Part<NegotiateMessage>>);
template std::vector<u8> write_message(ChallengeMessage, std::initializer_list<Part<ChallengeMessage>>);
template std::vector<u8> write_message(AuthenticateMessage, std::initializer_list<Part<AuthenticateMessage>>);

}  // namespace ropewalk::ntlmssp
