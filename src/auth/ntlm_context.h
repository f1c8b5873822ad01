// What NTLM's client and server have in common once the three messages have passed.
#pragma once

#include "auth/security_context.h"
#include "protocol/ntlmssp/messages.h"

namespace ropewalk::auth {

class NtlmContext : public SecurityContext {
 public:
  Result<Step, Refusal> step(ByteView token) final;
  bool done() const final { return session_.has_value(); }
  Mechanism mechanism() const final { return Mechanism::ntlm; }
  const Identity& who() const final { return who_; }
  std::string peer() const final { return peer_; }
  ByteView session_key() const final { return exported_key_; }
  Level strongest() const final;
  std::size_t signature_size(Level, std::size_t) const final { return ntlmssp::kSignatureSize; }
  Status protect(Level level, const MessageParts& parts, std::span<u8> signature) final;
  Status unprotect(Level level, const MessageParts& parts, ByteView signature) final;
  std::vector<u8> make_mic(ByteView message) final;
  Status check_mic(ByteView message, ByteView mic) final;
  // [MS-SPNG] 3.2.5.1. Sequence numbers go on where the AUTHENTICATE_MESSAGE had a MIC: observed with Samba 4.17.
  void restart_after_mic() final { session_->restart(!authenticate_has_mic_); }
  bool can_mic() const final { return done() && flags_.has_any(NegotiateFlags::kSign | NegotiateFlags::kSeal); }
  ~NtlmContext() override;

 protected:
  explicit NtlmContext(Direction sending) : sending_(sending) {}
  // The next message for the one that came; the side is at `messages` of the conversation.
  virtual Result<Step, Refusal> answer(ByteView token) = 0;
  void establish(NegotiateFlags flags, const Key16& exported_key);
  // MIC of the three messages; `authenticate` with zeros where the MIC stands.
  Key16 mic(ByteView authenticate) const { return hmac_md5(exported_key_, {negotiate_, challenge_, authenticate}); }

  Identity who_;
  std::string peer_;
  std::vector<u8> negotiate_, challenge_;  // as they travelled, for the MIC
  bool authenticate_has_mic_ = false;
  Key16 exported_key_{};

 private:
  Status usable(Level level) const;

  Direction sending_;
  bool failed_ = false;
  NegotiateFlags flags_;
  std::optional<NtlmSession> session_;
};

// A refusal for a message that cannot be read.
Refusal bad_message(std::string_view what, const wire::WireError& error);

}  // namespace ropewalk::auth
