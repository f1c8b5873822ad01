#include "auth/ntlm_session.h"

#include <cassert>

#include "base/hex.h"

namespace ropewalk::auth {

NtlmSession::Way NtlmSession::make_way(NegotiateFlags flags, const Key16& key, Direction direction) {
  std::vector<u8> seal = seal_key(flags, key, direction);
  Rc4 stream(seal);
  return {sign_key(flags, key, direction), std::move(seal), std::move(stream)};
}

NtlmSession::NtlmSession(NegotiateFlags flags, const Key16& exported_session_key, Direction sending)
    : flags_(flags), sending_(make_way(flags, exported_session_key, sending)) {
  const bool is_client = sending == Direction::client_to_server;
  if (extended())
    receiving_ =
        make_way(flags, exported_session_key, is_client ? Direction::server_to_client : Direction::client_to_server);
}

// [MS-NLMP] 3.4.4. The body is in plain text here, whatever happens to it afterwards.
void NtlmSession::make_signature(Way& way, const MessageParts& parts, std::span<u8> signature) {
  store_le(signature.data(), u32{1});
  if (extended()) {  // 3.4.4.2: the checksum covers all parts, asked for or not (3.4.6.1)
    std::array<u8, 4> number;
    store_le(number.data(), way.sequence);
    const Key16 mac = hmac_md5(way.sign_key, {number, parts.header, parts.body, parts.trailer});
    std::copy_n(mac.begin(), 8, signature.begin() + 4);
    std::copy(number.begin(), number.end(), signature.begin() + 12);
    return;
  }
  const bool all = parts.sign_header;  // 3.4.4.1
  const u32 crc = crc32({all ? parts.header : ByteView(), parts.body, all ? parts.trailer : ByteView()});
  store_le(signature.data() + 4, u32{0});
  store_le(signature.data() + 8, crc);
  store_le(signature.data() + 12, u32{0});
}

namespace {

// What the key stream does to a finished signature.
void cover(Rc4& stream, NegotiateFlags flags, u32 sequence, std::span<u8> signature) {
  if (flags.has(NegotiateFlags::kExtendedSessionSecurity)) {
    if (flags.has(NegotiateFlags::kKeyExchange)) stream.apply(signature.subspan(4, 8));
    return;
  }
  stream.apply(signature.subspan(4, 12));
  store_le(signature.data() + 12, load_le<u32>(signature.data() + 12) ^ sequence);
}

}  // namespace

void NtlmSession::protect(const MessageParts& parts, std::span<u8> signature, bool with_body) {
  assert(signature.size() == ntlmssp::kSignatureSize);
  make_signature(sending_, parts, signature);
  if (with_body) sending_.stream.apply(parts.body);
  cover(sending_.stream, flags_, sending_.sequence, signature);
  ++sending_.sequence;
}

Status NtlmSession::open(const MessageParts& parts, ByteView signature, bool with_body) {
  Way& way = receiving();
  if (signature.size() != ntlmssp::kSignatureSize)
    return Error{"the NTLM signature has " + std::to_string(signature.size()) + " bytes, not 16"};
  if (load_le<u32>(signature.data()) != 1)
    return Error{"the NTLM signature is of version " + hex_number(load_le<u32>(signature.data()), 8) + ", not 1"};
  if (extended() && load_le<u32>(signature.data() + 12) != way.sequence)
    return Error{"the NTLM signature has sequence number " + std::to_string(load_le<u32>(signature.data() + 12)) +
                 " where " + std::to_string(way.sequence) + " was due: a message is missing, repeated or out of order"};
  const Rc4 before = way.stream;
  if (with_body) way.stream.apply(parts.body);
  std::array<u8, ntlmssp::kSignatureSize> expected;
  make_signature(way, parts, expected);
  cover(way.stream, flags_, way.sequence, expected);
  const std::size_t checked = extended() ? 4 : 8;  // the RandomPad of the older form says nothing
  if (!equal_in_constant_time(ByteView(expected).subspan(checked), signature.subspan(checked))) {
    way.stream = before;
    return Error{
        "the NTLM signature does not match: the message was changed on its way, or protected with another key"};
  }
  ++way.sequence;
  return {};
}

void NtlmSession::restart(bool sequence_too) {
  auto anew = [&](Way& way) {
    way.stream = Rc4(way.seal_key);
    if (sequence_too) way.sequence = 0;
  };
  anew(sending_);
  if (receiving_) anew(*receiving_);
}

}  // namespace ropewalk::auth
