#include "auth/ntlm_keys.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "base/utf16.h"

namespace ropewalk::auth {
namespace {

// [MS-NLMP] 6, DESL: an 8-byte block under three keys cut from 16 bytes and zeros.
std::vector<u8> desl(const Key16& key, const Block8& data) {
  std::array<u8, 21> padded{};
  std::copy(key.begin(), key.end(), padded.begin());
  std::vector<u8> result;
  for (std::size_t at = 0; at < padded.size(); at += 7) {
    std::array<u8, 7> part;
    std::copy_n(padded.begin() + static_cast<std::ptrdiff_t>(at), part.size(), part.begin());
    const Block8 block = des(part, data);
    result.insert(result.end(), block.begin(), block.end());
  }
  return result;
}

std::vector<u8> upper_case(ByteView utf16) {
  std::vector<u8> upper(utf16.begin(), utf16.end());
  for (std::size_t at = 0; at + 2 <= upper.size(); at += 2) {
    const UChar32 mapped = u_toupper(load_le<u16>(upper.data() + at));
    if (mapped <= 0xFFFF) store_le(upper.data() + at, static_cast<u16>(mapped));
  }
  return upper;
}

// "session key to client-to-server signing key magic constant", with its zero
std::string magic(Direction direction, std::string_view use) {
  const char* from_to = direction == Direction::client_to_server ? "client-to-server" : "server-to-client";
  std::string text = "session key to " + std::string(from_to) + " " + std::string(use) + " key magic constant";
  text.push_back('\0');
  return text;
}

std::array<u8, 7> seven(ByteView bytes) {
  std::array<u8, 7> part;
  std::copy_n(bytes.begin(), part.size(), part.begin());
  return part;
}

Block8 eight(ByteView bytes) {
  Block8 part{};
  std::copy_n(bytes.begin(), std::min(part.size(), bytes.size()), part.begin());
  return part;
}

Key16 joined(const Block8& a, const Block8& b) {
  Key16 key;
  std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), key.begin()));
  return key;
}

}  // namespace

Key16 nt_hash(std::string_view password) {
  std::vector<u8> text = utf8_to_utf16(password);
  const Key16 hash = md4({text});
  wipe(text);
  return hash;
}

std::optional<Key16> lm_hash(std::string_view password) {
  if (password.size() > 14) return std::nullopt;
  std::array<u8, 14> padded{};
  for (std::size_t i = 0; i < password.size(); ++i) {
    const char c = password[i];
    if (static_cast<u8>(c) >= 0x80) return std::nullopt;
    padded[i] = static_cast<u8>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  const Block8 constant = {'K', 'G', 'S', '!', '@', '#', '$', '%'};
  const ByteView key(padded);
  return joined(des(seven(key), constant), des(seven(key.subspan(7)), constant));
}

Key16 ntowf_v2(const Key16& hash, ByteView user_utf16, ByteView domain_utf16) {
  return hmac_md5(hash, {upper_case(user_utf16), domain_utf16});
}

Key16 nt_proof(const Key16& response_key, const Block8& server_challenge, ByteView temp) {
  return hmac_md5(response_key, {server_challenge, temp});
}

Responses respond_v2(const Key16& response_key, const Block8& server_challenge, const Block8& client_challenge,
                     FileTime time, ByteView target_info) {
  std::vector<u8> temp(28);
  temp[0] = temp[1] = 1;  // Responserversion, HiResponserversion
  store_le(temp.data() + 8, time.value);
  std::copy(client_challenge.begin(), client_challenge.end(), temp.begin() + 16);
  temp.insert(temp.end(), target_info.begin(), target_info.end());
  temp.resize(temp.size() + 4);

  Responses result;
  const Key16 proof = nt_proof(response_key, server_challenge, temp);
  result.nt.assign(proof.begin(), proof.end());
  result.nt.insert(result.nt.end(), temp.begin(), temp.end());
  const Key16 lm = hmac_md5(response_key, {server_challenge, client_challenge});
  result.lm.assign(lm.begin(), lm.end());
  result.lm.insert(result.lm.end(), client_challenge.begin(), client_challenge.end());
  result.session_base_key = hmac_md5(response_key, {proof});
  return result;
}

Responses respond_v1(NegotiateFlags flags, const Key16& hash, const std::optional<Key16>& lm,
                     const Block8& server_challenge, const Block8& client_challenge) {
  Responses result;
  result.session_base_key = md4({hash});
  if (flags.has(NegotiateFlags::kExtendedSessionSecurity)) {
    result.nt = desl(hash, eight(md5({server_challenge, client_challenge})));
    result.lm.assign(client_challenge.begin(), client_challenge.end());
    result.lm.resize(24);
  } else {
    result.nt = desl(hash, server_challenge);
    result.lm = lm ? desl(*lm, server_challenge) : result.nt;
  }
  return result;
}

Key16 key_exchange_key_v1(NegotiateFlags flags, const Key16& session_base_key, const std::optional<Key16>& lm,
                          ByteView lm_response, const Block8& server_challenge) {
  const Block8 response = eight(lm_response);
  if (flags.has(NegotiateFlags::kExtendedSessionSecurity))
    return hmac_md5(session_base_key, {server_challenge, response});
  if (lm && flags.has(NegotiateFlags::kLmKey)) {
    std::array<u8, 7> second;
    second.fill(0xBD);
    second[0] = (*lm)[7];
    return joined(des(seven(*lm), response), des(second, response));
  }
  if (lm && flags.has(NegotiateFlags::kNonNtSessionKey)) return joined(eight(*lm), Block8{});
  return session_base_key;
}

Key16 rc4k(const Key16& key, Key16 data) {
  Rc4(key).apply(data);
  return data;
}

Key16 sign_key(NegotiateFlags flags, const Key16& exported_session_key, Direction direction) {
  if (!flags.has(NegotiateFlags::kExtendedSessionSecurity)) return {};
  return md5({exported_session_key, bytes_of(magic(direction, "signing"))});
}

std::vector<u8> seal_key(NegotiateFlags flags, const Key16& exported_session_key, Direction direction) {
  const ByteView whole(exported_session_key);
  auto copy = [](ByteView bytes) { return std::vector<u8>(bytes.begin(), bytes.end()); };
  if (flags.has(NegotiateFlags::kExtendedSessionSecurity)) {
    const std::size_t strength = flags.has(NegotiateFlags::k128) ? 16 : flags.has(NegotiateFlags::k56) ? 7 : 5;
    return copy(md5({whole.first(strength), bytes_of(magic(direction, "sealing"))}));
  }
  if (!flags.has(NegotiateFlags::kLmKey)) return copy(whole);
  std::vector<u8> key = copy(whole.first(flags.has(NegotiateFlags::k56) ? 7 : 5));
  if (key.size() == 7)
    key.push_back(0xA0);
  else
    key.insert(key.end(), {0xE5, 0x38, 0xB0});
  return key;
}

Key16 channel_bindings_hash(ByteView application_data) {
  std::array<u8, 20> head{};  // address types and lengths: none; then the length of what follows
  store_le(head.data() + 16, static_cast<u32>(application_data.size()));
  return md5({head, application_data});
}

}  // namespace ropewalk::auth
