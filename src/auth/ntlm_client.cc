#include "auth/ntlm_client.h"

#include "auth/ntlm_context.h"
#include "base/utf16.h"

namespace ropewalk::auth {
namespace {

using namespace ntlmssp;
using F = NegotiateFlags;

constexpr std::size_t kMostTargetInfo = 0x4000;  // so that all lengths stay within 16 bits

std::string text_of_pair(const AvPairs& pairs, AvId id) {
  const AvPair* pair = pairs.find(id);
  return pair == nullptr ? std::string() : utf16_to_utf8(pair->value);
}

class NtlmClient final : public NtlmContext {
 public:
  explicit NtlmClient(const ClientOptions& options) : NtlmContext(Direction::client_to_server), options_(options) {
    who_ = {options.account, options.domain};
  }
  ~NtlmClient() override { wipe({reinterpret_cast<u8*>(options_.password.data()), options_.password.size()}); }

 private:
  Result<Step, Refusal> answer(ByteView token) override {
    if (negotiate_.empty()) return begin();
    return respond(token);
  }
  Step begin();
  Result<Step, Refusal> respond(ByteView token);
  Result<void, Refusal> judge(const ChallengeMessage& challenge, const AvPairs& info) const;
  std::vector<u8> own_target_info(const AvPairs& theirs) const;
  Responses responses(const ChallengeMessage& challenge, const AvPairs& info);
  Key16 exchange_key(const ChallengeMessage& challenge, const Responses& made) const;
  std::vector<u8> authenticate(const ChallengeMessage& challenge, const Responses& made, const Key16& key);

  ClientOptions options_;
  F asked_;
};

// [MS-NLMP] 3.1.5.1.1
Step NtlmClient::begin() {
  asked_.value = F::kUnicode | F::kRequestTarget | F::kNtlm | F::kAlwaysSign | F::kExtendedSessionSecurity |
                 F::kTargetInfo | F::k128 | F::k56 | F::kVersion;
  const Level level = effective_level(options_.level);
  if (level >= Level::integrity) asked_.value |= F::kSign | F::kKeyExchange;
  if (level == Level::privacy) asked_.value |= F::kSeal;
  NegotiateMessage message;
  message.negotiate_flags = asked_;
  message.version = {10, 0, 0, {}, 15};
  negotiate_ = write_message<NegotiateMessage>(message, {});
  return {false, negotiate_};
}

// Is what the server chose strong enough?
Result<void, Refusal> NtlmClient::judge(const ChallengeMessage& challenge, const AvPairs& info) const {
  const F flags = challenge.negotiate_flags;
  if (!flags.has(F::kUnicode)) return Refusal{Reason::too_weak, "the server does not speak Unicode with NTLM"};
  if (options_.ntlm_v1) return {};
  const u32 needed = asked_.value & (F::kSign | F::kSeal);
  if (needed != 0 && !flags.has(needed | F::kExtendedSessionSecurity | F::k128))
    return Refusal{Reason::too_weak, "the server offers too little with NTLM: level " +
                                         std::string(level_name(options_.level)) +
                                         " needs signing, sealing at privacy, extended session security and 128 bits"};
  // 3.1.5.1.2: STATUS_LOGON_FAILURE
  if (needed != 0 && (info.find(AvId::nb_computer_name) == nullptr || info.find(AvId::nb_domain_name) == nullptr))
    return Refusal{Reason::too_weak,
                   "the server's NTLM challenge does not name the server and its domain, which NTLM "
                   "version 2 needs to protect messages"};
  return {};
}

// What the server said of itself, and what binds our answer to it.
std::vector<u8> NtlmClient::own_target_info(const AvPairs& theirs) const {
  AvFlags flags;
  std::vector<AvPair> pairs;
  for (const AvPair& pair : theirs.pairs) {
    if (pair.id == AvId::flags && pair.value.size() == 4) flags.value = load_le<u32>(pair.value.data());
    const bool ours = pair.id == AvId::eol || pair.id == AvId::flags || pair.id == AvId::channel_bindings ||
                      pair.id == AvId::target_name;
    if (!ours) pairs.push_back(pair);
  }
  std::array<u8, 4> flag_bytes;
  if (authenticate_has_mic_) flags.value |= AvFlags::kMicProvided;
  store_le(flag_bytes.data(), flags.value);
  if (flags.value != 0) pairs.push_back({AvId::flags, flag_bytes});
  const Key16 bindings = options_.channel_bindings.empty() ? Key16{} : channel_bindings_hash(options_.channel_bindings);
  pairs.push_back({AvId::channel_bindings, bindings});
  const auto target =
      utf8_to_utf16(options_.service.empty() || options_.host.empty() ? "" : options_.service + "/" + options_.host);
  pairs.push_back({AvId::target_name, target});
  pairs.push_back({AvId::eol, {}});
  AvPairs own;
  own.pairs = wire::List<AvPair>::view(pairs);
  wire::OutBuffer out;
  (void)wire::encode(own, out);
  return {out.data(), out.data() + out.size()};
}

// ComputeResponse, [MS-NLMP] 3.3
Responses NtlmClient::responses(const ChallengeMessage& challenge, const AvPairs& info) {
  Block8 nonce;
  fill_random(nonce);
  const Key16 hash = nt_hash(options_.password);
  if (options_.ntlm_v1)
    return respond_v1(challenge.negotiate_flags, hash, std::nullopt, challenge.server_challenge, nonce);
  const AvPair* stamp = info.find(AvId::timestamp);
  const bool stamped = stamp != nullptr && stamp->value.size() == 8;
  FileTime time = options_.now ? options_.now() : FileTime::now();
  if (stamped) time.value = load_le<u64>(stamp->value.data());
  authenticate_has_mic_ = stamped;
  const Key16 key = ntowf_v2(hash, utf8_to_utf16(options_.account), utf8_to_utf16(options_.domain));
  Responses made = respond_v2(key, challenge.server_challenge, nonce, time, own_target_info(info));
  if (stamped) made.lm.assign(24, 0);
  return made;
}

Key16 NtlmClient::exchange_key(const ChallengeMessage& challenge, const Responses& made) const {
  if (!options_.ntlm_v1) return made.session_base_key;
  return key_exchange_key_v1(challenge.negotiate_flags, made.session_base_key, std::nullopt, made.lm,
                             challenge.server_challenge);
}

std::vector<u8> NtlmClient::authenticate(const ChallengeMessage& challenge, const Responses& made, const Key16& key) {
  AuthenticateMessage message;
  message.negotiate_flags.value =
      (asked_.value & challenge.negotiate_flags.value) | F::kUnicode | F::kNtlm | F::kAlwaysSign;
  message.version = {10, 0, 0, {}, 15};
  const F agreed = message.negotiate_flags;
  Key16 exported = key, encrypted{};
  const bool exchange = agreed.has(F::kKeyExchange) && agreed.has_any(F::kSign | F::kSeal);
  if (exchange) {
    fill_random(exported);
    encrypted = rc4k(key, exported);
  }
  const auto domain = utf8_to_utf16(options_.domain), user = utf8_to_utf16(options_.account);
  const auto workstation = utf8_to_utf16(options_.workstation);
  using M = AuthenticateMessage;
  std::vector<u8> bytes =
      write_message<M>(message, {{&M::domain_name, domain},
                                 {&M::user_name, user},
                                 {&M::workstation, workstation},
                                 {&M::lm_challenge_response, made.lm},
                                 {&M::nt_challenge_response, made.nt},
                                 {&M::encrypted_random_session_key, exchange ? ByteView(encrypted) : ByteView()}});
  establish(agreed, exported);
  if (authenticate_has_mic_) {
    const Key16 code = mic(bytes);
    std::copy(code.begin(), code.end(), bytes.begin() + M::kMicOffset);
  }
  return bytes;
}

// [MS-NLMP] 3.1.5.1.2
Result<Step, Refusal> NtlmClient::respond(ByteView token) {
  Arena arena;
  auto challenge = read_message<ChallengeMessage>(token, arena);
  if (!challenge.ok()) return bad_message("CHALLENGE_MESSAGE", challenge.error());
  auto bytes = challenge->target_info.in(token);
  if (!bytes || bytes->size() > kMostTargetInfo)
    return Refusal{Reason::bad_token, "the CHALLENGE_MESSAGE of NTLM has its TargetInfo outside itself, or a huge one"};
  AvPairs info;
  if (!bytes->empty()) {
    auto read = wire::decode<AvPairs>(*bytes, arena);
    if (!read.ok()) return bad_message("TargetInfo", read.error());
    info = *read;
  }
  ROPEWALK_CHECK(judge(*challenge, info));
  peer_ = text_of_pair(info, AvId::dns_computer_name);
  if (peer_.empty()) peer_ = text_of_pair(info, AvId::nb_computer_name);
  challenge_.assign(token.begin(), token.end());
  const Responses made = responses(*challenge, info);
  return Step{true, authenticate(*challenge, made, exchange_key(*challenge, made))};
}

}  // namespace

ContextResult make_ntlm_client(const ClientOptions& options) {
  if (Status there = legacy_crypto_available(); !there.ok())
    return Refusal{Reason::unavailable, std::move(there.error().text)};
  if (options.account.empty() || options.password.empty())
    return Refusal{Reason::no_credentials, "NTLM needs a user and a password"};
  constexpr std::size_t kMost = 1024;
  if (options.account.size() + options.domain.size() + options.workstation.size() + options.host.size() +
          options.service.size() >
      kMost)
    return Refusal{Reason::no_credentials, "the names to sign in with by NTLM are too long"};
  return std::unique_ptr<SecurityContext>(new NtlmClient(options));
}

}  // namespace ropewalk::auth
