#include "auth/ntlm_server.h"

#include "auth/ntlm_context.h"
#include "base/hex.h"
#include "base/utf16.h"

namespace ropewalk::auth {
namespace {

using namespace ntlmssp;
using F = NegotiateFlags;

constexpr std::size_t kMostToken = 0x4000;

// The parts of an AUTHENTICATE_MESSAGE.
struct Proof {
  AuthenticateMessage message;
  ByteView lm, nt, domain, user, session_key;  // the names are UTF-16LE, or in the OEM character set
  bool is_v2() const { return nt.size() > 24; }
};

std::string name_text(ByteView name, bool unicode) {
  return unicode ? utf16_to_utf8(name) : std::string(text_of(name));
}

Result<Proof, Refusal> read_proof(ByteView token, Arena& arena) {
  auto message = read_message<AuthenticateMessage>(token, arena);
  if (!message.ok()) return bad_message("AUTHENTICATE_MESSAGE", message.error());
  Proof proof{.message = *message, .lm = {}, .nt = {}, .domain = {}, .user = {}, .session_key = {}};
  const std::pair<const PayloadField*, ByteView*> parts[] = {
      {&message->lm_challenge_response, &proof.lm},
      {&message->nt_challenge_response, &proof.nt},
      {&message->domain_name, &proof.domain},
      {&message->user_name, &proof.user},
      {&message->encrypted_random_session_key, &proof.session_key}};
  for (auto [field, to] : parts) {
    auto part = field->in(token);
    if (!part) return Refusal{Reason::bad_token, "the AUTHENTICATE_MESSAGE of NTLM has a part outside itself"};
    *to = *part;
  }
  return proof;
}

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

  Result<void, Refusal> allowed(const Proof& proof) const;
  Result<void, Refusal> check_v2_extras(const Ntlmv2ClientChallenge& client) const;
  Result<void, Refusal> check_bindings(const AvPairs& pairs) const;
  std::optional<Key16> check_v2(const Proof& proof, const Key16& hash) const;
  std::optional<Key16> check_v1(const Proof& proof, const Key16& hash) const;
  Result<Key16, Refusal> check_password(const Proof& proof) const;
  Result<void, Refusal> take_session_key(const Proof& proof, const Key16& exchange_key);
  Result<void, Refusal> check_message_mic(ByteView token, const AuthenticateMessage& message) const;

  ServerOptions options_;
  F offered_, agreed_;
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

Result<void, Refusal> NtlmServer::allowed(const Proof& proof) const {
  const std::string who = "user \"" + who_.text() + "\"";
  if (proof.user.empty() && proof.nt.empty())
    return Refusal{Reason::too_weak, "the client wants to stay anonymous with NTLM, which is not allowed"};
  if (proof.nt.empty())
    return Refusal{Reason::too_weak, who + " signs in with an LM response alone, which is not allowed"};
  if (!proof.is_v2() && !options_.allow_ntlm_v1)
    return Refusal{Reason::too_weak, who + " signs in with NTLM version 1, which is not allowed: version 2 is needed"};
  if (proof.nt.size() < 24)
    return Refusal{Reason::bad_token, who + " sent an NTLM response of " + std::to_string(proof.nt.size()) + " bytes"};
  return {};
}

// The session base key, where the response is the one that the hash makes.
std::optional<Key16> NtlmServer::check_v2(const Proof& proof, const Key16& hash) const {
  const ByteView response = proof.nt.first(16), temp = proof.nt.subspan(16);
  const bool unicode = proof.message.negotiate_flags.has(F::kUnicode);
  auto as_utf16 = [&](ByteView name) {
    return unicode ? std::vector<u8>(name.begin(), name.end()) : utf8_to_utf16(text_of(name));
  };
  const std::vector<u8> domains[] = {as_utf16(proof.domain), {}};  // 3.2.5.1.2: some clients leave it out here
  for (const auto& domain : domains) {
    const Key16 key = ntowf_v2(hash, as_utf16(proof.user), domain);
    if (equal_in_constant_time(nt_proof(key, server_challenge_, temp), response)) return hmac_md5(key, {response});
  }
  return std::nullopt;
}

// NTLM v1, with or without extended session security.
std::optional<Key16> NtlmServer::check_v1(const Proof& proof, const Key16& hash) const {
  Block8 nonce{};
  std::copy_n(proof.lm.begin(), std::min(nonce.size(), proof.lm.size()), nonce.begin());
  const F flags{offered_.value & proof.message.negotiate_flags.value};
  const Responses expected = respond_v1(flags, hash, std::nullopt, server_challenge_, nonce);
  if (!equal_in_constant_time(expected.nt, proof.nt)) return std::nullopt;
  return key_exchange_key_v1(flags, expected.session_base_key, std::nullopt, proof.lm, server_challenge_);
}

// The key exchange key of whoever knows the password.
Result<Key16, Refusal> NtlmServer::check_password(const Proof& proof) const {
  const HashAnswer answer = options_.hashes(who_.account, who_.domain);
  Key16 nobody{};  // an unknown user takes as long
  fill_random(nobody);
  const Key16 hash = answer.nt_hash.value_or(nobody);
  auto key = proof.is_v2() ? check_v2(proof, hash) : check_v1(proof, hash);
  const std::string who = "user \"" + who_.text() + "\"";
  if (!answer.nt_hash) return Refusal{answer.reason, answer.text.empty() ? who + " is unknown" : answer.text};
  if (!key) return Refusal{Reason::wrong_password, who + " gave a wrong password"};
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

Result<void, Refusal> NtlmServer::take_session_key(const Proof& proof, const Key16& exchange_key) {
  const F agreed{offered_.value & proof.message.negotiate_flags.value};
  if (!options_.allow_weak_keys && agreed.has_any(F::kSign | F::kSeal) &&
      !agreed.has(F::kExtendedSessionSecurity | F::k128))
    return Refusal{Reason::too_weak, "user \"" + who_.text() +
                                         "\": the client settled on NTLM without extended session "
                                         "security or with less than 128 bits"};
  Key16 exported = exchange_key;
  if (agreed.has(F::kKeyExchange) && agreed.has_any(F::kSign | F::kSeal)) {
    if (proof.session_key.size() != exported.size())
      return Refusal{Reason::bad_token, "the AUTHENTICATE_MESSAGE of NTLM has a session key of " +
                                            std::to_string(proof.session_key.size()) + " bytes, not 16"};
    std::copy(proof.session_key.begin(), proof.session_key.end(), exported.begin());
    exported = rc4k(exchange_key, exported);
  }
  exported_key_ = exported;
  agreed_ = agreed;
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
  ROPEWALK_TRY(const Proof proof, read_proof(token, arena));
  const bool unicode = proof.message.negotiate_flags.has(F::kUnicode);
  who_ = {name_text(proof.user, unicode), name_text(proof.domain, unicode)};
  ROPEWALK_CHECK(allowed(proof));
  ROPEWALK_TRY(const Key16 key, check_password(proof));
  ROPEWALK_CHECK(take_session_key(proof, key));
  if (proof.is_v2()) {
    auto response = wire::decode<Ntlmv2Response>(proof.nt, arena);
    if (!response.ok()) return bad_message("NTLMv2_RESPONSE", response.error());
    const AvPairs& pairs = response->client_challenge.av_pairs;
    const AvPair* flags = pairs.find(AvId::flags);
    authenticate_has_mic_ = flags != nullptr && flags->value.size() == 4 &&
                            (load_le<u32>(flags->value.data()) & AvFlags::kMicProvided) != 0;
    if (authenticate_has_mic_) ROPEWALK_CHECK(check_message_mic(token, proof.message));
    ROPEWALK_CHECK(check_v2_extras(response->client_challenge));
  }
  establish(agreed_, exported_key_);
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
