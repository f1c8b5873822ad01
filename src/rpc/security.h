// Security contexts of a connection, and the protection of PDUs by them: [MS-RPCE] 2.2.2.11, 3.3.1.5.2.
#pragma once

#include <memory>

#include "auth/security_context.h"
#include "protocol/dcerpc/pdu.h"

namespace ropewalk::rpc {

// One security context, as binds and alter_contexts build it.
struct Security {
  dcerpc::AuthType type{};
  dcerpc::AuthLevel level{};  // as the client named it; "call" protects as packet does
  u32 context_id = 0;
  std::unique_ptr<auth::SecurityContext> context;
  bool done = false;    // both sides believe each other
  bool failed = false;  // it never will be

  auth::Level protection() const { return auth::effective_level(static_cast<auth::Level>(level)); }
  // Are PDUs signed at all?
  bool protects() const { return protection() > auth::Level::connect; }
};

// What one fragment of a request or response needs beside its stub data, in bytes, where `security` protects it.
std::size_t trailer_room(const Security* security);

// Appends `pdu` (a request or response, its body's stub_data set to `stub`) protected by `security`; without one, or at
// connect level, as it is. The error says what the security provider cannot do.
Status append_protected(dcerpc::Pdu& pdu, ByteView& stub_data, const Security* security, bool sign_header,
                        wire::OutBuffer& out);

// Checks what protects the PDU in `bytes` and decrypts it in place. `stub_at`: where its stub data begins. Gives the
// stub data without padding. The error is for the log.
Result<ByteView> open_protected(std::span<u8> bytes, std::size_t stub_at, const dcerpc::Pdu& pdu,
                                const Security* security, bool sign_header);

// Bytes that align a sec_trailer behind a body of that size.
inline std::size_t auth_padding(std::size_t body) { return (16 - body % 16) % 16; }

// Is all the padding that the sec_trailer speaks of there, behind the first `fixed` bytes of a PDU of that size?
inline bool padding_is_there(const dcerpc::Pdu& pdu, std::size_t size, std::size_t fixed) {
  return fixed + pdu.auth.pad_length + dcerpc::kSecTrailerSize + pdu.auth_value.size() <= size;
}

// Bytes in front of a request's or response's stub data, without an object: [C706] 12.6.4.9. Padding in binds is
// counted from there too, as Windows does.
inline constexpr std::size_t kRequestHeader = 24;

// "privacy (6)"
std::string level_text(dcerpc::AuthLevel level);

}  // namespace ropewalk::rpc
