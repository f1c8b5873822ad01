// One interface for every way to prove who one is and to protect messages with what came out of it: NTLM, Kerberos, and
// Negotiate (SPNEGO) over both; for the client's side and the server's.
//
// How DCE/RPC uses it ([MS-RPCE] 3.3.1.5.2): every bind, alter_context and auth3 with an auth_value gives it to step();
// the answer's token goes into the next PDU. Afterwards each PDU is protect()ed with
//     header    the PDU up to and without the stub data
//     body      stub data and auth_pad (make it a multiple of 16 bytes: sealing with Kerberos needs that)
//     trailer   the sec_trailer's eight bytes, without the auth_value
// and `sign_header` where both sides set PFC_SUPPORT_HEADER_SIGN; the signature is the auth_value. Its size is known
// beforehand (frag_length and auth_length stand in the signed header), see signature_size(). Levels: at connect no PDU
// is protected (the signature says nothing and nobody checks it); packet is served as integrity, as Windows does.
//
// How HTTP uses it: one step() per Authorization header; level connect, no DCE style, no protection of messages. NTLM
// belongs to the connection, whatever requests pass on it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/legacy_crypto.h"
#include "auth/ntlm_session.h"
#include "base/filetime.h"
#include "base/result.h"
#include "base/types.h"

namespace ropewalk::auth {

// RPC_C_AUTHN_LEVEL, [MS-RPCE] 2.2.1.1.8.
enum class Level : u8 { standard = 0, none = 1, connect = 2, call = 3, packet = 4, integrity = 5, privacy = 6 };
std::string_view level_name(Level level);  // "privacy"
// How strongly a level protects, in the order in which servers require it: call counts as packet, packet as integrity.
Level effective_level(Level level);

// Empty where a server that requires `required` takes messages at `asked`; else what to log:
// "client asks for connect level 2, server requires privacy level 6".
std::string level_mismatch(Level asked, Level required);

// Security providers, [MS-RPCE] 2.2.1.1.7: auth_type in a sec_trailer.
enum class Mechanism : u8 { none = 0, negotiate = 9, ntlm = 10, kerberos = 16 };
std::string_view mechanism_name(Mechanism mechanism);  // "NTLM"

// Why somebody is not let in, or a message not believed.
enum class Reason {
  bad_token,         // what came is not of the mechanism, or comes at the wrong time
  unknown_user,      // nobody here is called that
  switched_off,      // the user is there, but NTLM is not switched on for him; or the mechanism is not served
  wrong_password,    // also: the KDC's "preauthentication failed"
  too_weak,          // LM, NTLM v1, 40 or 56 bits, anonymous: what is not allowed
  tampered,          // a MIC does not match
  channel_bindings,  // made for another TLS connection, or for none
  clock_skew,        // the clocks differ too much
  unknown_service,   // nobody has a key for that service's name
  rate_limited,      // too many wrong passwords lately
  no_credentials,    // the client has nothing to sign in with; the server no keytab
  unavailable,       // the machinery failed: KDC not reached, directory not readable
};

// A failure, told for the server's log (it may tell whether a user exists: not for the client's eyes). For a client's
// own context the text is for its user.
struct [[nodiscard]] Refusal {
  Reason reason = Reason::unavailable;
  std::string text;
};

struct Identity {
  std::string account;  // as the client wrote it: "user1", "user1@ropewalk.test"
  std::string domain;   // NTLM's domain or Kerberos' realm; may be empty
  std::string text() const { return domain.empty() ? account : domain + "\\" + account; }
};

struct Step {
  bool done = false;      // the context is made on this side
  std::vector<u8> token;  // for the other side; may be empty only when done
};

class SecurityContext {
 public:
  virtual ~SecurityContext() = default;
  SecurityContext() = default;
  SecurityContext(const SecurityContext&) = delete;
  SecurityContext& operator=(const SecurityContext&) = delete;

  // Takes the other side's token (a client's first one is empty) and gives the next. Not to be called any more after it
  // was done or has failed (it then fails again).
  virtual Result<Step, Refusal> step(ByteView token) = 0;
  virtual bool done() const = 0;

  // What follows is for contexts that are done.

  // The mechanism at work, never negotiate; before it is known, none.
  virtual Mechanism mechanism() const = 0;
  // The client: on the server's side who it has proved to be, on the client's side who it said.
  virtual const Identity& who() const = 0;
  // The server's principal or machine as the client knows it; for texts.
  virtual std::string peer() const { return {}; }
  // 16 bytes (NTLM) or as many as the key type has.
  virtual ByteView session_key() const = 0;
  // The strongest level that was negotiated.
  virtual Level strongest() const = 0;

  // Bytes of every signature at that level, for bodies of that size; 0: none.
  virtual std::size_t signature_size(Level level, std::size_t body) const = 0;
  // Signs the message, and encrypts its body in place at privacy; `signature` has signature_size() bytes. Messages go
  // through in the order in which they travel, each direction for itself. Not thread-safe.
  virtual Status protect(Level level, const MessageParts& parts, std::span<u8> signature) = 0;
  // The inverse; an error says what does not match.
  virtual Status unprotect(Level level, const MessageParts& parts, ByteView signature) = 0;

  // For Negotiate: integrity of its list of mechanisms, [RFC4178] 5. restart() puts NTLM's key streams back afterwards.
  virtual std::vector<u8> make_mic(ByteView message) = 0;
  virtual Status check_mic(ByteView message, ByteView mic) = 0;
  virtual void restart_after_mic() {}
  // True where a MIC over the list of mechanisms can be made at all.
  virtual bool can_mic() const = 0;
};

using ContextResult = Result<std::unique_ptr<SecurityContext>, Refusal>;

// What the client signs in with, and to whom.
struct ClientOptions {
  std::string account, domain, password{};  // an empty password: Kerberos takes a ticket cache
  std::string service{}, host{};            // "exchangeMDB", "mail.ropewalk.test": the server's principal
  Level level = Level::connect;
  bool dce_style = false;              // RPC: three legs with Kerberos
  std::vector<u8> channel_bindings{};  // "tls-server-end-point:" and the hash; empty: none
  std::string workstation{};
  bool use_ntlm = true, use_kerberos = true;  // what Negotiate offers
  bool ntlm_v1 = false;                       // answer as before NTLM v2
  std::string ticket_cache{};                 // "FILE:/tmp/krb5cc_0"; empty: the process's default
  std::function<FileTime()> now{};            // for tests
};

// What a server's HashSource knows of an account.
struct HashAnswer {
  std::optional<Key16> nt_hash{};
  Reason reason = Reason::unknown_user;  // where there is none
  std::string text{};                    // why; may be empty
  std::function<void()> was_right{};     // called where the password turns out to be right
};
// (account, domain) as the client sent them, UTF-8. Called on the thread of step(); may be slow.
using HashSource = std::function<HashAnswer(std::string_view account, std::string_view domain)>;

// What the server calls itself in NTLM's target info.
struct ServerNames {
  std::string computer = "ROPEWALK", domain = "ROPEWALK";  // NetBIOS: up to 15 characters
  std::string dns_computer{}, dns_domain{};                // empty: left out
};

struct ServerOptions {
  HashSource hashes{};  // none: NTLM is not served
  ServerNames names{};
  bool allow_ntlm_v1 = false;  // LM responses are never enough: no LM hash is stored
  // Who signs in as nobody with NTLM is let in, with who() empty: for endpoint mappers, which anybody may ask.
  bool allow_anonymous = false;
  bool allow_weak_keys = false;                    // less than 128 bits, or no extended session security
  std::chrono::seconds max_clock_skew{36 * 3600};  // NTLM's MaxLifetime; Kerberos takes krb5.conf's

  std::string keytab{};        // "/data/ropewalk.keytab"; empty: Kerberos is not served
  std::string replay_cache{};  // MIT's name, "none:" switches it off; empty: the default
  bool dce_style = false;

  std::vector<u8> channel_bindings{};     // the connection's own; empty: not known here
  bool require_channel_bindings = false;  // refuse clients that bring none
  std::function<FileTime()> now{};        // for tests
};

// A context for that auth_type; `options` are copied.
ContextResult make_client(Mechanism mechanism, const ClientOptions& options);
ContextResult make_server(Mechanism mechanism, const ServerOptions& options);

// For servers that start Negotiate themselves ([MS-SPNG] 3.2.5.2): the NegTokenInit2 with the mechanisms served.
std::vector<u8> negotiate_hint(const ServerOptions& options);

}  // namespace ropewalk::auth
