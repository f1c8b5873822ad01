#include "auth/ntlm_context.h"

namespace ropewalk::auth {

NtlmContext::~NtlmContext() { wipe(exported_key_); }

Result<Step, Refusal> NtlmContext::step(ByteView token) {
  if (failed_ || done()) return Refusal{Reason::bad_token, "an NTLM message came after the conversation was over"};
  auto next = answer(token);
  failed_ = !next.ok();
  return next;
}

void NtlmContext::establish(NegotiateFlags flags, const Key16& exported_key) {
  flags_ = flags;
  exported_key_ = exported_key;
  session_.emplace(flags, exported_key, sending_);
}

Level NtlmContext::strongest() const {
  if (flags_.has(NegotiateFlags::kSeal)) return Level::privacy;
  return flags_.has(NegotiateFlags::kSign) ? Level::integrity : Level::connect;
}

Status NtlmContext::usable(Level level) const {
  if (!done()) return Error{"a message cannot be protected: NTLM's three messages have not passed yet"};
  if (effective_level(level) <= strongest()) return {};
  return Error{"a message cannot be protected at level " + std::string(level_name(level)) +
               ": client and server agreed on no more than level " + std::string(level_name(strongest())) +
               " when they signed in"};
}

Status NtlmContext::protect(Level level, const MessageParts& parts, std::span<u8> signature) {
  ROPEWALK_CHECK(usable(level));
  if (effective_level(level) == Level::privacy) {
    session_->seal(parts, signature);
  } else if (effective_level(level) == Level::integrity) {
    session_->sign(parts, signature);
  } else {  // [MS-NLMP] 3.4.4.3
    std::fill(signature.begin(), signature.end(), u8{0});
    signature[0] = 1;
  }
  return {};
}

Status NtlmContext::unprotect(Level level, const MessageParts& parts, ByteView signature) {
  ROPEWALK_CHECK(usable(level));
  if (effective_level(level) == Level::privacy) return session_->unseal(parts, signature);
  if (effective_level(level) == Level::integrity) return session_->verify(parts, signature);
  return {};
}

std::vector<u8> NtlmContext::make_mic(ByteView message) {
  std::vector<u8> signature(ntlmssp::kSignatureSize);
  session_->sign({.header = message, .sign_header = true}, signature);
  return signature;
}

Status NtlmContext::check_mic(ByteView message, ByteView mic_bytes) {
  return session_->verify({.header = message, .sign_header = true}, mic_bytes);
}

Refusal bad_message(std::string_view what, const wire::WireError& error) {
  return {Reason::bad_token, "the " + std::string(what) + " of NTLM cannot be read: " + error.text()};
}

}  // namespace ropewalk::auth
