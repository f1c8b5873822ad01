// What an AUTHENTICATE_MESSAGE proves, and the keys that follow from it: for the server, and for whoever looks on with
// the password in hand.
#pragma once

#include "auth/ntlm_session.h"
#include "auth/security_context.h"
#include "protocol/ntlmssp/messages.h"

namespace ropewalk::auth {

// The message and its parts, which point into its bytes.
struct NtlmProof {
  ntlmssp::AuthenticateMessage message{};
  ByteView lm{}, nt{}, domain{}, user{}, session_key{};  // the names are UTF-16LE, or in the OEM character set
  bool is_v2() const { return nt.size() > 24; }
  Identity who() const;
};
Result<NtlmProof, Refusal> read_proof(ByteView authenticate, Arena& arena);
// True where the pairs of an NTLMv2_RESPONSE say that the message has a MIC.
bool announces_mic(const ntlmssp::AvPairs& pairs);

// The key exchange key, where the response is the one that the hash makes; [MS-NLMP] 3.3 and 3.4.5.1.
std::optional<Key16> exchange_key_of(const NtlmProof& proof, const Key16& nt_hash, const Block8& server_challenge,
                                     NegotiateFlags agreed);
// ExportedSessionKey, [MS-NLMP] 3.2.5.1.2.
Result<Key16, Refusal> exported_key_of(const NtlmProof& proof, const Key16& exchange_key, NegotiateFlags agreed);

// A conversation seen from outside: opens what each side sends.
struct ObservedNtlm {
  Identity who;
  NtlmSession of_client;                 // opens what the client sends
  std::optional<NtlmSession> of_server;  // absent without extended session security: one key stream for both directions
  bool has_mic = false;                  // see NtlmSession::restart()
  NtlmSession& of(Direction direction) {
    return direction == Direction::server_to_client && of_server ? *of_server : of_client;
  }
};
Result<ObservedNtlm, Refusal> observe_ntlm(ByteView challenge, ByteView authenticate, const Key16& nt_hash);

}  // namespace ropewalk::auth
