// The algorithms that NTLM is made of and nobody else should use: MD4, MD5, HMAC-MD5, RC4, DES. They come from OpenSSL;
// its legacy provider is loaded into a library context of our own, so nothing else in the process gains them.
#pragma once

#include <array>
#include <initializer_list>
#include <memory>

#include "base/result.h"
#include "base/types.h"

struct evp_cipher_ctx_st;

namespace ropewalk::auth {

using Key16 = std::array<u8, 16>;
using Block8 = std::array<u8, 8>;

// True where this machine's OpenSSL has them all; the error tells a person what is missing. Ask before the rest.
Status legacy_crypto_available();

// Of the concatenation of `parts`.
Key16 md4(std::initializer_list<ByteView> parts);
Key16 md5(std::initializer_list<ByteView> parts);
Key16 hmac_md5(ByteView key, std::initializer_list<ByteView> parts);
// [MS-NLMP] 6: DES(K, D), a key of 7 bytes.
Block8 des(std::array<u8, 7> key, const Block8& data);
u32 crc32(std::initializer_list<ByteView> parts);
bool equal_in_constant_time(ByteView a, ByteView b);
void fill_random(std::span<u8> bytes);
void wipe(std::span<u8> bytes);

// A running RC4 key stream. Copies go on from the same place.
class Rc4 {
 public:
  explicit Rc4(ByteView key);
  Rc4(const Rc4& other);
  Rc4& operator=(const Rc4& other);
  Rc4(Rc4&&) noexcept = default;
  Rc4& operator=(Rc4&&) noexcept = default;
  ~Rc4() = default;
  void apply(std::span<u8> bytes);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };
  std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

}  // namespace ropewalk::auth
