// What NTLM computes from a password and two challenges: [MS-NLMP] 3.3 and 3.4.5. Names are UTF-8, messages' texts
// UTF-16LE bytes.
#pragma once

#include <optional>
#include <string_view>

#include "auth/legacy_crypto.h"
#include "base/filetime.h"
#include "protocol/ntlmssp/structures.h"

namespace ropewalk::auth {

using ntlmssp::NegotiateFlags;

// NTOWFv1, [MS-NLMP] 3.3.1: what is stored of a password. As good as the password itself to whoever has it.
Key16 nt_hash(std::string_view password);
// LMOWFv1, [MS-NLMP] 3.3.1; std::nullopt for a password that has none (over 14 characters, or not in ASCII).
std::optional<Key16> lm_hash(std::string_view password);
// NTOWFv2 and LMOWFv2, [MS-NLMP] 3.3.2. The user's letters count as capitals, the domain's as they are.
Key16 ntowf_v2(const Key16& hash, ByteView user_utf16, ByteView domain_utf16);

struct Responses {
  std::vector<u8> nt, lm;
  Key16 session_base_key{};
};

// ComputeResponse of [MS-NLMP] 3.3.2. `target_info` is the sequence of AV_PAIRs, ServerName there.
Responses respond_v2(const Key16& response_key, const Block8& server_challenge, const Block8& client_challenge,
                     FileTime time, ByteView target_info);
// NTProofStr for a `temp` (NTLMv2_CLIENT_CHALLENGE) somebody else has made.
Key16 nt_proof(const Key16& response_key, const Block8& server_challenge, ByteView temp);

// ComputeResponse of [MS-NLMP] 3.3.1. Without an `lm` hash the NT response stands in for the LM response.
Responses respond_v1(NegotiateFlags flags, const Key16& hash, const std::optional<Key16>& lm,
                     const Block8& server_challenge, const Block8& client_challenge);
// KXKEY for NTLM v1, [MS-NLMP] 3.4.5.1; with version 2 the session base key itself is the key.
Key16 key_exchange_key_v1(NegotiateFlags flags, const Key16& session_base_key, const std::optional<Key16>& lm,
                          ByteView lm_response, const Block8& server_challenge);

// RC4K, [MS-NLMP] 6: its own inverse.
Key16 rc4k(const Key16& key, Key16 data);

enum class Direction { client_to_server, server_to_client };
// SIGNKEY, [MS-NLMP] 3.4.5.2; all zero without extended session security.
Key16 sign_key(NegotiateFlags flags, const Key16& exported_session_key, Direction direction);
// SEALKEY, [MS-NLMP] 3.4.5.3: 16 or 8 bytes.
std::vector<u8> seal_key(NegotiateFlags flags, const Key16& exported_session_key, Direction direction);

// The hash that MsvAvChannelBindings carries: MD5 of a gss_channel_bindings_struct without addresses ([RFC4121]
// 4.1.1.2) around `application_data`, e.g. "tls-server-end-point:" and a certificate's hash ([RFC5929]).
Key16 channel_bindings_hash(ByteView application_data);

}  // namespace ropewalk::auth
