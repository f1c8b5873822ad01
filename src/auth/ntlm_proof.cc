#include "auth/ntlm_proof.h"

#include "auth/ntlm_context.h"
#include "base/utf16.h"

namespace ropewalk::auth {

using namespace ntlmssp;
using F = NegotiateFlags;

Identity NtlmProof::who() const {
  auto text = [&](ByteView name) {
    return message.negotiate_flags.has(F::kUnicode) ? utf16_to_utf8(name) : std::string(text_of(name));
  };
  return {text(user), text(domain)};
}

Result<NtlmProof, Refusal> read_proof(ByteView authenticate, Arena& arena) {
  auto message = read_message<AuthenticateMessage>(authenticate, arena);
  if (!message.ok()) return bad_message("AUTHENTICATE_MESSAGE", message.error());
  NtlmProof proof{.message = *message};
  const std::pair<const PayloadField*, ByteView*> parts[] = {
      {&message->lm_challenge_response, &proof.lm},
      {&message->nt_challenge_response, &proof.nt},
      {&message->domain_name, &proof.domain},
      {&message->user_name, &proof.user},
      {&message->encrypted_random_session_key, &proof.session_key}};
  for (auto [field, to] : parts) {
    auto part = field->in(authenticate);
    if (!part) return Refusal{Reason::bad_token, "the AUTHENTICATE_MESSAGE of NTLM has a part outside itself"};
    *to = *part;
  }
  return proof;
}

bool announces_mic(const AvPairs& pairs) {
  const AvPair* flags = pairs.find(AvId::flags);
  return flags != nullptr && flags->value.size() == 4 &&
         (load_le<u32>(flags->value.data()) & AvFlags::kMicProvided) != 0;
}

namespace {

std::optional<Key16> check_v2(const NtlmProof& proof, const Key16& hash, const Block8& server_challenge) {
  const ByteView response = proof.nt.first(16), temp = proof.nt.subspan(16);
  const bool unicode = proof.message.negotiate_flags.has(F::kUnicode);
  auto as_utf16 = [&](ByteView name) {
    return unicode ? std::vector<u8>(name.begin(), name.end()) : utf8_to_utf16(text_of(name));
  };
  const std::vector<u8> domains[] = {as_utf16(proof.domain), {}};  // 3.2.5.1.2: some clients leave it out here
  for (const auto& domain : domains) {
    const Key16 key = ntowf_v2(hash, as_utf16(proof.user), domain);
    if (equal_in_constant_time(nt_proof(key, server_challenge, temp), response)) return hmac_md5(key, {response});
  }
  return std::nullopt;
}

// With or without extended session security.
std::optional<Key16> check_v1(const NtlmProof& proof, const Key16& hash, const Block8& server_challenge, F agreed) {
  Block8 nonce{};
  std::copy_n(proof.lm.begin(), std::min(nonce.size(), proof.lm.size()), nonce.begin());
  const Responses expected = respond_v1(agreed, hash, std::nullopt, server_challenge, nonce);
  if (!equal_in_constant_time(expected.nt, proof.nt)) return std::nullopt;
  return key_exchange_key_v1(agreed, expected.session_base_key, std::nullopt, proof.lm, server_challenge);
}

}  // namespace

std::optional<Key16> exchange_key_of(const NtlmProof& proof, const Key16& nt_hash, const Block8& server_challenge,
                                     NegotiateFlags agreed) {
  if (proof.is_v2()) return check_v2(proof, nt_hash, server_challenge);
  return check_v1(proof, nt_hash, server_challenge, agreed);
}

Result<Key16, Refusal> exported_key_of(const NtlmProof& proof, const Key16& exchange_key, NegotiateFlags agreed) {
  if (!agreed.has(F::kKeyExchange) || !agreed.has_any(F::kSign | F::kSeal)) return exchange_key;
  Key16 encrypted;
  if (proof.session_key.size() != encrypted.size())
    return Refusal{Reason::bad_token, "the AUTHENTICATE_MESSAGE of NTLM has a session key of " +
                                          std::to_string(proof.session_key.size()) + " bytes, not 16"};
  std::copy(proof.session_key.begin(), proof.session_key.end(), encrypted.begin());
  return rc4k(exchange_key, encrypted);
}

Result<ObservedNtlm, Refusal> observe_ntlm(ByteView challenge, ByteView authenticate, const Key16& nt_hash) {
  Arena arena;
  auto asked = read_message<ChallengeMessage>(challenge, arena);
  if (!asked.ok()) return bad_message("CHALLENGE_MESSAGE", asked.error());
  ROPEWALK_TRY(const NtlmProof proof, read_proof(authenticate, arena));
  const F agreed{asked->negotiate_flags.value & proof.message.negotiate_flags.value};
  const auto key = exchange_key_of(proof, nt_hash, asked->server_challenge, agreed);
  if (!key)
    return Refusal{Reason::wrong_password, "user \"" + proof.who().text() + "\" signed in with another password"};
  ROPEWALK_TRY(const Key16 exported, exported_key_of(proof, *key, agreed));
  bool has_mic = false;
  if (proof.is_v2()) {
    auto response = wire::decode<Ntlmv2Response>(proof.nt, arena);
    has_mic = response.ok() && announces_mic(response->client_challenge.av_pairs);
  }
  ObservedNtlm observed{proof.who(), NtlmSession(agreed, exported, Direction::server_to_client), std::nullopt, has_mic};
  if (agreed.has(F::kExtendedSessionSecurity))
    observed.of_server.emplace(agreed, exported, Direction::client_to_server);
  return observed;
}

}  // namespace ropewalk::auth
