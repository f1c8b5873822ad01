#include "protocol/spnego/tokens.h"

namespace ropewalk::spnego {

std::string mechanism_text(ByteView id) {
  if (same_oid(id, oid::kKerberos)) return "Kerberos";
  if (same_oid(id, oid::kKerberosOld)) return "Kerberos (as Windows 2000 named it)";
  if (same_oid(id, oid::kNtlm)) return "NTLM";
  if (same_oid(id, oid::kNegoEx)) return "NEGOEX";
  return same_oid(id, oid::kSpnego) ? "SPNEGO" : oid_text(id);
}

std::string_view state_name(NegState state) {
  switch (state) {
    case NegState::accept_completed:
      return "accept-completed";
    case NegState::accept_incomplete:
      return "accept-incomplete";
    case NegState::reject:
      return "reject";
    case NegState::request_mic:
      return "request-mic";
  }
  return "unknown";
}

Result<NegotiationToken> read_token(ByteView bytes, wire::Node* tree) {
  NegotiationToken token;
  DerReader reader(bytes, tree);
  token.is_init = reader.next_tag() == kApplication0;
  NegotiationToken::fields(token, reader);
  if (reader.ok() && !reader.at_end()) reader.fail("NegotiationToken", "bytes left over");
  if (!reader.ok()) return Error{"the SPNEGO token cannot be read: " + reader.error()};
  return token;
}

std::vector<u8> write_token(NegotiationToken token) {
  DerWriter writer;
  NegotiationToken::fields(token, writer);
  return writer.finish();
}

std::vector<u8> write_mech_list(MechTypeList list) {
  DerWriter writer;
  MechTypeList::fields(list, writer);
  return writer.finish();
}

std::optional<ByteView> token_mechanism(ByteView bytes) {
  std::optional<ByteView> mechanism;
  DerReader reader(bytes);
  reader.element("InitialContextToken", kApplication0, [&] {
    ByteView id;
    reader.primitive("thisMech", kObjectIdentifier, id);
    if (reader.ok()) mechanism = id;
  });
  return mechanism;
}

}  // namespace ropewalk::spnego
