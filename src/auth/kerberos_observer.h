// Kerberos seen from outside by who has the service's key: [RFC4120], [RFC4121], DCE style as in [MS-KILE] 3.4.5.4.1.
#pragma once

#include <memory>

#include "auth/security_context.h"

namespace ropewalk::auth {

// One conversation: takes its tokens, opens its messages. Keys of AES types alone are followed ([RFC3962], [RFC8009]).
// Not thread-safe.
class KerberosObserver {
 public:
  // `keytab`: a file's name. The error names it.
  static Result<std::unique_ptr<KerberosObserver>> open(const std::string& keytab);
  virtual ~KerberosObserver() = default;

  // A token of either party: with [RFC2743]'s framing or bare, AP-REQ or AP-REP; others are passed over.
  virtual Status token(ByteView bytes) = 0;
  // The client, "user1@ROPEWALK.TEST"; empty until a token told.
  virtual const std::string& who() const = 0;
  // True where the conversation's keys are known.
  virtual bool has_keys() const = 0;

  // Opens a sealed message; the body is decrypted in place.
  virtual Status unseal(const MessageParts& parts, ByteView signature) = 0;
  // Checks a signature over a message that is not sealed.
  virtual Status verify(const MessageParts& parts, ByteView signature) = 0;
};

}  // namespace ropewalk::auth
