#include "rpc/security.h"

#include <fmt/format.h>

namespace ropewalk::rpc {

using dcerpc::kSecTrailerSize;

std::string level_text(dcerpc::AuthLevel level) {
  return fmt::format("{} ({})", auth::level_name(static_cast<auth::Level>(level)), static_cast<int>(level));
}

std::size_t trailer_room(const Security* security) {
  if (security == nullptr || !security->protects()) return 0;
  return kSecTrailerSize + security->context->signature_size(security->protection(), 16) + 16;
}

Status append_protected(dcerpc::Pdu& pdu, ByteView& stub_data, const Security* security, bool sign_header,
                        wire::OutBuffer& out) {
  std::size_t start = out.size();
  if (security == nullptr || !security->protects()) {
    pdu.auth_value = {};
    return wire::encode(pdu, out) ? Status() : Status(Error{"a PDU that is too long for its length field"});
  }
  auth::Level level = security->protection();
  std::vector<u8> body(stub_data.begin(), stub_data.end());
  std::size_t pad = auth_padding(body.size());
  body.resize(body.size() + pad);
  std::vector<u8> signature(security->context->signature_size(level, body.size()));
  stub_data = body;
  pdu.auth = {security->type, security->level, static_cast<u8>(pad), 0, security->context_id};
  pdu.auth_value = signature;
  if (!wire::encode(pdu, out)) return Error{"a PDU that is too long for its length field"};
  std::span<u8> bytes(out.data() + start, out.size() - start);
  std::size_t tail = kSecTrailerSize + signature.size();
  std::size_t stub_at = bytes.size() - tail - body.size();
  auth::MessageParts parts{bytes.first(stub_at), bytes.subspan(stub_at, body.size()),
                           bytes.subspan(stub_at + body.size(), kSecTrailerSize), sign_header};
  Status done = security->context->protect(level, parts, bytes.last(signature.size()));
  if (!done.ok()) out.truncate(start);
  return done;
}

Result<ByteView> open_protected(std::span<u8> bytes, std::size_t stub_at, const dcerpc::Pdu& pdu,
                                const Security* security, bool sign_header) {
  if (pdu.auth_value.empty()) return ByteView(bytes.subspan(stub_at));
  std::size_t tail = kSecTrailerSize + pdu.auth_value.size();
  if (bytes.size() < stub_at + tail) return Error{"the security trailer begins before the stub data"};
  std::span<u8> body = bytes.subspan(stub_at, bytes.size() - tail - stub_at);
  if (security != nullptr && security->protects()) {
    auth::MessageParts parts{bytes.first(stub_at), body, bytes.subspan(stub_at + body.size(), kSecTrailerSize),
                             sign_header};
    ROPEWALK_CHECK(security->context->unprotect(security->protection(), parts, pdu.auth_value));
  }
  if (pdu.auth.pad_length > body.size())
    return Error{fmt::format("{} bytes of padding in {} bytes of stub data", pdu.auth.pad_length, body.size())};
  return ByteView(body.first(body.size() - pdu.auth.pad_length));
}

}  // namespace ropewalk::rpc
