#include "dissect/security.h"

#include <fmt/format.h>

#include "auth/security_context.h"
#include "mapi/ascii_case.h"
#include "protocol/spnego/tokens.h"

namespace ropewalk::dissect {

using capture::Side;
using dcerpc::AuthLevel;
using dcerpc::AuthType;

namespace {

// "Kerberos", whichever of its two object identifiers it is.
std::string mechanism_name(ByteView oid) {
  return spnego::same_oid(oid, spnego::oid::kKerberosOld) ? "Kerberos" : spnego::mechanism_text(oid);
}

std::string type_name(AuthType type) {
  switch (type) {
    case AuthType::spnego:
      return "SPNEGO";
    case AuthType::ntlm:
      return "NTLM";
    case AuthType::kerberos:
      return "Kerberos";
    case AuthType::schannel:
      return "Schannel";
    case AuthType::netlogon:
      return "Netlogon";
    default:
      return fmt::format("auth_type {}", static_cast<int>(type));
  }
}

auth::Direction way_of(Side from) {
  return from == Side::client ? auth::Direction::client_to_server : auth::Direction::server_to_client;
}

}  // namespace

std::string secret_name(std::string_view user) {
  if (auto at = user.find('\\'); at != std::string_view::npos) user.remove_prefix(at + 1);
  return mapi::ascii_lowered(user.substr(0, user.find('@')));
}

SecurityObserver::SecurityObserver(const Secrets& secrets, AuthType type, AuthLevel level)
    : secrets_(secrets), type_(type), level_(level) {
  if (type != AuthType::spnego) mechanism_ = type_name(type);
}

SecurityObserver::~SecurityObserver() = default;

std::string SecurityObserver::text() const {
  std::string mechanism = type_ != AuthType::spnego ? mechanism_
                          : mechanism_.empty()      ? "SPNEGO"
                                                    : mechanism_ + " inside SPNEGO";
  return fmt::format("{}, {} ({})", mechanism, auth::level_name(static_cast<auth::Level>(level_)),
                     static_cast<int>(level_));
}

void SecurityObserver::token(Side from, ByteView bytes) {
  std::vector<u8> mic;
  ByteView inner = bytes;
  if (type_ == AuthType::spnego) {
    auto read = spnego::read_token(bytes);
    if (read.ok()) {
      inner = {};
      if (read->is_init) {
        mech_list_ = spnego::write_mech_list(read->init.mechanisms);
        const auto& offered = read->init.mechanisms.mech_types;
        if (!offered.empty()) mechanism_ = mechanism_name(offered.front());
        inner = read->init.mech_token.value_or(ByteView());
      } else {
        if (read->resp.supported_mech) mechanism_ = mechanism_name(*read->resp.supported_mech);
        inner = read->resp.response_token.value_or(ByteView());
        if (read->resp.mech_list_mic) mic.assign(read->resp.mech_list_mic->begin(), read->resp.mech_list_mic->end());
      }
    }
  }
  if (ntlmssp::message_info(inner) != nullptr) {
    mechanism_ = "NTLM";
    ntlm_token(inner);
  } else if (!inner.empty() && mechanism_ == "Kerberos") {
    kerberos_token(inner);
  }
  if (!mic.empty()) check_mic(from, mic);
}

void SecurityObserver::ntlm_token(ByteView bytes) {
  if (bytes.size() < 12) return;
  if (bytes[8] == 2) challenge_.assign(bytes.begin(), bytes.end());
  if (bytes[8] != 3) return;
  Arena arena;
  auto proof = auth::read_proof(bytes, arena);
  if (!proof.ok()) {
    trouble_ = proof.error().text;
    return;
  }
  user_ = proof->who().text();
  auto [hash, last] = secrets_.nt_hashes.equal_range(secret_name(proof->who().account));
  if (hash == last) {
    trouble_ = fmt::format("give --password or --nt-hash of user \"{}\"", proof->who().account);
    return;
  }
  if (challenge_.empty()) {
    trouble_ = "the CHALLENGE_MESSAGE of NTLM is not in the capture";
    return;
  }
  for (; hash != last && !ntlm_; ++hash) {
    auto observed = auth::observe_ntlm(challenge_, bytes, hash->second);
    if (observed.ok())
      ntlm_.emplace(std::move(*observed));
    else
      trouble_ = observed.error().text;
  }
}

void SecurityObserver::kerberos_token(ByteView bytes) {
  if (secrets_.keytab.empty()) {
    trouble_ = "give --keytab with the service's key";
    return;
  }
  if (kerberos_ == nullptr) {
    auto opened = auth::KerberosObserver::open(secrets_.keytab);
    if (!opened.ok()) {
      trouble_ = opened.error().text;
      return;
    }
    kerberos_ = *std::move(opened);
  }
  Status good = kerberos_->token(bytes);
  trouble_ = good.ok() ? "" : good.error().text;
  if (!kerberos_->who().empty()) user_ = kerberos_->who();
}

void SecurityObserver::check_mic(Side from, ByteView mic) {
  if (!ntlm_) return;
  auth::NtlmSession& session = ntlm_->of(way_of(from));
  Status good = session.verify({.header = mech_list_, .sign_header = true}, mic);
  if (!good.ok()) trouble_ = "mechListMIC: " + good.error().text;
  session.restart(!ntlm_->has_mic);
}

void SecurityObserver::lost(Side from) { lost_[static_cast<int>(from)] = true; }

SecurityObserver::Opened SecurityObserver::open(Side from, std::span<u8> pdu, std::size_t stub_at,
                                                std::size_t trailer_at, ByteView signature) {
  auto protection = auth::effective_level(static_cast<auth::Level>(level_));
  if (protection < auth::Level::integrity) return {};
  if (ntlm_) return open_ntlm(from, pdu, stub_at, trailer_at, signature);
  if (kerberos_ != nullptr && kerberos_->has_keys()) return open_kerberos(pdu, stub_at, trailer_at, signature);
  if (protection < auth::Level::privacy) return {};
  std::string why = trouble_.empty() ? "no secret given opens it" : trouble_;
  return {State::closed, fmt::format("encrypted: {}; {}", text(), why)};
}

SecurityObserver::Opened SecurityObserver::open_kerberos(std::span<u8> pdu, std::size_t stub_at, std::size_t trailer_at,
                                                         ByteView signature) {
  bool sealed = level_ == AuthLevel::privacy;
  const auth::MessageParts parts{ByteView(pdu).first(stub_at), pdu.subspan(stub_at, trailer_at - stub_at),
                                 ByteView(pdu).subspan(trailer_at, dcerpc::kSecTrailerSize), true};
  Status good = sealed ? kerberos_->unseal(parts, signature) : kerberos_->verify(parts, signature);
  if (good.ok()) return {State::opened, fmt::format("{}: {}", sealed ? "decrypted" : "signature is good", text())};
  if (sealed) return {State::closed, fmt::format("encrypted: {}; {}", text(), good.error().text)};
  return {State::plain, fmt::format("signature is not good: {}; {}", text(), good.error().text)};
}

SecurityObserver::Opened SecurityObserver::open_ntlm(Side from, std::span<u8> pdu, std::size_t stub_at,
                                                     std::size_t trailer_at, ByteView signature) {
  bool sealed = level_ == AuthLevel::privacy;
  auth::NtlmSession& session = ntlm_->of(way_of(from));
  const auth::MessageParts parts{ByteView(pdu).first(stub_at), pdu.subspan(stub_at, trailer_at - stub_at),
                                 ByteView(pdu).subspan(trailer_at, dcerpc::kSecTrailerSize), true};
  Status good = sealed ? session.unseal(parts, signature) : session.verify(parts, signature);
  if (good.ok()) return {State::opened, fmt::format("{}: {}", sealed ? "decrypted" : "signature is good", text())};
  std::string why =
      lost_[static_cast<int>(from)] ? "packets are missing, and NTLM's key stream goes on over all" : good.error().text;
  if (sealed) return {State::closed, fmt::format("encrypted: {}; {}", text(), why)};
  return {State::plain, fmt::format("signature is not good: {}; {}", text(), why)};
}

}  // namespace ropewalk::dissect
