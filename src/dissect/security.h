// Protection of DCE/RPC seen from outside: what a conversation's tokens agree on, and what secrets open of it.
#pragma once

#include <memory>
#include <optional>

#include "auth/kerberos_observer.h"
#include "auth/ntlm_proof.h"
#include "capture/streams.h"
#include "dissect/dissector.h"
#include "protocol/dcerpc/pdu.h"

namespace ropewalk::dissect {

// One security context of a connection. Tokens and PDUs have to come in the order in which they travelled.
class SecurityObserver {
 public:
  SecurityObserver(const Secrets& secrets, dcerpc::AuthType type, dcerpc::AuthLevel level);
  ~SecurityObserver();
  SecurityObserver(const SecurityObserver&) = delete;
  SecurityObserver& operator=(const SecurityObserver&) = delete;

  // A token in a bind, alter_context, their answers, or an auth3.
  void token(capture::Side from, ByteView auth_value);

  enum class State { plain, opened, closed };
  struct Opened {
    State state = State::plain;
    std::string text;  // "decrypted: NTLM, privacy (6)"; of closed ones why
  };
  // One PDU of a request or response; its body is decrypted in place where that is possible. `stub_at` and `trailer_at`
  // are offsets in it.
  Opened open(capture::Side from, std::span<u8> pdu, std::size_t stub_at, std::size_t trailer_at, ByteView signature);
  // Bytes of that direction are lost: key streams cannot go on.
  void lost(capture::Side from);

  // "NTLM, privacy (6)", "NTLM inside SPNEGO, privacy (6)"
  std::string text() const;
  dcerpc::AuthLevel level() const { return level_; }
  const std::string& user() const { return user_; }
  // Whether both parties' tokens came to an end is not known here; what is wrong with the secrets is.
  const std::string& trouble() const { return trouble_; }

 private:
  void ntlm_token(ByteView bytes);
  void kerberos_token(ByteView bytes);
  void check_mic(capture::Side from, ByteView mic);
  Opened open_kerberos(std::span<u8> pdu, std::size_t stub_at, std::size_t trailer_at, ByteView signature);
  Opened open_ntlm(capture::Side from, std::span<u8> pdu, std::size_t stub_at, std::size_t trailer_at,
                   ByteView signature);

  const Secrets& secrets_;
  dcerpc::AuthType type_;
  dcerpc::AuthLevel level_;
  std::string mechanism_;  // at work
  std::string user_, trouble_;
  std::vector<u8> challenge_, mech_list_;
  std::optional<auth::ObservedNtlm> ntlm_;
  std::unique_ptr<auth::KerberosObserver> kerberos_;
  bool lost_[2] = {};
};

}  // namespace ropewalk::dissect
