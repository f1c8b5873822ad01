// Session security of NTLM: signatures and sealing of messages, [MS-NLMP] 3.4.
#pragma once

#include <optional>

#include "auth/ntlm_keys.h"
#include "base/result.h"

namespace ropewalk::auth {

// What one message is made of. The header and the trailer are not changed; the body is, where it is sealed.
struct MessageParts {
  ByteView header{};
  std::span<u8> body{};
  ByteView trailer{};
  bool sign_header = false;  // header and trailer are protected too
};

// Both directions of one session: key streams and sequence numbers. Messages have to pass through in the order in which
// they travel. Not thread-safe.
class NtlmSession {
 public:
  // `sending`: the direction of what this side sends.
  NtlmSession(NegotiateFlags flags, const Key16& exported_session_key, Direction sending);

  // Writes the signature (16 bytes) of a message; seal() encrypts the body too.
  void sign(const MessageParts& parts, std::span<u8> signature) { protect(parts, signature, false); }
  void seal(const MessageParts& parts, std::span<u8> signature) { protect(parts, signature, true); }
  // The inverse. An error leaves the session where it was; the body of a sealed message is then worth nothing.
  Status verify(const MessageParts& parts, ByteView signature) { return open(parts, signature, false); }
  Status unseal(const MessageParts& parts, ByteView signature) { return open(parts, signature, true); }

  // [MS-SPNG] 3.2.5.1: the key streams begin anew after mechListMIC was made and checked; sequence numbers go on,
  // unless `sequence_too`.
  void restart(bool sequence_too);

 private:
  struct Way {
    Key16 sign_key;
    std::vector<u8> seal_key;
    Rc4 stream;
    u32 sequence = 0;
  };
  static Way make_way(NegotiateFlags flags, const Key16& key, Direction direction);
  bool extended() const { return flags_.has(NegotiateFlags::kExtendedSessionSecurity); }
  Way& receiving() { return receiving_ ? *receiving_ : sending_; }
  void protect(const MessageParts& parts, std::span<u8> signature, bool with_body);
  Status open(const MessageParts& parts, ByteView signature, bool with_body);
  void make_signature(Way& way, const MessageParts& parts, std::span<u8> signature);

  NegotiateFlags flags_;
  Way sending_;
  std::optional<Way> receiving_;  // absent without extended session security: one stream for both directions
};

}  // namespace ropewalk::auth
