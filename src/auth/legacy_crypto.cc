#include "auth/legacy_crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include <cstdlib>

namespace ropewalk::auth {
namespace {

// Loaded at the first use and kept for good: contexts of running sessions point into it.
struct Library {
  OSSL_LIB_CTX* context = OSSL_LIB_CTX_new();
  OSSL_PROVIDER* legacy = OSSL_PROVIDER_load(context, "legacy");
  OSSL_PROVIDER* standard = OSSL_PROVIDER_load(context, "default");
  EVP_MD* md4 = EVP_MD_fetch(context, "MD4", nullptr);
  EVP_MD* md5 = EVP_MD_fetch(context, "MD5", nullptr);
  EVP_MAC* hmac = EVP_MAC_fetch(context, "HMAC", nullptr);
  EVP_CIPHER* rc4 = EVP_CIPHER_fetch(context, "RC4", nullptr);
  EVP_CIPHER* des = EVP_CIPHER_fetch(context, "DES-ECB", nullptr);
  bool complete() const {
    return md4 != nullptr && md5 != nullptr && hmac != nullptr && rc4 != nullptr && des != nullptr;
  }
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

// What cannot fail once everything was found.
void must(bool good) {
  if (!good) std::abort();
}

Key16 digest(const EVP_MD* algorithm, std::initializer_list<ByteView> parts) {
  Key16 result{};
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  must(EVP_DigestInit_ex(context, algorithm, nullptr) == 1);
  for (ByteView part : parts) must(EVP_DigestUpdate(context, part.data(), part.size()) == 1);
  must(EVP_DigestFinal_ex(context, result.data(), nullptr) == 1);
  EVP_MD_CTX_free(context);
  return result;
}

}  // namespace

Status legacy_crypto_available() {
  if (library().complete()) return {};
  return Error{
      "NTLM cannot be used: OpenSSL on this machine has no MD4, RC4 or DES (its \"legacy\" provider cannot be loaded)"};
}

Key16 md4(std::initializer_list<ByteView> parts) { return digest(library().md4, parts); }
Key16 md5(std::initializer_list<ByteView> parts) { return digest(library().md5, parts); }

Key16 hmac_md5(ByteView key, std::initializer_list<ByteView> parts) {
  Key16 result{};
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(library().hmac);
  char name[] = "MD5";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  must(EVP_MAC_init(context, key.data(), key.size(), parameters) == 1);
  for (ByteView part : parts) must(EVP_MAC_update(context, part.data(), part.size()) == 1);
  std::size_t size = 0;
  must(EVP_MAC_final(context, result.data(), &size, result.size()) == 1);
  EVP_MAC_CTX_free(context);
  return result;
}

Block8 des(std::array<u8, 7> key, const Block8& data) {
  Block8 spread{};  // 56 bits over eight bytes; the lowest bit of each is parity, which nobody looks at
  for (std::size_t i = 0; i < 8; ++i) {
    const unsigned high = i == 0 ? 0u : key[i - 1], low = i == 7 ? 0u : key[i];
    spread[i] = static_cast<u8>(((high << 8 | low) >> i) & 0xFE);
  }
  Block8 result{};
  int size = 0;
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  must(EVP_EncryptInit_ex2(context, library().des, spread.data(), nullptr, nullptr) == 1);
  EVP_CIPHER_CTX_set_padding(context, 0);
  must(EVP_EncryptUpdate(context, result.data(), &size, data.data(), static_cast<int>(data.size())) == 1);
  EVP_CIPHER_CTX_free(context);
  return result;
}

u32 crc32(std::initializer_list<ByteView> parts) {
  u32 crc = 0xFFFFFFFF;
  for (ByteView part : parts)
    for (u8 byte : part) {
      crc ^= byte;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
    }
  return ~crc;
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void fill_random(std::span<u8> bytes) { must(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1); }

void wipe(std::span<u8> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

void Rc4::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

Rc4::Rc4(ByteView key) : context_(EVP_CIPHER_CTX_new()) {
  must(EVP_EncryptInit_ex2(context_.get(), library().rc4, nullptr, nullptr, nullptr) == 1);
  must(EVP_CIPHER_CTX_set_key_length(context_.get(), static_cast<int>(key.size())) == 1);
  must(EVP_EncryptInit_ex2(context_.get(), nullptr, key.data(), nullptr, nullptr) == 1);
}

Rc4::Rc4(const Rc4& other) : context_(EVP_CIPHER_CTX_new()) { *this = other; }

Rc4& Rc4::operator=(const Rc4& other) {
  if (this != &other) must(EVP_CIPHER_CTX_copy(context_.get(), other.context_.get()) == 1);
  return *this;
}

void Rc4::apply(std::span<u8> bytes) {
  int size = 0;
  must(EVP_EncryptUpdate(context_.get(), bytes.data(), &size, bytes.data(), static_cast<int>(bytes.size())) == 1);
}

}  // namespace ropewalk::auth
