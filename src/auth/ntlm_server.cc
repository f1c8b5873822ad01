#include "auth/ntlm_server.h"

#include "auth/ntlm_context.h"
#include "auth/ntlm_proof.h"
#include "base/hex.h"
#include "base/utf16.h"

namespace ropewalk::auth {
namespace {

using namespace ntlmssp;
using F = NegotiateFlags;

constexpr std::size_t kMostToken = 0x4000;

// [MS-NLMP] 3.2.5.1.2: nobody has no password; the keys come from zeros.
bool is_anonymous(const NtlmProof& proof) { return proof.user.empty() && proof.nt.empty(); }

class NtlmServer final : public NtlmContext {
 public:
  explicit NtlmServer(const ServerOptions& options) : NtlmContext(Direction::server_to_client), options_(options) {}

 private:
  Result<Step, Refusal> answer(ByteView token) override {
    if (token.size() > kMostToken)
      return Refusal{Reason::bad_token, "an NTLM message has " + std::to_string(token.size()) + " bytes"};
    if (challenge_.empty()) return challenge(token);
    return judge(token);
  }
  Result<Step, Refusal> challenge(ByteView token);
  Result<Step, Refusal> judge(ByteView token);
  std::vector<u8> target_info() const;
  FileTime now() const { return options_.now ? options_.now() : FileTime::now(); }

  F agreed(const NtlmProof& proof) const { return {offered_.value & proof.message.negotiate_flags.value}; }
  Result<void, Refusal> allowed(const NtlmProof& proof) const;
  Result<void, Refusal> check_v2_extras(const Ntlmv2ClientChallenge& client) const;
  Result<void, Refusal> check_bindings(const AvPairs& pairs) const;
  Result<Key16, Refusal> check_password(const NtlmProof& proof) const;
  Result<void, Refusal> take_session_key(const NtlmProof& proof, const Key16& exchange_key);
  Result<void, Refusal> check_message_mic(ByteView token, const AuthenticateMessage& message) const;

  ServerOptions options_;
  F offered_;
  Block8 server_challenge_{};
};

std::vector<u8> NtlmServer::target_info() const {
  const ServerNames& names = options_.names;
  const std::pair<AvId, std::vector<u8>> texts[] = {{AvId::nb_domain_name, utf8_to_utf16(names.domain)},
                                                    {AvId::nb_computer_name, utf8_to_utf16(names.computer)},
                                                    {AvId::dns_domain_name, utf8_to_utf16(names.dns_domain)},
                                                    {AvId::dns_computer_name, utf8_to_utf16(names.dns_computer)}};
  std::vector<AvPair> pairs;
  for (const auto& [id, text] : texts)
    if (!text.empty()) pairs.push_back({id, text});
  std::array<u8, 8> stamp;
  store_le(stamp.data(), now().value);
  pairs.push_back({AvId::timestamp, stamp});
  pairs.push_back({AvId::eol, {}});
  AvPairs all;
  all.pairs = wire::List<AvPair>::view(pairs);
  wire::OutBuffer out;
  (void)wire::encode(all, out);
  return {out.data(), out.data() + out.size()};
}

// [MS-NLMP] 3.2.5.1.1
Result<Step, Refusal> NtlmServer::challenge(ByteView token) {
  Arena arena;
  auto message = read_message<NegotiateMessage>(token, arena);
  if (!message.ok()) return bad_message("NEGOTIATE_MESSAGE", message.error());
  const F asked = message->negotiate_flags;
  if (!asked.has_any(F::kUnicode | F::kOem))
    return Refusal{Reason::bad_token, "the client's NTLM offers neither Unicode nor the OEM character set"};
  constexpr u32 kSupported = F::kSign | F::kSeal | F::kExtendedSessionSecurity | F::k128 | F::k56 | F::kKeyExchange |
                             F::kVersion | F::kIdentify;
  offered_.value = (asked.value & kSupported) | F::kRequestTarget | F::kNtlm | F::kAlwaysSign | F::kTargetInfo |
                   F::kTargetTypeDomain | (asked.has(F::kUnicode) ? F::kUnicode : F::kOem);
  if (!options_.allow_weak_keys && asked.has_any(F::kSign | F::kSeal) &&
      !asked.has(F::kExtendedSessionSecurity | F::k128))
    return Refusal{Reason::too_weak,
                   "the client's NTLM would protect messages without extended session security or "
                   "with less than 128 bits, which the server does not allow"};
  fill_random(server_challenge_);
  ChallengeMessage reply;
  reply.negotiate_flags = offered_;
  reply.server_challenge = server_challenge_;
  reply.version = {10, 0, 0, {}, 15};
  const std::string& domain = options_.names.domain;
  const auto target = asked.has(F::kUnicode) ? utf8_to_utf16(domain) : std::vector<u8>(domain.begin(), domain.end());
  const auto info = target_info();
  negotiate_.assign(token.begin(), token.end());
  challenge_ = write_message<ChallengeMessage>(
      reply, {{&ChallengeMessage::target_name, target}, {&ChallengeMessage::target_info, info}});
  return Step{false, challenge_};
}

Result<void, Refusal> NtlmServer::allowed(const NtlmProof& proof) const {
  const std::string who = "user \"" + who_.text() + "\"";
  if (is_anonymous(proof))
    return Refusal{Reason::too_weak, "the client wants to stay anonymous with NTLM, which is not allowed"};
  if (proof.nt.empty())
    return Refusal{Reason::too_weak, who + " signs in with an LM response alone, which is not allowed"};
  if (!proof.is_v2() && !options_.allow_ntlm_v1)
    return Refusal{Reason::too_weak, who + " signs in with NTLM version 1, which is not allowed: version 2 is needed"};
  if (proof.nt.size() < 24)
    return Refusal{Reason::bad_token, who + " sent an NTLM response of " + std::to_string(proof.nt.size()) + " bytes"};
  return {};
}

// The key exchange key of whoever knows the password.
Result<Key16, Refusal> NtlmServer::check_password(const NtlmProof& proof) const {
  const HashAnswer answer = options_.hashes(who_.account, who_.domain);
  Key16 nobody{};  // an unknown user takes as long
  fill_random(nobody);
  const Key16 hash = answer.nt_hash.value_or(nobody);
  const auto key = exchange_key_of(proof, hash, server_challenge_, agreed(proof));
  const std::string who = "user \"" + who_.text() + "\"";
  if (!answer.nt_hash) return Refusal{answer.reason, answer.text.empty() ? who + " is unknown" : answer.text};
  if (!key) return Refusal{Reason::wrong_password, who + " gave a wrong password"};
  if (answer.was_right) answer.was_right();
  return *key;
}

// [MS-NLMP] 3.2.5.1.2, channel bindings
Result<void, Refusal> NtlmServer::check_bindings(const AvPairs& pairs) const {
  const AvPair* bindings = pairs.find(AvId::channel_bindings);
  const bool brought =
      bindings != nullptr && bindings->value.size() == 16 && !equal_in_constant_time(bindings->value, Key16{});
  if (!brought) {
    if (!options_.require_channel_bindings) return {};
    return Refusal{Reason::channel_bindings, "user \"" + who_.text() +
                                                 "\" did not bind the sign-in to the TLS connection, which the server "
                                                 "requires (extended protection)"};
  }
  if (options_.channel_bindings.empty()) return {};
  if (equal_in_constant_time(bindings->value, channel_bindings_hash(options_.channel_bindings))) return {};
  return Refusal{Reason::channel_bindings, "user \"" + who_.text() +
                                               "\" bound the sign-in to another TLS connection than this one: "
                                               "somebody, perhaps a proxy, stands between client and server"};
}

Result<void, Refusal> NtlmServer::check_v2_extras(const Ntlmv2ClientChallenge& client) const {
  const u64 theirs = client.time_stamp.value, ours = now().value;
  const u64 apart = (theirs > ours ? theirs - ours : ours - theirs) / 10'000'000;
  if (apart > static_cast<u64>(options_.max_clock_skew.count()))
    return Refusal{Reason::clock_skew, "user \"" + who_.text() + "\": the client's clock says " +
                                           client.time_stamp.to_string() + ", the server's " + now().to_string() +
                                           "; they may differ by " + std::to_string(options_.max_clock_skew.count()) +
                                           " seconds at most"};
  return check_bindings(client.av_pairs);
}

Result<void, Refusal> NtlmServer::take_session_key(const NtlmProof& proof, const Key16& exchange_key) {
  const F flags = agreed(proof);
  if (!options_.allow_weak_keys && flags.has_any(F::kSign | F::kSeal) &&
      !flags.has(F::kExtendedSessionSecurity | F::k128))
    return Refusal{Reason::too_weak, "user \"" + who_.text() +
                                         "\": the client settled on NTLM without extended session "
                                         "security or with less than 128 bits"};
  ROPEWALK_TRY(exported_key_, exported_key_of(proof, exchange_key, flags));
  return {};
}

Result<void, Refusal> NtlmServer::check_message_mic(ByteView token, const AuthenticateMessage& message) const {
  std::vector<u8> without(token.begin(), token.end());
  if (message.has_mic) {
    std::fill_n(without.begin() + AuthenticateMessage::kMicOffset, message.mic.size(), u8{0});
    if (equal_in_constant_time(mic(without), message.mic)) return {};
  }
  return Refusal{Reason::tampered, "user \"" + who_.text() +
                                       "\": the MIC of NTLM's messages does not match, somebody changed them on "
                                       "their way"};
}

// [MS-NLMP] 3.2.5.1.2
Result<Step, Refusal> NtlmServer::judge(ByteView token) {
  Arena arena;
  ROPEWALK_TRY(const NtlmProof proof, read_proof(token, arena));
  who_ = proof.who();
  if (options_.allow_anonymous && is_anonymous(proof)) {
    who_ = {};
    ROPEWALK_TRY(exported_key_, exported_key_of(proof, Key16{}, agreed(proof)));
    establish(agreed(proof), exported_key_);
    return Step{true, {}};
  }
  ROPEWALK_CHECK(allowed(proof));
  ROPEWALK_TRY(const Key16 key, check_password(proof));
  ROPEWALK_CHECK(take_session_key(proof, key));
  if (proof.is_v2()) {
    auto response = wire::decode<Ntlmv2Response>(proof.nt, arena);
    if (!response.ok()) return bad_message("NTLMv2_RESPONSE", response.error());
    const AvPairs& pairs = response->client_challenge.av_pairs;
    authenticate_has_mic_ = announces_mic(pairs);
    if (authenticate_has_mic_) ROPEWALK_CHECK(check_message_mic(token, proof.message));
    ROPEWALK_CHECK(check_v2_extras(response->client_challenge));
  }
  establish(agreed(proof), exported_key_);
  return Step{true, {}};
}

}  // namespace

ContextResult make_ntlm_server(const ServerOptions& options) {
  if (Status there = legacy_crypto_available(); !there.ok())
    return Refusal{Reason::unavailable, std::move(there.error().text)};
  if (!options.hashes) return Refusal{Reason::switched_off, "NTLM is switched off on this server"};
  return std::unique_ptr<SecurityContext>(new NtlmServer(options));
}

}  // namespace ropewalk::auth
